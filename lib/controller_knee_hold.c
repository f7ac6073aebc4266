/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hold, see controller_knee_hold.h.
 */
#include "controller_knee_hold.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define BOUND_GATED 0.9 /* of the completions in a window: the limit binds */
#define BOUND_OPEN 0.02 /* where only full rings refuse */
#define WINDOWS 3
#define WINDOW_OPS 10
#define STEP_OPS 25 /* completions: more than an application takes at once */
#define STEPS 13
#define STILL 0.1           /* of what chance would move: it is held still */
#define MOVES_LEAST 3       /* fewer may be still by chance, whatever they are */
#define STILL_SECONDS 0.125 /* less may be a burst, or too few ticks to know their noise */
#define BY_LUCK 1e-5        /* that chance moves it as little, in fewer steps */
#define ROUNDED (1 / 12.)   /* square of what whole numbers hide */
#define DEEP 8              /* operations in flight: with less nothing is to be gained */
#define ASK_SHARE 0.7       /* of the application's depth is tried */
#define ASK_KEEP 0.85       /* of throughput: half way between all and what 0.7 of the depth has */
#define PATIENCE 1.0        /* s; one lost trial of noisy counts proves little */
#define PATIENCE_MOST 60.0
#define TOO_FAST 20e-6 /* s of latency: memory, not a device */

void aur_knee_hold_begin(struct knee_hold *hold)
{
    double patience = hold->patience;

    memset(hold, 0, sizeof *hold);
    hold->until_ask = patience;
    hold->patience = patience > 0 ? fmin(2 * patience, PATIENCE_MOST) : PATIENCE;
}

static void forget_steps(struct knee_hold *hold)
{
    aur_knee_span_clear(&hold->steps);
    hold->deep = 0;
    hold->depths = hold->moved = hold->by_chance = 0;
}

/*
 * Of n moves by chance, as a sum of squares with unit variance, x or less has a probability
 * of about (x / 2)^(n / 2) / Gamma(n / 2 + 1); so what hardly moves is seen early.
 */
static bool is_still(const struct knee_hold *hold)
{
    double n = hold->deep - 1;

    if (n < MOVES_LEAST || hold->steps.seconds < STILL_SECONDS)
        return false;
    double luck = 2 / n * pow(BY_LUCK * tgamma(n / 2 + 1), 2 / n);
    double moved = hold->moved + n * ROUNDED;
    return moved < luck * hold->by_chance ||
           (hold->deep >= STEPS && hold->moved < STILL * hold->by_chance);
}

/*
 * Returns the depth to be tried; 0: none. Of arrivals at random in a step, and as many
 * departures, the depth moves by the root of both; no further than it does in the long run.
 */
static int end_step(struct knee_hold *hold, double depth)
{
    double moved = depth - hold->depth;
    double completed = hold->step.completed;

    hold->depth = depth;
    if (depth < DEEP || depth * hold->step.seconds < TOO_FAST * completed) {
        forget_steps(hold);
        return 0;
    }
    aur_knee_span_merge(&hold->steps, &hold->step);
    hold->depths += depth;
    if (hold->deep++ > 0) {
        hold->moved += moved * moved;
        hold->by_chance += 2 * fmin(completed, depth);
    }
    if (hold->until_ask <= 0 && is_still(hold))
        return (int)floor(ASK_SHARE * hold->depths / hold->deep);
    if (hold->deep >= STEPS)
        forget_steps(hold);
    return 0;
}

static enum knee_wish asked(struct knee_hold *hold, enum knee_answer answer)
{
    if (answer == KNEE_RUNNING)
        return KNEE_STAY;
    hold->asks = false;
    forget_steps(hold);
    if (answer == KNEE_YES && aur_knee_span_is_bound(&hold->trial.total_b))
        return KNEE_REDUCE;
    hold->until_ask = hold->patience;
    hold->patience = fmin(2 * hold->patience, PATIENCE_MOST);
    return KNEE_STAY;
}

static bool is_bound(struct knee_hold *hold, const struct control_window *window, double seconds,
                     double least)
{
    aur_knee_span_add(&hold->window, window, seconds);
    if (hold->window.completed < WINDOW_OPS)
        return false;
    if (hold->window.bound > least * hold->window.completed) {
        hold->bound++;
        aur_knee_span_merge(&hold->window_bound, &hold->window);
    } else {
        hold->bound = 0;
        aur_knee_span_clear(&hold->window_bound);
    }
    aur_knee_span_clear(&hold->window);
    return hold->bound >= WINDOWS;
}

enum knee_wish aur_knee_hold_tick(struct knee_hold *hold, const struct knee_meter *meter,
                                  const struct control_window *window, double seconds, bool gated,
                                  int max)
{
    if (hold->asks)
        return asked(hold, aur_knee_trial_tick(&hold->trial, meter, window, seconds));
    hold->until_ask -= seconds;
    aur_knee_span_add(&hold->total, window, seconds);
    if (is_bound(hold, window, seconds, gated ? BOUND_GATED : BOUND_OPEN))
        return KNEE_ENGAGE;
    aur_knee_span_add(&hold->step, window, seconds);
    if (hold->step.completed < STEP_OPS)
        return KNEE_STAY;
    int depth = end_step(hold, window->concurrency);
    aur_knee_span_clear(&hold->step);
    if (depth >= 1 && depth < max) {
        aur_knee_trial_begin(&hold->trial, meter, max, depth, ASK_KEEP, &hold->steps);
        hold->trial.coarse = hold->asks = true;
    }
    return KNEE_STAY;
}
