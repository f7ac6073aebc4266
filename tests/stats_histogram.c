/* SPDX-License-Identifier: Apache-2.0 */
/* Without adaptive control the histograms hold every read and write since creation; percentiles
 * and buckets are consistent, and a slow operation is where it belongs. */
#include "slow.h"
#include "threads.h"

enum { READS = 1000, SLOW_MS = 60, LEAST_US = 55000, BLOCK_BYTES = 512 };

static auraio_histogram_t hist;

/* All rings' samples; false when a histogram does not add up. */
static uint64_t samples(auraio_engine_t *engine, double *highest_ms)
{
    uint64_t total = 0;

    *highest_ms = 0;
    for (int i = 0; i < auraio_get_ring_count(engine); i++) {
        uint64_t sum = 0;
        if (auraio_get_histogram(engine, i, &hist) != 0)
            return UINT64_MAX;
        for (int k = 0; k < AURAIO_HISTOGRAM_BUCKETS; k++)
            sum += hist.buckets[k];
        if (sum + hist.overflow != hist.total_count)
            return UINT64_MAX - 1;
        total += hist.total_count;
        double ms = auraio_histogram_percentile(&hist, 100);
        *highest_ms = ms > *highest_ms ? ms : *highest_ms;
    }
    return total;
}

static void buckets(void)
{
    int gaps = 0, wide = 0;

    for (int i = 0; i < AURAIO_HISTOGRAM_BUCKETS; i++) {
        double lower = auraio_histogram_bucket_lower_us(&hist, i);
        double upper = auraio_histogram_bucket_upper_us(&hist, i);
        double next = i + 1 < AURAIO_HISTOGRAM_BUCKETS
                          ? auraio_histogram_bucket_lower_us(&hist, i + 1)
                          : upper;
        gaps += upper <= lower || upper < next || upper > next;
        wide += lower >= 1 && (upper - lower) * 64 > upper * 1.0001;
    }
    is(gaps, 0, "each bucket begins where the last one ends");
    is(wide, 0, "none is wider than a 64th of its value");
    ok(auraio_histogram_bucket_lower_us(&hist, 0) < 0.001, "the first begins at 0");
    ok(hist.max_tracked_us >= 100000000, "100 s are tracked (%llu us)",
       (unsigned long long)hist.max_tracked_us);
}

int main(void)
{
    unsigned char buf[BLOCK_BYTES];
    int fd = scratch_file("file", BLOCK_BYTES, 0), right = 0;
    double last = 0, highest_ms;
    auraio_options_t options;
    struct seen seen = {0};
    struct slow slow;

    test_options(&options);
    options.disable_adaptive = true;
    options.ring_count = on_single() ? 1 : 2;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    is((int64_t)samples(engine, &highest_ms), 0, "nothing yet");
    for (int i = 0; i < READS; i++)
        right +=
            outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                    &seen) == BLOCK_BYTES;
    is(right, READS, "reads");
    is((int64_t)samples(engine, &highest_ms), READS, "are all in the histograms");
    slow_start(engine, &slow);
    sleep_ms(SLOW_MS);
    is(slow_finish(engine, &slow), 1, "and one that takes its time");
    is((int64_t)samples(engine, &highest_ms), READS + 1, "is too");
    ok(highest_ms * 1000 >= LEAST_US, "as the slowest of all (%.1f ms)", highest_ms);
    ok(highest_ms < 60000, "but no slower than it was");

    auraio_get_histogram(engine, 0, &hist);
    int falls = 0;
    for (double p = 0; p <= 100; p += 0.5) {
        double ms = auraio_histogram_percentile(&hist, p);
        falls += ms < last;
        last = ms;
    }
    is(falls, 0, "percentiles rise");
    ok(last > 0, "to more than nothing");
    buckets();
    auraio_destroy(engine);
    return done();
}
