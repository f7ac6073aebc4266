/* SPDX-License-Identifier: Apache-2.0 */
/* One job in JSON: fio's keys in fio's order, and "auraio" behind them. */
#include "report.h"

#include <auraio.h>

#include <stdio.h>
#include <string.h>

static void percentiles(struct json *json, const struct job *job, const uint64_t *hist, uint64_t n)
{
    char key[32], last[32] = "";

    json_object(json, "percentile");
    for (size_t i = 0; i < job->n_percentiles; i++) {
        snprintf(key, sizeof(key), "%f", job->percentiles[i]);
        /* They rise, so what is printed alike stands side by side. */
        if (strcmp(key, last) == 0)
            continue;
        json_uint(json, key, plat_percentile(hist, n, job->percentiles[i]));
        memcpy(last, key, sizeof(last));
    }
    json_end(json, '}');
}

static void bins_of(struct json *json, const uint64_t *hist)
{
    json_object(json, "bins");
    for (unsigned i = 0; i < PLAT_BUCKETS; i++) {
        char key[32];

        if (!hist[i])
            continue;
        snprintf(key, sizeof(key), "%llu", (unsigned long long)plat_value(i));
        json_uint(json, key, hist[i]);
    }
    json_end(json, '}');
}

void json_latency(struct json *json, const char *key, const struct job *job,
                  const struct spread *lat, const uint64_t *hist, bool bins)
{
    json_object(json, key);
    json_uint(json, "min", spread_min(lat));
    json_uint(json, "max", lat->max);
    json_float(json, "mean", spread_mean(lat));
    json_float(json, "stddev", spread_deviation(lat));
    json_uint(json, "N", lat->n);
    if (hist && lat->n) {
        percentiles(json, job, hist, lat->n);
        if (bins)
            bins_of(json, hist);
    }
    json_end(json, '}');
}

void json_direction(struct json *json, const struct row *row, const char *key,
                    const struct direction_stat *dir, uint64_t group_bytes_s, bool bins)
{
    static const char *const names[LATENCIES] = {"slat_ns", "clat_ns", "lat_ns"};
    const uint64_t bw = rate_of(dir->bytes, dir->runtime_ms);

    json_object(json, key);
    json_uint(json, "io_bytes", dir->bytes);
    json_uint(json, "io_kbytes", dir->bytes >> 10);
    json_uint(json, "bw_bytes", bw);
    json_uint(json, "bw", bw >> 10);
    json_float(json, "iops",
               dir->runtime_ms ? 1000.0 * (double)dir->ios / (double)dir->runtime_ms : 0.0);
    json_uint(json, "runtime", dir->runtime_ms);
    json_uint(json, "total_ios", dir->ios);
    json_uint(json, "short_ios", dir->short_ios);
    json_uint(json, "drop_ios", dir->drop_ios);
    for (int kind = 0; kind < LATENCIES; kind++)
        json_latency(json, names[kind], row->job, &dir->lat[kind], dir->hist[kind], bins);
    json_uint(json, "bw_min", spread_min(&dir->bw));
    json_uint(json, "bw_max", dir->bw.max);
    json_float(json, "bw_agg",
               dir->bw.n ? share_of_group(spread_mean(&dir->bw), group_bytes_s) : 0.0);
    json_float(json, "bw_mean", spread_mean(&dir->bw));
    json_float(json, "bw_dev", spread_deviation(&dir->bw));
    json_uint(json, "bw_samples", dir->bw.n);
    json_uint(json, "iops_min", spread_min(&dir->iops));
    json_uint(json, "iops_max", dir->iops.max);
    json_float(json, "iops_mean", spread_mean(&dir->iops));
    json_float(json, "iops_stddev", spread_deviation(&dir->iops));
    json_uint(json, "iops_samples", dir->iops.n);
    json_end(json, '}');
}

static void distribution(struct json *json, const char *key, const char *const *labels,
                         const uint64_t *counts, size_t n, uint64_t total, double least)
{
    double percent[LAT_CLASSES];

    shares(percent, counts, n, total, least);
    json_object(json, key);
    for (size_t i = 0; i < n; i++)
        json_float(json, labels[i], percent[i]);
    json_end(json, '}');
}

static void distributions(struct json *json, const struct job_stat *stat)
{
    static const char *const depth[] = {"1", "2", "4", "8", "16", "32", ">=64"};
    static const char *const calls[] = {"0", "4", "8", "16", "32", "64", ">=64"};
    static const char *const lat[] = {"2",   "4",   "10",  "20",   "50",   "100",
                                      "250", "500", "750", "1000", "2000", ">=2000"};
    const uint64_t total = total_ios(stat), *classes = stat->lat_classes;

    distribution(json, "iodepth_level", depth, stat->depth_seen, DEPTH_BUCKETS, total, 0.1);
    distribution(json, "iodepth_submit", calls, stat->submit_calls, DEPTH_BUCKETS,
                 stat->total_submit, 0.1);
    distribution(json, "iodepth_complete", calls, stat->complete_calls, DEPTH_BUCKETS,
                 stat->total_complete, 0.1);
    distribution(json, "latency_ns", lat, classes, LAT_NS_BUCKETS, total, 0.01);
    distribution(json, "latency_us", lat, classes + LAT_NS_BUCKETS, LAT_US_BUCKETS, total, 0.01);
    distribution(json, "latency_ms", lat, classes + LAT_NS_BUCKETS + LAT_US_BUCKETS, LAT_MS_BUCKETS,
                 total, 0.01);
}

static uint64_t mean_of(const uint64_t *values, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return n ? sum / n : 0;
}

static void series(struct json *json, const char *key, const uint64_t *values, size_t n)
{
    json_array(json, key);
    for (size_t i = 0; i < n; i++)
        json_uint(json, NULL, values[i]);
    json_end(json, ']');
}

static void steadystate(struct json *json, const struct job *job, const struct steady *steady)
{
    const char *percent = job->steadystate_percent ? "%" : "";
    char text[64];

    json_object(json, "steadystate");
    snprintf(text, sizeof(text), "%s%s:%f%s", job->steadystate_iops ? "iops" : "bw",
             job->steadystate_slope ? "_slope" : "", job->steadystate_limit, percent);
    json_string(json, "ss", text);
    json_uint(json, "duration", steady->duration_s);
    json_uint(json, "attained", steady->attained);
    snprintf(text, sizeof(text), "%f%s", steady->criterion, percent);
    json_string(json, "criterion", text);
    json_float(json, "max_deviation", steady->deviation);
    json_float(json, "slope", steady->slope);
    json_object(json, "data");
    json_uint(json, "bw_mean", mean_of(steady->bw_bytes, steady->n));
    json_uint(json, "iops_mean", mean_of(steady->iops, steady->n));
    series(json, "iops", steady->iops, steady->n);
    series(json, "bw", steady->bw_bytes, steady->n);
    json_end(json, '}');
    json_end(json, '}');
}

/* One point in one line. */
static void trace_point(struct json *json, const struct trace_point *point)
{
    const bool compact = json->compact;

    json_array(json, NULL);
    json->compact = true;
    json_uint(json, NULL, point->ms);
    json_uint(json, NULL, point->limit);
    json_float(json, NULL, (double)point->p99_ns / 1e3);
    json_float(json, NULL, point->iops);
    json_end(json, ']');
    json->compact = compact;
}

static void phases(struct json *json, const struct found *found)
{
    static const char *const names[] = {"converging", "steady"};

    json_object(json, "phases");
    for (int i = 0; i < 2; i++) {
        json_object(json, names[i]);
        json_uint(json, "ios", found->phase_ios[i]);
        json_float(json, "p99_ms", (double)found->phase_p99_ns[i] / 1e6);
        json_end(json, '}');
    }
    json_end(json, '}');
}

static void auraio_object(struct json *json, const struct row *row)
{
    const struct found *found = &row->stat->found;

    json_object(json, "auraio");
    json_int(json, "final_depth",
             found->valid ? found->final_depth : (int64_t)row->stat->depth_limit);
    json_string(json, "phase", found->valid && found->phase ? found->phase : "none");
    json_float(json, "p99_ms", (double)row_p99_ns(row) / 1e6);
    json_float(json, "target_ms", (double)found->target_ns / 1e6);
    json_bool(json, "met", found->valid && found->met);
    json_int(json, "converge_ms", found->valid ? found->converge_ms : -1);
    json_uint(json, "spills", found->spills);
    json_string(json, "backend", found->valid && found->backend ? found->backend : "none");
    json_array(json, "features");
    for (int bit = 0; bit < 64; bit++) {
        const char *name = found->features >> bit & 1 ? auraio_feature_name(bit) : NULL;

        if (name)
            json_string(json, NULL, name);
    }
    json_end(json, ']');
    phases(json, found);
    json_array(json, "trace");
    for (size_t i = 0; i < found->n_trace; i++)
        trace_point(json, &found->trace[i]);
    json_end(json, ']');
    json_end(json, '}');
}

static void syncs(struct json *json, const struct row *row, bool bins)
{
    const struct job_stat *stat = row->stat;
    const bool percentile = row->job->clat_percentiles || row->job->lat_percentiles;

    json_object(json, "sync");
    json_uint(json, "total_ios", stat->sync_ios);
    json_latency(json, "lat_ns", row->job, &stat->sync_lat, percentile ? stat->sync_hist : NULL,
                 bins);
    json_end(json, '}');
}

/* All in one leave no place for what is none of them: fio then has no "sync". */
static void directions(struct json *json, const struct row *row, bool bins)
{
    static const char *const names[] = {"read", "write", "trim"};
    const struct direction_stat *dir = row->stat->dir;

    if (row->mixed) {
        json_direction(json, row, "mixed", &dir[READS], row->sums->all_bw[READS], bins);
        return;
    }
    for (int d = 0; d < DIRECTIONS; d++)
        json_direction(json, row, names[d], &dir[d], row->sums->all_bw[d], bins);
    syncs(json, row, bins);
    if (row->both)
        json_direction(json, row, "mixed", &row->folded->dir[READS], row->mixed_sums->all_bw[0],
                       bins);
}

static void target_keys(struct json *json, const struct row *row)
{
    const struct job *job = row->job;

    json_uint(json, "latency_depth", row->stat->depth_limit);
    json_uint(json, "latency_target", job->latency_target_ns);
    json_uint(json, "latency_target_ns", job->latency_target_ns);
    json_float(json, "latency_percentile",
               job->latency_percentile > 0 ? job->latency_percentile : 100.0);
    json_uint(json, "latency_window", job->latency_window_us);
    json_uint(json, "latency_window_us", job->latency_window_us);
}

void json_job(struct json *json, const struct row *row, bool bins)
{
    const struct job *job = row->job, *last = row->result->last;
    const struct job_stat *stat = row->stat;

    json_object(json, NULL);
    json_string(json, "jobname", job->name);
    json_uint(json, "groupid", row->result->group);
    json_uint(json, "job_start", stat->began_ms);
    json_int(json, "error", stat->error);
    json_uint(json, "eta", row->result->eta_s);
    json_uint(json, "elapsed", row->result->elapsed_s);
    if (last->n_given)
        json_options(json, "job options", last->given, last->n_given);
    directions(json, row, bins);
    json_uint(json, "job_runtime", stat->job_runtime_ms);
    json_float(json, "usr_cpu", cpu_percent(stat, stat->usr_us));
    json_float(json, "sys_cpu", cpu_percent(stat, stat->sys_us));
    json_uint(json, "ctx", stat->ctx);
    json_uint(json, "majf", stat->majf);
    json_uint(json, "minf", stat->minf);
    distributions(json, stat);
    if (job->continue_on_error) {
        json_uint(json, "total_err", stat->errors);
        json_int(json, "first_error", stat->first_error);
    }
    target_keys(json, row);
    if (job->description && job->description[0])
        json_string(json, "desc", job->description);
    if (stat->steady.valid)
        steadystate(json, job, &stat->steady);
    auraio_object(json, row);
    json_end(json, '}');
}
