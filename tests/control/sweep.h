/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference: static depths on a device of which nothing changes. The best one is
 * the smallest with 99 % of the highest throughput found; its own throughput and P99
 * are what a law is compared with. Under a ceiling it is the one with the highest
 * throughput whose P99 is admissible.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "world.h"

#define CURVE_POINTS 64

struct curve {
    int points;
    int depth[CURVE_POINTS]; /* ascending */
    double throughput[CURVE_POINTS], p99_ns[CURVE_POINTS];
    int best; /* the depth; 0: none, the reference is to have no limit */
    double best_throughput, best_p99_ns, best_total_p99_ns;
};

/* One era and one device of a setup, without an end; ready to be run. */
void setup_still(const struct setup *setup, int era, int device, struct setup *still);
void curve_sweep(struct world *world, const struct setup *setup, int era, int device, uint64_t seed,
                 struct curve *curve);
/* Between the points the throughput is linear in the depth. */
double curve_throughput(const struct curve *curve, double depth);

#endif
