/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as lines of text. Columns keep their width whatever is in them. */
#include "top.h"

#include <auraio.h>
#include <string.h>
#include <wchar.h>

#define NAME_COLUMNS 18
#define SPARK_COLUMNS 12

/* The columns of UTF-8 from `from` on, padded to `columns`; what cannot be shown becomes '?'. */
void text_columns(char *out, size_t size, const char *text, int from, int columns)
{
    size_t at = 0;
    int column = 0, end = from + columns;
    mbstate_t state = {0};

    for (size_t left = strlen(text), n; left && at + 5 < size; text += n, left -= n) {
        wchar_t c;
        n = mbrtowc(&c, text, left, &state);
        int width = n < (size_t)-2 ? wcwidth(c) : -1;
        if (width < 0) { /* of another locale: a byte at a time */
            memset(&state, 0, sizeof state);
            n = 1;
            width = 1;
        }
        if (column + width > end)
            break;
        if (column >= from && n == 1 && (text[0] < ' ' || text[0] > '~'))
            out[at++] = '?';
        else if (column >= from)
            at += (size_t)(stpncpy(out + at, text, n) - (out + at));
        column += width;
    }
    for (column = column > from ? column : from; column < end && at + 1 < size; column++)
        out[at++] = ' ';
    out[at] = '\0';
}

/* Four significant digits and a unit: 9999, 12.3k, 4.56M. */
static const char *number(char *out, size_t size, double value)
{
    static const char units[] = " kMGTPE";
    int unit = 0;

    for (; value >= 9999.5 && units[unit + 1]; unit++)
        value /= 1000;
    if (!unit)
        snprintf(out, size, "%.0f", value);
    else
        snprintf(out, size, value < 99.95 ? "%.1f%c" : "%.0f%c", value, units[unit]);
    return out;
}

static const char *duration(char *out, size_t size, double seconds)
{
    if (seconds <= 0)
        snprintf(out, size, "-");
    else if (seconds < 1e-3)
        snprintf(out, size, "%.0fus", seconds * 1e6);
    else if (seconds < 1)
        snprintf(out, size, seconds < .01 ? "%.1fms" : "%.0fms", seconds * 1e3);
    else
        snprintf(out, size, seconds < 10 ? "%.1fs" : "%.0fs", seconds);
    return out;
}

static const char *whole(char *out, size_t size, uint64_t value)
{
    if (!value)
        return "-";
    snprintf(out, size, "%llu", (unsigned long long)value);
    return out;
}

/* The last limits, the highest of them as a full block. */
static void sparkline(char *out, size_t size, const struct row *row, bool utf8)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
    int from = row->limit_count > SPARK_COLUMNS ? row->limit_count - SPARK_COLUMNS : 0;
    uint64_t highest = 1;
    size_t at = 0;

    for (int i = from; i < row->limit_count; i++)
        highest = row->limits[i] > highest ? row->limits[i] : highest;
    for (int i = from; i < row->limit_count && at + 4 < size; i++) {
        int step = (int)(((double)row->limits[i] * 8 + (double)highest - 1) / (double)highest);
        const char *block = (utf8 ? blocks : plain)[step < 8 ? step : 8]; /* it may round up */
        at += (size_t)(stpcpy(out + at, block) - (out + at));
    }
    out[at] = '\0';
}

void text_heading(char line[LINE_BYTES])
{
    snprintf(line, LINE_BYTES, "%8s %-8s %-*s %6s %6s %6s %7s %5s %5s %5s %-11s %6s %6s  %s", "PID",
             "USER", NAME_COLUMNS, "ENGINE", "IOPS", "READ", "WRITE", "BYTES", "FLIGH", "LIMIT",
             "HELD", "PHASE", "P50", "P99", "LIMIT THEN");
}

void text_row(char line[LINE_BYTES], const struct row *row, const struct view *view)
{
    char label[176], name[128], user[48], spark[64], n[8][24];

    snprintf(label, sizeof label, "%s%s%s", row->comm, row->name[0] ? ":" : "", row->name);
    text_columns(name, sizeof name, label, 0, NAME_COLUMNS);
    text_columns(user, sizeof user, row->user, 0, 8);
    sparkline(spark, sizeof spark, row, view->utf8);
    snprintf(line, LINE_BYTES, "%8llu %s %s %6s %6s %6s %7s %5s %5s %5s %-11s %6s %6s  %s",
             (unsigned long long)row->pid, user, name, number(n[0], sizeof n[0], row->iops),
             number(n[1], sizeof n[1], row->reads), number(n[2], sizeof n[2], row->writes),
             number(n[3], sizeof n[3], row->read_bytes + row->written_bytes),
             whole(n[4], sizeof n[4], row->in_flight), whole(n[5], sizeof n[5], row->limit),
             whole(n[6], sizeof n[6], row->queued),
             row->alive ? auraio_phase_name(row->phase) : "gone",
             duration(n[7], sizeof n[7], row->p50_seconds),
             duration((char[24]){0}, 24, row->p99_seconds), spark);
}

void text_device(char line[LINE_BYTES], const struct device *device)
{
    char name[128], n[6][24], knee[40] = "";

    text_columns(name, sizeof name, device->name, 0, NAME_COLUMNS - 2);
    if (device->knee)
        snprintf(knee, sizeof knee, "knee %llu", (unsigned long long)device->knee);
    snprintf(line, LINE_BYTES, "%8s %-8s   %s %6s %6s %6s %7s %5s %5s %5s %-11s %6s %6s  %s", "",
             "", name, number(n[0], sizeof n[0], device->iops), "", "",
             number(n[1], sizeof n[1], device->bytes), whole(n[2], sizeof n[2], device->in_flight),
             whole(n[3], sizeof n[3], device->limit), whole(n[4], sizeof n[4], device->queued),
             auraio_phase_name(device->phase), "", duration(n[5], sizeof n[5], device->p99_seconds),
             knee);
}

void text_totals(char line[LINE_BYTES], struct row *const *rows, size_t count)
{
    double iops = 0, read = 0, written = 0;
    uint64_t in_flight = 0;
    char n[3][24];

    for (size_t i = 0; i < count; i++) {
        iops += rows[i]->iops;
        read += rows[i]->read_bytes;
        written += rows[i]->written_bytes;
        in_flight += rows[i]->in_flight;
    }
    snprintf(line, LINE_BYTES, "%zu engines  %s IOPS  read %sB/s  write %sB/s  %llu in flight",
             count, number(n[0], sizeof n[0], iops), number(n[1], sizeof n[1], read),
             number(n[2], sizeof n[2], written), (unsigned long long)in_flight);
}

bool print_text(struct watch *watch, const struct view *view)
{
    size_t count;
    struct row **rows = watch_rows(watch, view, &count);
    char line[LINE_BYTES];

    text_heading(line);
    puts(line);
    for (size_t i = 0; i < count; i++) {
        text_row(line, rows[i], view);
        puts(line);
        for (int d = 0; view->with_devices && d < rows[i]->device_count; d++) {
            text_device(line, &rows[i]->devices[d]);
            puts(line);
        }
    }
    return fflush(stdout) == 0 && !ferror(stdout);
}
