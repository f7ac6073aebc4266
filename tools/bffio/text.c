/* SPDX-License-Identifier: Apache-2.0 */
/* The text report of one job. */
#include "report.h"

#include <string.h>
#include <time.h>

static const char *const class_names[LAT_CLASSES] = {
    "2",  "4",  "10", "20",  "50",  "100", "250", "500",  "750",  "1000",  "2",
    "4",  "10", "20", "50",  "100", "250", "500", "750",  "1000", "2",     "4",
    "10", "20", "50", "100", "250", "500", "750", "1000", "2000", ">=2000"};

static void head(struct textbuf *out, const struct row *row)
{
    const struct job_stat *stat = row->stat;
    time_t now = time(NULL);
    struct tm tm;
    char when[64] = "";

    if (localtime_r(&now, &tm))
        strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm);
    textbuf_printf(out, "%s: (groupid=%u, jobs=%u): err=%2d", row->job->name, row->result->group,
                   row->result->jobs, stat->error);
    if (stat->error) {
        textbuf_printf(out, " (file:%s", row->job->source ? row->job->source : "job");
        if (row->job->line)
            textbuf_printf(out, ":%d", row->job->line);
        textbuf_printf(out, ", func=%s, error=%s)", stat->error_text[0] ? stat->error_text : "job",
                       strerror(stat->error));
    }
    textbuf_printf(out, ": pid=%d: %s\n", (int)stat->pid, when);
    if (row->job->description && row->job->description[0])
        textbuf_printf(out, "  Description  : [%s]\n", row->job->description);
}

/* Five to a line, only those that occurred. */
static void classes(struct textbuf *out, const char *unit, const double *percent,
                    const char *const *names, size_t n)
{
    unsigned in_line = 0;

    for (size_t i = 0; i < n; i++) {
        if (percent[i] <= 0.0)
            continue;
        if (in_line == 5) {
            textbuf_puts(out, "\n");
            in_line = 0;
        }
        if (in_line++)
            textbuf_puts(out, ", ");
        else
            textbuf_printf(out, "  lat (%s)   : ", unit);
        textbuf_printf(out, "%s=%3.2f%%", names[i], percent[i]);
    }
    if (in_line)
        textbuf_puts(out, "\n");
}

static void latency_classes(struct textbuf *out, const struct job_stat *stat)
{
    const size_t us = LAT_NS_BUCKETS, ms = LAT_NS_BUCKETS + LAT_US_BUCKETS;
    double percent[LAT_CLASSES];

    shares(percent, stat->lat_classes, LAT_CLASSES, total_ios(stat), 0.01);
    classes(out, "nsec", percent, class_names, LAT_NS_BUCKETS);
    classes(out, "usec", percent + us, class_names + us, LAT_US_BUCKETS);
    classes(out, "msec", percent + ms, class_names + ms, LAT_MS_BUCKETS);
}

static void sync_lines(struct textbuf *out, const struct row *row)
{
    const struct job_stat *stat = row->stat;

    if (!stat->sync_lat.n)
        return;
    textbuf_puts(out, "  fsync/fdatasync/sync_file_range:\n");
    text_latency(out, "sync", &stat->sync_lat);
    text_percentiles(out, row->job, "sync", stat->sync_hist, stat->sync_lat.n);
}

static void depth_line(struct textbuf *out, const char *name, const char *const *labels,
                       const uint64_t *counts, uint64_t total)
{
    double percent[DEPTH_BUCKETS];

    shares(percent, counts, DEPTH_BUCKETS, total, 0.1);
    textbuf_puts(out, name);
    for (int i = 0; i < DEPTH_BUCKETS; i++)
        textbuf_printf(out, "%s%s=%3.1f%%", i ? ", " : "", labels[i], percent[i]);
    textbuf_puts(out, "\n");
}

static void depths(struct textbuf *out, const struct job_stat *stat)
{
    static const char *const depth[] = {"1", "2", "4", "8", "16", "32", ">=64"};
    static const char *const calls[] = {"0", "4", "8", "16", "32", "64", ">=64"};
    const struct direction_stat *dir = stat->dir;

    depth_line(out, "  IO depths    : ", depth, stat->depth_seen, total_ios(stat));
    depth_line(out, "     submit    : ", calls, stat->submit_calls, stat->total_submit);
    depth_line(out, "     complete  : ", calls, stat->complete_calls, stat->total_complete);
    textbuf_printf(out, "     issued rwts: total=%llu,%llu,%llu,%llu",
                   (unsigned long long)dir[READS].ios, (unsigned long long)dir[WRITES].ios,
                   (unsigned long long)dir[TRIMS].ios, (unsigned long long)stat->sync_ios);
    textbuf_printf(out, " short=%llu,%llu,%llu,0", (unsigned long long)dir[READS].short_ios,
                   (unsigned long long)dir[WRITES].short_ios,
                   (unsigned long long)dir[TRIMS].short_ios);
    textbuf_printf(out, " dropped=%llu,%llu,%llu,0\n", (unsigned long long)dir[READS].drop_ios,
                   (unsigned long long)dir[WRITES].drop_ios,
                   (unsigned long long)dir[TRIMS].drop_ios);
}

/* A time with two decimals in the largest unit that leaves a digit before the point. */
static void duration(struct textbuf *out, const char *name, uint64_t ns)
{
    if (ns < 1000)
        textbuf_printf(out, "%s=%.2fns", name, (double)ns);
    else if (ns < 1000000)
        textbuf_printf(out, "%s=%.2fus", name, (double)ns / 1e3);
    else if (ns < 1000000000)
        textbuf_printf(out, "%s=%.2fms", name, (double)ns / 1e6);
    else
        textbuf_printf(out, "%s=%.2fs", name, (double)ns / 1e9);
}

static void target_line(struct textbuf *out, const struct row *row)
{
    textbuf_puts(out, "     latency   : ");
    duration(out, "target", row->job->latency_target_ns);
    duration(out, ", window", row->job->latency_window_us * 1000);
    textbuf_printf(out, ", percentile=%.2f%%, depth=%u\n",
                   row->job->latency_percentile > 0 ? row->job->latency_percentile : 100.0,
                   row->stat->depth_limit);
}

static void steady_line(struct textbuf *out, const struct row *row)
{
    const struct steady *steady = &row->stat->steady;
    const bool binary = row->job->kb_base != 1000;
    uint64_t bw = 0, iops = 0;

    if (!steady->valid)
        return;
    for (size_t i = 0; i < steady->n; i++) {
        bw += steady->bw_bytes[i] / steady->n;
        iops += steady->iops[i];
    }
    textbuf_printf(out, "  steadystate  : attained=%s, bw=%s (%s), iops=%s, %s%s=%.3f%s\n",
                   steady->attained ? "yes" : "no",
                   number_text(bw, 4, binary, UNIT_BYTES_PER_S).text,
                   number_text(bw, 4, !binary, UNIT_BYTES_PER_S).text,
                   number_text(steady->n ? iops / steady->n : 0, 4, false, UNIT_NONE).text,
                   row->job->steadystate_iops ? "iops" : "bw",
                   row->job->steadystate_slope ? " slope" : " mean dev", steady->criterion,
                   row->job->steadystate_percent ? "%" : "");
}

static void auraio_line(struct textbuf *out, const struct row *row)
{
    const struct found *found = &row->stat->found;
    const double p99_ms = (double)row_p99_ns(row) / 1e6;

    if (!found->valid)
        return;
    if (found->adaptive)
        textbuf_printf(out, "  auraio: max concurrency=%d at p99=%.3f ms", found->final_depth,
                       p99_ms);
    else
        textbuf_printf(out, "  auraio: depth=%d at p99=%.3f ms", found->final_depth, p99_ms);
    if (found->target_ns)
        textbuf_printf(out, " (target: %g ms)", (double)found->target_ns / 1e6);
    textbuf_printf(out, ", phase=%s", found->phase ? found->phase : "none");
    if (found->target_ns)
        textbuf_printf(out, ", met=%s", found->met ? "yes" : "no");
    if (found->adaptive && found->converge_ms >= 0)
        textbuf_printf(out, ", converged=%lldmsec", (long long)found->converge_ms);
    else if (found->adaptive)
        textbuf_puts(out, ", converged=no");
    textbuf_printf(out, ", spills=%llu, backend=%s\n", (unsigned long long)found->spills,
                   found->backend ? found->backend : "none");
}

void text_job(struct textbuf *out, const struct row *row)
{
    const struct job_stat *stat = row->stat;
    static const char *const names[] = {"read", "write", "trim"};

    if (!total_ios(stat) && !stat->error && !stat->sync_ios)
        return;
    head(out, row);
    for (int dir = 0; dir < DIRECTIONS; dir++) {
        if (stat->dir[dir].bytes)
            text_direction(out, row, row->mixed ? "mixed" : names[dir], &stat->dir[dir],
                           row->sums->all_bw[dir]);
    }
    if (row->both)
        text_direction(out, row, "mixed", &row->folded->dir[READS], row->mixed_sums->all_bw[0]);
    latency_classes(out, stat);
    sync_lines(out, row);
    textbuf_printf(out,
                   "  cpu          : usr=%3.2f%%, sys=%3.2f%%, ctx=%llu, majf=%llu, minf=%llu\n",
                   cpu_percent(stat, stat->usr_us), cpu_percent(stat, stat->sys_us),
                   (unsigned long long)stat->ctx, (unsigned long long)stat->majf,
                   (unsigned long long)stat->minf);
    depths(out, stat);
    if (row->job->continue_on_error)
        textbuf_printf(out, "     errors    : total=%llu, first_error=%d/<%s>\n",
                       (unsigned long long)stat->errors, stat->first_error,
                       strerror(stat->first_error));
    target_line(out, row);
    steady_line(out, row);
    auraio_line(out, row);
}
