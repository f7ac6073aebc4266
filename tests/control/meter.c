/* SPDX-License-Identifier: Apache-2.0 */
/* See meter.h. */
#include "meter.h"

#include <string.h>

#define HALF_SECOND 500000000ull

static unsigned bucket_of(uint64_t ns)
{
    unsigned shift = (63u ^ (unsigned)__builtin_clzll(ns | SPAN_OCTAVE)) - 6;
    uint64_t bucket = shift * SPAN_OCTAVE + (ns >> shift);

    return bucket < SPAN_BUCKETS ? (unsigned)bucket : SPAN_BUCKETS - 1;
}

static double bucket_begin(unsigned bucket)
{
    unsigned shift = bucket < 2 * SPAN_OCTAVE ? 0 : bucket / SPAN_OCTAVE - 1;

    return (double)((uint64_t)(bucket - shift * SPAN_OCTAVE) << shift);
}

void tally_add(struct tally *tally, uint64_t ns)
{
    tally->count++;
    tally->bucket[bucket_of(ns)]++;
}

double tally_quantile(const struct tally *tally, double share)
{
    double wanted = share * (double)tally->count;
    double below = 0;

    for (unsigned i = 0; i < SPAN_BUCKETS; i++) {
        double here = tally->bucket[i];
        if (here > 0 && below + here >= wanted) {
            double begin = bucket_begin(i);
            return begin + (wanted - below) / here * (bucket_begin(i + 1) - begin);
        }
        below += here;
    }
    return 0;
}

static void close_bin(struct meter *meter, uint64_t end)
{
    meter->area += (double)(end - meter->area_at) * meter->in_flight;
    meter->area_at = end;
    if (meter->bins < meter->bins_max) {
        struct bin *bin = &meter->bin[meter->bins++];
        bin->depth = (float)(meter->area / (double)meter->bin_ns);
        bin->limit = (float)meter->limit;
        bin->throughput = (float)((double)meter->completed * 1e9 / (double)meter->bin_ns);
        bin->p99_ns = meter->tally ? (float)tally_quantile(meter->tally, .99) : 0;
    }
    meter->area = 0;
    meter->completed = 0;
    if (meter->tally && meter->tally->count)
        memset(meter->tally, 0, sizeof *meter->tally);
    meter->bin_begin = end;
}

void meter_advance(struct meter *meter, uint64_t now)
{
    while (now >= meter->bin_begin + meter->bin_ns)
        close_bin(meter, meter->bin_begin + meter->bin_ns);
}

/* A window with too few to have a P99 is not judged. */
static void close_window(struct span *span, uint64_t now)
{
    if (span->window_end && span->window_count >= 100) {
        span->windows++;
        span->windows_over += span->window_over * 100 > span->window_count;
    }
    span->window_count = span->window_over = 0;
    span->window_end = now + HALF_SECOND;
}

static void span_completed(struct span *span, const struct meter *meter, uint64_t now, int ring,
                           uint32_t bytes)
{
    if (!span->completed++)
        span->first_searches = meter->searches;
    span->last_searches = meter->searches;
    span->bytes += bytes;
    span->ring[ring]++;
    if (now >= span->window_end)
        close_window(span, now);
}

void meter_completed(struct meter *meter, uint64_t now, int ring, uint32_t bytes, uint64_t arrived,
                     uint64_t started)
{
    meter_in_flight(meter, now, -1);
    meter->completed++;
    if (meter->tally)
        tally_add(meter->tally, now - started);
    for (int i = 0; i < meter->spans; i++) {
        struct span *span = &meter->span[i];
        if (now < span->from || now >= span->until)
            continue;
        span_completed(span, meter, now, ring, bytes);
        span->depth += (double)(now - started);
        tally_add(&span->device, now - started);
        tally_add(&span->total, now - arrived);
        span->window_count++;
        if (meter->ceiling_ns > 0 && (double)(now - started) > meter->ceiling_ns) {
            span->over++;
            span->window_over++;
        }
    }
}
