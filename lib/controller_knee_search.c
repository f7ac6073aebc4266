/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search of controller_knee_search.h: how it begins, and what it keeps of each slot.
 * Where it goes next is told in controller_knee_next.c.
 */
#include "controller_knee_search.h"

#include "controller.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_OPS 250 /* 4..6 % of noise */
#define SLOT_OPS_SLOW 100
#define SLOT_MOST 1.0      /* s */
#define SLOT_TURNOVERS 1.2 /* operations of equal length complete in waves */
#define SETTLE_SECONDS 0.045
#define SETTLE_SIGMA 0.03
#define SETTLE_OPS 600
#define RETRIES_MAX 3
#define SAME 0.05   /* of the limit: is not corrected */
#define KEEP 0.035  /* likewise in the steady state */
#define NARROW 1.15 /* between the quartiles of latency: less is a device of constant times */
#define NARROW_SAMPLES 50
#define OVER_SAMPLES 50
#define UNBOUND_MAX 3
#define USED 0.97        /* of the depth in flight: it is used, whoever wants more */
#define SUDDEN 1e-4      /* s worth of operations: so many less or more do not show in a tick */
#define TRANSIENT 1.1    /* of what was in flight must be through */
#define TRANSIENT_UP 0.9 /* of what is added, which comes back sooner than it will later */
#define IN_FLIGHT_MORE 1.3
#define TOP_OPS 20
#define TOP_FAR 1.5    /* times the depth: else the top tells nothing new */
#define DOUBT_TOP 0.06 /* it is of a mixture of depths, and the pipe had to fill ... */
#define DOUBT_TOP_SLOW 0.12
#define DOUBT_FIRST 0.06 /* after the top some that waited long are still there */
#define DOUBT_FIRST_SLOW 0.25
#define DOUBT_SLOW 0.04 /* of a first slot where there is no time to wait */
#define DOUBT_STEP 0.08 /* for each step of e, ... */
#define SPREAD_MOST 1.5 /* ... and such between the quartiles of latency */
#define REACH 2         /* times what is known to be good: no further after a trial */
#define PROPORTION 0.7  /* of the step: so much throughput gained is all there is to gain */
#define LITTLE 0.88     /* of the depth: less is seen to be another's */
#define LITTLE_LEAST 0.2

int aur_knee_search_clip(const struct knee_search *search, double depth)
{
    double whole = floor(depth + 0.5);

    return (int)fmin(fmax(whole, search->range.min), search->range.max);
}

double aur_knee_search_transient(const struct knee_meter *meter, int depth)
{
    double from = meter->limit;

    if (meter->in_flight > 0)
        from = fmin(from, IN_FLIGHT_MORE * meter->in_flight + 2);
    if (fabs(depth - from) < SUDDEN * meter->rate)
        return 0;
    return depth > from ? from + TRANSIENT_UP * (depth - from) : TRANSIENT * from;
}

double aur_knee_search_slot(const struct knee_meter *meter, int depth)
{
    return fmax(aur_knee_is_slow(meter) ? SLOT_OPS_SLOW : SLOT_OPS, SLOT_TURNOVERS * depth);
}

void aur_knee_search_measure(struct knee_search *search, const struct knee_meter *meter, int depth)
{
    aur_knee_span_clear(&search->slot);
    aur_latency_sum_clear(&search->latency);
    if (depth != meter->limit) {
        search->skip = aur_knee_search_transient(meter, depth);
        search->age = 0;
        search->is_lower = depth < meter->limit;
        search->from = meter->limit;
        if (meter->in_flight > 0)
            search->from = fmin(search->from, IN_FLIGHT_MORE * meter->in_flight + 2);
    } else {
        search->from = 0;
    }
    search->depth = depth;
}

void aur_knee_search_begin(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, int depth, int jump,
                           const struct knee_span *top)
{
    struct knee_range kept = *range; /* may be the search's own */

    memset(search, 0, sizeof *search);
    search->range = kept;
    search->jump = jump;
    search->stage = KNEE_REF;
    if (top)
        search->top = *top;
    search->start = search->hi = aur_knee_search_clip(search, depth);
    aur_knee_search_measure(search, meter, search->start);
    search->drain = search->skip - search->skip / 4 - 1.5 * search->start;
}

/* Nothing queues at the greater depth: what was known of such ones is of another target. */
static bool gains_in_proportion(const struct knee_trial *shown)
{
    return shown->b > shown->a && shown->result > PROPORTION * log((double)shown->b / shown->a);
}

bool aur_knee_search_learn(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, const struct knee_trial *shown)
{
    int limit = search->limit;

    aur_knee_points_age(&search->points);
    if (gains_in_proportion(shown))
        aur_knee_points_keep_below(&search->points, shown->b);
    aur_knee_points_put(&search->points, meter, shown->a, &shown->total_a, KNEE_DOUBT);
    aur_knee_points_put(&search->points, meter, shown->b, &shown->total_b, KNEE_DOUBT);
    search->range = *range;
    search->retries = RETRIES_MAX;
    search->dropped = search->unbound = search->under = search->cap = search->jump = 0;
    search->over = search->over >= shown->b ? search->over : 0;
    search->depth = meter->limit;
    search->guard_ns = 0;
    search->reach = gains_in_proportion(shown) ? 0 : (int)ceil(REACH * fmax(limit, shown->b));
    search->seconds = search->completed = KNEE_SPENT;
    aur_knee_search_next(search, meter);
    if (search->stage != KNEE_SETTLE) {
        aur_knee_points_are_old(&search->points); /* a trial that saw a change is, too */
        return true;
    }
    double keep = search->is_narrow ? 0 : KEEP;
    if (abs(search->limit - limit) > keep * limit)
        return true;
    search->limit = search->hi = limit;
    return false;
}

static bool is_narrow(const struct latency_sum *latency)
{
    return latency->count >= NARROW_SAMPLES && aur_latency_sum_percentile(latency, 75) <
                                                   NARROW * aur_latency_sum_percentile(latency, 25);
}

/* Of the smallest depth: latencies that are mostly waiting are alike on all devices. */
static void know_width(struct knee_search *search)
{
    if (search->stage == KNEE_REF && search->top.seconds > 0)
        return;
    if (search->least && search->depth > search->least)
        return;
    search->least = search->depth;
    search->is_narrow = is_narrow(&search->latency);
}

/*
 * Operations that were begun before the limit became less may take long, and have a
 * share of it meanwhile; by Little's law it is told from the latency of the others.
 */
static double share_of_new(const struct knee_search *search)
{
    double sum = 0, samples = (double)search->latency.count;

    if (!search->is_lower || samples < 1 || is_narrow(&search->latency))
        return 1;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        double s = 0.5e-9 * (double)(latency_bucket_begin(i) + latency_bucket_begin(i + 1));
        if (s < search->age)
            sum += s * search->latency.buckets[i];
    }
    double depth = sum / search->slot.seconds * search->slot.completed / samples;
    return depth < LITTLE * search->depth ? fmax(depth / search->depth, LITTLE_LEAST) : 1;
}

/* More than 1 % of what was begun under this limit takes longer than the guard allows. */
static bool breaks_guard(const struct knee_search *search)
{
    struct knee_span young = {0};

    if (!(search->guard_ns > 0) || search->depth <= search->start)
        return false;
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        double ns = (double)latency_bucket_begin(i);
        if (ns > search->age * 1e9)
            break;
        young.samples += search->latency.buckets[i];
        young.over[0] += ns > search->guard_ns ? search->latency.buckets[i] : 0;
    }
    return young.samples >= OVER_SAMPLES && aur_knee_span_is_over(&young);
}

static bool is_over(const struct knee_search *search)
{
    return (search->slot.samples >= OVER_SAMPLES && aur_knee_span_is_over(&search->slot)) ||
           breaks_guard(search);
}

static bool slot_is_full(const struct knee_search *search, const struct knee_meter *meter)
{
    const struct knee_span *slot = &search->slot;
    bool is_known = aur_knee_span_variance(slot, meter) < SETTLE_SIGMA * SETTLE_SIGMA ||
                    slot->completed >= SETTLE_OPS;

    if (slot->seconds >= SLOT_MOST)
        return true;
    if (slot->completed < aur_knee_search_slot(meter, search->depth))
        return false;
    return search->stage != KNEE_SETTLE || (slot->seconds >= SETTLE_SECONDS && is_known);
}

/* What was in flight before the search is a point too, if a rough one. */
static void take_top(struct knee_search *search, const struct knee_meter *meter)
{
    double depth = search->range.max;

    if (search->top.completed < TOP_OPS)
        return;
    if (search->top.in_flight > 0)
        depth = fmin(depth, search->top.in_flight / search->top.seconds);
    if (depth > TOP_FAR * search->depth)
        aur_knee_points_put(&search->points, meter, (int)depth, &search->top,
                            aur_knee_is_slow(meter) ? DOUBT_TOP_SLOW : DOUBT_TOP);
}

/*
 * Operations begun together do not complete together: after a step up the short ones
 * come first, after one down the long ones are left. More so, the wider latencies are.
 */
static double doubt_of_step(const struct knee_search *search)
{
    double greater = fmax(search->from, search->depth);
    double spread = log(fmax(aur_latency_sum_percentile(&search->latency, 75), 1) /
                        fmax(aur_latency_sum_percentile(&search->latency, 25), 1));

    if (search->from <= 0)
        return 0;
    return DOUBT_STEP * fabs(log(search->depth / search->from)) * fmin(spread, SPREAD_MOST) *
           fmin(1, greater / fmax(search->slot.completed, 1));
}

static double doubt_of_slot(const struct knee_search *search, const struct knee_meter *meter)
{
    double least = KNEE_DOUBT;

    if (search->stage == KNEE_REF && search->top.seconds > 0)
        return aur_knee_is_slow(meter) ? DOUBT_FIRST_SLOW : DOUBT_FIRST;
    if (aur_knee_is_slow(meter) && search->from > 0 && !search->is_narrow)
        least = DOUBT_SLOW;
    return fmax(least, doubt_of_step(search));
}

static void take_slot(struct knee_search *search, const struct knee_meter *meter)
{
    double doubt = doubt_of_slot(search, meter);

    if (search->stage == KNEE_REF)
        take_top(search, meter);
    search->slot.seconds *= share_of_new(search);
    if (!aur_knee_points_add(&search->points, meter, search->depth, &search->slot, doubt))
        search->dropped++;
}

static enum knee_answer after_settle(struct knee_search *search, const struct knee_meter *meter)
{
    int limit = search->limit;

    search->log_rate = aur_knee_span_log_rate(&search->slot);
    take_slot(search, meter);
    if (search->over || search->retries >= RETRIES_MAX)
        return KNEE_YES;
    search->retries++;
    aur_knee_search_next(search, meter);
    if (search->stage != KNEE_SETTLE || abs(search->limit - limit) > SAME * limit)
        return KNEE_RUNNING;
    search->limit = search->hi = search->depth = limit;
    return KNEE_YES;
}

/* The application has not so much; that much it had is as far as the search goes, if any was. */
static enum knee_answer after_idle(struct knee_search *search, const struct knee_meter *meter)
{
    double in_flight = search->slot.in_flight / fmax(search->slot.seconds, 1e-3);
    int bound = 0;

    for (int i = 0; i < search->points.count; i++) {
        const struct knee_point *point = &search->points.point[i];
        if (point->depth < search->depth && aur_knee_span_is_bound(&point->span))
            bound = point->depth > bound ? point->depth : bound;
    }
    if (bound > 0)
        search->cap = (int)fmin(search->depth, fmax(bound + 1, ceil(in_flight) + 1));
    if (search->cap)
        aur_knee_search_next(search, meter);
    else if (++search->unbound >= UNBOUND_MAX)
        return KNEE_UNBOUND;
    else
        aur_knee_search_measure(search, meter, search->depth);
    return KNEE_RUNNING;
}

/* Where all that is in flight completes at once, few completions find anybody waiting. */
static bool is_used(const struct knee_search *search)
{
    return aur_knee_span_is_bound(&search->slot) ||
           search->slot.in_flight >= USED * search->depth * search->slot.seconds;
}

static enum knee_answer end_slot(struct knee_search *search, const struct knee_meter *meter,
                                 bool over)
{
    know_width(search);
    if (!is_used(search))
        return after_idle(search, meter);
    search->unbound = 0;
    if (over) {
        search->over = search->depth;
        search->under = search->under < search->over ? search->under : 0;
    } else if (search->depth > search->under) {
        search->under = search->depth;
    }
    if (search->stage == KNEE_SETTLE && (!over || search->depth <= search->range.min))
        return after_settle(search, meter);
    take_slot(search, meter);
    aur_knee_search_next(search, meter);
    return KNEE_RUNNING;
}

enum knee_answer aur_knee_search_tick(struct knee_search *search, const struct knee_meter *meter,
                                      const struct control_window *window, double seconds)
{
    search->seconds += seconds;
    search->completed += (double)window->completed;
    search->age += seconds;
    if (search->skip > 0) {
        search->skip -= (double)window->completed;
        search->drain -= (double)window->completed;
        if (search->top.seconds > 0 && search->drain > 0)
            aur_knee_span_add(&search->top, window, seconds);
        return KNEE_RUNNING;
    }
    aur_knee_span_add(&search->slot, window, seconds);
    aur_latency_sum_add(&search->latency, window->latency);
    bool over = is_over(search);
    if (!over && !slot_is_full(search, meter))
        return KNEE_RUNNING;
    return end_slot(search, meter, over);
}
