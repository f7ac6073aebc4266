/* SPDX-License-Identifier: Apache-2.0 */
/* What the runs of a scenario gave: tables in Markdown, JSON, and a plot of one round. */
#ifndef ADAPTIVE_REPORT_H
#define ADAPTIVE_REPORT_H

#include "adaptive_scenario.h"

#include <stdio.h>

struct results {
    const struct scenario *scenario;
    const char *title;
    struct run_plan plan;
    const struct contestant *contestants; /* static ones first, by depth */
    int static_count, contestant_count;
    int rounds;
    struct run *runs; /* reached through run_at */
    int disturbed;    /* of them, in spite of repetition */
};

struct run *run_at(const struct results *results, int contestant, int round);

/* The static depth with the best throughput, over all parts when part is negative. Under a ceiling
 * only one that keeps it. */
int best_static(const struct results *results, int part);

void print_tables(const struct results *results);

/* One object; the caller writes what is between and around them. */
void print_json(const struct results *results);

/* Writes DIRECTORY/NAME.svg, one for each disk: throughput and limit against time, last round. */
void plot(const struct results *results, const char *directory);

#endif
