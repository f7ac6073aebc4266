/* SPDX-License-Identifier: Apache-2.0 */
/* With ADAPTIVE a thread stays with the ring of its CPU while there is no pressure, and goes to
 * others when that one alone is loaded; statistics tell how often. */
#include "rings.h"
#include "slow.h"

enum { RINGS = 3, DEPTH = 8, MANY = 20 };

static uint64_t spills(auraio_engine_t *engine)
{
    auraio_stats_t stats;

    return auraio_get_stats(engine, &stats) == 0 ? stats.adaptive_spills : UINT64_MAX;
}

int main(void)
{
    struct slow slow[MANY];
    struct seen seen = {0};
    auraio_options_t options;
    int ended = 0, quick = 0;

    if (!stay_on_one_cpu())
        skip_all("this thread cannot be bound to a CPU");
    test_options(&options);
    options.ring_count = RINGS;
    options.queue_depth = DEPTH;
    options.backend_threads = MANY + 1;
    auraio_engine_t *engine = test_engine(&options);

    for (int i = 0; i < MANY; i++)
        quick += outcome(engine, auraio_nop(engine, see, &seen), &seen) == 0;
    is(quick, MANY, "operations one at a time");
    is(rings_used(engine, NULL), 1, "stay with one ring");
    is((int64_t)spills(engine), 0, "without a spill");
    for (int i = 0; i < MANY; i++)
        slow_start(engine, &slow[i]);
    is(auraio_pending_count(engine), MANY, "%d slow ones on rings of %d are all taken", MANY,
       DEPTH);
    ok(spills(engine) > 0, "with spills");
    ok(rings_used(engine, NULL) > 1, "to other rings");
    for (int i = 0; i < MANY; i++)
        ended += slow_finish(engine, &slow[i]) == 1;
    is(ended, MANY, "all complete");
    auraio_destroy(engine);
    return done();
}
