/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A contestant in a setup, compared with the best static depth of each era.
 *
 * An era begins with the time the law is given to find the knee: 1 s, or 2000
 * completions on devices below 5000/s. From one and a half times that on it is
 * judged as steady. The knee is found when the depth in flight, over bins of 10 ms,
 * is one that has 95 % of the best throughput on the swept curve and is at most one
 * and a half times the best depth (and one more, for whole numbers), and stays so for 90 % of the
 * next second and 95 % of the rest of the era.
 */
#ifndef SCORE_H
#define SCORE_H

#include "sweep.h"

struct score {
    double throughput, p99_ns, total_p99_ns;             /* in the steady part */
    double throughput_ratio, p99_ratio, total_p99_ratio; /* to the reference */
    double depth;                                        /* in flight on average */
    double found_s; /* the knee, from the era's begin; < 0: never */
    double allowed_s;
    double over;         /* share of operations above the ceiling */
    double windows_over; /* share of half seconds whose P99 is */
    double searches_per_minute;
    double jain;         /* fairness among the rings that want more than they get */
    double all_depth;    /* in flight on average, of all processes */
    double process_jain; /* fairness among the processes */
    double ring_throughput[SETUP_RINGS];
};

/* What came out; a contestant that is static without a depth has the best of the first era. */
struct bout {
    struct curve curve[SETUP_ERAS][SETUP_DEVICES];
    struct score score[SETUP_ERAS][SETUP_DEVICES];
    double era[SETUP_ERAS + 1]; /* as it came out; the last is the end */
    int bins;
    double bin_s;
    struct bin *bin[SETUP_DEVICES]; /* owned by the score's memory, until the next bout */
    uint64_t ticks;
};

/*
 * Finds the references: sweeps all eras, or runs it without a limit. A setup without
 * a length gets one that suits its device.
 */
void bout_prepare(struct world *world, struct setup *setup, uint64_t seed, double steady_s,
                  struct bout *bout);
/* bin_s: for curves, with their P99; 0: 10 ms, without. */
void bout_run(struct world *world, const struct setup *setup, const struct contestant *contestant,
              uint64_t seed, double bin_s, struct bout *bout);
double bout_allowed_s(const struct curve *curve);

#endif
