/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated world: the clock, operations, devices, and the library's side of
 * each process (rings, gates, ticks). One is enough, so it is reset for each run.
 * world.c runs it, app.c submits, gate.c holds back, ring.c reaps, ticker.c ticks.
 */
#ifndef WORLD_H
#define WORLD_H

#include "contestant.h"
#include "device.h"
#include "evqueue.h"
#include "meter.h"
#include "setup.h"

#define WORLD_OPS (1 << 16)

struct op {
    uint64_t arrived, started, served; /* at the library, at the device, out of it; ns */
    uint32_t next;
    uint32_t bytes;
    uint16_t app, channel;
    float place;
};

/* One ring's dealings with one target. */
struct lane {
    struct fifo waiting;
    int in_flight, share;
    uint64_t completed, bound; /* since the last tick */
    double latency_sum;
};

struct ring {
    int process, index;
    struct lane lane[SETUP_DEVICES];
    struct fifo ready;
    int outstanding; /* accepted, not called back */
    int moved_up;    /* started after waiting, by the look that is going on */
    uint64_t last_look, busy_until;
    bool reap_is_due;
};

struct target {
    int device;
    int limit; /* in force when gated */
    bool gated;
    int tokens, waiting;
    int rotation;
    bool refused;       /* since the last completion */
    uint64_t countdown; /* of the samples */
    uint64_t sample_every;
    struct control_window window;
    struct pilot pilot;
    struct meter meter;
};

struct process {
    int index;
    struct ring ring[SETUP_RINGS];
    struct target target[SETUP_DEVICES];
    uint64_t last_tick, polls;
    uint64_t ticks;
};

struct app {
    struct app_model model;
    struct chance chance;
    struct fifo backlog; /* refused by a full ring: waits for a place in it */
    int outstanding, wanted;
    bool is_active;
};

struct world {
    const struct setup *setup;
    uint64_t now, end;
    struct evqueue events;
    struct op ops[WORLD_OPS];
    uint32_t free;    /* the first free one + 1 */
    uint64_t dropped; /* arrivals for which there was no memory */
    struct device device[SETUP_DEVICES];
    struct process process[SETUP_PROCESSES];
    int processes;
    struct app app[SETUP_APPS];
    uint64_t completed, stop_after; /* of the first process; stop_after 0: runs to the end */
};

static inline void fifo_add(struct world *world, struct fifo *fifo, uint32_t id)
{
    world->ops[id].next = 0;
    if (fifo->count++)
        world->ops[fifo->tail - 1].next = id + 1;
    else
        fifo->head = id + 1;
    fifo->tail = id + 1;
}

static inline uint32_t fifo_take(struct world *world, struct fifo *fifo)
{
    uint32_t id = fifo->head - 1;

    fifo->head = world->ops[id].next;
    fifo->count--;
    return id;
}

static inline struct process *process_of(struct world *world, const struct op *op)
{
    return &world->process[world->app[op->app].model.process];
}

static inline struct ring *ring_of(struct world *world, const struct op *op)
{
    return &process_of(world, op)->ring[world->app[op->app].model.ring];
}

static inline struct target *target_of(struct world *world, const struct op *op)
{
    return &process_of(world, op)->target[world->app[op->app].model.device];
}

/* world.c. The meters of the first process have room given by the caller. */
void world_init(struct world *world, const struct setup *setup, const struct contestant *contestant,
                uint64_t seed);
void world_run(struct world *world);

/* app.c */
void app_init(struct world *world, int index, uint64_t seed);
void app_turn(struct world *world, uint32_t index);
void app_called_back(struct world *world, uint32_t id); /* frees the operation */

/* gate.c */
void gate_submit(struct world *world, uint32_t id);
void gate_give(struct world *world, uint32_t id); /* the token; the next one starts */
void gate_open(struct world *world, struct process *process, struct target *target);

/* ring.c */
void ring_completed(struct world *world, uint32_t id); /* by the device */
void ring_reap(struct world *world, struct ring *ring);

/* ticker.c */
void ticker_look(struct world *world, struct process *process); /* a tick may be due */

#endif
