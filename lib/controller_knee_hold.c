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
#define WIDE_SECONDS 0.02
#define WIDE_TURNOVERS 20 /* so long that what is in flight at its ends matters little */
#define WIDE_OPS 50
#define WIDE_WINDOWS 6
#define VARIES_GAIN 0.25
#define VARIES_LESS 0.4 /* the depth's mean square by that of the rate */
#define DEEP 8          /* operations in flight: with less nothing is to be gained */
#define ASK_SHARE 0.7   /* of the application's depth is tried */
#define ASK_KEEP 0.85   /* of throughput: half way between all and what 0.7 of the depth has */
#define PATIENCE 5.0    /* s */
#define PATIENCE_MOST 60.0
#define TOO_FAST 20e-6 /* s of latency: memory, not a device */

void aur_knee_hold_begin(struct knee_hold *hold)
{
    double patience = hold->patience;

    memset(hold, 0, sizeof *hold);
    hold->until_ask = patience;
    hold->patience = patience > 0 ? fmin(2 * patience, PATIENCE_MOST) : PATIENCE;
}

/* Returns the depth to be tried; 0: none. */
static int end_wide(struct knee_hold *hold)
{
    double depth = hold->in_flight / hold->wide.seconds;
    double latency = hold->in_flight / hold->wide.completed;
    double log_depth = log(fmax(depth, 1e-3)), log_rate = aur_knee_span_log_rate(&hold->wide);
    double depth_moved = log_depth - hold->last_depth, rate_moved = log_rate - hold->last_rate;

    hold->deep = depth >= DEEP && latency > TOO_FAST ? hold->deep + 1 : 0;
    hold->last_depth = log_depth;
    hold->last_rate = log_rate;
    if (hold->deep <= 1) {
        hold->depth_varies = hold->rate_varies = 0;
        return 0;
    }
    hold->depth_varies += VARIES_GAIN * (depth_moved * depth_moved - hold->depth_varies);
    hold->rate_varies += VARIES_GAIN * (rate_moved * rate_moved - hold->rate_varies);
    if (hold->deep < WIDE_WINDOWS || hold->until_ask > 0 ||
        hold->depth_varies > VARIES_LESS * hold->rate_varies)
        return 0;
    return (int)floor(ASK_SHARE * depth);
}

static enum knee_wish asked(struct knee_hold *hold, enum knee_answer answer)
{
    if (answer == KNEE_RUNNING)
        return KNEE_STAY;
    hold->asks = false;
    hold->deep = 0;
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
    aur_knee_span_add(&hold->wide, window, seconds);
    hold->in_flight += window->concurrency * seconds;
    if (hold->wide.completed < WIDE_OPS || hold->wide.seconds < WIDE_SECONDS ||
        hold->wide.seconds * hold->wide.completed < WIDE_TURNOVERS * hold->in_flight)
        return KNEE_STAY;
    int depth = end_wide(hold);
    if (depth >= 1 && depth < max && !gated) {
        aur_knee_trial_begin(&hold->trial, meter, max, depth, ASK_KEEP, &hold->wide);
        hold->trial.coarse = hold->asks = true;
    }
    aur_knee_span_clear(&hold->wide);
    hold->in_flight = 0;
    return KNEE_STAY;
}
