/* SPDX-License-Identifier: Apache-2.0 */
/* Means and deviations, and sums of what several jobs did. */
#include "stat.h"

#include <math.h>

void spread_add(struct spread *spread, uint64_t value)
{
    if (!spread->n || value < spread->min)
        spread->min = value;
    if (value > spread->max)
        spread->max = value;
    spread->n++;
    spread->sum += value;
    spread->squares = wide_sum(spread->squares, wide_product(value, value));
}

uint64_t spread_min(const struct spread *spread)
{
    return spread->n ? spread->min : 0;
}

double spread_mean(const struct spread *spread)
{
    if (spread->is_total)
        return spread->mean;
    return spread->n ? (double)spread->sum / (double)spread->n : 0.0;
}

/* The sum of squared distances from the mean. Distances from the mean's integer part are summed
 * exactly first, so that nothing cancels out; wrapping in between does no harm. */
static double spread_m2(const struct spread *spread)
{
    uint64_t whole, rest;
    struct wide twice_whole_sum, around;

    if (spread->is_total)
        return spread->m2;
    if (!spread->n)
        return 0.0;
    whole = spread->sum / spread->n;
    rest = spread->sum % spread->n;
    twice_whole_sum = wide_product(whole, spread->sum);
    twice_whole_sum = wide_sum(twice_whole_sum, twice_whole_sum);
    around = wide_sum(wide_difference(spread->squares, twice_whole_sum),
                      wide_product(whole, whole * spread->n));
    return wide_to_double(around) - (double)rest * (double)rest / (double)spread->n;
}

double spread_deviation(const struct spread *spread)
{
    double m2 = spread_m2(spread);

    return spread->n > 1 && m2 > 0 ? sqrt(m2 / ((double)spread->n - 1.0)) : 0.0;
}

void spread_merge(struct spread *sum, const struct spread *one)
{
    if (!one->n)
        return;
    if (!sum->n || one->min < sum->min)
        sum->min = one->min;
    if (one->max > sum->max)
        sum->max = one->max;
    sum->n += one->n;
    sum->sum += one->sum;
    sum->squares = wide_sum(sum->squares, one->squares);
}

void spread_total(struct spread *sum, const struct spread *one)
{
    double mean, m2;

    if (!one->n)
        return;
    if (!sum->n) {
        *sum = *one;
        return;
    }
    mean = spread_mean(sum) + spread_mean(one);
    m2 = spread_m2(sum) + spread_m2(one);
    sum->min += one->min;
    sum->max += one->max;
    sum->n += one->n;
    sum->mean = mean;
    sum->m2 = m2;
    sum->is_total = true;
}

static void counts_add(uint64_t *sum, const uint64_t *one, size_t n)
{
    for (size_t i = 0; sum && one && i < n; i++)
        sum[i] += one[i];
}

static void direction_add(struct direction_stat *sum, const struct direction_stat *one)
{
    sum->bytes += one->bytes;
    sum->ios += one->ios;
    sum->short_ios += one->short_ios;
    sum->drop_ios += one->drop_ios;
    if (one->runtime_ms > sum->runtime_ms)
        sum->runtime_ms = one->runtime_ms;
    for (int kind = 0; kind < LATENCIES; kind++) {
        spread_merge(&sum->lat[kind], &one->lat[kind]);
        counts_add(sum->hist[kind], one->hist[kind], PLAT_BUCKETS);
    }
    spread_total(&sum->bw, &one->bw);
    spread_total(&sum->iops, &one->iops);
}

static void first_takes(struct job_stat *sum, const struct job_stat *one)
{
    sum->began = one->began;
    sum->began_ms = one->began_ms;
    sum->ramp_ms = one->ramp_ms;
    sum->pid = one->pid;
}

static void outcome_add(struct job_stat *sum, const struct job_stat *one)
{
    /* As fio: one that was survived is reported where there is no other. */
    if (!sum->error) {
        sum->error = one->error ? one->error : one->first_error;
        for (size_t i = 0; i < sizeof(sum->error_text); i++)
            sum->error_text[i] = one->error_text[i];
    }
    sum->errors += one->errors;
    if (one->first_error)
        sum->first_error = one->first_error;
    sum->depth_limit = one->depth_limit;
    if (!sum->found.valid)
        sum->found = one->found;
    if (!sum->steady.valid)
        sum->steady = one->steady;
}

static void rest_add(struct job_stat *sum, const struct job_stat *one)
{
    if (!sum->pid && !sum->began_ms)
        first_takes(sum, one);
    outcome_add(sum, one);
    spread_merge(&sum->sync_lat, &one->sync_lat);
    counts_add(sum->sync_hist, one->sync_hist, PLAT_BUCKETS);
    sum->sync_ios += one->sync_ios;
    counts_add(sum->depth_seen, one->depth_seen, DEPTH_BUCKETS);
    counts_add(sum->submit_calls, one->submit_calls, DEPTH_BUCKETS);
    counts_add(sum->complete_calls, one->complete_calls, DEPTH_BUCKETS);
    counts_add(sum->lat_classes, one->lat_classes, LAT_CLASSES);
    sum->total_submit += one->total_submit;
    sum->total_complete += one->total_complete;
    sum->usr_us += one->usr_us;
    sum->sys_us += one->sys_us;
    sum->ctx += one->ctx;
    sum->majf += one->majf;
    sum->minf += one->minf;
    sum->job_runtime_ms += one->job_runtime_ms;
    sum->measured |= one->measured;
}

void stat_add(struct job_stat *sum, const struct job_stat *one)
{
    for (int dir = 0; dir < DIRECTIONS; dir++)
        direction_add(&sum->dir[dir], &one->dir[dir]);
    rest_add(sum, one);
}

void stat_unify(struct job_stat *sum, const struct job_stat *one)
{
    for (int dir = 0; dir < DIRECTIONS; dir++)
        direction_add(&sum->dir[READS], &one->dir[dir]);
    rest_add(sum, one);
}
