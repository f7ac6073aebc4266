/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trial: is throughput at depth b, relative to that at depth a, above a
 * threshold? The depths are measured in slots of some hundred completions, next
 * always the one that is known worse, until chance is ruled out. Slots of a that
 * disagree mean that the target changed, and what was measured before is dropped.
 */
#ifndef AUR_CONTROLLER_KNEE_TRIAL_H
#define AUR_CONTROLLER_KNEE_TRIAL_H

#include "controller_knee_measure.h"
#include "latency.h"

enum knee_answer {
    KNEE_RUNNING,
    KNEE_YES,
    KNEE_NO,
    KNEE_OVER,     /* b breaks the ceiling */
    KNEE_UNBOUND,  /* the application does not use the depths: nothing can be learned */
    KNEE_UNSTEADY, /* the target changes too fast */
};

struct knee_trial {
    int a, b;
    double log_threshold;
    double effort;         /* completions of b at most, relative to a plain trial */
    bool coarse;           /* one look may answer either way: the stakes are wide apart */
    bool at_b;             /* the slot that runs is one of b */
    double skip;           /* completions until the last change of depth shows */
    double seconds;        /* the trial's age */
    double seconds_b;      /* of these at b */
    struct knee_span slot; /* running */
    struct knee_span total_a, total_b;
    struct latency_sum latency; /* at b */
    int slots_b;
    int since_a;          /* slots of b since the last one of a */
    int dropped;          /* times that the target changed */
    int unbound;          /* slots running without enough demand */
    double result, sigma; /* log of the relative throughput so far; of that */
};

/* known: what is known of depth a already; NULL: nothing. */
void aur_knee_trial_begin(struct knee_trial *trial, const struct knee_meter *meter, int a, int b,
                          double threshold, const struct knee_span *known);
static inline int knee_trial_depth(const struct knee_trial *trial)
{
    return trial->at_b ? trial->b : trial->a;
}
enum knee_answer aur_knee_trial_tick(struct knee_trial *trial, const struct knee_meter *meter,
                                     const struct control_window *window, double seconds);

#endif
