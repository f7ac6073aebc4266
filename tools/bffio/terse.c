/* SPDX-License-Identifier: Apache-2.0 */
/* One line of fields for each job, fio's --minimal. Version 2 lacks fio's version and disks, 2, 4
 * and 5 have trims, 5 has the counts of samples and the operations per second. A description comes
 * last, in version 2 on a line of its own. */
#include "report.h"

#include <string.h>

enum { PERCENTILE_FIELDS = 20 };

static void latency_fields(struct textbuf *out, const struct spread *lat)
{
    textbuf_printf(out, ";%llu;%llu;%f;%f", (unsigned long long)(spread_min(lat) / 1000),
                   (unsigned long long)(lat->max / 1000), spread_mean(lat) / 1000.0,
                   spread_deviation(lat) / 1000.0);
}

/* Of the total latency when both are measured, as in fio. */
static void percentile_fields(struct textbuf *out, const struct job *job,
                              const struct direction_stat *dir)
{
    const enum latency_kind kind = job->lat_percentiles ? LAT_TOTAL : LAT_COMPLETE;
    const size_t n = job->lat_percentiles || job->clat_percentiles ? job->n_percentiles : 0;

    for (size_t i = 0; i < PERCENTILE_FIELDS; i++) {
        uint64_t value;

        if (i >= n) {
            textbuf_puts(out, ";0%=0");
            continue;
        }
        value = plat_percentile(dir->hist[kind], dir->lat[kind].n, job->percentiles[i]);
        textbuf_printf(out, ";%f%%=%llu", job->percentiles[i], (unsigned long long)(value / 1000));
    }
}

static void rate_fields(struct textbuf *out, const struct spread *rate)
{
    textbuf_printf(out, ";%llu;%llu", (unsigned long long)spread_min(rate),
                   (unsigned long long)rate->max);
}

static void direction_fields(struct textbuf *out, const struct row *row,
                             const struct direction_stat *dir, uint64_t group_bytes_s, int version)
{
    const struct spread *bw = &dir->bw;

    textbuf_printf(out, ";%llu;%llu;%llu;%llu", (unsigned long long)(dir->bytes >> 10),
                   (unsigned long long)(rate_of(dir->bytes, dir->runtime_ms) >> 10),
                   (unsigned long long)rate_of(dir->ios, dir->runtime_ms),
                   (unsigned long long)dir->runtime_ms);
    latency_fields(out, &dir->lat[LAT_SUBMIT]);
    latency_fields(out, &dir->lat[LAT_COMPLETE]);
    percentile_fields(out, row->job, dir);
    latency_fields(out, &dir->lat[LAT_TOTAL]);
    rate_fields(out, bw);
    textbuf_printf(out, ";%f%%;%f;%f", bw->n ? share_of_group(spread_mean(bw), group_bytes_s) : 0.0,
                   spread_mean(bw), spread_deviation(bw));
    if (version < 5)
        return;
    textbuf_printf(out, ";%llu", (unsigned long long)bw->n);
    rate_fields(out, &dir->iops);
    textbuf_printf(out, ";%f;%f;%llu", spread_mean(&dir->iops), spread_deviation(&dir->iops),
                   (unsigned long long)dir->iops.n);
}

static void directions(struct textbuf *out, const struct row *row, int version)
{
    const struct direction_stat *dir = row->stat->dir;

    direction_fields(out, row, &dir[READS], row->sums->all_bw[READS], version);
    if (!row->mixed) {
        direction_fields(out, row, &dir[WRITES], row->sums->all_bw[WRITES], version);
        if (version != 3)
            direction_fields(out, row, &dir[TRIMS], row->sums->all_bw[TRIMS], version);
    }
    if (row->both)
        direction_fields(out, row, &row->folded->dir[READS], row->mixed_sums->all_bw[0], version);
}

static void distribution_fields(struct textbuf *out, const struct job_stat *stat)
{
    uint64_t classes[LAT_US_BUCKETS + LAT_MS_BUCKETS];
    double depth[DEPTH_BUCKETS], lat[LAT_US_BUCKETS + LAT_MS_BUCKETS];

    shares(depth, stat->depth_seen, DEPTH_BUCKETS, total_ios(stat), 0.1);
    for (int i = 0; i < DEPTH_BUCKETS; i++)
        textbuf_printf(out, ";%3.1f%%", depth[i]);
    memcpy(classes, stat->lat_classes + LAT_NS_BUCKETS, sizeof(classes));
    for (int i = 0; i < LAT_NS_BUCKETS; i++) /* there are no fields below 2 us */
        classes[0] += stat->lat_classes[i];
    shares(lat, classes, LAT_US_BUCKETS + LAT_MS_BUCKETS, total_ios(stat), 0.01);
    for (int i = 0; i < LAT_US_BUCKETS + LAT_MS_BUCKETS; i++)
        textbuf_printf(out, ";%3.2f%%", lat[i]);
}

static void disk_fields(struct textbuf *out, const struct report *report)
{
    for (size_t i = 0; i < report->n_disks; i++) {
        const struct disk_stat *disk = &report->disks[i];

        textbuf_printf(out, ";%s;%llu;%llu;%llu;%llu;%llu;%llu;%llu;%3.2f%%", disk->name,
                       (unsigned long long)disk->ios[0], (unsigned long long)disk->ios[1],
                       (unsigned long long)disk->merges[0], (unsigned long long)disk->merges[1],
                       (unsigned long long)disk->ticks_ms[0], (unsigned long long)disk->ticks_ms[1],
                       (unsigned long long)disk->in_queue_ms, disk->util_percent);
    }
}

void terse_job(struct textbuf *out, const struct report *report, const struct row *row)
{
    const struct job_stat *stat = row->stat;
    const int version = report->settings->terse_version ? report->settings->terse_version : 3;

    if (version == 2)
        textbuf_puts(out, "2;");
    else
        textbuf_printf(out, "%d;%s;", version, fio_version);
    textbuf_printf(out, "%s;%u;%d", row->job->name, row->result->group, stat->error);
    directions(out, row, version);
    textbuf_printf(out, ";%f%%;%f%%;%llu;%llu;%llu", cpu_percent(stat, stat->usr_us),
                   cpu_percent(stat, stat->sys_us), (unsigned long long)stat->ctx,
                   (unsigned long long)stat->majf, (unsigned long long)stat->minf);
    distribution_fields(out, stat);
    if (version > 2)
        disk_fields(out, report);
    if (row->job->continue_on_error)
        textbuf_printf(out, ";%llu;%d", (unsigned long long)stat->errors, stat->first_error);
    if (row->job->description && row->job->description[0])
        textbuf_printf(out, "%s;%s", version == 2 ? "\n" : "", row->job->description);
    textbuf_puts(out, "\n");
}
