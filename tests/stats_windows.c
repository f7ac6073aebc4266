/* SPDX-License-Identifier: Apache-2.0 */
/* After a while of steady work the last window tells rates and latencies that can be, for engine,
 * rings and target; while nobody polls nothing moves. */
#include "child.h"
#include "rings.h"

#define WINDOW_LEAST_S .05 /* half of the shortest */
enum { WORK_MS = 400, PATIENCE_MS = 60000, BLOCK_BYTES = 4096, DEPTH = 8 };

static int64_t work(auraio_engine_t *engine, int fd)
{
    static unsigned char bufs[DEPTH][BLOCK_BYTES];
    auraio_stats_t stats = {0};
    int64_t ops = 0;

    /* A gap in the work throws a window away: on a busy machine it may take longer to get one. */
    double end_ms = now_ms() + WORK_MS;
    while (now_ms() < end_ms ||
           (!(stats.current_throughput_bps > 0) && now_ms() < end_ms + PATIENCE_MS)) {
        for (int i = 0; i < DEPTH; i++)
            auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, 0, NULL, NULL);
        ops += auraio_drain(engine, 60000);
        auraio_get_stats(engine, &stats);
    }
    return ops;
}

static bool plausible(double value, double most)
{
    return value > 0 && value <= most;
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0);
    auraio_engine_t *engine;
    auraio_stats_t stats, later;
    auraio_ring_stats_t ring = {0};
    auraio_target_stats_t target;

    if (under_valgrind())
        skip_all("valgrind is too slow for windows of 10 ms");
    engine = test_engine(NULL);
    int64_t ops = work(engine, fd);
    double most_bps = (double)ops * BLOCK_BYTES / WINDOW_LEAST_S; /* all of them in one window */
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.ops_completed, ops, "operations");
    ok(plausible(stats.current_throughput_bps, most_bps), "the engine's throughput (%.0f)",
       stats.current_throughput_bps);
    ok(plausible(stats.p99_latency_ms, 10000), "its P99 (%.3f ms)", stats.p99_latency_ms);
    ok(stats.optimal_batch_size >= 1, "its batch (%d)", stats.optimal_batch_size);
    ok(stats.optimal_in_flight >= 1, "its limit (%d)", stats.optimal_in_flight);
    ok(rings_used(engine, &ring) >= 1, "a ring");
    ok(ring.in_flight_limit >= 1, "has a share (%d)", ring.in_flight_limit);
    ok(ring.peak_in_flight >= 1 && ring.peak_in_flight <= DEPTH, "a peak (%d)",
       ring.peak_in_flight);
    ok(strcmp(auraio_phase_name((int)ring.phase), "UNKNOWN") != 0, "a phase");
    is(auraio_get_target_stats(engine, 0, &target), 0, "the target");
    ok(plausible(target.iops * BLOCK_BYTES, most_bps), "has a rate (%.0f)", target.iops);
    ok(plausible(target.throughput_bps, most_bps), "a throughput (%.0f)", target.throughput_bps);
    ok(plausible(target.p99_latency_ms, 10000), "a P99 (%.3f ms)", target.p99_latency_ms);

    struct timespec pause = {0, 100000000};
    is(auraio_get_stats(engine, &stats), 0, "now");
    nanosleep(&pause, NULL);
    is(auraio_get_stats(engine, &later), 0, "and after a pause");
    ok(memcmp(&stats, &later, sizeof stats) == 0, "nothing has moved");
    auraio_destroy(engine);
    return done();
}
