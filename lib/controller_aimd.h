/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AIMD, the classic law: one more operation in flight for each window in which that
 * pays, four fifths of them when the P99 is too high. Decides at the end of windows
 * of 100 ms, or as long as it takes to see enough operations.
 */
#ifndef AUR_CONTROLLER_AIMD_H
#define AUR_CONTROLLER_AIMD_H

#include "latency.h"

#include <stdbool.h>

#define AIMD_MIN 4 /* the law's own floor */

struct control_config;
struct control_verdict;
struct control_window;

enum aimd_phase {
    AIMD_PASSTHROUGH, /* no limit until there is pressure */
    AIMD_BASELINE,    /* measures the P99 that later ones are compared with */
    AIMD_PROBING,     /* one more per window while throughput grows with it */
    AIMD_BACKOFF,     /* has just cut the limit */
    AIMD_SETTLING,    /* lets a window pass */
    AIMD_STEADY,      /* holds the limit */
    AIMD_CONVERGED,   /* has held it for long */
};

struct aimd {
    enum aimd_phase phase;
    int limit; /* 0: not chosen yet */

    /* The running window. */
    double seconds, cost;
    struct latency_sum latency;

    /* Pressure, by ticks. */
    double last_in_flight;
    int growing; /* ticks running with more in flight */
    double calm; /* s without anybody waiting */

    double last_rate; /* cost/s of the last window, 0: none; and its limit */
    int last_limit;
    int flat;           /* windows running in which one more did not pay */
    int high;           /* windows running with too high a P99 */
    int windows;        /* in this phase */
    double stable;      /* s in AIMD_STEADY */
    bool was_cut;       /* the steady limit comes from a cut: to be probed again */
    double baseline_ns; /* 0: none yet */
};

void aur_aimd_init(struct aimd *aimd);
void aur_aimd_tick(struct aimd *aimd, const struct control_config *config, double seconds,
                   const struct control_window *window, struct control_verdict *verdict);

#endif
