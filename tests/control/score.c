/* SPDX-License-Identifier: Apache-2.0 */
/* See score.h. */
#include "score.h"

#include <string.h>

#define BIN_S .01
#define SLOW 5000. /* per second; below it the law is given completions, not time */
#define SLOW_COMPLETIONS 2000.
#define SETTLED 1.5 /* times the allowed time */
#define STEADY_COMPLETIONS 30000.
#define BINS (1 << 17)

static struct bin bins[SETUP_DEVICES][BINS];
static struct span spans[SETUP_DEVICES][SETUP_ERAS];
static struct span rival_spans[SETUP_PROCESSES - 1][SETUP_ERAS]; /* on the first device */
static struct tally tallies[SETUP_DEVICES];

double bout_allowed_s(const struct curve *curve)
{
    double seconds = SLOW_COMPLETIONS / curve->best_throughput;

    return curve->best_throughput >= SLOW || seconds < 1 || curve->best == 0 ? 1 : seconds;
}

static double era_length(const struct curve *curve, double steady_s)
{
    double steady = STEADY_COMPLETIONS / curve->best_throughput;

    return SETTLED * bout_allowed_s(curve) + (steady > steady_s ? steady : steady_s);
}

/* Its eras one after the other; the changes move with them. */
static void stretch(struct setup *setup, const struct bout *bout, double steady_s)
{
    double at = 0;

    for (int i = 0; i < setup->eras; i++) {
        for (int k = 0; k < setup->changes; k++) {
            if (i && setup->change[k].at == setup->era[i])
                setup->change[k].at = at;
        }
        setup->era[i] = at;
        at += era_length(&bout->curve[i][0], steady_s);
    }
    setup->seconds = at;
}

/* A whole run of a contestant becomes the reference. */
static void refer_to(struct world *world, const struct setup *setup, enum law law, uint64_t seed,
                     struct bout *bout)
{
    struct contestant contestant = {law, 0};

    bout_run(world, setup, &contestant, seed, 0, bout);
    for (int d = 0; d < setup->devices; d++) {
        struct curve *curve = &bout->curve[0][d];
        curve->best_throughput = bout->score[0][d].throughput;
        curve->best_p99_ns = bout->score[0][d].p99_ns;
        curve->best_total_p99_ns = bout->score[0][d].total_p99_ns;
    }
}

static bool has_weather(const struct setup *setup)
{
    const struct weather_model *weather = &setup->weather[0];

    return weather->wobble > 0 || weather->stall_ms > 0 || weather->burst_load > 0;
}

void bout_prepare(struct world *world, struct setup *setup, uint64_t seed, double steady_s,
                  struct bout *bout)
{
    memset(bout, 0, sizeof *bout);
    if (setup->against_none) {
        refer_to(world, setup, LAW_NONE, seed, bout);
        return;
    }
    for (int i = 0; i < setup->eras; i++) {
        for (int d = 0; d < setup->devices; d++)
            curve_sweep(world, setup, i, d, seed, &bout->curve[i][d]);
    }
    if (setup->seconds <= 0)
        stretch(setup, bout, steady_s);
    else if (has_weather(setup))
        refer_to(world, setup, LAW_STATIC, seed, bout);
}

static void place_spans(struct world *world, const struct setup *setup, struct bout *bout)
{
    for (int i = 0; i <= setup->eras; i++)
        bout->era[i] = i < setup->eras ? setup->era[i] : setup->seconds;
    for (int d = 0; d < setup->devices; d++) {
        struct meter *meter = &world->process[0].target[d].meter;
        memset(spans[d], 0, sizeof spans[d]);
        meter->span = spans[d];
        meter->spans = setup->eras;
        for (int i = 0; i < setup->eras; i++) {
            double settled = SETTLED * bout_allowed_s(&bout->curve[i][d]);
            spans[d][i].from = (uint64_t)((bout->era[i] + settled) * 1e9);
            spans[d][i].until = (uint64_t)(bout->era[i + 1] * 1e9);
        }
    }
}

/* After place_spans: those of the other processes are of the same time. */
static void place_rival_spans(struct world *world, const struct setup *setup)
{
    memset(rival_spans, 0, sizeof rival_spans);
    for (int p = 1; p < world->processes; p++) {
        struct meter *meter = &world->process[p].target[0].meter;
        meter->span = rival_spans[p - 1];
        meter->spans = setup->eras;
        for (int i = 0; i < setup->eras; i++) {
            meter->span[i].from = spans[0][i].from;
            meter->span[i].until = spans[0][i].until;
        }
    }
}

static void place_bins(struct world *world, int devices, double bin_s)
{
    for (int d = 0; d < devices; d++) {
        struct meter *meter = &world->process[0].target[d].meter;
        meter->bin = bins[d];
        meter->bins_max = BINS;
        meter->bin_ns = (uint64_t)((bin_s > 0 ? bin_s : BIN_S) * 1e9);
        meter->tally = bin_s > 0 ? &tallies[d] : NULL;
        memset(&tallies[d], 0, sizeof tallies[d]);
    }
}

/* Runs on until the burst is used up, and lets the second era begin there. */
static void run_to_exhaustion(struct world *world, struct bout *bout)
{
    uint64_t end = world->end;

    spans[0][0].until = spans[0][1].from = UINT64_MAX;
    world->end = 0;
    while (!world->device[0].exhausted_at && world->end < end) {
        world->end += 10000000;
        world_run(world);
    }
    world->end = end;
    bout->era[1] = (double)world->now / 1e9;
    spans[0][0].until = world->now;
    spans[0][1].from = world->now + (uint64_t)(SETTLED * 1e9 * bout_allowed_s(&bout->curve[1][0]));
}

static bool is_at_knee(const struct curve *curve, const struct bin *bin)
{
    double depth = (double)bin->depth;

    return curve->points && depth <= 1.5 * curve->best + 1 &&
           curve_throughput(curve, depth) >= .95 * curve->best_throughput;
}

/* Where the law came to stay, as a bin from first; -1: nowhere. */
static int found(const struct curve *curve, const struct bin *bin, int first, int end, int second)
{
    int good = 0, good_soon = 0, answer = -1;

    for (int i = end - 1; i >= first; i--) {
        bool is_good = is_at_knee(curve, &bin[i]);
        good += is_good;
        good_soon += is_good;
        if (i + second < end)
            good_soon -= is_at_knee(curve, &bin[i + second]);
        int soon = end - i < second ? end - i : second;
        if (is_good && good >= .95 * (end - i) && good_soon >= .9 * soon)
            answer = i - first;
    }
    return answer;
}

/* Only the rings of the first process whose application is refused now and then compete. */
static double jain(const struct setup *setup, const struct span *span)
{
    double sum = 0, squares = 0;
    int n = 0;

    for (int i = 0; i < setup->apps; i++) {
        const struct app_model *app = &setup->app[i];
        double x = (double)span->ring[app->ring];
        if (app->process || app->concurrency < RING_DEPTH)
            continue;
        n++;
        sum += x;
        squares += x * x;
    }
    return squares > 0 ? sum * sum / (n * squares) : 0;
}

static void score_processes(int processes, int era, struct score *score)
{
    double x = (double)spans[0][era].completed;
    double sum = x, squares = x * x;
    double seconds = (double)(spans[0][era].until - spans[0][era].from) / 1e9;
    int n = 1;

    score->all_depth = score->depth;
    for (int p = 1; p < processes; p++) {
        x = (double)rival_spans[p - 1][era].completed;
        if (x <= 0)
            continue;
        n++;
        sum += x;
        squares += x * x;
        score->all_depth += rival_spans[p - 1][era].depth / 1e9 / seconds;
    }
    score->process_jain = squares > 0 ? sum * sum / (n * squares) : 0;
}

static void score_span(const struct setup *setup, const struct span *span, struct score *score)
{
    double seconds = (double)(span->until - span->from) / 1e9;

    score->throughput = (double)span->completed / seconds;
    score->p99_ns = tally_quantile(&span->device, .99);
    score->total_p99_ns = tally_quantile(&span->total, .99);
    score->depth = span->depth / 1e9 / seconds;
    score->over = span->completed ? (double)span->over / (double)span->completed : 0;
    score->windows_over = span->windows ? (double)span->windows_over / (double)span->windows : 0;
    score->searches_per_minute =
        (double)(span->last_searches - span->first_searches) / seconds * 60;
    for (int i = 0; i < setup->rings; i++)
        score->ring_throughput[i] = (double)span->ring[i] / seconds;
    score->jain = jain(setup, span);
}

static void score_era(const struct setup *setup, struct bout *bout, int era, int device)
{
    const struct curve *curve = &bout->curve[era][device];
    struct score *score = &bout->score[era][device];
    int first = (int)(bout->era[era] / bout->bin_s + .999);
    int end = (int)(bout->era[era + 1] / bout->bin_s);

    score_span(setup, &spans[device][era], score);
    score->throughput_ratio = score->throughput / curve->best_throughput;
    score->p99_ratio = score->p99_ns / curve->best_p99_ns;
    score->total_p99_ratio = score->total_p99_ns / curve->best_total_p99_ns;
    score->allowed_s = bout_allowed_s(curve);
    int at = found(curve, bins[device], first, end < bout->bins ? end : bout->bins,
                   (int)(score->allowed_s / bout->bin_s));
    score->found_s = at < 0 ? -1 : (at + 1) * bout->bin_s;
}

/* A static contestant without a depth has the best one; so has a rival that is like it. */
static void hold_best(struct world *world, const struct setup *setup, const struct bout *bout)
{
    int processes = setup->rival_depth < 0 ? world->processes : 1;

    for (int p = 0; p < processes; p++) {
        for (int d = 0; d < setup->devices; d++) {
            struct target *target = &world->process[p].target[d];
            if (!bout->curve[0][d].best)
                continue;
            target->pilot.verdict.limit = target->limit = bout->curve[0][d].best;
            target->pilot.verdict.gated = target->gated = true;
            target->meter.limit = target->limit;
        }
    }
}

void bout_run(struct world *world, const struct setup *setup, const struct contestant *contestant,
              uint64_t seed, double bin_s, struct bout *bout)
{
    world_init(world, setup, contestant, seed);
    if (contestant->law == LAW_STATIC && !contestant->depth)
        hold_best(world, setup, bout);
    place_spans(world, setup, bout);
    place_rival_spans(world, setup);
    place_bins(world, setup->devices, bin_s);
    if (setup->era_by_credit)
        run_to_exhaustion(world, bout);
    world_run(world);
    bout->bin_s = bin_s > 0 ? bin_s : BIN_S;
    bout->ticks = world->process[0].ticks;
    for (int d = 0; d < setup->devices; d++) {
        struct meter *meter = &world->process[0].target[d].meter;
        meter_advance(meter, world->end);
        bout->bins = meter->bins;
        bout->bin[d] = bins[d];
        for (int i = 0; i < setup->eras; i++) {
            score_era(setup, bout, i, d);
            score_processes(d ? 1 : world->processes, i, &bout->score[i][d]);
        }
    }
}
