/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and who waits for them. An operation starts when its target is not gated
 * or has a token left, else it waits in the queue of its ring.
 */
#include "world.h"

static struct lane *lane_of(struct world *world, const struct op *op)
{
    return &ring_of(world, op)->lane[world->app[op->app].model.device];
}

static void start(struct world *world, struct target *target, uint32_t id)
{
    struct op *op = &world->ops[id];

    op->started = world->now;
    target->tokens++;
    lane_of(world, op)->in_flight++;
    meter_in_flight(&target->meter, world->now, 1);
    device_enter(world, &world->device[target->device], id);
}

static bool has_token(const struct target *target)
{
    return !target->gated || target->tokens < target->limit;
}

void gate_submit(struct world *world, uint32_t id)
{
    struct op *op = &world->ops[id];
    struct target *target = target_of(world, op);
    struct lane *lane = lane_of(world, op);

    if (has_token(target) && !lane->waiting.count) {
        start(world, target, id);
        return;
    }
    fifo_add(world, &lane->waiting, id);
    target->waiting++;
}

static void start_waiting(struct world *world, struct target *target, struct lane *lane)
{
    target->waiting--;
    start(world, target, fifo_take(world, &lane->waiting));
}

/* The next ring in rotation that waits. */
static struct lane *next_waiting(struct process *process, struct target *target, int rings)
{
    for (int i = 0; i < rings; i++) {
        int index = target->rotation++ % rings;
        struct lane *lane = &process->ring[index].lane[target->device];
        if (lane->waiting.count)
            return lane;
    }
    return NULL;
}

void gate_give(struct world *world, uint32_t id)
{
    struct op *op = &world->ops[id];
    struct process *process = process_of(world, op);
    struct target *target = target_of(world, op);
    struct lane *lane = lane_of(world, op);

    struct ring *ring = ring_of(world, op);

    target->tokens--;
    lane->in_flight--;
    while (target->waiting && has_token(target)) {
        bool others_wait = target->waiting > lane->waiting.count;
        bool own_turn = lane->waiting.count && (lane->in_flight < lane->share || !others_wait);
        ring->moved_up++;
        start_waiting(world, target,
                      own_turn ? lane : next_waiting(process, target, world->setup->rings));
    }
}

void gate_open(struct world *world, struct process *process, struct target *target)
{
    while (target->waiting && has_token(target))
        start_waiting(world, target, next_waiting(process, target, world->setup->rings));
}
