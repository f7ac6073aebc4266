/* SPDX-License-Identifier: Apache-2.0 */
/* A ring comes into being when it is first used; until then it costs nothing. */
#include "outcome.h"
#include "rings.h"

enum { RINGS = 4, DEPTH = 64 };

int main(void)
{
    auraio_ring_stats_t ring = {0};
    auraio_options_t options;
    struct seen seen = {0};

    auraio_destroy(test_engine(NULL));
    int fds = count_fds();
    test_options(&options);
    options.ring_count = on_single() ? 1 : RINGS;
    options.queue_depth = DEPTH;
    auraio_engine_t *engine = test_engine(&options);
    int fds_with_engine = count_fds();

    is(auraio_get_ring_count(engine), options.ring_count, "as many rings as were asked for");
    is(rings_used(engine, &ring), 0, "none is in use");
    is(auraio_poll(engine), 0, "a poll has nothing to do");
    is(rings_used(engine, &ring), 0, "and brings none about");
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "an operation");
    is(rings_used(engine, &ring), 1, "brings one into being");
    is(ring.ops_completed, 1, "it counts the operation");
    is(ring.queue_depth, DEPTH, "and is as deep as was asked for");
    is(ring.pending_count, 0, "nothing pends on it");
    is(!!(ring.flags & AURAIO_RING_THREADS), on_threads(), "its flags tell the backend");
    if (!on_threads())
        ok(count_fds() > fds_with_engine, "it has a descriptor of its own");
    auraio_destroy(engine);
    is(count_fds(), fds, "no descriptor is left behind");
    return done();
}
