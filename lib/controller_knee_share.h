/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Others on the same device. When a greater depth makes every operation wait the
 * longer, by the same time, and yet gains throughput, the queue is not ours alone: the
 * gain is taken from others, and two that take it drive each other up without end.
 *
 * The watch compares the two depths last seen, whatever they were tried for. Sharing
 * then holds a depth and asks, with a step up now and then, which share of the queue is
 * ours: the longer the queue, the smaller the share that is aimed at. So equals meet
 * just above the knee, and one who does not yield is not driven out, nor followed.
 */
#ifndef AUR_CONTROLLER_KNEE_SHARE_H
#define AUR_CONTROLLER_KNEE_SHARE_H

#include "controller_knee_measure.h"
#include "latency.h"

#define KNEE_SHARE_TRANSIENT 1.1 /* of the operations in flight must be through */

struct knee_sight {
    int depth; /* 0: none */
    struct knee_span span;
    struct latency_sum latency;
};

struct knee_least {
    double turnover;  /* s; 0: not known */
    double spread_ns; /* of latency, then */
};

/* What a step from one depth to another told: growth, as logarithms. */
struct knee_step {
    double depth, rate, latency, spread;
    double rate_variance, spread_variance;
    double before_ns; /* the spread before the step */
};

/* Sums over steps up, earlier ones fading. */
struct knee_evidence {
    double depth, rate, latency, spread;
    double rate_variance, spread_variance;
};

struct knee_share {
    struct knee_sight sight[2]; /* the depths last seen; in sharing ours and a greater one */
    int now;                    /* the one that is in force */
    int before;                 /* the depth in the tick before */
    double skip;                /* completions until it shows */
    struct knee_least lately;   /* since the last alarm */
    struct knee_least base;     /* what is taken for the device's own; outlives an alarm */
    struct knee_evidence evidence;
    int from;             /* the smaller depth of the last step in it */
    double recent;        /* s for which others are expected back */
    double ban, ban_next; /* s for which nothing is suspected; it grows */

    int limit;                    /* in sharing */
    int slot_of;                  /* 0: the limit's, 1: the other depth's, 2: the limit's again */
    struct knee_span slot, first; /* the running one; the limit's */
    bool cut_short;               /* a search was under way */
    bool in_line;                 /* it began because latency told so: steps prove nothing */
    bool is_proved;               /* that there are others; before, the limit stays */
    bool drains; /* the other depth is a smaller one, to see the device's own latency */
    int cycles;
    double rest;      /* s until it is asked again */
    int alone;        /* times running that all of the queue was ours ... */
    int free;         /* ... that there was none */
    int room;         /* ... that a step up gained, and there was none before it */
    int idle;         /* ... that the limit was not used */
    int wide;         /* ... that spreads had grown with latency */
    int steps;        /* that told something */
    double part;      /* of the queue that is ours, by the last ones */
    double log_whole; /* operations/s that the device serves, ours and others' */
    int told;         /* steps that told it */
    int odd;          /* times running that it was another */
    int unseen;       /* steps since others were last seen ... */
    double patience;  /* ... and after so many it is searched */
};

enum knee_company {
    KNEE_SHARED,
    KNEE_ALONE,  /* nobody else waits there any more */
    KNEE_NEVER,  /* nobody did */
    KNEE_UNUSED, /* the application no longer uses the limit */
};

/* All that was seen is of another target. */
void aur_knee_share_forget(struct knee_share *share);
/* Every tick under a limit, outside of sharing; meter: of the tick before. True: others share it.
 */
bool aur_knee_share_watch(struct knee_share *share, const struct knee_meter *meter,
                          const struct control_window *window, double seconds);
/* At a limit that was found: does latency leave room for others? */
bool aur_knee_share_suspects(struct knee_share *share, const struct knee_meter *meter, int limit);
/* Latency at the depth in force is mostly that of one queue, which is before the device. */
bool aur_knee_share_stands_in_line(const struct knee_share *share, const struct knee_meter *meter);
/* depth 0: the smaller one of the depths that told last. */
void aur_knee_share_begin(struct knee_share *share, int depth, bool in_line);
enum knee_company aur_knee_share_tick(struct knee_share *share, const struct knee_meter *meter,
                                      const struct control_window *window, double seconds, int min,
                                      int max, uint32_t *chance);

/* Of both, in controller_knee_company.c. */
void aur_knee_share_learn_base(struct knee_share *share, const struct knee_sight *sight);
double aur_knee_sight_turnover(const struct knee_sight *sight);
void aur_knee_sight_clear(struct knee_sight *sight, int depth);
void aur_knee_sight_add(struct knee_sight *sight, const struct control_window *window,
                        double seconds);
struct knee_step aur_knee_step(const struct knee_sight *a, const struct knee_sight *b,
                               const struct knee_meter *meter);
/* The spread has grown with latency since the least lately: those are queues of the device's own.
 */
bool aur_knee_share_is_widened(const struct knee_share *share, const struct knee_sight *sight);
/* base: s; false: the spread is too narrow to tell. */
bool aur_knee_evidence_add(struct knee_evidence *evidence, const struct knee_step *step,
                           double base);
/* How much wider spreads have grown than by a mere shift; < 0: less than half way to it. */
double aur_knee_evidence_sigmas(const struct knee_evidence *evidence);

static inline int knee_share_depth(const struct knee_share *share)
{
    return share->sight[share->now].depth;
}

#endif
