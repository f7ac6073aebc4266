/* SPDX-License-Identifier: Apache-2.0 */
/* See draw.h. */
#include "draw.h"

#include "chance.h"

#include <math.h>

#define LEAST_RATE 300.
#define MOST_RATE 1e6
#define MOST_CHANNELS 128.
#define LEAST_SERVICE_US 20.
#define MOST_SERVICE_US 30000.

static double channel_rate(const struct device_model *model)
{
    return model->channels * 1e6 / model->service_us;
}

static void draw_spread(struct chance *chance, struct device_model *model)
{
    double u = chance_uniform(chance);

    if (u < .1) {
        model->spread = SPREAD_FIXED;
    } else if (u < .2) {
        model->spread = SPREAD_LOGNORMAL;
        model->sigma = .03;
    } else if (u < .4) {
        model->spread = SPREAD_EXPONENTIAL;
    } else {
        model->spread = SPREAD_LOGNORMAL;
        model->sigma = chance_between(chance, .15, .9);
    }
}

static void draw_kind(struct chance *chance, struct device_model *model)
{
    double u = chance_uniform(chance);

    if (u < .4) {
        model->kind = DEVICE_SHARED;
    } else if (u < .7) {
        model->kind = DEVICE_SMOOTH;
        model->power = chance_between(chance, 3, 9);
    } else if (u < .8) {
        model->kind = DEVICE_STRIPED;
        model->channels = 2 + (int)(chance_uniform(chance) * 7);
    } else if (u < .9) {
        model->kind = DEVICE_SHARED;
        model->wire_us = model->service_us * chance_between(chance, .3, 2);
        model->wire_sigma = .2;
    } else {
        model->kind = DEVICE_DISK;
        model->channels = 8 << chance_next(chance) % 3;
        model->service_us = chance_between(chance, 4000, 8400);
    }
    if (model->kind != DEVICE_DISK && chance_uniform(chance) < .2)
        model->droop = chance_between(chance, .01, .1);
}

static void draw_device(struct chance *chance, struct device_model *model)
{
    *model = (struct device_model){0};
    do {
        double rate = chance_log_between(chance, LEAST_RATE, MOST_RATE);
        model->channels = (int)(chance_log_between(chance, 1, MOST_CHANNELS) + .5);
        model->service_us = model->channels * 1e6 / rate;
    } while (model->service_us < LEAST_SERVICE_US || model->service_us > MOST_SERVICE_US);
    draw_spread(chance, model);
    draw_kind(chance, model);
}

static void draw_setup(struct chance *chance, struct setup *setup)
{
    *setup = (struct setup){.devices = 1, .rings = 1, .apps = 1, .eras = 1};
    setup->app[0] = (struct app_model){.concurrency = 1024, .bytes = 4096};
    draw_device(chance, &setup->device[0]);
    if (chance_uniform(chance) < .3)
        setup->weather[0].wobble = chance_between(chance, .005, .03);
}

void draw_static(uint64_t seed, struct setup *setup)
{
    struct chance chance = chance_stream(seed, 11);

    draw_setup(&chance, setup);
}

/* Faster or slower by a factor that can be told from noise, by its channels or their speed. */
void draw_changing(uint64_t seed, struct setup *setup)
{
    struct chance chance = chance_stream(seed, 12);
    struct change *change = &setup->change[0];

    draw_setup(&chance, setup);
    struct device_model *model = &change->model;
    *change = (struct change){.at = 1, .device = 0, .model = setup->device[0]};
    setup->changes = 1;
    setup->eras = 2;
    setup->era[1] = 1;
    for (;;) {
        bool by_channels = model->kind == DEVICE_SHARED && chance_uniform(&chance) < .5;
        double factor = chance_log_between(&chance, 1.3, 4);
        *model = setup->device[0];
        if (chance_uniform(&chance) < .5)
            factor = 1 / factor;
        if (by_channels)
            model->channels = (int)(model->channels * factor + .5);
        else
            model->service_us /= factor;
        if (model->channels > MOST_CHANNELS || model->channels < 1)
            continue;
        double ratio = channel_rate(model) / channel_rate(&setup->device[0]);
        if (channel_rate(model) <= MOST_RATE && fabs(log(ratio)) >= log(1.28))
            return;
    }
}
