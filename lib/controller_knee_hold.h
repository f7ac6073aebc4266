/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hold: the application has less in flight than it may. It ends when the limit
 * binds, or when a trial shows that an application with a fixed depth of its own
 * has more in flight than does any good. Whether it has such a depth is seen before
 * the trial: with arrivals of their own pace what is in flight wanders, by chance
 * alone; those must not be held up by a trial.
 */
#ifndef AUR_CONTROLLER_KNEE_HOLD_H
#define AUR_CONTROLLER_KNEE_HOLD_H

#include "controller_knee_trial.h"

struct knee_hold {
    struct knee_span window;       /* the running one, of enough completions to tell */
    struct knee_span total;        /* since the beginning */
    struct knee_span window_bound; /* those running that wanted more */
    int bound;                     /* so many */

    struct knee_span step;   /* the running one, of ticks until some operations are through */
    struct knee_span steps;  /* those running in which much was in flight */
    double depth;            /* in flight at the end of the last step */
    double depths;           /* sum over the steps */
    double moved, by_chance; /* squares of what the depth moved by, and would by chance */
    int deep;                /* so many steps */
    double until_ask;        /* s until a trial may be made */
    double patience;         /* s between trials; grows with each that was lost */
    bool asks;               /* the trial runs */
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
