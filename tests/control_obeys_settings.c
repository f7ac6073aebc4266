/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's word stands above the law's: the top of the limit, its absence, adaptive control
 * switched off; and a light load is let alone. */
#include "pump.h"

enum { BYTES = 1 << 20, READS = 30000 };

static auraio_target_stats_t target(void)
{
    auraio_target_stats_t stats;

    is(auraio_get_target_stats(pump.engine, 0, &stats), 0, "the target");
    return stats;
}

static int most_in_flight;

static void run(int64_t reads)
{
    most_in_flight = 0;
    for (int64_t end = pump.next + reads; pump.next < end;) {
        auraio_target_stats_t stats;
        pump_wait();
        auraio_get_target_stats(pump.engine, 0, &stats);
        if (stats.in_flight > most_in_flight)
            most_in_flight = stats.in_flight;
    }
}

static int limit_now(void)
{
    auraio_target_stats_t stats;

    auraio_get_target_stats(pump.engine, 0, &stats);
    return stats.limit;
}

static void with_a_top(int fd)
{
    auraio_engine_t *engine = test_engine(NULL);

    is(auraio_set_max_in_flight(engine, 5), 0, "at most 5");
    pump_begin(engine, fd, BYTES, 64);
    run(READS);
    ok(target().limit <= 5, "is the limit");
    ok(most_in_flight <= 5, "and no more are in flight (%d)", most_in_flight);
    is(auraio_set_max_in_flight(engine, 3), 0, "at most 3");
    pump_wait();
    run(READS / 10);
    ok(target().limit <= 3, "is the limit at once");
    is(auraio_set_min_in_flight(engine, 3), 0, "and the floor, so that nothing is left to search");
    double end_ms = now_ms() + 60000;
    while (limit_now() != 3 && now_ms() < end_ms)
        pump_wait();
    is(limit_now(), 3, "then that is the limit");
    pump_end();
    auraio_destroy(engine);
}

static void switched_off(int fd)
{
    auraio_options_t options;

    test_options(&options);
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    pump_begin(engine, fd, BYTES, 64);
    run(READS);
    auraio_target_stats_t stats = target();
    is(stats.phase, AURAIO_PHASE_PASSTHROUGH, "switched off: no phase but one");
    is(stats.searches, 0, "no search");
    is(stats.queued, 0, "nothing held back");
    pump_end();
    auraio_destroy(engine);
}

static void light(int fd)
{
    auraio_engine_t *engine = test_engine(NULL);

    pump_begin(engine, fd, BYTES, 2);
    run(READS);
    auraio_target_stats_t stats = target();
    is(stats.phase, AURAIO_PHASE_PASSTHROUGH, "two at a time: let alone");
    is(stats.limit_changes, 0, "without a limit");
    pump_end();
    auraio_destroy(engine);
}

int main(void)
{
    int fd = scratch_file("file", BYTES, 0);

    with_a_top(fd);
    switched_off(fd);
    light(fd);
    return done();
}
