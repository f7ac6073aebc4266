/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Nth allocation fails, once and from there on, while every public call is
 * made: no crash, no leak, no hang. A call that fails says ENOMEM (creation may
 * also have found another way); an operation that was accepted is answered, and
 * the engine works when there is memory again. tests/alloc_sites.sh asks with
 * AURAIO_ALLOC_SITES which calls of the allocator have failed on the way.
 */
#include "handle.h"
#include "public_calls.h"
#include "scenario.h"

#include "tap.h"

#include <errno.h>
#include <string.h>

#define MOST_ALLOCATIONS 2000 /* a scenario that makes more is counted as endless */
/* More than 256 KiB of statistics have room for; on 32-bit systems no engine has so many. */
#define MORE_THAN_ROOM 400
#define MANY_RINGS (HANDLE_RINGS_MAX < MORE_THAN_ROOM ? HANDLE_RINGS_MAX : MORE_THAN_ROOM)

struct order {
    unsigned nth;
    bool ever_after, met;
};

static void begin(void *arg)
{
    const struct order *order = arg;

    sim_fail_alloc(order->nth, order->ever_after);
}

static void end(void *arg)
{
    struct order *order = arg;

    order->met = sim_counts()->alloc_failures > 0;
    sim_fail_alloc(0, false);
}

static void sweep(const struct calls_scenario *scenario, bool ever_after)
{
    struct order order = {.nth = 0, .ever_after = ever_after};
    const struct fault_of_calls fault = {.begin = begin, .end = end, .arg = &order};
    struct outcome_of_calls outcome;
    int ends[3] = {0, 0, 0};

    do {
        order.nth++;
        outcome = every_public_call(&scenario->config, &scenario->options, &fault);
        ends[outcome.end] += order.met;
    } while (order.met && !outcome.wrong && order.nth < MOST_ALLOCATIONS);
    ok(!outcome.wrong && order.nth < MOST_ALLOCATIONS && !ends[ENGINE_IS_DEAD],
       "%s: each of %u allocations fails%s: %d times no engine, %d times one that works",
       scenario->name, order.nth - 1, ever_after ? " with all after it" : "", ends[NO_ENGINE],
       ends[ENGINE_WORKS]);
    if (outcome.wrong)
        note("allocation %u: %s: %s", order.nth, outcome.wrong, strerror(outcome.wrong_errno));
}

/* Rings beyond those that a segment has blocks for get one of their own. */
static bool late_rings(unsigned nth, const char **wrong)
{
    const struct sim_config config = {.seed = 6, .cpus = 2};
    auraio_options_t options;
    int accepted = 0;

    sim_install(&config);
    plain_options(&options);
    options.queue_depth = 4;
    options.ring_count = MANY_RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    for (int i = 0; engine && i < MANY_RINGS - 2; i++) {
        accepted += auraio_nop(engine, NULL, NULL) != NULL;
        auraio_wait(engine, 0);
    }
    if (accepted != MANY_RINGS - 2)
        *wrong = "not all of the first rings came into being";
    sim_fail_alloc(nth, false);
    for (int i = 0; engine && i < 2; i++)
        if (!auraio_nop(engine, NULL, NULL) && errno != ENOMEM)
            *wrong = "a submission was refused and did not say ENOMEM";
    bool met = sim_counts()->alloc_failures > 0;
    sim_fail_alloc(0, false);
    if (engine && (auraio_drain(engine, 5000) < 0 || !auraio_nop(engine, NULL, NULL)))
        *wrong = "the engine does not go on";
    auraio_destroy(engine);
    sim_uninstall();
    return met;
}

static void sweep_late_rings(void)
{
    const char *wrong = NULL;
    unsigned nth = 1;

    while (late_rings(nth, &wrong) && !wrong && nth < MOST_ALLOCATIONS)
        nth++;
    ok(!wrong && nth > 1, "each of %u allocations for the last of %d rings fails", nth - 1,
       MANY_RINGS);
    if (wrong)
        note("allocation %u: %s", nth, wrong);
}

/* As addr2line wants them: from the beginning of the program. */
static void tell_sites(void)
{
    extern const char __executable_start[];
    const struct sim_alloc_site *sites;
    size_t n = sim_alloc_sites(&sites);

    for (size_t i = 0; i < n; i++)
        note("site %#zx: %u calls, %u failed",
             (size_t)((const char *)sites[i].at - __executable_start), sites[i].calls,
             sites[i].failures);
}

int main(void)
{
    struct calls_scenario scenario;

    for (int i = 0; calls_scenario(i, &scenario); i++) {
        sweep(&scenario, false);
        sweep(&scenario, true);
    }
    sweep_late_rings();
    if (MANY_RINGS < MORE_THAN_ROOM)
        note("each ring has room in the statistics");
    if (getenv("AURAIO_ALLOC_SITES"))
        tell_sites();
    return done();
}
