/* SPDX-License-Identifier: Apache-2.0 */
/* See sweep.h. */
#include "sweep.h"

#include <math.h>
#include <string.h>

#define TOP_DEPTH 256
#define ENOUGH .99      /* of the highest throughput */
#define OUT_OF_SIGHT .9 /* a depth with less of it ends the way down */
#define WARM_OPS 4000
#define MEASURE_OPS 60000
#define BEST_OPS 4 /* times as many for the best depth; its figures are the reference */
#define WOBBLE_SECONDS 1.
#define SPELLS_SECONDS 6. /* with stalls or bursts */

static bool is_active_at(const struct app_model *app, double at)
{
    return app->from <= at && (app->until <= 0 || app->until > at);
}

void setup_still(const struct setup *setup, int era, int device, struct setup *still)
{
    double at = setup->era[era];

    *still = *setup;
    still->apps = still->changes = 0;
    still->eras = 1;
    still->seconds = 1e6;
    for (int i = 0; i < setup->changes; i++) {
        if (setup->change[i].at <= at)
            still->device[setup->change[i].device] = setup->change[i].model;
    }
    for (int i = 0; i < setup->apps; i++) {
        struct app_model *app = &still->app[still->apps];
        if (setup->app[i].device != device || !is_active_at(&setup->app[i], at))
            continue;
        *app = setup->app[i];
        app->from = app->until = 0;
        still->apps++;
    }
    if (setup->era_by_credit) {
        still->device[device].is_exhausted = true;
        if (era == 0)
            still->device[device].credit_rate = 0;
    }
}

static uint64_t ops_to_measure(const struct world *world, const struct setup *still, int device)
{
    const struct weather_model *weather = &still->weather[device];
    double rate = (double)world->completed * 1e9 / (double)world->now;
    double seconds = weather->wobble > 0 ? WOBBLE_SECONDS : 0;

    if (weather->stall_ms > 0 || weather->burst_load > 0)
        seconds = SPELLS_SECONDS;
    double ops = fmax(rate * seconds, MEASURE_OPS);

    /* Long queues that belong to channels change slowly; a ceiling is a sharp edge. */
    if (still->device[device].kind == DEVICE_STRIPED || still->ceiling_us > 0)
        ops *= 4;
    return (uint64_t)ops;
}

static void measure(struct world *world, const struct setup *still, int device, int depth,
                    uint64_t seed, unsigned times, double *throughput, double *p99_ns)
{
    static struct span span;
    struct contestant contestant = {LAW_STATIC, depth};
    struct meter *meter = &world->process[0].target[device].meter;

    world_init(world, still, &contestant, seed);
    world->stop_after = WARM_OPS + 4 * (uint64_t)depth;
    world_run(world);
    memset(&span, 0, sizeof span);
    span.from = world->now + 1;
    span.until = UINT64_MAX;
    meter->span = &span;
    meter->spans = 1;
    world->stop_after += times * ops_to_measure(world, still, device);
    world_run(world);
    *throughput = (double)span.completed * 1e9 / (double)(world->now - span.from);
    *p99_ns = tally_quantile(&span.device, .99);
}

/* The index of a depth, measured now if it was not before. */
static int point(struct world *world, const struct setup *still, int device, uint64_t seed,
                 struct curve *curve, int depth)
{
    int i = curve->points;

    for (int k = 0; k < curve->points; k++) {
        if (curve->depth[k] == depth)
            return k;
    }
    while (i && curve->depth[i - 1] > depth) {
        curve->depth[i] = curve->depth[i - 1];
        curve->throughput[i] = curve->throughput[i - 1];
        curve->p99_ns[i] = curve->p99_ns[i - 1];
        i--;
    }
    curve->points++;
    curve->depth[i] = depth;
    measure(world, still, device, depth, seed, 1, &curve->throughput[i], &curve->p99_ns[i]);
    return i;
}

static double highest(const struct curve *curve)
{
    double most = 0;

    for (int i = 0; i < curve->points; i++) {
        if (curve->throughput[i] > most)
            most = curve->throughput[i];
    }
    return most;
}

static bool is_admissible(const struct curve *curve, int i, double ceiling_ns)
{
    return ceiling_ns <= 0 || curve->p99_ns[i] <= ceiling_ns;
}

/* The index of the least depth that is good enough, or of the least admissible one. */
static int best_point(const struct curve *curve, double ceiling_ns)
{
    double most = 0;

    for (int i = 0; i < curve->points; i++) {
        if (is_admissible(curve, i, ceiling_ns) && curve->throughput[i] > most)
            most = curve->throughput[i];
    }
    for (int i = 0; i < curve->points; i++) {
        if (is_admissible(curve, i, ceiling_ns) && curve->throughput[i] >= ENOUGH * most)
            return i;
    }
    return 0;
}

/* The largest admissible depth lies between the points; so it is halved down to one. */
static void refine_ceiling(struct world *world, const struct setup *still, int device,
                           uint64_t seed, struct curve *curve, double ceiling_ns)
{
    int low = 1, high = TOP_DEPTH;

    while (high > low + 1) {
        int middle = (low + high) / 2;
        int i = point(world, still, device, seed, curve, middle);
        if (is_admissible(curve, i, ceiling_ns))
            low = middle;
        else
            high = middle;
    }
}

static void refine_knee(struct world *world, const struct setup *still, int device, uint64_t seed,
                        struct curve *curve, double ceiling_ns)
{
    for (;;) {
        int i = best_point(curve, ceiling_ns);
        int low = i ? curve->depth[i - 1] : 1;
        int gap = curve->depth[i] - low;
        if (gap <= 1 || gap <= curve->depth[i] / 50 || curve->points == CURVE_POINTS)
            return;
        point(world, still, device, seed, curve, low + gap / 2);
    }
}

void curve_sweep(struct world *world, const struct setup *setup, int era, int device, uint64_t seed,
                 struct curve *curve)
{
    static struct setup still;
    static const int depths[] = {256, 181, 128, 90, 64, 45, 32, 22, 16, 11, 8, 5, 4, 3, 2, 1};
    double ceiling_ns = setup->ceiling_us * 1e3;

    setup_still(setup, era, device, &still);
    curve->points = 0;
    for (unsigned i = 0; i < sizeof depths / sizeof *depths; i++) {
        int k = point(world, &still, device, seed, curve, depths[i]);
        if (curve->throughput[k] < OUT_OF_SIGHT * highest(curve) && ceiling_ns <= 0)
            break;
    }
    if (ceiling_ns > 0)
        refine_ceiling(world, &still, device, seed, curve, ceiling_ns);
    refine_knee(world, &still, device, seed, curve, ceiling_ns);
    int best = best_point(curve, ceiling_ns);
    curve->best = curve->depth[best];
    measure(world, &still, device, curve->best, seed + 1, BEST_OPS, &curve->best_throughput,
            &curve->best_p99_ns);
}

double curve_throughput(const struct curve *curve, double depth)
{
    int last = curve->points - 1;

    if (depth <= curve->depth[0])
        return curve->throughput[0] * depth / curve->depth[0];
    for (int i = 1; i <= last; i++) {
        if (depth <= curve->depth[i]) {
            double part = (depth - curve->depth[i - 1]) / (curve->depth[i] - curve->depth[i - 1]);
            return curve->throughput[i - 1] +
                   part * (curve->throughput[i] - curve->throughput[i - 1]);
        }
    }
    return curve->throughput[last];
}
