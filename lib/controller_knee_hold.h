/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hold: the application has less in flight than it may. It ends when the limit
 * binds, or when a trial shows that an application with a fixed depth of its own
 * has more in flight than does any good. Whether it has such a depth is seen before
 * the trial: what is in flight then varies less than throughput does, where with
 * arrivals of their own pace both vary alike; those must not be held up by a trial.
 */
#ifndef AUR_CONTROLLER_KNEE_HOLD_H
#define AUR_CONTROLLER_KNEE_HOLD_H

#include "controller_knee_trial.h"

struct knee_hold {
    struct knee_span window;       /* the running one, of enough completions to tell */
    struct knee_span total;        /* since the beginning */
    struct knee_span window_bound; /* those running that wanted more */
    int bound;                     /* so many */

    struct knee_span wide;            /* a longer window */
    double in_flight;                 /* times seconds, in that window */
    double last_depth, last_rate;     /* of the last such window, as logarithms */
    double depth_varies, rate_varies; /* mean squares of their changes */
    int deep;                         /* such windows running with enough in flight to ask */
    double until_ask;                 /* s until a trial may be made */
    double patience;                  /* s between trials; grows with each that was lost */
    bool asks;                        /* the trial runs */
    struct knee_trial trial;
};

enum knee_wish {
    KNEE_STAY,
    KNEE_ENGAGE, /* the limit binds */
    KNEE_REDUCE, /* less than the application's own depth is enough */
};

/* Begins zeroed; comes back with more patience each time. */
void aur_knee_hold_begin(struct knee_hold *hold);
/* gated: a known limit is in force; else max is, which only full rings notice. */
enum knee_wish aur_knee_hold_tick(struct knee_hold *hold, const struct knee_meter *meter,
                                  const struct control_window *window, double seconds, bool gated,
                                  int max);

#endif
