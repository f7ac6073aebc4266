/* SPDX-License-Identifier: Apache-2.0 */
/* See device.h. */
#include "device.h"

#include "world.h"

#include <math.h>

#define DROOP_MOST 2. /* times as slow, and no slower */

const char *device_kind_name(enum device_kind kind)
{
    static const char *const names[] = {"shared", "striped", "smooth", "disk"};

    return names[kind];
}

void device_init(struct device *device, const struct device_model *model,
                 const struct weather_model *weather, uint64_t seed)
{
    device->model = *model;
    device->chance = chance_stream(seed, 1);
    spread_init(&device->spread, model->spread, model->sigma);
    spread_init(&device->wire, SPREAD_LOGNORMAL, model->wire_sigma);
    weather_init(&device->weather, weather, chance_mix(seed + 2));
    device->inside = device->busy = device->windowed = 0;
    device->waiting = (struct fifo){0, 0, 0};
    for (int i = 0; i < DEVICE_CHANNELS; i++) {
        device->channel[i] = (struct fifo){0, 0, 0};
        device->serving[i] = false;
    }
    device->arm = .5;
    device->credit_at = model->credit_rate > 0 && !model->is_exhausted
                            ? -model->credit_burst / model->credit_rate * 1e9
                            : 0;
    device->exhausted_at = 0;
}

static double service_of(struct device *device, const struct op *op)
{
    const struct device_model *model = &device->model;
    double ns = model->service_us * 1e3 * spread_draw(&device->spread, &device->chance);

    if (model->kind == DEVICE_SMOOTH) {
        double load = (double)device->inside / model->channels;
        ns *= pow(1 + pow(load, model->power), 1 / model->power);
    }
    if (model->droop > 0 && device->inside > 2 * model->channels)
        ns *= fmin(DROOP_MOST, 1 + model->droop * ((double)device->inside / model->channels - 2));
    return ns + model->byte_ns * op->bytes;
}

static void serve_for(struct world *world, struct device *device, uint32_t id, double ns)
{
    evqueue_add(&world->events, weather_finish(&device->weather, world->now, ns), EVENT_SERVED, id);
}

static void serve(struct world *world, struct device *device, uint32_t id)
{
    serve_for(world, device, id, service_of(device, &world->ops[id]));
}

static void fill_channels(struct world *world, struct device *device)
{
    while (device->busy < device->model.channels && device->waiting.count) {
        device->busy++;
        serve(world, device, fifo_take(world, &device->waiting));
    }
}

static void serve_stripe(struct world *world, struct device *device, int channel)
{
    if (device->serving[channel] || !device->channel[channel].count)
        return;
    device->serving[channel] = true;
    serve(world, device, fifo_take(world, &device->channel[channel]));
}

/* The drive sees a window of what waits, the rest comes in order. */
static void turn_arm(struct world *world, struct device *device)
{
    int size = device->model.channels < DISK_WINDOW ? device->model.channels : DISK_WINDOW;
    double ns;

    while (device->windowed < size && device->waiting.count)
        device->window[device->windowed++] = fifo_take(world, &device->waiting);
    if (device->busy || !device->windowed)
        return;
    device->busy = 1;
    uint32_t id = disk_choose(world, device, &ns);
    serve_for(world, device, id, ns + device->model.byte_ns * world->ops[id].bytes);
}

static void begin(struct world *world, struct device *device, uint32_t id)
{
    struct op *op = &world->ops[id];

    switch (device->model.kind) {
    case DEVICE_SMOOTH:
        serve(world, device, id);
        break;
    case DEVICE_STRIPED:
        op->channel = (uint16_t)(chance_next(&device->chance) % (unsigned)device->model.channels);
        fifo_add(world, &device->channel[op->channel], id);
        serve_stripe(world, device, op->channel);
        break;
    case DEVICE_SHARED:
        if (device->busy < device->model.channels && !device->waiting.count) {
            device->busy++;
            serve(world, device, id);
            break;
        }
        fifo_add(world, &device->waiting, id);
        break;
    case DEVICE_DISK:
        op->place = (float)chance_uniform(&device->chance);
        fifo_add(world, &device->waiting, id);
        turn_arm(world, device);
        break;
    }
}

/* Credits fall due at a steady rate; a full bucket holds back the burst's worth of them. */
static bool takes_credit(struct world *world, struct device *device, uint32_t id)
{
    const struct device_model *model = &device->model;
    double full = (double)world->now - model->credit_burst / model->credit_rate * 1e9;

    if (device->credit_at < full)
        device->credit_at = full;
    device->credit_at += 1e9 / model->credit_rate;
    if (device->credit_at <= (double)world->now)
        return true;
    if (!device->exhausted_at)
        device->exhausted_at = world->now;
    evqueue_add(&world->events, (uint64_t)device->credit_at, EVENT_RELEASED, id);
    return false;
}

void device_enter(struct world *world, struct device *device, uint32_t id)
{
    device->inside++;
    if (device->model.credit_rate > 0 && !takes_credit(world, device, id))
        return;
    begin(world, device, id);
}

void device_released(struct world *world, struct device *device, uint32_t id)
{
    begin(world, device, id);
}

void device_served(struct world *world, struct device *device, uint32_t id)
{
    struct op *op = &world->ops[id];

    device->inside--;
    switch (device->model.kind) {
    case DEVICE_SMOOTH:
        break;
    case DEVICE_STRIPED:
        device->serving[op->channel] = false;
        serve_stripe(world, device, op->channel);
        break;
    case DEVICE_SHARED:
        device->busy--;
        fill_channels(world, device);
        break;
    case DEVICE_DISK:
        device->busy = 0;
        turn_arm(world, device);
        break;
    }
    if (device->model.wire_us > 0) {
        double ns = device->model.wire_us * 1e3 * spread_draw(&device->wire, &device->chance);
        evqueue_add(&world->events, world->now + (uint64_t)ns, EVENT_ARRIVED, id);
        return;
    }
    ring_completed(world, id);
}

void device_change(struct world *world, struct device *device, const struct device_model *model)
{
    device->model = *model;
    spread_init(&device->spread, model->spread, model->sigma);
    if (model->kind == DEVICE_SHARED)
        fill_channels(world, device);
}
