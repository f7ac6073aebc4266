/* SPDX-License-Identifier: Apache-2.0 */
/* Rings that all want more than a target's limit get the same part of it, also when there are more
 * rings than places; an idle ring keeps nothing from the others. */
#include "pump.h"

enum { RINGS = 4, BYTES = 1 << 20, IN_FLIGHT = 64, SETTLE = 2000, READS = 20000 };

static int64_t completed(auraio_engine_t *engine, int ring)
{
    auraio_ring_stats_t stats;

    auraio_get_ring_stats(engine, ring, &stats);
    return stats.ops_completed;
}

static void run(int64_t reads)
{
    for (int64_t end = pump.next + reads; pump.next < end;)
        pump_wait();
}

static void with_limit(auraio_engine_t *engine, int fd, int limit)
{
    int64_t before[RINGS];
    auraio_target_stats_t target;

    is(auraio_set_max_in_flight(engine, limit), 0, "a limit of %d for %d rings", limit, RINGS);
    pump_begin(engine, fd, BYTES, IN_FLIGHT);
    run(SETTLE);
    for (int i = 0; i < RINGS; i++)
        before[i] = completed(engine, i);
    run(READS);
    for (int i = 0; i < RINGS; i++) {
        int64_t n = completed(engine, i) - before[i];
        ok(n > READS / RINGS * 3 / 4 && n < READS / RINGS * 5 / 4, "ring %d did its part (%lld)", i,
           (long long)n);
    }
    auraio_get_target_stats(engine, 0, &target);
    ok(target.in_flight <= limit, "no more in flight than that (%d)", target.in_flight);
    pump_end();
}

int main(void)
{
    int fd = scratch_file("file", BYTES, 0);
    auraio_options_t options;

    test_options(&options);
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    with_limit(engine, fd, 16);
    with_limit(engine, fd, 7);
    with_limit(engine, fd, 2);
    auraio_destroy(engine);
    return done();
}
