/* SPDX-License-Identifier: Apache-2.0 */
/* See world.h. */
#include "world.h"

#include <string.h>

static void init_target(struct world *world, struct target *target, int device,
                        const struct contestant *contestant, uint64_t seed)
{
    const struct setup *setup = world->setup;
    int max = setup->rings * RING_DEPTH;

    target->device = device;
    target->limit = max;
    target->gated = false;
    target->tokens = target->waiting = target->rotation = 0;
    target->refused = false;
    target->countdown = target->sample_every = 1;
    memset(&target->window, 0, sizeof target->window);
    memset(&target->meter, 0, sizeof target->meter);
    target->meter.bin_ns = UINT64_MAX / 4;
    pilot_init(&target->pilot, contestant, max, setup->ceiling_us * 1e3,
               (uint32_t)chance_mix(seed + (uint64_t)device));
    target->limit = target->pilot.verdict.limit;
    target->gated = target->pilot.verdict.gated;
    target->meter.limit = target->gated ? target->limit : 0;
    target->meter.ceiling_ns = setup->ceiling_us * 1e3;
}

static void init_process(struct world *world, int index, const struct contestant *contestant,
                         uint64_t seed)
{
    struct process *process = &world->process[index];

    process->index = index;
    process->last_tick = process->polls = process->ticks = 0;
    memset(process->ring, 0, sizeof process->ring);
    for (int i = 0; i < world->setup->devices; i++)
        init_target(world, &process->target[i], i, contestant, seed + (uint64_t)index * 7);
    for (int i = 0; i < world->setup->rings; i++) {
        struct ring *ring = &process->ring[i];
        ring->process = index;
        ring->index = i;
        for (int d = 0; d < world->setup->devices; d++)
            ring->lane[d].share = process->target[d].limit / world->setup->rings;
    }
}

static struct contestant rival_of(const struct setup *setup, const struct contestant *contestant)
{
    if (setup->rival_depth < 0)
        return *contestant;
    if (setup->rival_depth > 0)
        return (struct contestant){LAW_STATIC, setup->rival_depth};
    return (struct contestant){LAW_NONE, 0};
}

void world_init(struct world *world, const struct setup *setup, const struct contestant *contestant,
                uint64_t seed)
{
    struct contestant rival = rival_of(setup, contestant);

    world->setup = setup;
    world->now = world->completed = world->stop_after = world->dropped = 0;
    world->end = (uint64_t)(setup->seconds * 1e9);
    world->events.count = 0;
    for (uint32_t i = 0; i < WORLD_OPS; i++)
        world->ops[i].next = i + 1 < WORLD_OPS ? i + 2 : 0;
    world->free = 1;
    world->processes = 1;
    for (int i = 0; i < setup->devices; i++)
        device_init(&world->device[i], &setup->device[i], &setup->weather[i],
                    seed * 31 + (uint64_t)i);
    for (int i = 0; i < setup->apps; i++) {
        if (setup->app[i].process >= world->processes)
            world->processes = setup->app[i].process + 1;
        app_init(world, i, seed);
    }
    for (int i = 0; i < world->processes; i++)
        init_process(world, i, i ? &rival : contestant, seed);
    for (int i = 0; i < setup->changes; i++)
        evqueue_add(&world->events, (uint64_t)(setup->change[i].at * 1e9), EVENT_CHANGE,
                    (uint32_t)i);
}

static void happen(struct world *world, const struct event *event)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_SERVED:
        device_served(world, &world->device[world->app[world->ops[event->id].app].model.device],
                      event->id);
        break;
    case EVENT_ARRIVED:
        ring_completed(world, event->id);
        break;
    case EVENT_RELEASED:
        device_released(world, &world->device[world->app[world->ops[event->id].app].model.device],
                        event->id);
        break;
    case EVENT_REAP:
        ring_reap(world, &world->process[event->id / SETUP_RINGS].ring[event->id % SETUP_RINGS]);
        break;
    case EVENT_APP:
        app_turn(world, event->id);
        break;
    case EVENT_CHANGE:
        device_change(world, &world->device[world->setup->change[event->id].device],
                      &world->setup->change[event->id].model);
        break;
    }
}

void world_run(struct world *world)
{
    while (world->events.count && world->events.heap[0].at < world->end) {
        struct event event = evqueue_take(&world->events);
        world->now = event.at;
        happen(world, &event);
        if (world->stop_after && world->completed >= world->stop_after)
            return;
    }
    world->now = world->end;
}
