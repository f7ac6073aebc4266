/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device and an application for tests of control laws, as formulas: throughput
 * rises in proportion to what is in flight up to the knee and is flat beyond. Counts
 * carry a little noise that repeats.
 */
#ifndef CONTROLLER_MODEL_H
#define CONTROLLER_MODEL_H

#include "controller.h"

#include <string.h>

struct model {
    double rate;    /* operations per second at the knee and above */
    double latency; /* s, of the device alone: the knee is rate * latency */
    int wanted;     /* by the application, in flight; 0: nothing */
    struct control_config config;
    struct control_verdict verdict;
    struct controller controller;
    double seconds, completed; /* since the beginning */
    double rest;               /* part of an operation that the next tick completes */
    uint32_t chance;
};

static inline void model_init(struct model *model, auraio_control_t law, double rate,
                              double latency, int wanted)
{
    memset(model, 0, sizeof *model);
    model->rate = rate;
    model->latency = latency;
    model->wanted = wanted;
    model->config.max = 256;
    model->verdict.limit = 256;
    model->chance = 12345;
    aur_controller_init(&model->controller, law, 1);
}

static inline double model_noise(struct model *model)
{
    model->chance = model->chance * 1664525u + 1013904223u;
    return (double)(model->chance >> 8) / 16777216 - 0.5;
}

static inline void model_samples(struct control_window *window, double latency, double ceiling_ns)
{
    static const double parts[] = {1, 0.9, 0.8};

    for (uint64_t i = 0; i < window->completed; i++) {
        double ns = latency * 1e9 * (0.7 + 0.6 * ((double)i + 0.5) / (double)window->completed);
        window->latency[latency_bucket((uint64_t)ns)]++;
        window->samples++;
        for (int k = 0; k < 3 && ceiling_ns > 0; k++)
            window->over[k] += ns > parts[k] * ceiling_ns;
    }
}

/*
 * One tick of 10 ms under a full limit, of a device that gives such a latency, of which
 * the longest and the shortest are so far apart; 0: none is known.
 */
static inline void model_feed(struct model *model, double depth, double latency, double spread)
{
    struct control_window window = {.polls = 1, .concurrency = depth};

    model->rest += depth / latency * 0.01 * (1 + 0.02 * model_noise(model));
    window.completed = window.bound = (uint64_t)model->rest;
    model->rest -= (double)window.completed;
    window.cost = (double)window.completed;
    for (uint64_t i = 0; i < window.completed && spread > 0; i++) {
        double off = ((double)i + 0.5) / (double)window.completed - 0.5;
        window.latency[latency_bucket((uint64_t)((latency + spread * off) * 1e9))]++;
        window.samples++;
    }
    aur_controller_tick(&model->controller, &model->config, 0.01, &window, &model->verdict);
}

/* One tick of so many seconds. */
static inline void model_tick(struct model *model, double seconds)
{
    struct control_window window;
    bool limited = model->verdict.gated && model->wanted > model->verdict.limit;
    double depth = limited ? model->verdict.limit : model->wanted;
    double possible = depth / model->latency;
    double rate = possible < model->rate ? possible : model->rate;

    memset(&window, 0, sizeof window);
    model->rest += rate * seconds * (1 + 0.02 * model_noise(model));
    window.completed = (uint64_t)model->rest;
    model->rest -= (double)window.completed;
    window.cost = (double)window.completed;
    window.bound = limited || model->wanted > model->config.max ? window.completed : 0;
    window.polls = 1;
    window.concurrency = depth;
    if (rate > 0)
        model_samples(&window, depth / rate, model->config.ceiling_ns);
    model->seconds += seconds;
    model->completed += (double)window.completed;
    aur_controller_tick(&model->controller, &model->config, seconds, &window, &model->verdict);
}

static inline void model_run(struct model *model, double seconds)
{
    double end = model->seconds + seconds;

    while (model->seconds < end)
        model_tick(model, 0.01);
}

#endif
