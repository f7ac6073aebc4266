/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics with bad arguments: -1, EINVAL, and the output all zero, so that a caller who does
 * not look at the return value sees nothing rather than rubbish. */
#include "outcome.h"

static bool zeroed(int returned, const void *out, size_t size)
{
    bool right = returned == -1 && errno == EINVAL && all_bytes_are(out, size, 0);

    errno = 0;
    return right;
}

#define ZEROED(type, call)                                                                         \
    do {                                                                                           \
        type out;                                                                                  \
        memset(&out, 0xa5, sizeof out);                                                            \
        ok(zeroed(call, &out, sizeof out), "%s", #call);                                           \
    } while (0)

static void without_output(auraio_engine_t *engine)
{
    is(auraio_get_stats(engine, NULL), -1, "get_stats to nowhere");
    is(auraio_get_ring_stats(engine, 0, NULL), -1, "get_ring_stats");
    is(auraio_get_target_stats(engine, 0, NULL), -1, "get_target_stats");
    is(auraio_get_histogram(engine, 0, NULL), -1, "get_histogram");
    is(auraio_get_buffer_stats(engine, NULL), -1, "get_buffer_stats");
    is(auraio_get_features(engine, NULL), -1, "get_features");
    is(auraio_probe(NULL), -1, "probe");
    is(errno, EINVAL, "EINVAL");
}

static bool minus_one(double value)
{
    return value > -1.5 && value < -0.5;
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int rings = auraio_get_ring_count(engine), targets = auraio_get_target_count(engine);
    auraio_histogram_t empty = {0};

    errno = 0;
    ZEROED(auraio_stats_t, auraio_get_stats(NULL, &out));
    ZEROED(auraio_ring_stats_t, auraio_get_ring_stats(NULL, 0, &out));
    ZEROED(auraio_ring_stats_t, auraio_get_ring_stats(engine, -1, &out));
    ZEROED(auraio_ring_stats_t, auraio_get_ring_stats(engine, rings, &out));
    ZEROED(auraio_ring_stats_t, auraio_get_ring_stats(engine, INT_MAX, &out));
    ZEROED(auraio_target_stats_t, auraio_get_target_stats(NULL, 0, &out));
    ZEROED(auraio_target_stats_t, auraio_get_target_stats(engine, -1, &out));
    ZEROED(auraio_target_stats_t, auraio_get_target_stats(engine, targets, &out));
    ZEROED(auraio_target_stats_t, auraio_get_target_stats(engine, INT_MAX, &out));
    ZEROED(auraio_histogram_t, auraio_get_histogram(NULL, 0, &out));
    ZEROED(auraio_histogram_t, auraio_get_histogram(engine, -1, &out));
    ZEROED(auraio_histogram_t, auraio_get_histogram(engine, rings, &out));
    ZEROED(auraio_buffer_stats_t, auraio_get_buffer_stats(NULL, &out));
    ZEROED(auraio_features_t, auraio_get_features(NULL, &out));
    without_output(engine);

    is(targets, 0, "no target without an operation");
    ok(minus_one(auraio_histogram_percentile(NULL, 50)), "a percentile of no histogram");
    ok(minus_one(auraio_histogram_percentile(&empty, 50)), "of an empty one");
    empty.total_count = empty.buckets[7] = 1;
    ok(minus_one(auraio_histogram_percentile(&empty, -0.1)), "one below 0");
    ok(minus_one(auraio_histogram_percentile(&empty, 100.1)), "one above 100");
    ok(minus_one(auraio_histogram_bucket_lower_us(NULL, 0)), "a bucket of no histogram");
    ok(minus_one(auraio_histogram_bucket_lower_us(&empty, -1)), "bucket -1");
    ok(minus_one(auraio_histogram_bucket_upper_us(&empty, AURAIO_HISTOGRAM_BUCKETS)),
       "the one behind the last");
    auraio_destroy(engine);
    return done();
}
