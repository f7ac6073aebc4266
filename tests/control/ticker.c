/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticks, on the reaping path: the windows go to the laws, their limits come back and
 * are dealt to the rings.
 */
#include "world.h"

#include <string.h>

#define TICK_NS 10000000ull
#define SAMPLE_ALL_BELOW 100000.0
#define SAMPLE_EVERY 8
#define KEEP_FACTOR 1.5 /* of what a ring that is not bound has in flight, which it keeps */
#define KEEP_MORE 2

static bool wants_more(const struct lane *lane)
{
    return lane->waiting.count > 0 || lane->bound * 2 > lane->completed;
}

static void deal(struct process *process, struct target *target, int rings, double seconds)
{
    int rest = target->limit;
    int bound = 0;

    for (int i = 0; i < rings; i++) {
        struct lane *lane = &process->ring[i].lane[target->device];
        if (wants_more(lane)) {
            bound++;
            continue;
        }
        double concurrency = lane->latency_sum / 1e9 / seconds;
        lane->share = (int)(KEEP_FACTOR * concurrency) + KEEP_MORE;
        rest -= lane->share;
    }
    for (int i = 0, dealt = 0; i < rings; i++) {
        struct lane *lane = &process->ring[(i + (int)(process->ticks % (uint64_t)rings)) % rings]
                                 .lane[target->device];
        if (wants_more(lane)) {
            lane->share = rest > 0 ? rest / bound + (dealt < rest % bound) : 0;
            dealt++;
        }
        lane->completed = lane->bound = 0;
        lane->latency_sum = 0;
    }
}

static void apply(struct world *world, struct process *process, struct target *target,
                  double seconds)
{
    const struct control_verdict *verdict = &target->pilot.verdict;

    meter_in_flight(&target->meter, world->now, 0);
    target->limit = verdict->limit;
    target->gated = verdict->gated;
    target->meter.limit = verdict->gated ? verdict->limit : 0;
    target->meter.searches = verdict->searches;
    deal(process, target, world->setup->rings, seconds);
    gate_open(world, process, target);
}

static void tick(struct world *world, struct process *process, struct target *target,
                 double seconds)
{
    struct control_window *window = &target->window;

    window->polls = process->polls;
    window->concurrency = target->tokens;
    target->sample_every =
        (double)window->completed > SAMPLE_ALL_BELOW * seconds ? SAMPLE_EVERY : 1;
    pilot_tick(&target->pilot, seconds, window);
    memset(window, 0, sizeof *window);
    apply(world, process, target, seconds);
}

/* Every thread waits or looks again soon, so that no window is too old to tell something. */
void ticker_look(struct world *world, struct process *process)
{
    uint64_t elapsed = world->now - process->last_tick;

    if (elapsed < TICK_NS)
        return;
    process->last_tick = world->now;
    process->ticks++;
    for (int i = 0; i < world->setup->devices; i++)
        tick(world, process, &process->target[i], (double)elapsed / 1e9);
    process->polls = 0;
}
