/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device latency is what the library measured. A static engine tells all of it, an adaptive one
 * its last window: here both are read at each sample, and what is new is added up.
 */
#include "adaptive_run.h"

#include "figures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_MS = 150,   /* the library's windows last 100 ms and more */
    SMOOTH = 5,        /* samples; one alone is noisy */
    ATTEMPTS = 3,      /* at a run without others */
    SETTLED_SLACK = 10 /* a tenth of the samples may be deeper: the law asks how things are */
};

struct watch {
    const struct run_plan *plan;
    struct run *run;
    struct load load;
    bool is_static;
    int part, sample_most;
    double began_s, sampled_s, part_s; /* of the run, of the last sample, of the part */
    uint64_t done[DISKS_MOST];
    auraio_histogram_t last, sum; /* as told last; all of the part */
    int windows, windows_over, samples_in_part;
    double limit_sum[DISKS_MOST];
    uint64_t part_done;
};

/* What hist has that last had not, into sum. */
static void add_latencies(struct watch *watch, bool is_counted)
{
    auraio_histogram_t hist, *last = &watch->last, *sum = &watch->sum;

    if (auraio_get_histogram(watch->load.engine, 0, &hist) != 0)
        give_up("auraio_get_histogram", errno);
    bool is_new = memcmp(&hist, last, sizeof hist) != 0;
    for (int i = 0; is_new && is_counted && i < AURAIO_HISTOGRAM_BUCKETS; i++) {
        uint32_t n = hist.buckets[i] - (watch->is_static ? last->buckets[i] : 0);
        sum->buckets[i] += n;
        sum->total_count += n;
    }
    sum->max_tracked_us = hist.max_tracked_us;
    *last = hist;
}

static void take_sample(struct watch *watch, double now)
{
    struct run *run = watch->run;
    double part_age_ms = (now - watch->part_s) * 1e3;
    bool is_counted = part_age_ms > WINDOW_MS;

    for (int d = 0; d < watch->plan->disk_count; d++) {
        struct sample *s = &run->samples[d][run->sample_count];
        auraio_target_stats_t stats;
        int target = d < auraio_get_target_count(watch->load.engine) ? d : 0;
        if (auraio_get_target_stats(watch->load.engine, target, &stats) != 0)
            give_up("auraio_get_target_stats", errno);
        s->at_s = now - watch->began_s;
        s->iops = (double)(watch->load.done[d] - watch->done[d]) / (now - watch->sampled_s);
        s->p99_ms = stats.p99_latency_ms;
        s->limit = stats.limit < READS_PER_DISK ? stats.limit : READS_PER_DISK;
        watch->done[d] = watch->load.done[d];
        watch->limit_sum[d] += s->limit;
        if (is_counted && d == 0) {
            watch->windows++;
            watch->windows_over += s->p99_ms > watch->plan->ceiling_ms;
        }
    }
    add_latencies(watch, is_counted);
    watch->samples_in_part++;
    run->sample_count++;
    watch->sampled_s = now;
}

static double share_over(const auraio_histogram_t *hist, double ceiling_ms)
{
    double over = 0;

    for (int i = 0; i < AURAIO_HISTOGRAM_BUCKETS; i++)
        if (auraio_histogram_bucket_lower_us(hist, i) >= ceiling_ms * 1e3)
            over += hist->buckets[i];
    return hist->total_count ? over / (double)hist->total_count : 0;
}

static void end_part(struct watch *watch, double now)
{
    struct part_result *result = &watch->run->parts[watch->part];
    double p99 = auraio_histogram_percentile(&watch->sum, 99);

    result->iops = (double)(watch->load.done[0] - watch->part_done) / (now - watch->part_s);
    result->p99_ms = p99 > 0 ? p99 : 0;
    result->limit = watch->limit_sum[0] / fmax(1, watch->samples_in_part);
    if (watch->plan->ceiling_ms > 0) {
        result->over = share_over(&watch->sum, watch->plan->ceiling_ms);
        result->windows = (double)watch->windows_over / fmax(1, watch->windows);
    }
}

static void begin_part(struct watch *watch, int part)
{
    if (watch->plan->begin_part)
        watch->plan->begin_part(watch->plan->context, &watch->load, part);
    watch->part = part;
    watch->part_s = seconds_now();
    watch->part_done = watch->load.done[0];
    watch->windows = watch->windows_over = watch->samples_in_part = 0;
    memset(&watch->sum, 0, sizeof watch->sum);
    memset(watch->limit_sum, 0, sizeof watch->limit_sum);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* With two disks there is one histogram, so the P99 is the median of the windows' own. */
static void end_disks(struct watch *watch, double now)
{
    struct run *run = watch->run;
    double *values = calloc((size_t)run->sample_count + 1, sizeof *values);

    if (!values)
        give_up("samples", ENOMEM);
    for (int d = 0; d < watch->plan->disk_count; d++) {
        for (int i = 0; i < run->sample_count; i++)
            values[i] = run->samples[d][i].p99_ms;
        qsort(values, (size_t)run->sample_count, sizeof *values, by_value);
        run->parts[d] =
            (struct part_result){.iops = (double)watch->load.done[d] / (now - watch->part_s),
                                 .p99_ms = values[run->sample_count / 2],
                                 .limit = watch->limit_sum[d] / fmax(1, watch->samples_in_part)};
    }
    free(values);
}

/* Seconds this thread has waited for a CPU; 0 where the kernel does not tell. */
static double self_delayed_s(void)
{
    unsigned long long on_cpu_ns, delayed_ns = 0;
    FILE *f = fopen("/proc/thread-self/schedstat", "re");

    if (!f)
        return 0;
    if (fscanf(f, "%llu %llu", &on_cpu_ns, &delayed_ns) != 2)
        delayed_ns = 0;
    fclose(f);
    return (double)delayed_ns / 1e9;
}

static double delayed_s(const struct run_plan *plan)
{
    return self_delayed_s() + (plan->disk_delayed_s ? plan->disk_delayed_s(plan->context) : 0);
}

static void measure(struct watch *watch)
{
    const struct run_plan *plan = watch->plan;
    int spans = plan->disk_count > 1 ? 1 : plan->part_count;
    double now = seconds_now();

    watch->began_s = watch->sampled_s = now;
    for (int part = 0; part < spans; part++) {
        double end_s = watch->began_s + plan->seconds * (part + 1) / spans;
        begin_part(watch, part);
        while ((now = seconds_now()) < end_s) {
            if (now - watch->sampled_s >= SAMPLE_MS / 1e3 &&
                watch->run->sample_count < watch->sample_most)
                take_sample(watch, now);
            load_pump(&watch->load, 2);
        }
        if (plan->disk_count == 1)
            end_part(watch, now);
    }
    if (plan->disk_count > 1)
        end_disks(watch, now);
}

void run_contestant(const struct run_plan *plan, const struct contestant *contestant,
                    struct run *run)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        give_up("run", ENOMEM);
    *run = (struct run){.sample_count = 0};
    watch->plan = plan;
    watch->run = run;
    watch->is_static = contestant->depth > 0;
    watch->sample_most = (int)(plan->seconds * 1e3 / SAMPLE_MS) + 1;
    for (int d = 0; d < plan->disk_count; d++) {
        run->samples[d] = calloc((size_t)watch->sample_most, sizeof *run->samples[d]);
        if (!run->samples[d])
            give_up("samples", ENOMEM);
    }
    if (plan->begin_run)
        plan->begin_run(plan->context);
    load_begin(&watch->load, plan->disks, plan->disk_count, contestant, plan->ceiling_ms,
               plan->seed);
    for (double warm = seconds_now() + plan->warm_s; seconds_now() < warm;)
        load_pump(&watch->load, 2);
    add_latencies(watch, false);
    for (int d = 0; d < plan->disk_count; d++)
        watch->done[d] = watch->load.done[d] = 0;
    double delayed = delayed_s(plan);
    measure(watch);
    run->delayed = (delayed_s(plan) - delayed) / plan->seconds;
    load_end(&watch->load);
    if (plan->end_run)
        plan->end_run(plan->context);
    free(watch);
}

void run_free(struct run *run)
{
    for (int d = 0; d < DISKS_MOST; d++)
        free(run->samples[d]);
}

bool run_undisturbed(const struct run_plan *plan, const struct contestant *contestant,
                     struct run *run)
{
    const double bearable = .1;

    run_contestant(plan, contestant, run);
    for (int attempt = 1; attempt < ATTEMPTS && run->delayed > bearable; attempt++) {
        struct run next;
        run_contestant(plan, contestant, &next);
        bool is_better = next.delayed < run->delayed;
        run_free(is_better ? run : &next);
        if (is_better)
            *run = next;
    }
    return run->delayed > bearable;
}

/* Mean throughput of the samples from..to-1. */
static double mean_iops(const struct sample *samples, int from, int to)
{
    double sum = 0;

    for (int i = from; i < to; i++)
        sum += samples[i].iops;
    return sum / fmax(1, to - from);
}

double run_settled_s(const struct run *run, const struct run_plan *plan, int part, double best_iops,
                     int knee)
{
    bool is_disk = plan->disk_count > 1;
    const struct sample *samples = run->samples[is_disk ? part : 0];
    int spans = is_disk ? 1 : plan->part_count, span = is_disk ? 0 : part;
    double begin_s = plan->seconds * span / spans, end_s = plan->seconds * (span + 1) / spans;
    int first = 0, last = run->sample_count, deeper = 0;
    double settled = -1;

    while (first < last && samples[first].at_s <= begin_s)
        first++;
    while (last > first && samples[last - 1].at_s > end_s + SAMPLE_MS / 1e3)
        last--;
    for (int i = last - 1; i >= first; i--) {
        bool is_deep = samples[i].limit > 1.5 * knee + 1;
        deeper += is_deep;
        if (last - i < SMOOTH)
            continue;
        bool stays =
            mean_iops(samples, i, last) >= .95 * best_iops && deeper * SETTLED_SLACK <= last - i;
        bool is_there = !is_deep && samples[i].iops >= .9 * best_iops &&
                        mean_iops(samples, i, i + SMOOTH) >= .95 * best_iops;
        if (stays && is_there)
            settled = samples[i].at_s - SAMPLE_MS / 1e3 - begin_s;
    }
    return settled < 0 ? settled : fmax(0, settled);
}
