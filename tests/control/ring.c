/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring's thread: sleeps until something completes, collects what there is, starts
 * what waited, calls back, sends what was submitted meanwhile. Its CPU time is what
 * makes completions come in batches at high rates.
 */
#include "world.h"

#include <string.h>

#define REAP_AT_ONCE RING_DEPTH /* a look ends when nothing is ready */
#define LOOK_NS 1000            /* a system call */
#define OP_NS 250               /* the way of one operation through the library and its callback */
#define HOLD_NS 100             /* to hold an operation back and move it up */

static void sample(struct target *target, uint64_t latency, uint64_t uncertain)
{
    struct control_window *window = &target->window;
    double ceiling = target->pilot.config.ceiling_ns;
    static const double parts[] = {1.0, .9, .8};

    if (target->countdown > 1) {
        target->countdown--;
        return;
    }
    target->countdown = target->sample_every;
    if (uncertain * 10 > latency)
        return;
    window->samples++;
    window->latency[latency_bucket(latency)]++;
    for (int i = 0; i < 3 && ceiling > 0; i++)
        window->over[i] += (double)latency > ceiling * parts[i];
}

static void count(struct world *world, struct ring *ring, struct op *op, uint64_t uncertain)
{
    struct target *target = target_of(world, op);
    struct lane *lane = &ring->lane[target->device];
    bool is_bound = target->waiting || target->refused;
    uint64_t latency = world->now - op->started;

    target->refused = false;
    target->window.completed++;
    target->window.cost += 1 + op->bytes / 65536.0;
    target->window.bound += is_bound;
    lane->completed++;
    lane->bound += lane->waiting.count > 0 || is_bound;
    lane->latency_sum += (double)latency;
    sample(target, latency, uncertain);
    meter_completed(&target->meter, world->now, ring->index, op->bytes, op->arrived, op->started);
    world->completed += ring->process == 0;
}

static uint64_t cpu_time(const struct setup *setup, struct ring *ring, int n)
{
    double extra = setup->reap_us * 1e3 + n * setup->op_us * 1e3;
    int moved_up = ring->moved_up;

    ring->moved_up = 0;
    return (uint64_t)(LOOK_NS + n * OP_NS + moved_up * HOLD_NS + (int64_t)extra);
}

void ring_reap(struct world *world, struct ring *ring)
{
    struct process *process = &world->process[ring->process];
    /* Who slept was woken at once; who was busy cannot tell when it happened. */
    uint64_t uncertain = ring->reap_is_due ? world->now - ring->last_look : 0;
    uint32_t list[REAP_AT_ONCE];
    int n = 0;

    ring->reap_is_due = false;
    ring->last_look = world->now;
    process->polls++;
    while (n < REAP_AT_ONCE && ring->ready.count) {
        list[n] = fifo_take(world, &ring->ready);
        count(world, ring, &world->ops[list[n]], uncertain);
        gate_give(world, list[n++]);
    }
    ticker_look(world, process);
    ring->outstanding -= n;
    for (int i = 0; i < n; i++)
        app_called_back(world, list[i]);
    ring->busy_until = world->now + cpu_time(world->setup, ring, n);
    if (ring->ready.count) {
        ring->reap_is_due = true;
        evqueue_add(&world->events, ring->busy_until, EVENT_REAP,
                    (uint32_t)(ring->process * SETUP_RINGS + ring->index));
    }
}

void ring_completed(struct world *world, uint32_t id)
{
    struct ring *ring = ring_of(world, &world->ops[id]);

    fifo_add(world, &ring->ready, id);
    if (ring->reap_is_due)
        return;
    if (world->now >= ring->busy_until) {
        ring_reap(world, ring);
        return;
    }
    ring->reap_is_due = true;
    evqueue_add(&world->events, ring->busy_until, EVENT_REAP,
                (uint32_t)(ring->process * SETUP_RINGS + ring->index));
}
