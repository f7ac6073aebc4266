/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While the library decides on the batch threshold, a program that submits in bursts
 * hands over 32 at a time as long as nothing is limited, and 8 to 16 once the law
 * has set a limit. Statistics tell both. A number of the caller's stays.
 */
#include "support.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

enum { DEPTH = 64, BLOCK = 512, PATIENCE_MS = 60000, ROUNDS = 200 };

static auraio_engine_t *engine;
static char buffers[DEPTH][BLOCK];
static int fd, failed;

static void on_read(auraio_request_t *req, ssize_t result, void *unused)
{
    (void)req;
    (void)unused;
    failed += result != BLOCK;
}

static auraio_stats_t stats_now(void)
{
    auraio_stats_t stats;

    if (auraio_get_stats(engine, &stats) != 0)
        bail("statistics: %s", strerror(errno));
    return stats;
}

static auraio_phase_t phase_now(void)
{
    auraio_target_stats_t target = {.phase = AURAIO_PHASE_PASSTHROUGH};

    auraio_get_target_stats(engine, 0, &target);
    return target.phase;
}

/* A burst of n, or until one is refused, and its end. */
static void burst(int n)
{
    for (int i = 0; i < n; i++) {
        if (!auraio_read(engine, fd, auraio_buf(buffers[i % DEPTH]), BLOCK, 0, on_read, NULL)) {
            if (errno != EAGAIN)
                bail("a read: %s", strerror(errno));
            break;
        }
    }
    if (auraio_drain(engine, PATIENCE_MS) < 0)
        bail("drain: %s", strerror(errno));
}

static double per_call(int n)
{
    auraio_stats_t before = stats_now();

    for (int i = 0; i < ROUNDS; i++)
        burst(n);
    auraio_stats_t after = stats_now();
    return (double)(after.ops_completed - before.ops_completed) /
           (double)(after.submit_calls - before.submit_calls);
}

/* Bursts beyond what the ring holds are pressure: the law begins, and comes to a limit. */
static bool is_limited_after(int n)
{
    double end_ms = now_ms() + PATIENCE_MS;

    while (phase_now() == AURAIO_PHASE_PASSTHROUGH && now_ms() < end_ms)
        burst(n);
    return phase_now() != AURAIO_PHASE_PASSTHROUGH;
}

/* A law that sees no pressure for a while, as on a busy machine, lets go of its limit: then all
 * of it begins again. */
static void tuned(void)
{
    double n, end_ms = now_ms() + PATIENCE_MS;
    auraio_ring_stats_t ring;
    int batch, told;

    do {
        while (stats_now().optimal_batch_size > 16 && now_ms() < end_ms)
            burst(phase_now() == AURAIO_PHASE_PASSTHROUGH ? 2 * DEPTH : DEPTH);
        batch = stats_now().optimal_batch_size;
        told = auraio_get_ring_stats(engine, 0, &ring);
        n = per_call(40);
    } while (stats_now().optimal_batch_size > 16 && now_ms() < end_ms);
    ok(batch >= 8 && batch <= 16, "with a limit, the threshold is %d", batch);
    is(told, 0, "the ring");
    ok(ring.batch_threshold >= 8 && ring.batch_threshold <= 16, "tells the same");
    ok(n >= 6 && n <= 17, "%.1f submissions a call", n);
}

int main(void)
{
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1;
    options.queue_depth = DEPTH;
    options.initial_in_flight = DEPTH - 8;
    options.min_in_flight = DEPTH - 8;
    options.control = AURAIO_CONTROL_AIMD;
    options.overflow = AURAIO_OVERFLOW_EAGAIN;
    options.backend = AURAIO_BACKEND_URING;
    engine = auraio_create_with_options(&options);
    if (!engine)
        skip_all("no io_uring here: %s", strerror(errno));
    fd = scratch_file("file", BLOCK, 0);
    is(stats_now().optimal_batch_size, 32, "at first the threshold is 32");
    double n = per_call(32);
    ok(n > 20, "%.1f submissions a call", n);
    ok(is_limited_after(2 * DEPTH), "the law sets a limit");
    tuned();
    is(auraio_set_batch_threshold(engine, 24), 0, "a threshold of the caller's");
    is(per_call(24) > 20, true, "is what is sent,");
    is(stats_now().optimal_batch_size, 24, "and stays");
    is(auraio_set_batch_threshold(engine, -1), 0, "the library decides again");
    is(stats_now().optimal_batch_size, 32, "from the beginning");
    tuned();
    is(failed, 0, "every read was right");
    auraio_destroy(engine);
    return done();
}
