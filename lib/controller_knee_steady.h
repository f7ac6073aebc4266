/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steady state: a limit is held and watched. Throughput that moves, or the
 * shape of latency, raises an alarm; every second or two a trial asks whether a
 * little more or a little less would do better.
 */
#ifndef AUR_CONTROLLER_KNEE_STEADY_H
#define AUR_CONTROLLER_KNEE_STEADY_H

#include "controller_knee_trial.h"
#include "latency.h"

enum knee_watch { KNEE_WATCH, KNEE_CONFIRM, KNEE_DITHER };

/* What comes of a tick. */
enum knee_news {
    KNEE_CALM,
    KNEE_ALARM_UP,   /* more throughput than there was */
    KNEE_ALARM_DOWN, /* less */
    KNEE_MORE,       /* the greater depth of the trial gains throughput */
    KNEE_LESS,       /* the smaller one loses none */
    KNEE_SHOWN,      /* the trial says neither, but tells of the curve */
    KNEE_IDLE,       /* the application no longer uses the limit */
    KNEE_TOO_SLOW,   /* the smallest depth tried breaks the ceiling: see over */
};

struct knee_steady {
    enum knee_watch watch;
    int limit;                     /* that is held */
    double log_rate;               /* of cost, as it was when all was well; follows slowly */
    int blocks;                    /* that it is of */
    double caution;                /* Hf: >= 1, more after false alarms */
    double spread;                 /* variance of blocks beyond counting, learned */
    double calm;                   /* s since the last alarm */
    double total;                  /* s since the steady state began */
    double skip;                   /* completions until the limit shows */
    double until_dither, patience; /* s */
    double last_dither;            /* s that one took ... */
    double rest;                   /* ... and so many times as long there is no other */
    bool is_quick;     /* the next one, or the running one: a glance between two thorough ones */
    double until_full; /* s until the next thorough one */
    double last_quick; /* s that a quick one took */
    int dithers;       /* so far */
    bool asked;        /* the last one was where most is to be learned */
    int dithers_due;   /* both directions at once are two */
    bool is_narrow;    /* there is no queue that would show a growing capacity: ask often */
    bool is_soft;   /* throughput shows it by itself; all that is in flight is slower by a dither */
    bool dither_up; /* the next one's direction */
    int unbound;    /* blocks running */
    int direction;  /* of the suspicion that is being confirmed */
    struct knee_span block[2]; /* a short and a long one, running */
    struct knee_trial trial;
    double shape_seconds;                 /* of recent */
    struct latency_sum reference, recent; /* the shape of latency at this limit */
};

void aur_knee_steady_init(struct knee_steady *steady);
void aur_knee_steady_begin(struct knee_steady *steady, const struct knee_meter *meter, int limit,
                           bool is_narrow, bool is_soft, uint32_t *chance);
/* A search after an alarm has ended: had anything changed? */
void aur_knee_steady_learn(struct knee_steady *steady, bool changed);
enum knee_news aur_knee_steady_tick(struct knee_steady *steady, const struct knee_meter *meter,
                                    const struct control_window *window, double seconds, int limit,
                                    int min, int max, int ask, uint32_t *chance);
/* Under the limit there was as much throughput as there always is. */
bool aur_knee_steady_agrees(const struct knee_steady *steady, const struct knee_meter *meter,
                            const struct knee_span *span);
static inline int knee_steady_depth(const struct knee_steady *steady, int limit)
{
    return steady->watch == KNEE_DITHER ? knee_trial_depth(&steady->trial) : limit;
}

#endif
