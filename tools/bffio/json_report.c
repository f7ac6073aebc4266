/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON document around the jobs. */
#include "report.h"

#include <string.h>
#include <time.h>

/* A repeated option counts where it is given last, and stands once. */
void json_options(struct json *json, const char *key, const struct given_option *given, size_t n)
{
    json_object(json, key);
    for (size_t i = 0; i < n; i++) {
        size_t later = i + 1;

        while (later < n && strcmp(given[later].name, given[i].name))
            later++;
        if (later == n)
            json_string(json, given[i].name, given[i].value);
    }
    json_end(json, '}');
}

static void header(struct json *json)
{
    struct timespec now;
    struct tm tm;
    char when[64] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    if (localtime_r(&now.tv_sec, &tm))
        strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm);
    json_string(json, "fio version", fio_version);
    json_int(json, "timestamp", now.tv_sec);
    json_int(json, "timestamp_ms", (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    json_string(json, "time", when);
}

static void disk_util(struct json *json, const struct disk_stat *disks, size_t n)
{
    if (!n)
        return;
    json_array(json, "disk_util");
    for (size_t i = 0; i < n; i++) {
        json_object(json, NULL);
        json_string(json, "name", disks[i].name);
        json_uint(json, "read_ios", disks[i].ios[0]);
        json_uint(json, "write_ios", disks[i].ios[1]);
        json_uint(json, "read_sectors", disks[i].sectors[0]);
        json_uint(json, "write_sectors", disks[i].sectors[1]);
        json_uint(json, "read_merges", disks[i].merges[0]);
        json_uint(json, "write_merges", disks[i].merges[1]);
        json_uint(json, "read_ticks", disks[i].ticks_ms[0]);
        json_uint(json, "write_ticks", disks[i].ticks_ms[1]);
        json_uint(json, "in_queue", disks[i].in_queue_ms);
        json_float(json, "util", disks[i].util_percent);
        json_end(json, '}');
    }
    json_end(json, ']');
}

void json_report(struct textbuf *out, const struct report *report, const struct row *rows)
{
    const bool bins = report->settings->formats & FORMAT_JSON_PLUS;
    struct json json = {.out = out, .compact = report->settings->status_interval_ms != 0};
    /* A later [global] changes what the earlier one said: the last job has seen them all. */
    const struct job *last = report->n_results ? report->results[report->n_results - 1].job : NULL;

    json_object(&json, NULL);
    header(&json);
    if (last && last->n_global)
        json_options(&json, "global options", last->global, last->n_global);
    json_array(&json, "jobs");
    for (size_t i = 0; i < report->n_results; i++)
        json_job(&json, &rows[i], bins);
    json_end(&json, ']');
    disk_util(&json, report->disks, report->n_disks);
    json_end(&json, '}');
    textbuf_puts(out, "\n");
}
