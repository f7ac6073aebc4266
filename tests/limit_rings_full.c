/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the overflow mode, EAGAIN is the answer when queue_depth operations for each ring are
 * held, and nothing else than that. */
#include "slow.h"

enum { DEPTH = 4, RINGS = 3, GENEROUS_MS = 30000 };

static void with(auraio_overflow_t overflow, int limit, const char *what)
{
    struct slow slow[DEPTH * RINGS], more;
    auraio_options_t options;
    auraio_stats_t stats;
    int held = 0, completed = 0;

    test_options(&options);
    options.disable_adaptive = true;
    options.overflow = overflow;
    options.queue_depth = DEPTH;
    options.ring_count = on_single() ? 1 : RINGS;
    auraio_engine_t *engine = test_engine(&options);
    int room = DEPTH * options.ring_count;

    auraio_set_max_in_flight(engine, limit);
    for (int i = 0; i < room; i++) {
        slow_open(&slow[i]);
        held += slow_submit(engine, &slow[i]);
    }
    is(held, room, "%s: %d are held", what, room);
    slow_open(&more);
    double began_ms = now_ms();
    errno = 0;
    ok(!slow_submit(engine, &more), "%s: one more is refused", what);
    is(errno, EAGAIN, "%s: EAGAIN", what);
    ok(!auraio_nop(engine, NULL, NULL) && errno == EAGAIN, "%s: whatever its type", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "%s: at once", what);
    is(auraio_get_stats(engine, &stats), 0, "%s: statistics", what);
    is(stats.eagain_count, 2, "%s: count both", what);
    is(auraio_pending_count(engine), room, "%s: nothing was added", what);
    for (int i = 0; i < room; i++)
        slow_end(&slow[i]);
    is(auraio_drain(engine, 60000), room, "%s: all complete", what);
    for (int i = 0; i < room; i++) {
        completed += slow[i].seen.calls == 1 && slow[i].seen.result == 1;
        slow_close(&slow[i]);
    }
    is(completed, room, "%s: each once", what);
    ok(slow_submit(engine, &more), "%s: there is room again", what);
    is(slow_finish(engine, &more), 1, "%s: it completes", what);
    auraio_destroy(engine);
}

int main(void)
{
    with(AURAIO_OVERFLOW_QUEUE, 0, "QUEUE");
    with(AURAIO_OVERFLOW_QUEUE, 2, "QUEUE with a limit");
    with(AURAIO_OVERFLOW_EAGAIN, 0, "EAGAIN");
    with(AURAIO_OVERFLOW_BLOCK, 0, "BLOCK");
    return done();
}
