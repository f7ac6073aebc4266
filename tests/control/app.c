/* SPDX-License-Identifier: Apache-2.0 */
/* Applications: who submits what, when. */
#include "world.h"

#define S 1e9

static uint64_t at(double seconds)
{
    return (uint64_t)(seconds * S);
}

static uint32_t bytes_of(struct app *app)
{
    const struct app_model *model = &app->model;

    if (model->large_bytes && chance_next(&app->chance) % model->large_every == 0)
        return model->large_bytes;
    return model->bytes;
}

/* False: the ring is full, or there is no memory for more. */
static bool submit(struct world *world, struct app *app, uint64_t arrived)
{
    struct ring *ring = &world->process[app->model.process].ring[app->model.ring];
    uint32_t id = world->free - 1;

    if (!world->free || ring->outstanding >= RING_DEPTH) {
        world->process[app->model.process].target[app->model.device].refused = true;
        return false;
    }
    struct op *op = &world->ops[id];
    world->free = op->next;
    op->arrived = arrived;
    op->bytes = bytes_of(app);
    op->app = (uint16_t)(app - world->app);
    app->outstanding++;
    ring->outstanding++;
    gate_submit(world, id);
    return true;
}

static void submit_wanted(struct world *world, struct app *app)
{
    while (app->outstanding < app->wanted && submit(world, app, world->now))
        ;
}

/* An arrival that finds the ring full waits outside, its time running. */
static void arrive(struct world *world, struct app *app)
{
    uint32_t id = world->free - 1;

    if (!app->backlog.count && submit(world, app, world->now))
        return;
    if (!world->free) {
        world->dropped++;
        return;
    }
    world->free = world->ops[id].next;
    world->ops[id].arrived = world->now;
    fifo_add(world, &app->backlog, id);
}

static void drain_backlog(struct world *world, struct app *app)
{
    struct ring *ring = &world->process[app->model.process].ring[app->model.ring];

    while (app->backlog.count && ring->outstanding < RING_DEPTH) {
        uint32_t id = fifo_take(world, &app->backlog);
        uint64_t arrived = world->ops[id].arrived;
        world->ops[id].next = world->free;
        world->free = id + 1;
        submit(world, app, arrived);
    }
}

static void next_turn(struct world *world, uint32_t index, double seconds)
{
    evqueue_add(&world->events, world->now + at(seconds), EVENT_APP, index);
}

static void turn_open(struct world *world, struct app *app, uint32_t index)
{
    if (app->is_active)
        arrive(world, app);
    app->is_active = true;
    next_turn(world, index, chance_exponential(&app->chance) / app->model.rate);
}

static void turn_bursty(struct world *world, struct app *app, uint32_t index)
{
    bool was_on = app->wanted == app->model.concurrency;

    app->is_active = true;
    app->wanted = was_on ? 2 : app->model.concurrency;
    submit_wanted(world, app);
    next_turn(world, index, (was_on ? app->model.off_ms : app->model.on_ms) / 1e3);
}

/* The first turn begins the application, later ones are its own affair. */
void app_turn(struct world *world, uint32_t index)
{
    struct app *app = &world->app[index];

    if (app->model.until > 0 && world->now >= at(app->model.until)) {
        app->is_active = false;
        app->wanted = 0;
        return;
    }
    switch (app->model.kind) {
    case APP_OPEN:
        turn_open(world, app, index);
        break;
    case APP_BURSTY:
        turn_bursty(world, app, index);
        break;
    case APP_CLOSED:
        app->is_active = true;
        app->wanted = app->model.concurrency;
        submit_wanted(world, app);
        if (app->model.until > 0)
            next_turn(world, index, app->model.until - app->model.from);
        break;
    }
}

static void submit_more(struct world *world, struct app *app)
{
    if (app->model.kind == APP_OPEN)
        drain_backlog(world, app);
    else
        submit_wanted(world, app);
}

/* The room of a full ring that its own application leaves goes to another's. */
void app_called_back(struct world *world, uint32_t id)
{
    struct op *op = &world->ops[id];
    struct app *app = &world->app[op->app];
    const struct ring *ring = ring_of(world, op);

    app->outstanding--;
    op->next = world->free;
    world->free = id + 1;
    submit_more(world, app);
    for (int i = 0; i < world->setup->apps && ring->outstanding < RING_DEPTH; i++) {
        struct app *other = &world->app[i];
        if (other != app && other->model.process == app->model.process &&
            other->model.ring == app->model.ring)
            submit_more(world, other);
    }
}

void app_init(struct world *world, int index, uint64_t seed)
{
    struct app *app = &world->app[index];

    *app = (struct app){.model = world->setup->app[index],
                        .chance = chance_stream(seed, 100 + (uint64_t)index)};
    evqueue_add(&world->events, at(app->model.from), EVENT_APP, (uint32_t)index);
}
