/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling of the P99 under a limit that is held, or under none: what has been seen
 * since the limit changed, whether too much of it is over, and whether there is room.
 */
#ifndef AUR_CONTROLLER_KNEE_CEILING_H
#define AUR_CONTROLLER_KNEE_CEILING_H

#include "controller_knee_measure.h"
#include "latency.h"

struct knee_ceiling {
    struct knee_span under;
    struct latency_sum latency;
    double depths, ticks; /* sum of what was in flight, of so many ticks */
    double skip;          /* completions that are still to be left out */
};

/* skip: completions until the limit shows. */
void aur_knee_ceiling_begin(struct knee_ceiling *ceiling, double skip);
/* Of the depth, what it should be by now: less than 1: too much is over; more: there is room. */
double aur_knee_ceiling_tick(struct knee_ceiling *ceiling, const struct control_window *window,
                             double seconds, double ceiling_ns);
/* In flight on average. */
double aur_knee_ceiling_depth(const struct knee_ceiling *ceiling);

#endif
