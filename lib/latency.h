/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Latencies as a controller sees them: 16 buckets to an octave (4.4 %), from 1 us
 * to 67 s; the first and the last take what is shorter and longer. Small, so that
 * a tick may go through all of it. Knows nobody.
 */
#ifndef AUR_LATENCY_H
#define AUR_LATENCY_H

#include <stdint.h>

#define LATENCY_SHIFT 10 /* the unit: 1024 ns */
#define LATENCY_OCTAVES 26
#define LATENCY_STEPS 16 /* buckets to an octave */
#define LATENCY_BUCKETS (LATENCY_STEPS * LATENCY_OCTAVES)

static inline unsigned latency_bucket(uint64_t ns)
{
    uint64_t t = ns < 1u << LATENCY_SHIFT ? 1u << LATENCY_SHIFT : ns;
    unsigned octave = 63u ^ (unsigned)__builtin_clzll(t);
    unsigned bucket = (octave - LATENCY_SHIFT) * 16 + (unsigned)(t >> (octave - 4) & 15);

    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* Where a bucket begins, in ns; for LATENCY_BUCKETS where the last one ends. */
static inline uint64_t latency_bucket_begin(unsigned bucket)
{
    return (uint64_t)(16 + bucket % 16) << (bucket / 16 + LATENCY_SHIFT - 4);
}

struct latency_sum {
    uint64_t count;
    uint32_t buckets[LATENCY_BUCKETS];
};

void aur_latency_sum_clear(struct latency_sum *sum);
void aur_latency_sum_add(struct latency_sum *sum, const uint32_t window[LATENCY_BUCKETS]);
/* In ns, where the bucket ends that holds it; 0 of nothing. percent: 0..100. */
double aur_latency_sum_percentile(const struct latency_sum *sum, double percent);
/* Kolmogorov and Smirnov's: the widest gap between the two distributions, 0..1; 0 of nothing. */
double aur_latency_sum_distance(const struct latency_sum *a, const struct latency_sum *b);

#endif
