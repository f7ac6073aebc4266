/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A search: from some depth to the knee. It measures throughput at one depth after the
 * other, asks which curves may go through all that was measured, and goes where most is
 * learned about the depth that is wanted, until that is known well enough.
 */
#ifndef AUR_CONTROLLER_KNEE_SEARCH_H
#define AUR_CONTROLLER_KNEE_SEARCH_H

#include "controller_knee_points.h"
#include "controller_knee_trial.h"

#define KNEE_TICK 0.01 /* s, a usual one */
#define KNEE_SPENT 1e9 /* s: the steady state goes on with what is known */

enum knee_stage {
    KNEE_REF,    /* measures where it starts */
    KNEE_PROBE,  /* measures elsewhere */
    KNEE_SETTLE, /* holds the result, which it measures too */
};

/* What depths are allowed. */
struct knee_range {
    int min, max;
};

struct knee_search {
    enum knee_stage stage;
    struct knee_range range;
    struct knee_points points;
    int depth;                  /* of the slot that runs */
    int jump;                   /* is tried next; 0: none */
    int start;                  /* where it began */
    int under;                  /* keeps the ceiling; 0: none known to */
    int over;                   /* breaks the ceiling; 0: none known to */
    int cap;                    /* the application has not so much; 0: none known */
    int reach;                  /* no greater depth is looked at; 0: any may be */
    int hi;                     /* the knee, as far as known */
    int limit;                  /* of KNEE_SETTLE: the result */
    int ask;                    /* a depth that would tell much beside the result; 0: none */
    int dropped;                /* times that the target changed */
    int odd;                    /* the depth of the point that was left out last; 0: none */
    int retries;                /* times that the result was corrected */
    int unbound;                /* slots running */
    double seconds, completed;  /* the search's age */
    double log_rate;            /* the cost/s at the limit, as a logarithm */
    bool is_narrow;             /* latencies are all alike: what waits at all waits long; */
    bool is_soft;               /* the result gained, but less than in proportion */
    int least;                  /* this is known from that depth; 0: not yet */
    double guard_ns;            /* P99 that no step up may have; 0: none */
    struct knee_span top;       /* before the search, without a limit; 0 s: unknown */
    double drain;               /* completions until the operations from then are through */
    double skip;                /* completions until the last change of limit shows */
    double age;                 /* s since that change */
    bool is_lower;              /* it was one downwards */
    double from;                /* depth before it; 0: another slot was measured since */
    struct knee_span slot;      /* running */
    struct latency_sum latency; /* of the slot */
};

/* From depth; jump > 0: tried next. top: measured without a limit, or NULL. */
void aur_knee_search_begin(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, int depth, int jump,
                           const struct knee_span *top);
/* What a trial beside the result has shown; true: another limit is better, and is tried. */
bool aur_knee_search_learn(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, const struct knee_trial *shown);
/* KNEE_RUNNING, KNEE_YES: found, KNEE_UNBOUND. */
enum knee_answer aur_knee_search_tick(struct knee_search *search, const struct knee_meter *meter,
                                      const struct control_window *window, double seconds);
static inline int aur_knee_search_depth(const struct knee_search *search)
{
    return search->depth;
}

/* Within the search: where to next, or that it settles. */
void aur_knee_search_next(struct knee_search *search, const struct knee_meter *meter);
/* A new slot at that depth, from when it shows. */
void aur_knee_search_measure(struct knee_search *search, const struct knee_meter *meter, int depth);
/* Completions until another limit shows, and those of a slot of it. */
double aur_knee_search_transient(const struct knee_meter *meter, int depth);
double aur_knee_search_slot(const struct knee_meter *meter, int depth);
int aur_knee_search_clip(const struct knee_search *search, double depth);

#endif
