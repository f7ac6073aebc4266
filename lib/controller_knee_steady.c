/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steady state of controller_knee_steady.h.
 */
#include "controller_knee_steady.h"

#include "controller.h"
#include "controller_knee_chance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHIFT 0.045 /* of throughput: the least that is an alarm */
#define SPREAD_SIGMAS 4.5
#define COUNT_SIGMAS 3.5
#define BLOCK_SECONDS 0.03
#define CONFIRM_SECONDS 0.04
#define LATE 0.5     /* of the confirming time is its second half, in which ... */
#define LASTING 0.75 /* ... so much of the deviation lasts */
#define FOLLOW 0.03  /* of a block's deviation goes into log_rate */
#define SPREAD_GAIN 0.05
#define CAUTION_MOST 4
#define CAUTION_FALSE 1.6
#define CAUTION_TRUE 0.6
#define CAUTION_CALM 0.8
#define CALM_SECONDS 16
#define DITHER_LEAST 0.5 /* s between dithers after a search ... */
#define DITHER_GROWTH 2  /* ... growing with each that brings no news */
#define DITHER_MOST 8.0
#define DITHER_NARROW 0.45
#define DITHER_SMALL 2
#define QUEUED_FROM 25       /* a limit below has hardly a margin over the knee */
#define DITHER_SHARE 20      /* a dither may take this part of the time; ... */
#define DITHER_SHARE_UP 30   /* ... one of all that are more, if the P99 sees each of them, ... */
#define DITHER_SHARE_ALL 120 /* ... or all that is in flight takes longer by it */
#define DITHER_SHARE_NARROW 8
#define QUICK_SHARE 8   /* of one that only asks whether much is gained, ... */
#define QUICK_LEAST 0.3 /* ... s between two, ... */
#define QUICK_FROM 5    /* ... while the next thorough one is more s away, ... */
#define QUICK_GAIN 0.4  /* ... of the step: the least that is much, ... */
#define QUICK_SIGMAS 2  /* ... and how sure it is of that; else a thorough one follows at once */
#define OFTEN_DOWN 4    /* one in so many asks downwards */
#define DITHER_EFFORT 4
#define DITHER_COARSE 0.25 /* of the limit: a step whose effect is seen at once */
#define DITHER_UP 1.16
#define DITHER_UP_NARROW 1.05
#define DITHER_COARSE_GAIN 0.3
#define DITHER_UP_GAIN 0.1     /* of the step: the least gain worth it */
#define DITHER_NARROW_GAIN 0.5 /* likewise: what does not queue gains in proportion */
#define DITHER_DOWN 0.88
#define DITHER_DOWN_KEEP 0.988
#define KNOWN_OPS 250 /* of the limit: with so many a coarse trial need not measure it again */
#define ASK_AFTER 0.1 /* s */
#define UNBOUND_MAX 3
#define SHAPE_SECONDS 0.1
#define SHAPE_FAR 0.08
#define SHAPE_SAMPLES 200

void aur_knee_steady_init(struct knee_steady *steady)
{
    memset(steady, 0, sizeof *steady);
    steady->caution = 1;
}

/* Short blocks see great changes soon, long ones see small changes. */
static const double block_sigma[] = {0.02, 0.011};
static const double block_most[] = {1, 3}; /* s */

/* No queue stands before the target: growing capacity shows by trying only. */
static bool asks_often(const struct knee_steady *steady)
{
    return steady->is_narrow || steady->limit < QUEUED_FROM;
}

static int step_of(const struct knee_steady *steady, bool up)
{
    double part = !up ? DITHER_DOWN : steady->is_narrow ? DITHER_UP_NARROW : DITHER_UP;

    return (int)fmax(1, floor(fabs(part - 1) * steady->limit + 0.5));
}

/* The P99 must not see it: what waits longer in a dither is less than 1 % of all. */
static double share_of_time(const struct knee_steady *steady)
{
    double step = (double)step_of(steady, true) / steady->limit;

    if (!steady->dither_up)
        return DITHER_SHARE;
    if (steady->is_soft || steady->limit == 1)
        return DITHER_SHARE_ALL;
    if (steady->is_narrow)
        return fmax(DITHER_SHARE_NARROW, DITHER_SHARE_ALL * step);
    return steady->limit < QUEUED_FROM ? DITHER_SHARE_UP : DITHER_SHARE;
}

static void plan_dither(struct knee_steady *steady, uint32_t *chance)
{
    double most = asks_often(steady) ? DITHER_SMALL : DITHER_MOST;
    double share = share_of_time(steady);

    if (steady->is_narrow)
        most = DITHER_NARROW;
    if (asks_often(steady))
        steady->rest = share;
    steady->until_full = fmax(knee_chance_between(chance, steady->patience, 2 * steady->patience),
                              steady->rest * steady->last_dither);
    steady->rest = fmin(2 * steady->rest, share);
    steady->patience = fmin(steady->patience * DITHER_GROWTH, most);
}

/* While the next thorough one is far, much that there is to be gained is looked for in passing. */
static void plan_next(struct knee_steady *steady, const struct knee_meter *meter, uint32_t *chance)
{
    double quick = fmax(QUICK_LEAST, QUICK_SHARE * steady->last_quick);

    steady->is_quick = asks_often(steady) && !steady->is_narrow && !steady->is_soft &&
                       !aur_knee_is_slow(meter) &&
                       step_of(steady, true) < DITHER_COARSE * steady->limit &&
                       steady->until_full > QUICK_FROM && 2 * quick < steady->until_full;
    steady->until_dither =
        steady->is_quick ? knee_chance_between(chance, quick, 1.5 * quick) : steady->until_full;
}

static void begin_block(struct knee_steady *steady, const struct knee_meter *meter)
{
    steady->watch = KNEE_WATCH;
    steady->skip = aur_knee_transient(meter);
    aur_knee_span_clear(&steady->block[0]);
    aur_knee_span_clear(&steady->block[1]);
}

void aur_knee_steady_begin(struct knee_steady *steady, const struct knee_meter *meter, int limit,
                           bool is_narrow, bool is_soft, uint32_t *chance)
{
    steady->is_narrow = is_narrow;
    steady->is_soft = is_soft;
    steady->limit = limit;
    steady->blocks = 0;
    steady->spread = 0;
    steady->calm = steady->total = 0;
    steady->unbound = 0;
    steady->shape_seconds = 0;
    steady->last_dither = steady->last_quick = 0;
    steady->dithers_due = 0;
    steady->dither_up = true;
    steady->patience = DITHER_LEAST;
    steady->rest = 8;
    steady->asked = false;
    aur_latency_sum_clear(&steady->reference);
    aur_latency_sum_clear(&steady->recent);
    begin_block(steady, meter);
    plan_dither(steady, chance);
    plan_next(steady, meter, chance);
}

void aur_knee_steady_learn(struct knee_steady *steady, bool changed)
{
    steady->caution *= changed ? CAUTION_TRUE : CAUTION_FALSE;
    steady->caution = fmin(fmax(steady->caution, 1), CAUTION_MOST);
}

static double tolerance(const struct knee_steady *steady, double variance)
{
    double most = fmax(SHIFT, SPREAD_SIGMAS * sqrt(fmax(steady->spread, 0)));

    return steady->caution * fmax(most, COUNT_SIGMAS * sqrt(variance));
}

/* late: of the second half alone, lest what is over by then is taken for a change. */
static enum knee_news confirm(struct knee_steady *steady, double off, double variance, double late)
{
    double least = CONFIRM_SECONDS * steady->caution * steady->caution;
    double most = tolerance(steady, variance);

    if (steady->block[0].seconds < LATE * least)
        aur_knee_span_clear(&steady->block[1]);
    if (steady->block[0].seconds < least)
        return KNEE_CALM;
    if (off * steady->direction > most &&
        late * steady->direction > LASTING * off * steady->direction - 2 * sqrt(variance) &&
        aur_knee_span_is_bound(&steady->block[0]))
        return steady->direction > 0 ? KNEE_ALARM_UP : KNEE_ALARM_DOWN;
    bool is_sure =
        COUNT_SIGMAS * sqrt(variance) < SHIFT || steady->block[0].seconds > block_most[0];
    if (is_sure || off * steady->direction < 0) {
        steady->watch = KNEE_WATCH;
        aur_knee_span_clear(&steady->block[0]);
        aur_knee_span_clear(&steady->block[1]);
    }
    return KNEE_CALM;
}

static double off_by(const struct knee_steady *steady, const struct knee_span *block)
{
    return steady->blocks ? aur_knee_span_log_rate(block) - steady->log_rate : 0;
}

/* A short block has ended: log_rate and its spread are averages of the last ones. */
static enum knee_news end_block(struct knee_steady *steady, double off, double variance)
{
    steady->unbound = aur_knee_span_is_bound(&steady->block[0]) ? 0 : steady->unbound + 1;
    if (!steady->blocks)
        steady->log_rate = aur_knee_span_log_rate(&steady->block[0]);
    else
        steady->spread += SPREAD_GAIN * (off * off - variance - steady->spread);
    steady->blocks++;
    steady->log_rate += off * fmax(FOLLOW, 1.0 / steady->blocks);
    aur_knee_span_clear(&steady->block[0]);
    return steady->unbound >= UNBOUND_MAX ? KNEE_IDLE : KNEE_CALM;
}

/* Capacity that grows behind a full queue shows in latency first. */
static void compare_shape(struct knee_steady *steady, const struct control_window *window,
                          double seconds)
{
    aur_latency_sum_add(&steady->recent, window->latency);
    steady->shape_seconds += seconds;
    if (steady->shape_seconds < SHAPE_SECONDS || steady->recent.count < SHAPE_SAMPLES)
        return;
    if (steady->reference.count < 2 * SHAPE_SAMPLES ||
        steady->reference.count < 2 * steady->recent.count) {
        aur_latency_sum_add(&steady->reference, steady->recent.buckets);
    } else {
        double far = SHAPE_FAR * steady->caution + 2 / sqrt((double)steady->recent.count);
        if (aur_latency_sum_distance(&steady->recent, &steady->reference) > far) {
            steady->dithers_due = 2;
            aur_latency_sum_clear(&steady->reference);
        }
    }
    aur_latency_sum_clear(&steady->recent);
    steady->shape_seconds = 0;
}

static void suspect(struct knee_steady *steady, double off)
{
    steady->watch = KNEE_CONFIRM;
    steady->direction = off > 0 ? 1 : -1;
    aur_knee_span_clear(&steady->block[0]);
    aur_knee_span_clear(&steady->block[1]);
}

static enum knee_news watch(struct knee_steady *steady, const struct knee_meter *meter,
                            const struct control_window *window, double seconds)
{
    double off[2], variance[2];
    bool ends[2];

    compare_shape(steady, window, seconds);
    for (int i = 0; i < 2; i++) {
        const struct knee_span *block = &steady->block[i];
        aur_knee_span_add(&steady->block[i], window, seconds);
        variance[i] = aur_knee_span_variance(block, meter);
        off[i] = off_by(steady, block);
        ends[i] = variance[i] < block_sigma[i] * block_sigma[i] || block->seconds >= block_most[i];
    }
    if (steady->watch == KNEE_CONFIRM)
        return confirm(steady, off[0], variance[0], off[1]);
    for (int i = 0; i < 2; i++) {
        if (steady->block[i].seconds >= BLOCK_SECONDS &&
            fabs(off[i]) > tolerance(steady, variance[i]) &&
            aur_knee_span_is_bound(&steady->block[i])) {
            suspect(steady, off[i]);
            return KNEE_CALM;
        }
    }
    if (ends[1])
        aur_knee_span_clear(&steady->block[1]);
    if (ends[0] && steady->block[0].seconds >= BLOCK_SECONDS)
        return end_block(steady, off[0], variance[0]);
    return KNEE_CALM;
}

static bool begin_glance(struct knee_steady *steady, const struct knee_meter *meter, int limit,
                         int max)
{
    int step = step_of(steady, true);

    if (limit + step > max)
        return false;
    aur_knee_trial_begin(&steady->trial, meter, limit, limit + step, 1 + QUICK_GAIN * step / limit,
                         NULL);
    steady->watch = KNEE_DITHER;
    return true;
}

static bool begin_dither(struct knee_steady *steady, const struct knee_meter *meter, int limit,
                         int min, int max, int ask)
{
    bool up = steady->dither_up;
    int step = step_of(steady, up);
    bool coarse = step >= DITHER_COARSE * limit;
    double gain = 1 + (coarse              ? DITHER_COARSE_GAIN
                       : steady->is_narrow ? DITHER_NARROW_GAIN
                                           : DITHER_UP_GAIN) *
                          step / limit;
    int other = up ? limit + step : limit - step;

    if (ask && (!steady->asked || !up) && abs(ask - limit) > step) {
        up = ask > limit;
        other = ask;
    }
    steady->asked = other == ask;
    steady->dithers++;
    steady->dither_up = !up || (asks_often(steady) && steady->dithers % OFTEN_DOWN > 0);
    if (steady->dithers_due > 0)
        steady->dithers_due--;
    if (other > max || other < min)
        return false;
    bool is_known = coarse && steady->block[1].completed >= KNOWN_OPS;
    aur_knee_trial_begin(&steady->trial, meter, limit, other, up ? gain : DITHER_DOWN_KEEP,
                         is_known ? &steady->block[1] : NULL);
    steady->trial.effort = steady->asked ? 1 : DITHER_EFFORT;
    steady->trial.coarse = coarse;
    steady->watch = KNEE_DITHER;
    return true;
}

bool aur_knee_steady_agrees(const struct knee_steady *steady, const struct knee_meter *meter,
                            const struct knee_span *span)
{
    return fabs(aur_knee_span_log_rate(span) - steady->log_rate) <
           tolerance(steady, aur_knee_span_variance(span, meter));
}

static enum knee_news dither(struct knee_steady *steady, const struct knee_meter *meter,
                             const struct control_window *window, double seconds, uint32_t *chance)
{
    enum knee_answer answer = aur_knee_trial_tick(&steady->trial, meter, window, seconds);
    bool up = steady->trial.b > steady->trial.a;

    if (answer == KNEE_RUNNING)
        return KNEE_CALM;
    bool was_quick = steady->is_quick;
    if (was_quick) {
        steady->last_quick = steady->trial.seconds_b;
    } else {
        steady->last_dither =
            steady->trial.coarse ? steady->trial.seconds_b : steady->trial.seconds;
        plan_dither(steady, chance);
    }
    plan_next(steady, meter, chance);
    begin_block(steady, meter);
    aur_latency_sum_clear(&steady->recent);
    steady->shape_seconds = 0;
    if (answer == KNEE_UNBOUND)
        return KNEE_IDLE;
    if (answer == KNEE_OVER)
        return up ? KNEE_CALM : KNEE_TOO_SLOW;
    if (!aur_knee_steady_agrees(steady, meter, &steady->trial.total_a))
        return KNEE_CALM;
    double excess = steady->trial.result - steady->trial.log_threshold;
    if (was_quick && excess < QUICK_SIGMAS * steady->trial.sigma) {
        if (answer == KNEE_YES) { /* a thorough one is to tell */
            steady->is_quick = false;
            steady->until_full = steady->until_dither = 0;
        }
        return KNEE_CALM;
    }
    if (answer == KNEE_YES)
        return up ? KNEE_MORE : KNEE_LESS;
    return answer == KNEE_NO ? KNEE_SHOWN : KNEE_CALM;
}

enum knee_news aur_knee_steady_tick(struct knee_steady *steady, const struct knee_meter *meter,
                                    const struct control_window *window, double seconds, int limit,
                                    int min, int max, int ask, uint32_t *chance)
{
    enum knee_news news;

    steady->total += seconds;
    steady->calm += seconds;
    if (steady->calm > CALM_SECONDS) {
        steady->calm = 0;
        steady->caution = fmax(1, CAUTION_CALM * steady->caution);
    }
    if (steady->watch == KNEE_DITHER)
        return dither(steady, meter, window, seconds, chance);
    if (steady->skip > 0) {
        steady->skip -= (double)window->completed;
        return KNEE_CALM;
    }
    news = watch(steady, meter, window, seconds);
    steady->until_dither -= seconds;
    steady->until_full -= seconds;
    bool due = steady->until_dither <= 0;
    if (steady->dithers_due > 0 || (ask && !steady->asked && steady->total > ASK_AFTER)) {
        steady->is_quick = false;
        due = true;
    }
    if (news != KNEE_CALM || steady->watch != KNEE_WATCH || !steady->blocks || !due)
        return news;
    if (steady->is_quick ? begin_glance(steady, meter, limit, max)
                         : begin_dither(steady, meter, limit, min, max, ask))
        return news;
    plan_dither(steady, chance);
    plan_next(steady, meter, chance);
    return news;
}
