/* SPDX-License-Identifier: Apache-2.0 */
/* Settings change while the engine runs; a bad value is EINVAL and changes nothing. */
#include "outcome.h"

#include <math.h>

static auraio_engine_t *engine;

static auraio_ring_stats_t used_ring(void)
{
    auraio_ring_stats_t ring = {0};

    for (int i = 0; i < auraio_get_ring_count(engine); i++)
        if (auraio_get_ring_stats(engine, i, &ring) == 0 && !(ring.flags & AURAIO_RING_UNUSED))
            break;
    return ring;
}

static int target_limit(void)
{
    auraio_target_stats_t target;

    return auraio_get_target_stats(engine, 0, &target) == 0 ? target.limit : -1;
}

static void is_refused(int returned, const char *what)
{
    ok(returned == -1 && errno == EINVAL, "%s is refused with EINVAL", what);
    errno = 0;
}

static void good_values(void)
{
    is(auraio_set_max_p99_latency(engine, 2.5), 0, "a ceiling");
    is(auraio_set_max_p99_latency(engine, 0), 0, "no ceiling");
    is(auraio_set_min_in_flight(engine, 2), 0, "a floor");
    is(auraio_set_min_in_flight(engine, 0), 0, "the law's own floor");
    is(auraio_set_batch_threshold(engine, 7), 0, "batches of 7");
    is(used_ring().batch_threshold, 7, "the ring tells");
    is(auraio_set_max_in_flight(engine, 5), 0, "5 in flight");
    is(target_limit(), 5, "the target tells");
}

static void bad_values(void)
{
    is_refused(auraio_set_max_p99_latency(engine, -1), "a negative ceiling");
    is_refused(auraio_set_max_p99_latency(engine, NAN), "one that is no number");
    is_refused(auraio_set_max_p99_latency(engine, INFINITY), "an infinite one");
    is_refused(auraio_set_min_in_flight(engine, -1), "a negative floor");
    is_refused(auraio_set_max_in_flight(engine, -1), "a negative limit");
    is_refused(auraio_set_batch_threshold(engine, -2), "a threshold of -2");
    is(used_ring().batch_threshold, 7, "the threshold is as it was");
    is(target_limit(), 5, "the limit too");
}

int main(void)
{
    unsigned char buf[16];
    struct seen seen = {0};
    auraio_options_t options;
    int fd = scratch_file("file", sizeof buf, 0);

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), &seen),
       sizeof buf, "a read makes ring and target known");
    good_values();
    bad_values();
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), &seen),
       sizeof buf, "reads go on");
    is(auraio_set_max_in_flight(engine, 0), 0, "no limit");
    is(auraio_set_batch_threshold(engine, -1), 0, "the library decides on batches");
    is(auraio_get_fatal_error(engine), 0, "and nothing has failed");
    auraio_destroy(engine);
    return done();
}
