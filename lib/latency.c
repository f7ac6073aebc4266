/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of the latency windows of latency.h, and what can be read from them.
 */
#include "latency.h"

#include <string.h>

void aur_latency_sum_clear(struct latency_sum *sum)
{
    memset(sum, 0, sizeof *sum);
}

/* Latencies of a window lie in few octaves: the others are passed over. */
void aur_latency_sum_add(struct latency_sum *sum, const uint32_t window[LATENCY_BUCKETS])
{
    for (unsigned first = 0; first < LATENCY_BUCKETS; first += LATENCY_STEPS) {
        uint64_t n = 0;
        for (unsigned i = 0; i < LATENCY_STEPS; i++)
            n += window[first + i];
        if (!n)
            continue;
        for (unsigned i = 0; i < LATENCY_STEPS; i++)
            sum->buckets[first + i] += window[first + i];
        sum->count += n;
    }
}

double aur_latency_sum_percentile(const struct latency_sum *sum, double percent)
{
    double wanted = (double)sum->count * percent / 100;
    uint64_t seen = 0;

    if (!sum->count)
        return 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        seen += sum->buckets[i];
        if (sum->buckets[i] && (double)seen >= wanted)
            return (double)latency_bucket_begin(i + 1);
    }
    return (double)latency_bucket_begin(LATENCY_BUCKETS);
}

/* A step of one bucket between the two may be the edge of a bucket and is no difference. */
double aur_latency_sum_distance(const struct latency_sum *a, const struct latency_sum *b)
{
    double below_a = 0, below_b = 0, last_a = 0, last_b = 0, widest = 0;

    if (!a->count || !b->count)
        return 0;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        below_a += (double)a->buckets[i] / (double)a->count;
        below_b += (double)b->buckets[i] / (double)b->count;
        double gap = last_a > below_b ? last_a - below_b : last_b - below_a;
        widest = gap > widest ? gap : widest;
        last_a = below_a;
        last_b = below_b;
    }
    return widest;
}
