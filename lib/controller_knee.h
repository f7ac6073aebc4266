/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KNEE: finds the smallest depth with nearly full throughput, holds it and follows
 * it. Throughput is the objective, the P99 a constraint and an alarm.
 *
 * The law is in one of four states. It idles while the application does not use
 * what it may; it searches once it does; it holds what the search found, or shares
 * the device once there are others in its queue. Below it are measuring (spans, the
 * meter), trials, the search, the steady state, sharing and the ceiling, a file each;
 * this one tells them when.
 */
#ifndef AUR_CONTROLLER_KNEE_H
#define AUR_CONTROLLER_KNEE_H

#include "controller_knee_ceiling.h"
#include "controller_knee_hold.h"
#include "controller_knee_measure.h"
#include "controller_knee_search.h"
#include "controller_knee_share.h"
#include "controller_knee_steady.h"

struct control_config;
struct control_verdict;

enum knee_state {
    KNEE_HOLD, /* the application sets the pace: the limit is the known knee's, or none */
    KNEE_SEARCH,
    KNEE_STEADY,
    KNEE_SHARE, /* others want as much of the device: it yields and takes */
};

struct knee {
    enum knee_state state;
    struct knee_range range; /* as configured at the last tick */
    double ceiling_ns;       /* likewise */
    int limit;               /* in the steady state and in hold; 0: none known */
    double log_rate;         /* cost per second at that limit; for resuming */
    double rate;             /* operations/s likewise */
    int knee;                /* 0: not known */
    bool after_alarm;        /* the search was called by an alarm */
    bool over_in_hold;       /* the search was called by the ceiling, out of hold */
    double cut;              /* s for which a cut is reported */
    uint64_t searches;
    uint32_t chance; /* xorshift, never 0 */
    double baseline_p99_ns;
    struct knee_meter meter;
    struct knee_hold hold;
    struct knee_search search;
    struct knee_search before; /* the one before the alarm */
    struct knee_steady steady;
    struct knee_share share;
    struct knee_ceiling ceiling; /* in the steady state and in hold */
    struct latency_sum latency;  /* of KNEE_REF, for the baseline */
};

void aur_knee_init(struct knee *knee, uint32_t seed);
void aur_knee_tick(struct knee *knee, const struct control_config *config, double seconds,
                   const struct control_window *window, struct control_verdict *verdict);

#endif
