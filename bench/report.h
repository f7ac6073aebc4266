/* SPDX-License-Identifier: Apache-2.0 */
/* What the runs of one table gave, and its print-out in Markdown. */
#ifndef REPORT_H
#define REPORT_H

#include "run.h"

struct results {
    const struct table *table;
    const struct contestant *contestants[CONTESTANTS_MOST];
    int contestant_count;
    int depths[DEPTHS_MOST];
    int depth_count;
    int rounds;
    struct outcome *outcomes; /* reached through outcome_at */
};

struct outcome *outcome_at(const struct results *results, int contestant, int depth, int round);

/* Medians, then ratios: with a base, those of all others to it; without, those that the contestants
 * name, and the library's to the best of the hand-written loops. */
void print_results(const struct results *results, const char *base);

#endif
