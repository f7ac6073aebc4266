/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a search has measured: throughput at some depths, of one and the same target.
 */
#ifndef AUR_CONTROLLER_KNEE_POINTS_H
#define AUR_CONTROLLER_KNEE_POINTS_H

#include "controller_knee_measure.h"

#define KNEE_POINTS 12
#define KNEE_DOUBT 0.008 /* of a rate: what else is wrong with it than counting */

struct knee_point {
    int depth;
    bool is_old;  /* from before what is measured now: the other may be of another target */
    double doubt; /* variance beside counting */
    struct knee_span span;
};

struct knee_points {
    int count;
    struct knee_point point[KNEE_POINTS];
};

/* More of a depth that is being looked at; false: the target has changed, the others are gone. */
bool aur_knee_points_add(struct knee_points *points, const struct knee_meter *meter, int depth,
                         const struct knee_span *span, double doubt);
/* What another has found out; it takes the place of what does not agree with it. */
void aur_knee_points_put(struct knee_points *points, const struct knee_meter *meter, int depth,
                         const struct knee_span *span, double doubt);
/* From here on what was measured so far is old, and has less of a say. */
void aur_knee_points_age(struct knee_points *points);
/* Likewise, but with as much of a say as before. */
void aur_knee_points_are_old(struct knee_points *points);
/* That one agrees with no other. */
void aur_knee_points_drop(struct knee_points *points, int which);
/* Capacity has grown: what was full is not. */
void aur_knee_points_keep_below(struct knee_points *points, int depth);
/* Not all can be of one target: only what is not old is kept; if nothing is, the one at depth. */
void aur_knee_points_forget(struct knee_points *points, int depth);

#endif
