/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A search: from some depth to the knee, by trials that gallop, bracket and bisect.
 */
#ifndef AUR_CONTROLLER_KNEE_SEARCH_H
#define AUR_CONTROLLER_KNEE_SEARCH_H

#include "controller_knee_trial.h"

#define KNEE_THETA 0.97 /* of the plateau's throughput: what the knee must have */

enum knee_stage {
    KNEE_REF,    /* measures where it starts */
    KNEE_JUMP,   /* tries the depth that the last knee suggests */
    KNEE_UP,     /* doubles while throughput grows, and not into the ceiling */
    KNEE_DOWN,   /* halves while throughput stays */
    KNEE_BISECT, /* between a depth that loses throughput and one that does not */
    KNEE_SETTLE, /* holds the result and compares it with what was promised */
};

/* What depths are allowed. */
struct knee_range {
    int min, max;
};

struct knee_search {
    enum knee_stage stage;
    struct knee_range range;
    int lo;         /* loses throughput; 0: none known to */
    bool lo_is_old; /* lo was seen only on the way up, perhaps before all had settled */
    int hi;         /* has it all, as far as known */
    int over;       /* breaks the ceiling; 0: none known to */
    int jump;       /* for KNEE_JUMP; 0: nothing suggested */
    double shrink;  /* step of KNEE_DOWN */
    bool up_first;
    bool tried_up;
    bool guessed;         /* Little's law has been asked */
    bool guess_held;      /* ... and was right so far */
    int retries;          /* searches begun again because the result did not hold */
    double log_rho;       /* of hi's throughput, relative to the plateau; <= 0 */
    struct knee_span top; /* before the search, without a limit; 0 s: unknown */
    double drain;         /* completions until the operations from then are through */
    double plateau;       /* operations/s; 0: not known */
    double turnover;      /* s, the smallest seen: the device's own latency; 0: not known */
    int limit;            /* of KNEE_SETTLE: the result ... */
    double log_rate;      /* ... and the cost/s there, as a logarithm */
    bool is_narrow;       /* latencies are all alike: what waits at all waits long, so no margin */
    double skip;          /* completions until a change of limit shows */
    double guard_ns;      /* P99 that no step up may have; 0: none */
    struct latency_sum latency; /* of KNEE_SETTLE */
    struct knee_span known;     /* at depth hi; 0 s: none */
    struct knee_span slot;      /* of KNEE_REF and KNEE_SETTLE */
    struct knee_trial trial;
};

/* From depth; jump > 0: tried first. top: measured without a limit, or NULL. */
void aur_knee_search_begin(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, int depth, int jump,
                           const struct knee_span *top);
/* From what a trial has shown: its b has more throughput than its a, and (far) more may be to come.
 */
void aur_knee_search_go_up(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, const struct knee_trial *shown,
                           bool far);
/* depth has as much as a greater one. */
void aur_knee_search_go_down(struct knee_search *search, const struct knee_meter *meter,
                             const struct knee_range *range, int depth);
/* KNEE_RUNNING, KNEE_YES: found, KNEE_UNBOUND. */
enum knee_answer aur_knee_search_tick(struct knee_search *search, const struct knee_meter *meter,
                                      const struct control_window *window, double seconds);
int aur_knee_search_depth(const struct knee_search *search);

/* Within the search: the next trial of the stage, or of the next one, or KNEE_SETTLE. */
void aur_knee_search_next(struct knee_search *search, const struct knee_meter *meter);
/* hi it is. */
void aur_knee_search_settle(struct knee_search *search, const struct knee_meter *meter);
/* A new slot, from when the limit shows. */
void aur_knee_search_measure(struct knee_search *search, const struct knee_meter *meter);
int aur_knee_search_clip(const struct knee_search *search, double depth);

#endif
