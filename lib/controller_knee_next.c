/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a search goes next: to the depth that tells most for the time it takes, or to
 * the limit when all is known well enough.
 */
#include "controller_knee_search.h"

#include "controller.h"
#include "controller_curve.h"

#include <math.h>

#define MARGIN 0.08      /* above the knee: a small standing queue shows when capacity grows */
#define COUNTS_TO 256.   /* depths beyond are not looked at for the sake of the last percent */
#define PRICE 0.18       /* of depth, in throughput, as logarithms: longer latencies */
#define PRICE_NARROW 0.6 /* one more than enough doubles the P99 of constant times */
#define MIDDLE 0.6       /* of chance: too much depth costs less than too little */
#define SURE 0.10        /* deviation of the wanted depth, as a logarithm, that ends a search, */
#define SURE_NARROW 0.04 /* where the knee is a corner, and one beyond it is too much, */
#define SURE_SLOW 0.22   /* where there is no time to know better: the steady state will */
#define UNSURE 0.25      /* a search may take longer, and a steady state asks soon, ... */
#define UNSURE_NARROW 0.03
#define ASK_LOW 0.5          /* ... below what is wanted, ... */
#define ASK_HIGH 1.0         /* ... where asking does not hurt latency */
#define PART_SURE 0.5        /* of the budget, if it is not so unsure */
#define BUDGET 0.5           /* s of a search, then what is known must do ... */
#define BUDGET_SLOW 1300     /* ... or completions */
#define FAR 4.               /* times what was measured: no step is greater */
#define LOWER 2.             /* likewise downwards */
#define TOO_FAR 3.           /* times what will hardly be wanted */
#define HARDLY 0.9           /* with this probability */
#define RATIO 1.26           /* between the depths that are weighed against each other */
#define LEAST_GAIN 0.08      /* of the variance: less is not worth going there */
#define DEEP 2.5             /* times what is wanted: hurts latency ... */
#define DEEP_WORTH 0.6       /* ... so must be worth more; ... */
#define DEEP_LATER 1.2       /* ... a search out of the steady state ... */
#define DEEP_WORTH_LATER 0.2 /* ... knows better, and its P99 counts */
#define FINE 1.08            /* bracket of the ceiling that ends the search */
#define UNDER 0.7            /* of the one that breaks it, if none is known to keep it */
#define MISFIT 10            /* chi square, and 2 for each point: no curve goes through that */
#define ODD_AMONG 4          /* points or more may have an odd one ... */
#define ODD 8                /* ... that has more chi square than that, ... */
#define ODD_PART 0.5         /* ... and such a part of all; ... */
#define ODD_MOST 2           /* ... more than so many are no exception */
#define DROPPED_MAX 3
#define NARROW_DISPERSION 0.15 /* at most, where all take equally long, but ... */
#define WAVE 0.1               /* ... this part of the depth completes at once */
#define WAVE_WIDE 0.03
#define FEW 8          /* operations: one more is a great step, and ... */
#define FEW_GAIN 0.035 /* ... so much more throughput, as a logarithm, is worth it */
#define SOFT 0.7       /* of the step: less was gained, so the knee is none that grows unseen */

/* Of throughput from so many completions, as a logarithm. */
static double noise(const struct knee_search *search, const struct knee_meter *meter, double depth,
                    double completed)
{
    double dispersion = meter->dispersion;
    double wave = (search->is_narrow ? WAVE : WAVE_WIDE) * depth / fmax(completed, 1);

    if (search->is_narrow)
        dispersion = fmin(dispersion, NARROW_DISPERSION);
    return dispersion / fmax(completed, 0.5) + wave * wave;
}

static int gather(const struct knee_search *search, const struct knee_meter *meter,
                  struct curve_point *points)
{
    for (int i = 0; i < search->points.count; i++) {
        const struct knee_point *point = &search->points.point[i];
        points[i].depth = point->depth;
        points[i].log_rate = aur_knee_span_log_rate(&point->span);
        points[i].variance =
            point->doubt + noise(search, meter, point->depth, point->span.completed);
    }
    return search->points.count;
}

static int most(const struct knee_search *search)
{
    int most = search->range.max;

    if (search->over && search->over - 1 < most)
        most = search->over - 1;
    if (search->cap && search->cap - 1 < most)
        most = search->cap - 1;
    if (search->reach && search->reach < most)
        most = search->reach;
    return most < search->range.min ? search->range.min : most;
}

static int clip(const struct knee_search *search, double depth)
{
    return (int)fmin(aur_knee_search_clip(search, depth), most(search));
}

static void settle(struct knee_search *search, const struct knee_meter *meter, double depth)
{
    search->limit = search->hi = clip(search, depth);
    search->stage = KNEE_SETTLE;
    aur_knee_search_measure(search, meter, search->limit);
}

static bool is_spent(const struct knee_search *search, const struct knee_meter *meter,
                     double deviation)
{
    double part = deviation > UNSURE ? 1 : PART_SURE;

    return aur_knee_is_slow(meter) ? search->completed > BUDGET_SLOW
                                   : search->seconds > part * BUDGET;
}

/* In seconds: until the depth shows, and a slot of it. */
static double cost_of(const struct knee_meter *meter, double depth, double rate, double *completed)
{
    double skip = aur_knee_search_transient(meter, (int)depth) / rate;
    double slot = fmax(KNEE_TICK, aur_knee_search_slot(meter, (int)depth) / rate);

    *completed = slot * rate;
    return slot + (skip > 0 ? fmax(skip, KNEE_TICK) : 0);
}

/* The depth between low and high that tells most for its time; 0: none tells enough. */
static int explore(const struct knee_search *search, const struct knee_meter *meter,
                   const struct curve_fit *fit, double low, double high, double wanted)
{
    double operations = meter->cost_rate > 0 ? meter->rate / meter->cost_rate : 1;
    double best = 0, chosen = 0;

    low = fmax(low, search->range.min);
    high = fmin(high, most(search));
    for (double depth = low; depth < high * RATIO; depth *= RATIO) {
        double at = floor(fmin(depth, high) + 0.5), completed;
        struct curve_view view;
        aur_curve_look(fit, at, &view);
        double rate = fmax(exp(view.log_rate) * operations, 1e-3);
        double seconds = cost_of(meter, at, rate, &completed);
        double gain =
            curve_gain(&view, KNEE_DOUBT * KNEE_DOUBT + noise(search, meter, at, completed));
        if (gain < LEAST_GAIN * fit->variance)
            continue;
        if (at > (search->reach ? DEEP_LATER : DEEP) * wanted)
            gain *= search->reach ? DEEP_WORTH_LATER : DEEP_WORTH;
        if (gain > best * seconds) {
            best = gain / seconds;
            chosen = at;
        }
    }
    return (int)chosen;
}

/* Between what keeps the ceiling and what breaks it; false: nothing is left to be found. */
static bool bisect(struct knee_search *search, const struct knee_meter *meter)
{
    double next = search->under ? sqrt((double)search->under * search->over) : UNDER * search->over;

    if (search->over <= search->range.min)
        return false;
    if (search->under && search->over <= fmax(FINE * search->under, search->under + 1))
        return false;
    search->stage = KNEE_PROBE;
    aur_knee_search_measure(search, meter, clip(search, next));
    return true;
}

/*
 * One that alone is far off was taken amid something else; what is new is not, beside what is old,
 * nor is what is measured again and still off.
 */
static bool has_odd(const struct knee_search *search, const struct curve_fit *fit)
{
    const struct knee_points *points = &search->points;
    bool has_old = false;

    if (points->point[fit->odd].depth == search->odd)
        return false;
    for (int i = 0; i < points->count; i++)
        has_old |= points->point[i].is_old;
    return points->count >= ODD_AMONG && fit->oddity > ODD &&
           fit->oddity > ODD_PART * fit->misfit && (points->point[fit->odd].is_old || !has_old);
}

/* false: nothing is known. */
static bool lay_curves(struct knee_search *search, const struct knee_meter *meter,
                       struct curve_fit *fit)
{
    double counts_to = fmax(fmin(search->range.max, COUNTS_TO), 1);
    struct curve_point points[KNEE_POINTS];
    int odd = 0;

    for (;;) {
        int count = gather(search, meter, points);
        if (!count)
            return false;
        aur_curve_fit(fit, points, count, counts_to, search->is_narrow ? 0 : MARGIN);
        if (odd < ODD_MOST && has_odd(search, fit)) {
            search->odd = search->points.point[fit->odd].depth;
            aur_knee_points_drop(&search->points, fit->odd);
            odd++;
            continue;
        }
        if (fit->misfit < MISFIT + 2 * count || search->dropped >= DROPPED_MAX)
            return true;
        aur_knee_points_forget(&search->points, search->depth);
        search->seconds = search->completed = 0;
        search->dropped++;
    }
}

/* Throughput that one operation more has gained, of what was measured, as a logarithm; or 0. */
static double seen_gain(const struct knee_search *search, const struct knee_meter *meter, int depth,
                        double *sigma)
{
    const struct knee_point *here = NULL, *next = NULL;

    for (int i = 0; i < search->points.count; i++) {
        const struct knee_point *point = &search->points.point[i];
        here = point->depth == depth ? point : here;
        next = point->depth == depth + 1 ? point : next;
    }
    *sigma = INFINITY;
    if (!here || !next)
        return 0;
    *sigma = sqrt(here->doubt + noise(search, meter, depth, here->span.completed) + next->doubt +
                  noise(search, meter, depth + 1, next->span.completed));
    return aur_knee_span_log_rate(&next->span) - aur_knee_span_log_rate(&here->span);
}

/* One more is a great step from a few: what was measured counts, whatever the curves say. */
static int prefer_seen(struct knee_search *search, const struct knee_meter *meter, int depth)
{
    double sigma, gain;

    search->is_soft = false;
    if (depth >= FEW)
        return depth;
    gain = seen_gain(search, meter, depth, &sigma);
    depth += gain - sigma > FEW_GAIN;
    gain = seen_gain(search, meter, depth - 1, &sigma);
    search->is_soft = gain > FEW_GAIN && gain < SOFT * log(depth / (depth - 1.));
    return depth;
}

/* For the steady state: below the wanted depth, while that is not sure; 0: none. */
static int question(const struct knee_search *search, const struct knee_meter *meter,
                    const struct curve_fit *fit, double wanted)
{
    double unsure = search->is_narrow ? UNSURE_NARROW : UNSURE;

    if (fit->variance <= unsure * unsure)
        return 0;
    return explore(search, meter, fit, floor(ASK_LOW * wanted), ASK_HIGH * wanted, wanted);
}

/* Where to learn more; 0: enough is known. */
static int choose(const struct knee_search *search, const struct knee_meter *meter,
                  const struct curve_fit *fit, double wanted)
{
    double sure = search->is_narrow ? SURE_NARROW : aur_knee_is_slow(meter) ? SURE_SLOW : SURE;
    double low = wanted, high = 0;
    double deviation = sqrt(fit->variance);

    if (deviation <= sure || is_spent(search, meter, deviation))
        return 0;
    for (int i = 0; i < search->points.count; i++) {
        low = fmin(low, search->points.point[i].depth);
        high = fmax(high, search->points.point[i].depth);
    }
    high = fmin(FAR * high, fmax(TOO_FAR * aur_curve_wanted(fit, HARDLY), high));
    return explore(search, meter, fit, floor(low / LOWER), high, wanted);
}

static void probe(struct knee_search *search, const struct knee_meter *meter, int depth)
{
    search->stage = KNEE_PROBE;
    aur_knee_search_measure(search, meter, clip(search, depth));
}

void aur_knee_search_next(struct knee_search *search, const struct knee_meter *meter)
{
    int jump = search->jump;
    struct curve_fit fit;

    search->jump = 0;
    if (jump > 0 || !lay_curves(search, meter, &fit)) {
        probe(search, meter, jump > 0 ? jump : search->depth);
        return;
    }
    double wanted = aur_curve_wanted(&fit, MIDDLE);
    if (search->over && wanted >= search->over) {
        if (!bisect(search, meter))
            settle(search, meter, search->under ? search->under : search->range.min);
        return;
    }
    if (fit.variance > UNSURE * UNSURE && search->seconds >= KNEE_SPENT)
        search->seconds = search->completed = 0; /* a trial has upset what was known */
    int next = choose(search, meter, &fit, wanted);
    if (next > 0) {
        probe(search, meter, next);
        return;
    }
    int chosen = aur_curve_choose(&fit, search->is_narrow ? PRICE_NARROW : PRICE);
    settle(search, meter, prefer_seen(search, meter, chosen));
    search->ask = question(search, meter, &fit, wanted);
}
