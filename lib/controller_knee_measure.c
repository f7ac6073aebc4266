/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans and the meter of controller_knee_measure.h.
 */
#include "controller_knee_measure.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define LATELY 0.05       /* s, and in as many ms ... */
#define LATELY_OPS 50     /* ... or operations: what "lately" means */
#define STALL_SHARE 0.15  /* of what is expected: less is a stall */
#define LONG_TICK 0.02    /* s: nothing came for a part of it, so ... */
#define LONG_SHARE 0.6    /* ... this much less is one too */
#define STALL_EXPECTED 20 /* operations; with fewer an empty tick is chance */
#define STALL_TICK 0.03   /* s, what one tick counts for at most: a stopped process is no stall */
#define DISPERSION_GAIN 0.02
#define DISPERSION_PRIOR 10 /* ticks that the first guess, Poisson's, counts as */
#define DISPERSION_MIN 0.1
#define DISPERSION_MAX 20
#define RATE_FLOOR 0.005 /* of a rate: what no length of measuring removes */
#define BOUND_SHARE 0.8
#define TRANSIENT 1.1        /* of the operations in flight must be through */
#define TRANSIENT_FROM 0.001 /* s of latency */
#define IN_FLIGHT_MORE 1.3   /* at most, than the average */
#define OVER_SHARE 0.01
#define NEAR_SHARE 0.006
#define SLOW 5000 /* operations per second */

void aur_knee_meter_init(struct knee_meter *meter)
{
    memset(meter, 0, sizeof *meter);
    meter->dispersion = 1;
    meter->last_rate = -1;
}

void aur_knee_meter_limit(struct knee_meter *meter, int limit)
{
    if (limit != meter->limit) {
        meter->last_rate = -1;
        meter->unsettled = fmax(aur_knee_transient(meter), limit);
    }
    meter->limit = limit;
}

static void learn_dispersion(struct knee_meter *meter, double cost_rate, double seconds)
{
    double both = cost_rate + meter->last_rate;

    if (meter->unsettled > 0)
        return;
    if (meter->last_rate >= 0 && both > 0) {
        double difference = 2 * (cost_rate - meter->last_rate) / both;
        double seen = fmin(difference * difference * meter->rate * seconds / 2, DISPERSION_MAX);
        double weight = fmax(DISPERSION_GAIN, 1 / (DISPERSION_PRIOR + meter->ticks));
        meter->dispersion += weight * (seen - meter->dispersion);
        meter->dispersion = fmax(meter->dispersion, DISPERSION_MIN);
        meter->ticks++;
    }
    meter->last_rate = cost_rate;
}

bool aur_knee_meter_tick(struct knee_meter *meter, const struct control_window *window,
                         double seconds)
{
    double completed = (double)window->completed;
    double expected = meter->rate * seconds;

    if (!window->polls || !(seconds > 0))
        return false;
    double least = seconds > LONG_TICK ? LONG_SHARE : STALL_SHARE;
    if (expected >= STALL_EXPECTED && completed < least * expected) {
        meter->stalled += fmin(seconds, STALL_TICK);
        meter->last_rate = -1;
        return false;
    }
    meter->stalled = 0;
    meter->in_flight = window->bound ? 0 : window->concurrency;
    learn_dispersion(meter, window->cost / seconds, seconds);
    meter->unsettled -= completed;

    double lately = meter->rate > 0 ? fmax(LATELY, LATELY_OPS / meter->rate) : 0;
    double weight = seconds / (seconds + lately);
    meter->rate += weight * (completed / seconds - meter->rate);
    meter->cost_rate += weight * (window->cost / seconds - meter->cost_rate);
    return true;
}

void aur_knee_span_clear(struct knee_span *span)
{
    memset(span, 0, sizeof *span);
}

void aur_knee_span_add(struct knee_span *span, const struct control_window *window, double seconds)
{
    span->seconds += seconds;
    span->cost += window->cost;
    span->completed += (double)window->completed;
    span->bound += (double)window->bound;
    span->samples += (double)window->samples;
    span->in_flight += window->concurrency * seconds;
    for (int i = 0; i < 3; i++)
        span->over[i] += (double)window->over[i];
}

void aur_knee_span_merge(struct knee_span *into, const struct knee_span *span)
{
    into->seconds += span->seconds;
    into->cost += span->cost;
    into->completed += span->completed;
    into->bound += span->bound;
    into->samples += span->samples;
    into->in_flight += span->in_flight;
    for (int i = 0; i < 3; i++)
        into->over[i] += span->over[i];
}

/* Of no completions it is that of half an operation: far away, and finite. */
double aur_knee_span_log_rate(const struct knee_span *span)
{
    return log(fmax(span->cost, 0.5) / fmax(span->seconds, 1e-6));
}

double aur_knee_span_variance(const struct knee_span *span, const struct knee_meter *meter)
{
    return meter->dispersion / fmax(span->completed, 0.5) + RATE_FLOOR * RATE_FLOOR;
}

bool aur_knee_span_is_bound(const struct knee_span *span)
{
    return span->bound >= BOUND_SHARE * span->completed;
}

bool aur_knee_span_is_over(const struct knee_span *span)
{
    double allowed = OVER_SHARE * span->samples;

    return span->over[0] > allowed + 2 * sqrt(allowed) + 1;
}

bool aur_knee_span_nears_ceiling(const struct knee_span *span)
{
    return span->over[0] > NEAR_SHARE * span->samples + 1;
}

bool aur_knee_span_has_headroom(const struct knee_span *span)
{
    /* Tails are nearly exponential: between 0.9 and 1.0 the logarithm is linear. */
    double over = pow(fmax(span->over[1], 1), 0.7) * pow(fmax(span->over[0], 1), 0.3);

    return over < NEAR_SHARE * span->samples;
}

double aur_knee_turnover(const struct knee_meter *meter, int depth)
{
    return meter->rate > 0 ? depth / meter->rate : 0;
}

double aur_knee_transient(const struct knee_meter *meter)
{
    double depth = meter->limit;

    if (meter->in_flight > 0)
        depth = fmin(depth, IN_FLIGHT_MORE * meter->in_flight + 2);
    return depth > TRANSIENT_FROM * meter->rate ? TRANSIENT * depth : 0;
}

bool aur_knee_is_slow(const struct knee_meter *meter)
{
    return meter->rate < SLOW;
}
