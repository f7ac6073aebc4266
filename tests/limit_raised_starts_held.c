/* SPDX-License-Identifier: Apache-2.0 */
/* A limit that is raised lets in what was held back, though nothing in flight completes; one that
 * is lowered lets in nothing until there is room below it. */
#include "slow.h"

enum { OPERATIONS = 10 };

static auraio_engine_t *engine;
static struct slow slow[OPERATIONS];

static int in_flight(void)
{
    auraio_stats_t stats;

    auraio_poll(engine);
    return auraio_get_stats(engine, &stats) == 0 ? stats.current_in_flight : -1;
}

static void completes(int i)
{
    is(slow_finish(engine, &slow[i]), 1, "number %d completes", i);
}

int main(void)
{
    auraio_options_t options;

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 1), 0, "a limit of 1");
    for (int i = 0; i < OPERATIONS; i++)
        slow_start(engine, &slow[i]);
    is(in_flight(), 1, "one is in flight");
    is(auraio_set_max_in_flight(engine, 4), 0, "a limit of 4");
    is(in_flight(), 4, "four are");
    completes(3);
    is(in_flight(), 4, "the next one moves up");

    is(auraio_set_max_in_flight(engine, 2), 0, "a limit of 2");
    is(in_flight(), 4, "what is in flight stays there");
    completes(0);
    completes(1);
    is(in_flight(), 2, "nothing moves up");
    completes(2);
    is(in_flight(), 2, "until there is room");
    is(auraio_set_max_in_flight(engine, 0), 0, "no limit");
    is(in_flight(), OPERATIONS - 4, "all are in flight");
    for (int i = 4; i < OPERATIONS; i++)
        completes(i);
    is(in_flight(), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
