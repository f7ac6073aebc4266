/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log-linear latency histogram in HdrHistogram's layout: units of 16 ns,
 * single units up to 2 µs, then 64 buckets to each octave (1.6 %) up to 100 s.
 * One writer at a time (the ring's lock); readers take each bucket by itself.
 */
#ifndef AUR_HISTOGRAM_H
#define AUR_HISTOGRAM_H

#include <auraio.h>
#include <stdatomic.h>
#include <stdint.h>

struct histogram {
    _Atomic uint32_t buckets[AURAIO_HISTOGRAM_BUCKETS + 1]; /* the last one: all that is longer */
};

#define HISTOGRAM_UNIT_SHIFT 4 /* 16 ns */
#define HISTOGRAM_LINEAR 128u  /* buckets of one unit each */
#define HISTOGRAM_OCTAVE 64u   /* buckets per octave above */

/* Without a branch: below two octaves' worth of units the shift is 0. */
static inline unsigned histogram_bucket(uint64_t ns)
{
    uint64_t units = ns >> HISTOGRAM_UNIT_SHIFT;
    unsigned shift = (63u ^ (unsigned)__builtin_clzll(units | HISTOGRAM_OCTAVE)) - 6;
    uint64_t i = shift * HISTOGRAM_OCTAVE + (units >> shift);

    return i < AURAIO_HISTOGRAM_BUCKETS ? (unsigned)i : AURAIO_HISTOGRAM_BUCKETS;
}

static inline void histogram_add(struct histogram *hist, uint64_t ns)
{
    _Atomic uint32_t *count = &hist->buckets[histogram_bucket(ns)];

    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* The same for several writers. */
static inline void histogram_add_shared(struct histogram *hist, uint64_t ns)
{
    atomic_fetch_add_explicit(&hist->buckets[histogram_bucket(ns)], 1, memory_order_relaxed);
}

/* now - before, bucket by bucket, into the public form. before may be NULL. */
void aur_histogram_export(const struct histogram *now, const auraio_histogram_t *before,
                          auraio_histogram_t *out);
/* The window since before, to which it is added: before is where the next one starts. */
void aur_histogram_window(const struct histogram *now, auraio_histogram_t *before,
                          auraio_histogram_t *window);

#endif
