/* SPDX-License-Identifier: Apache-2.0 */
/* A limit that is set while operations are in flight counts them: more start only when fewer than
 * that are left. */
#include "slow.h"

enum { BEFORE = 4, AFTER = 4, LIMIT = 2 };

static struct slow slow[BEFORE + AFTER];

static int in_flight(auraio_engine_t *engine)
{
    auraio_stats_t stats;

    auraio_poll(engine);
    return auraio_get_stats(engine, &stats) == 0 ? stats.current_in_flight : -1;
}

static int held_back(auraio_engine_t *engine)
{
    auraio_stats_t stats;

    return auraio_get_stats(engine, &stats) == 0 ? stats.queued : -1;
}

int main(void)
{
    auraio_options_t options;
    int ended = 0;

    test_options(&options);
    options.ring_count = 1;
    options.disable_adaptive = true;
    options.backend_threads = BEFORE + AFTER;
    auraio_engine_t *engine = test_engine(&options);
    for (int i = 0; i < BEFORE; i++)
        slow_start(engine, &slow[i]);
    is(in_flight(engine), BEFORE, "%d are in flight", BEFORE);
    is(auraio_set_max_in_flight(engine, LIMIT), 0, "now the limit is %d", LIMIT);
    for (int i = BEFORE; i < BEFORE + AFTER; i++)
        slow_start(engine, &slow[i]);
    is(in_flight(engine), BEFORE, "%d more do not start", AFTER);
    is(held_back(engine), AFTER, "they are held back");
    for (int i = 0; i < BEFORE + AFTER; i++) {
        int left = BEFORE + AFTER - i - 1;
        int wanted = BEFORE - i - 1 > LIMIT ? BEFORE - i - 1 : LIMIT;
        ended += slow_finish(engine, &slow[i]) == 1;
        is(in_flight(engine), wanted < left ? wanted : left, "%d have ended", i + 1);
    }
    is(ended, BEFORE + AFTER, "all complete");
    auraio_destroy(engine);
    return done();
}
