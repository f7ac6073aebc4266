/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trials of controller_knee_trial.h: a sequential test.
 */
#include "controller_knee_trial.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define SLOT_OPS 250     /* 4..6 % of noise: enough for steps of two */
#define SLOT_MOST 1.0    /* s */
#define SLOT_TURNOVERS 3 /* operations of equal length complete in waves */
#define SLOTS_BLIND 4    /* of b without a look at a */
#define GLANCE_OPS 60    /* with these a slot may be judged before it is full */
#define OVER_SAMPLES 50
#define DROPPED_MAX 3
#define UNBOUND_MAX 3
#define SYSTEMATIC 0.006 /* what the comparison is wrong by beside counting */
#define FIRST_NOISE 0.025
#define FIRST_SIGMAS 2.5
#define GLANCE_SIGMAS 3.2 /* one glance of many may go wrong */
#define SIGMAS_SMALLER 1.7
#define SIGMAS_GREATER 2.5
#define SIGMA_ENOUGH 0.012
#define DRIFT 0.15   /* between slots of a: more is a change of the target */
#define PHYSICS 0.12 /* throughput cannot grow by more than the depth does */
#define ODD_SIGMAS 3.5
#define EFFORT_SECONDS 0.1 /* worth of completions of b, within limits, in a plain trial ... */
#define EFFORT_LEAST 500
#define EFFORT_MOST 3000
#define LEAN 0.7        /* ... then what is open is decided, so many deviations ... */
#define LEAN_MOST 0.015 /* ... and at most so much for the smaller depth */

static void enter(struct knee_trial *trial, const struct knee_meter *meter, bool at_b)
{
    aur_knee_span_clear(&trial->slot);
    if (at_b == trial->at_b)
        return;
    trial->at_b = at_b;
    trial->skip = aur_knee_transient(meter);
}

void aur_knee_trial_begin(struct knee_trial *trial, const struct knee_meter *meter, int a, int b,
                          double threshold, const struct knee_span *known)
{
    struct knee_span first = {0};

    if (known)
        first = *known;
    memset(trial, 0, sizeof *trial);
    trial->a = a;
    trial->b = b;
    trial->effort = 1;
    trial->log_threshold = log(threshold);
    trial->total_a = first;
    trial->at_b = first.seconds > 0;
    if (knee_trial_depth(trial) != meter->limit)
        trial->skip = aur_knee_transient(meter);
}

static double apart(const struct knee_span *a, const struct knee_span *b,
                    const struct knee_meter *meter, double *variance)
{
    *variance = aur_knee_span_variance(a, meter) + aur_knee_span_variance(b, meter);
    return aur_knee_span_log_rate(b) - aur_knee_span_log_rate(a);
}

/* All from here on: what was before is of another target. */
static void start_over(struct knee_trial *trial, const struct knee_span *a)
{
    trial->total_a = *a;
    aur_knee_span_clear(&trial->total_b);
    aur_latency_sum_clear(&trial->latency);
    trial->slots_b = trial->since_a = 0;
    trial->dropped++;
}

static void take_a(struct knee_trial *trial, const struct knee_meter *meter)
{
    double variance, drift = apart(&trial->total_a, &trial->slot, meter, &variance);

    trial->since_a = 0;
    if (trial->total_a.seconds > 0 && fabs(drift) > fmax(DRIFT, ODD_SIGMAS * sqrt(variance)))
        start_over(trial, &trial->slot);
    else
        aur_knee_span_merge(&trial->total_a, &trial->slot);
}

static void take_b(struct knee_trial *trial, const struct knee_meter *meter)
{
    double variance;
    double steps = log((double)trial->b / trial->a);

    aur_knee_span_merge(&trial->total_b, &trial->slot);
    trial->slots_b++;
    trial->since_a++;
    trial->result = apart(&trial->total_a, &trial->total_b, meter, &variance);
    trial->sigma = sqrt(variance + SYSTEMATIC * SYSTEMATIC);
    double odd = fmax(PHYSICS, ODD_SIGMAS * trial->sigma);
    if (steps > 0 ? trial->result > steps + odd : trial->result < steps - odd) {
        struct knee_span nothing = {0};
        start_over(trial, &nothing);
    }
}

/* After one look throughput may be told to depend on depth, but not that it does not. */
static bool is_plain(const struct knee_trial *trial, double excess, double sigma, double sigmas)
{
    bool allowed = trial->coarse || (trial->b > trial->a) == (excess > 0);

    return allowed && fabs(excess) > sigmas * hypot(sigma, FIRST_NOISE);
}

static bool is_spent(const struct knee_trial *trial, const struct knee_meter *meter)
{
    double effort = fmin(fmax(EFFORT_SECONDS * meter->rate, EFFORT_LEAST), EFFORT_MOST);

    return trial->slots_b > 1 && trial->total_b.completed >= trial->effort * effort;
}

/* The smaller depth needs less evidence, and has the benefit of what doubt is left. */
static enum knee_answer judge(const struct knee_trial *trial, const struct knee_meter *meter)
{
    double excess = trial->result - trial->log_threshold;
    bool smaller = (trial->b < trial->a) == (excess > 0);
    double sigmas = smaller ? SIGMAS_SMALLER : SIGMAS_GREATER;
    enum knee_answer answer = excess > 0 ? KNEE_YES : KNEE_NO;

    if (trial->dropped >= DROPPED_MAX)
        return KNEE_UNSTEADY;
    if (!trial->slots_b || trial->total_a.seconds <= 0)
        return KNEE_RUNNING;
    if (trial->slots_b == 1) {
        if (is_plain(trial, excess, trial->sigma, FIRST_SIGMAS))
            return answer;
    } else if (fabs(excess) > sigmas * trial->sigma || trial->sigma < SIGMA_ENOUGH) {
        return answer;
    }
    if (!is_spent(trial, meter))
        return KNEE_RUNNING;
    double lean = fmin(LEAN * trial->sigma, LEAN_MOST);
    return excess + (trial->b < trial->a ? lean : -lean) > 0 ? KNEE_YES : KNEE_NO;
}

/* Next is what is known worse; changing over costs time. */
static bool goes_to_b(const struct knee_trial *trial, const struct knee_meter *meter)
{
    double a = aur_knee_span_variance(&trial->total_a, meter);
    double b = aur_knee_span_variance(&trial->total_b, meter);

    if (trial->total_a.seconds <= 0)
        return false;
    if (!trial->slots_b)
        return true;
    if (trial->at_b)
        return b > 0.7 * a && trial->since_a < SLOTS_BLIND;
    return a < 1.4 * b;
}

static double waves(const struct knee_trial *trial, const struct knee_meter *meter)
{
    return SLOT_TURNOVERS * aur_knee_turnover(meter, knee_trial_depth(trial));
}

static bool slot_is_full(const struct knee_trial *trial, const struct knee_meter *meter)
{
    return trial->slot.seconds >= waves(trial, meter) &&
           (trial->slot.completed >= SLOT_OPS || trial->slot.seconds >= SLOT_MOST);
}

/* At the first slot of b while it runs. */
static enum knee_answer glance(const struct knee_trial *trial, const struct knee_meter *meter)
{
    double variance, excess = apart(&trial->total_a, &trial->slot, meter, &variance);

    excess -= trial->log_threshold;
    if (!trial->at_b || trial->slots_b || trial->slot.completed < GLANCE_OPS ||
        trial->slot.seconds < waves(trial, meter) ||
        !is_plain(trial, excess, sqrt(variance), GLANCE_SIGMAS))
        return KNEE_RUNNING;
    return excess > 0 ? KNEE_YES : KNEE_NO;
}

static enum knee_answer look(struct knee_trial *trial, const struct knee_meter *meter)
{
    enum knee_answer answer = glance(trial, meter);

    if (answer == KNEE_RUNNING && !slot_is_full(trial, meter))
        return answer;
    trial->unbound = aur_knee_span_is_bound(&trial->slot) ? 0 : trial->unbound + 1;
    if (trial->at_b)
        take_b(trial, meter);
    else
        take_a(trial, meter);
    if (answer == KNEE_RUNNING)
        answer = judge(trial, meter);
    if (answer == KNEE_RUNNING && trial->unbound >= UNBOUND_MAX)
        return KNEE_UNBOUND;
    if (answer == KNEE_RUNNING)
        enter(trial, meter, goes_to_b(trial, meter));
    return answer;
}

enum knee_answer aur_knee_trial_tick(struct knee_trial *trial, const struct knee_meter *meter,
                                     const struct control_window *window, double seconds)
{
    trial->seconds += seconds;
    trial->seconds_b += trial->at_b ? seconds : 0;
    if (trial->skip > 0) {
        trial->skip -= (double)window->completed;
        return KNEE_RUNNING;
    }
    aur_knee_span_add(&trial->slot, window, seconds);
    if (trial->at_b)
        aur_latency_sum_add(&trial->latency, window->latency);
    if (trial->at_b && trial->slot.samples >= OVER_SAMPLES && aur_knee_span_is_over(&trial->slot))
        return KNEE_OVER;
    enum knee_answer answer = look(trial, meter);
    if (answer == KNEE_YES && aur_knee_span_nears_ceiling(&trial->total_b))
        return KNEE_OVER;
    return answer;
}
