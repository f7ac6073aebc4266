/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the histograms of histogram.h: snapshots, percentiles, bucket limits.
 * The layout stands there; nothing here writes to a live histogram.
 */
#include "histogram.h"

#include <errno.h>
#include <string.h>

#define UNIT_US 0.016
#define MAX_TRACKED_US 137438953u /* where the last bucket ends */

void aur_histogram_export(const struct histogram *now, const auraio_histogram_t *before,
                          auraio_histogram_t *out)
{
    uint64_t total = 0;

    for (int i = 0; i < AURAIO_HISTOGRAM_BUCKETS; i++) {
        uint32_t count = atomic_load_explicit(&now->buckets[i], memory_order_relaxed);
        out->buckets[i] = before ? count - before->buckets[i] : count;
        total += out->buckets[i];
    }
    uint32_t over =
        atomic_load_explicit(&now->buckets[AURAIO_HISTOGRAM_BUCKETS], memory_order_relaxed);
    out->overflow = before ? over - before->overflow : over;
    out->reserved0 = 0;
    out->total_count = total + out->overflow;
    out->max_tracked_us = MAX_TRACKED_US;
    memset(out->reserved, 0, sizeof out->reserved);
}

void aur_histogram_window(const struct histogram *now, auraio_histogram_t *before,
                          auraio_histogram_t *window)
{
    aur_histogram_export(now, before, window);
    for (int i = 0; i < AURAIO_HISTOGRAM_BUCKETS; i++)
        before->buckets[i] += window->buckets[i];
    before->overflow += window->overflow;
}

/* What x87 arithmetic has not rounded yet it also returns so, and two answers about one limit
 * would differ. */
static double rounded(double value)
{
    volatile double stored = value;

    return stored;
}

static double lower_us(int bucket)
{
    unsigned i = (unsigned)bucket;

    if (i < HISTOGRAM_LINEAR)
        return rounded(i * UNIT_US);
    unsigned shift = i / HISTOGRAM_OCTAVE - 1;
    return rounded((double)((uint64_t)(i - shift * HISTOGRAM_OCTAVE) << shift) * UNIT_US);
}

double auraio_histogram_bucket_lower_us(const auraio_histogram_t *hist, int bucket)
{
    if (!hist || bucket < 0 || bucket >= AURAIO_HISTOGRAM_BUCKETS)
        return -1;
    return lower_us(bucket);
}

double auraio_histogram_bucket_upper_us(const auraio_histogram_t *hist, int bucket)
{
    if (!hist || bucket < 0 || bucket >= AURAIO_HISTOGRAM_BUCKETS)
        return -1;
    return lower_us(bucket + 1);
}

double auraio_histogram_percentile(const auraio_histogram_t *hist, double percentile)
{
    if (!hist || !hist->total_count || !(percentile >= 0 && percentile <= 100))
        return -1;
    double wanted = percentile * (double)hist->total_count / 100;
    uint64_t seen = 0;

    for (int i = 0; i < AURAIO_HISTOGRAM_BUCKETS; i++) {
        seen += hist->buckets[i];
        if (hist->buckets[i] && (double)seen >= wanted)
            return rounded(lower_us(i + 1) / 1000);
    }
    return rounded(lower_us(AURAIO_HISTOGRAM_BUCKETS) / 1000);
}
