/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *format;
    bool more_is_better;
} metrics[METRICS] = {
    [IOPS] = {"operations per second", "%.0f", true},
    [P50] = {"median latency in us", "%.1f", false},
    [P99] = {"99th percentile of latency in us", "%.1f", false},
    [CALLS_PER_OP] = {"system calls per operation", "%.3f", false},
};

struct outcome *outcome_at(const struct results *results, int contestant, int depth, int round)
{
    int cell = contestant * results->depth_count + depth;

    return &results->outcomes[cell * results->rounds + round];
}

static int index_of(const struct results *results, const char *name)
{
    for (int i = 0; i < results->contestant_count; i++) {
        if (name && strcmp(results->contestants[i]->name, name) == 0)
            return i;
    }
    return -1;
}

static double *room_for_rounds(const struct results *results)
{
    double *values = calloc((size_t)results->rounds, sizeof *values);

    if (!values)
        give_up("figures", ENOMEM);
    return values;
}

/* Negative when the contestant does not tell. */
static double median_of(const struct results *results, enum metric metric, int contestant,
                        int depth)
{
    double *values = room_for_rounds(results);

    for (int round = 0; round < results->rounds; round++)
        values[round] = outcome_at(results, contestant, depth, round)->values[metric];
    struct figure figure = figure_of(values, results->rounds);
    free(values);
    return figure.median;
}

static bool tells(const struct results *results, enum metric metric, int contestant)
{
    for (int depth = 0; depth < results->depth_count; depth++) {
        for (int round = 0; round < results->rounds; round++) {
            if (outcome_at(results, contestant, depth, round)->values[metric] < 0)
                return false;
        }
    }
    return true;
}

/* The hand-written loop with the best median at that depth, or -1. */
static int best_loop(const struct results *results, enum metric metric, int depth)
{
    double best = 0;
    int found = -1;

    for (int i = 0; i < results->contestant_count; i++) {
        if (!results->contestants[i]->is_hand_written || !tells(results, metric, i))
            continue;
        double median = median_of(results, metric, i, depth);
        if (found < 0 || (metrics[metric].more_is_better ? median > best : median < best)) {
            best = median;
            found = i;
        }
    }
    return found;
}

static void print_head(const struct results *results, const char *first)
{
    printf("\n| %s |", first);
    for (int depth = 0; depth < results->depth_count; depth++)
        printf(" depth %d |", results->depths[depth]);
    printf("\n| --- |");
    for (int depth = 0; depth < results->depth_count; depth++)
        printf(" ---: |");
    printf("\n");
}

static void print_medians(const struct results *results, enum metric metric)
{
    print_head(results, metrics[metric].name);
    for (int i = 0; i < results->contestant_count; i++) {
        printf("| %s |", results->contestants[i]->name);
        for (int depth = 0; depth < results->depth_count; depth++) {
            printf(" ");
            if (tells(results, metric, i))
                printf(metrics[metric].format, median_of(results, metric, i, depth));
            else
                printf("not told");
            printf(" |");
        }
        printf("\n");
    }
}

/* One line of ratios; base -1 stands for the best loop of each depth. */
static void print_ratios_to(const struct results *results, enum metric metric, int contestant,
                            int base)
{
    double *ratios = room_for_rounds(results);
    char text[64];

    printf("| %s / %s |", results->contestants[contestant]->name,
           base < 0 ? "best loop" : results->contestants[base]->name);
    for (int depth = 0; depth < results->depth_count; depth++) {
        int other = base < 0 ? best_loop(results, metric, depth) : base;
        for (int round = 0; round < results->rounds; round++)
            ratios[round] = outcome_at(results, contestant, depth, round)->values[metric] /
                            outcome_at(results, other, depth, round)->values[metric];
        struct figure ratio = figure_of(ratios, results->rounds);
        printf(" %s |", figure_text(&ratio, text, sizeof text));
    }
    printf("\n");
    free(ratios);
}

static int loops_that_tell(const struct results *results, enum metric metric)
{
    int n = 0;

    for (int i = 0; i < results->contestant_count; i++)
        n += results->contestants[i]->is_hand_written && tells(results, metric, i);
    return n;
}

static void print_ratios(const struct results *results, enum metric metric, const char *base)
{
    char first[64];

    snprintf(first, sizeof first, "%s, ratio", metrics[metric].name);
    print_head(results, first);
    for (int i = 0; i < results->contestant_count; i++) {
        const struct contestant *contestant = results->contestants[i];
        int other = index_of(results, base ? base : contestant->base);
        if (!tells(results, metric, i))
            continue;
        if (other >= 0 && other != i && tells(results, metric, other))
            print_ratios_to(results, metric, i, other);
        if (!base && contestant->is_ours && loops_that_tell(results, metric) > 1)
            print_ratios_to(results, metric, i, -1);
    }
}

void print_results(const struct results *results, const char *base)
{
    printf("\n### %s: %s\n\n", results->table->name, results->table->title);
    if (base)
        printf("Base of all ratios: %s.\n", base);
    else
        printf("Each ratio names its base; \"best loop\" is the loop on liburing with the best\n"
               "median at that depth.\n");
    for (int metric = 0; metric < METRICS; metric++) {
        if (!results->table->shows[metric])
            continue;
        print_medians(results, (enum metric)metric);
        print_ratios(results, (enum metric)metric, base);
    }
}
