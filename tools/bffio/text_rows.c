/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the text report with figures in columns: a direction, its percentiles, groups,
 * disks. */
#include "report.h"

#include <math.h>

static enum unit rate_unit(const struct job *job)
{
    return job->unit_base == 1 ? UNIT_BITS_PER_S : UNIT_BYTES_PER_S;
}

/* "146MiB/s (154MB/s)": in the job's base, then in the other one. */
static void both_bases(struct textbuf *out, const struct job *job, const char *format,
                       uint64_t value, enum unit unit)
{
    const bool binary = job->kb_base != 1000;
    struct number_text own = number_text(value, 4, binary, unit);
    struct number_text other = number_text(value, 4, !binary, unit);

    textbuf_printf(out, "%s%s (%s)", format, own.text, other.text);
}

void text_latency(struct textbuf *out, const char *name, const struct spread *lat)
{
    uint64_t min = spread_min(lat), max = lat->max, step = 1;
    double mean = spread_mean(lat), deviation = spread_deviation(lat);
    const char *unit = "nsec";

    if (!lat->n)
        return;
    if (min > 2000000 && max > 99999999 && deviation > 1000000.0) {
        unit = "msec";
        step = 1000000;
    } else if (min > 2000 && max > 99999 && deviation > 1000.0) {
        unit = "usec";
        step = 1000;
    }
    textbuf_printf(out, "    %s (%s): min=%s, max=%s, avg=%5.02f, stdev=%5.02f\n", name, unit,
                   number_text(min / step, 6, false, UNIT_NONE).text,
                   number_text(max / step, 6, false, UNIT_NONE).text, mean / (double)step,
                   deviation / (double)step);
}

void text_percentiles(struct textbuf *out, const struct job *job, const char *name,
                      const uint64_t *hist, uint64_t n)
{
    const size_t count = job->n_percentiles;
    uint64_t low, high, step = 1;
    const char *unit = "nsec";
    unsigned width, in_line;

    if (!hist || !n || !count)
        return;
    low = plat_percentile(hist, n, job->percentiles[0]);
    high = plat_percentile(hist, n, job->percentiles[count - 1]);
    if (low > 2000000 && high > 99999999) {
        unit = "msec";
        step = 1000000;
    } else if (low > 2000 && high > 99999) {
        unit = "usec";
        step = 1000;
    }
    width = (unsigned)(high >= step ? log10((double)(high / step)) + 1.0 : 1.0);
    width = width < 5 ? 5 : width;
    in_line = (80 - 7) / (2 + 10 + width);
    textbuf_printf(out, "    %s percentiles (%s):\n     |", name, unit);
    for (size_t i = 0; i < count; i++) {
        uint64_t value = plat_percentile(hist, n, job->percentiles[i]);

        if (i && i % in_line == 0)
            textbuf_puts(out, "\n     |");
        for (uint64_t left = step; left > 1; left /= 1000)
            value = (value + 999) / 1000;
        textbuf_printf(out, " %5.2fth=[%*llu]%s", job->percentiles[i], (int)width,
                       (unsigned long long)value, i + 1 < count ? "," : "\n");
    }
}

/* Samples are KiB/s; the row is in the job's own unit, a thousand times it when large. */
static void bandwidth_row(struct textbuf *out, const struct job *job, const struct spread *bw,
                          uint64_t group_bytes_s)
{
    static const char *const names[2][2][2] = {{{"KiB", "MiB"}, {"kB", "MB"}},
                                               {{"Kibit", "Mibit"}, {"kbit", "Mbit"}}};
    const bool decimal = job->kb_base == 1000, bits = job->unit_base == 1;
    const double base = decimal ? 1000.0 : 1024.0;
    double scale = (decimal ? 1.024 : 1.0) * (bits ? 8.0 : 1.0);
    bool large;

    if (!bw->n)
        return;
    large = spread_mean(bw) * scale > base * base;
    if (large)
        scale /= base;
    textbuf_printf(out, "   bw (%5s/s): min=%5llu, max=%5llu, per=%3.2f%%, avg=%5.02f, ",
                   names[bits][decimal][large], (unsigned long long)((double)bw->min * scale),
                   (unsigned long long)((double)bw->max * scale),
                   share_of_group(spread_mean(bw), group_bytes_s), spread_mean(bw) * scale);
    textbuf_printf(out, "stdev=%5.02f, samples=%llu\n", spread_deviation(bw) * scale,
                   (unsigned long long)bw->n);
}

static void iops_row(struct textbuf *out, const struct spread *iops)
{
    if (!iops->n)
        return;
    textbuf_printf(out, "   iops        : min=%5llu, max=%5llu, avg=%5.02f, stdev=%5.02f, ",
                   (unsigned long long)iops->min, (unsigned long long)iops->max, spread_mean(iops),
                   spread_deviation(iops));
    textbuf_printf(out, "samples=%llu\n", (unsigned long long)iops->n);
}

void text_direction(struct textbuf *out, const struct row *row, const char *name,
                    const struct direction_stat *dir, uint64_t group_bytes_s)
{
    static const char *const lat_names[LATENCIES] = {"slat", "clat", " lat"};
    static const char *const percentile_names[LATENCIES] = {"slat", "clat", "lat"};
    const struct job *job = row->job;

    if (!dir->runtime_ms)
        return;
    textbuf_printf(out, "  %s: IOPS=%s, ", name,
                   number_text(rate_of(dir->ios, dir->runtime_ms), 4, false, UNIT_NONE).text);
    both_bases(out, job, "BW=", rate_of(dir->bytes, dir->runtime_ms), rate_unit(job));
    textbuf_printf(out, "(%s/%llumsec)\n",
                   number_text(dir->bytes, 4, job->kb_base != 1000, UNIT_BYTES).text,
                   (unsigned long long)dir->runtime_ms);
    for (int kind = 0; kind < LATENCIES; kind++)
        text_latency(out, lat_names[kind], &dir->lat[kind]);
    for (int kind = 0; kind < LATENCIES; kind++)
        text_percentiles(out, job, percentile_names[kind], dir->hist[kind], dir->lat[kind].n);
    bandwidth_row(out, job, &dir->bw, group_bytes_s);
    iops_row(out, &dir->iops);
}

static void range(struct textbuf *out, const struct job *job, bool binary, uint64_t from,
                  uint64_t to)
{
    textbuf_printf(out, "%s-%s", number_text(from, 4, binary, rate_unit(job)).text,
                   number_text(to, 4, binary, rate_unit(job)).text);
}

static void group_line(struct textbuf *out, const struct job *job, const char *name,
                       const struct group_sums *sums, int dir)
{
    const bool binary = job->kb_base != 1000;

    if (!sums->max_run_ms[dir])
        return;
    both_bases(out, job, name, sums->all_bw[dir], rate_unit(job));
    textbuf_puts(out, ", ");
    range(out, job, binary, sums->min_bw[dir], sums->max_bw[dir]);
    textbuf_puts(out, " (");
    range(out, job, !binary, sums->min_bw[dir], sums->max_bw[dir]);
    textbuf_puts(out, "), ");
    both_bases(out, job, "io=", sums->bytes[dir], UNIT_BYTES);
    textbuf_printf(out, ", run=%llu-%llumsec\n", (unsigned long long)sums->min_run_ms[dir],
                   (unsigned long long)sums->max_run_ms[dir]);
}

void text_group(struct textbuf *out, const struct job *job, unsigned group,
                const struct group_sums *sums, const struct group_sums *mixed)
{
    static const char *const names[] = {"   READ: bw=", "  WRITE: bw=", "   TRIM: bw="};
    const bool folded = job->unified_rw_reporting && !job->unified_both;

    textbuf_printf(out, "\nRun status group %u (all jobs):\n", group);
    for (int dir = 0; dir < DIRECTIONS; dir++)
        group_line(out, job, folded ? "  MIXED: bw=" : names[dir], sums, dir);
    if (job->unified_both)
        group_line(out, job, "  MIXED: bw=", mixed, 0);
}

void text_disks(struct textbuf *out, const struct disk_stat *disks, size_t n)
{
    if (n)
        textbuf_puts(out, "\nDisk stats (read/write):\n");
    for (size_t i = 0; i < n; i++) {
        const struct disk_stat *disk = &disks[i];

        textbuf_printf(out, "  %s: ios=%llu/%llu, sectors=%llu/%llu, merge=%llu/%llu, ", disk->name,
                       (unsigned long long)disk->ios[0], (unsigned long long)disk->ios[1],
                       (unsigned long long)disk->sectors[0], (unsigned long long)disk->sectors[1],
                       (unsigned long long)disk->merges[0], (unsigned long long)disk->merges[1]);
        textbuf_printf(out, "ticks=%llu/%llu, in_queue=%llu, util=%3.2f%%\n",
                       (unsigned long long)disk->ticks_ms[0], (unsigned long long)disk->ticks_ms[1],
                       (unsigned long long)disk->in_queue_ms, disk->util_percent);
    }
}
