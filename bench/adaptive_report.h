/* SPDX-License-Identifier: Apache-2.0 */
/* What the runs of a scenario gave: tables in Markdown, JSON, and a plot of one round. */
#ifndef ADAPTIVE_REPORT_H
#define ADAPTIVE_REPORT_H

#include "adaptive_field.h"
#include "adaptive_scenario.h"
#include "figures.h"

#include <stdio.h>

struct results {
    const struct scenario *scenario;
    const char *title;
    struct run_plan plan;
    struct field field;
    int rounds;
    struct run *runs; /* reached through run_at */
    int disturbed;    /* of them, in spite of repetition */
    bool is_brief;    /* of the static depths, only the best and the knee are printed */
    bool from_start;  /* a law has settled when it has from the run's beginning, not the part's */
};

/* A contestant in one part. */
struct row {
    const char *name;
    struct figure iops, of_best, p99, of_knee, limit, over, windows;
    struct figure settled; /* of the rounds in which it did */
    int settled_rounds;
    bool is_static;
};

void results_alloc(struct results *results); /* field and rounds are set */
void results_free(struct results *results);

struct run *run_at(const struct results *results, int contestant, int round);

/* The static depth with the best throughput, over all parts when part is negative. Under a ceiling
 * only one that keeps it. */
int best_static(const struct results *results, int part);
/* The smallest depth that has 97 % of that. */
int knee_static(const struct results *results, int part);

struct row row_of(const struct results *results, int contestant, int part);
void print_settled(const struct results *results, const struct row *row); /* and " |" */

void print_tables(const struct results *results);

/* One object; the caller writes what is between and around them. */
void print_json(const struct results *results);

/* Writes DIRECTORY/NAME.svg, one for each disk: throughput and limit against time, last round. */
void plot(const struct results *results, const char *directory);

#endif
