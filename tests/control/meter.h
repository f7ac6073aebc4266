/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is measured of one target: bins of time for curves, spans of time with a
 * whole histogram for scores. Knows nobody.
 */
#ifndef METER_H
#define METER_H

#include <stdbool.h>
#include <stdint.h>

/* Latencies in 64 buckets to an octave, which is 1.1 %. */
#define SPAN_OCTAVE 64u
#define SPAN_BUCKETS (36 * SPAN_OCTAVE)

struct tally {
    uint64_t count;
    uint32_t bucket[SPAN_BUCKETS];
};

void tally_add(struct tally *tally, uint64_t ns);
double tally_quantile(const struct tally *tally, double share); /* ns */

#define METER_RINGS 16
#define METER_SPANS 3

/* From one time to another; what completed in it. */
struct span {
    uint64_t from, until;
    uint64_t completed, bytes, over; /* over: above the ceiling */
    uint64_t ring[METER_RINGS];
    uint64_t windows, windows_over; /* of half a second, and those whose P99 is over the ceiling */
    uint64_t window_end, window_count, window_over;
    double depth;                           /* in flight on average */
    uint64_t first_searches, last_searches; /* the law's count at both ends */
    struct tally device, total;             /* from the hand-over, from the arrival */
};

struct bin {
    float depth;      /* in flight on average */
    float limit;      /* 0: not gated */
    float throughput; /* operations per second */
    float p99_ns;
};

struct meter {
    uint64_t bin_ns, bin_begin;
    uint64_t area_at; /* in flight x ns is summed up to here */
    double area;
    int in_flight;
    int limit;
    uint64_t completed;
    struct tally *tally; /* of the bin; NULL: no P99 wanted */
    int bins, bins_max;
    struct bin *bin;
    double ceiling_ns;
    uint64_t searches;
    int spans;
    struct span *span;
};

void meter_advance(struct meter *meter, uint64_t now);
void meter_completed(struct meter *meter, uint64_t now, int ring, uint32_t bytes, uint64_t arrived,
                     uint64_t started);

/* Before each change of in_flight or limit. */
static inline void meter_in_flight(struct meter *meter, uint64_t now, int by)
{
    if (now >= meter->bin_begin + meter->bin_ns)
        meter_advance(meter, now);
    meter->area += (double)(now - meter->area_at) * meter->in_flight;
    meter->area_at = now;
    meter->in_flight += by;
}

#endif
