/* SPDX-License-Identifier: Apache-2.0 */
#include "adaptive_report.h"

#include <errno.h>
#include <stdlib.h>

#define KNEE_SHARE .97 /* of the best throughput: the knee is the smallest depth that has it */

enum value { IOPS, P99, LIMIT, OVER, WINDOWS };

void results_alloc(struct results *results)
{
    size_t n = (size_t)(results->rounds * results->field.count);

    results->runs = calloc(n, sizeof *results->runs);
    if (!results->runs)
        give_up("results", ENOMEM);
}

void results_free(struct results *results)
{
    for (int i = 0; i < results->rounds * results->field.count; i++)
        run_free(&results->runs[i]);
    free(results->runs);
}

struct run *run_at(const struct results *results, int contestant, int round)
{
    return &results->runs[round * results->field.count + contestant];
}

static double value_at(const struct results *results, enum value value, int contestant, int part,
                       int round)
{
    const struct part_result *r = &run_at(results, contestant, round)->parts[part];

    switch (value) {
    case IOPS:
        return r->iops;
    case P99:
        return r->p99_ms;
    case LIMIT:
        return r->limit;
    case OVER:
        return r->over * 100;
    case WINDOWS:
        return r->windows * 100;
    }
    return 0;
}

/* The figure of a value over the rounds, as it is or in relation to another contestant's. */
static struct figure figure_at(const struct results *results, enum value value, int contestant,
                               int part, int base)
{
    double *values = calloc((size_t)results->rounds, sizeof *values);

    if (!values)
        give_up("figures", ENOMEM);
    for (int round = 0; round < results->rounds; round++) {
        values[round] = value_at(results, value, contestant, part, round);
        if (base >= 0) {
            double other = value_at(results, value, base, part, round);
            values[round] = other > 0 ? values[round] / other : 0;
        }
    }
    struct figure figure = figure_of(values, results->rounds);
    free(values);
    return figure;
}

static double median_at(const struct results *results, enum value value, int contestant, int part)
{
    return figure_at(results, value, contestant, part, -1).median;
}

static bool keeps_ceiling(const struct results *results, int contestant, int part)
{
    double ceiling_ms = results->plan.ceiling_ms;

    return !(ceiling_ms > 0) || median_at(results, P99, contestant, part) <= ceiling_ms;
}

int best_static(const struct results *results, int part)
{
    int from = part < 0 ? 0 : part, to = part < 0 ? results->plan.part_count : part + 1, best = 0;
    double most = 0;

    for (int i = 0; i < results->field.static_count; i++) {
        double sum = 0;
        bool is_allowed = true;
        for (int p = from; p < to; p++) {
            sum += median_at(results, IOPS, i, p);
            is_allowed = is_allowed && keeps_ceiling(results, i, p);
        }
        if (is_allowed && sum > most) {
            most = sum;
            best = i;
        }
    }
    return best;
}

int knee_static(const struct results *results, int part)
{
    int best = best_static(results, part), knee = 0;

    while (knee < best &&
           median_at(results, IOPS, knee, part) < KNEE_SHARE * median_at(results, IOPS, best, part))
        knee++;
    return knee;
}

static void fill_settled(const struct results *results, int contestant, int part, struct row *row)
{
    int knee = results->field.contestants[knee_static(results, part)].depth;
    double best_iops = median_at(results, IOPS, best_static(results, part), part);
    double *values = calloc((size_t)results->rounds, sizeof *values);
    struct run_plan plan = results->plan;

    if (!values)
        give_up("figures", ENOMEM);
    if (results->from_start)
        plan.part_count = 1;
    for (int round = 0; round < results->rounds; round++) {
        double s = run_settled_s(run_at(results, contestant, round), &plan,
                                 results->from_start ? 0 : part, best_iops, knee);
        if (s >= 0)
            values[row->settled_rounds++] = s;
    }
    if (row->settled_rounds)
        row->settled = figure_of(values, row->settled_rounds);
    free(values);
}

struct row row_of(const struct results *results, int contestant, int part)
{
    int best = best_static(results, part), knee = knee_static(results, part);
    struct row row = {.name = results->field.contestants[contestant].name,
                      .iops = figure_at(results, IOPS, contestant, part, -1),
                      .of_best = figure_at(results, IOPS, contestant, part, best),
                      .p99 = figure_at(results, P99, contestant, part, -1),
                      .of_knee = figure_at(results, P99, contestant, part, knee),
                      .limit = figure_at(results, LIMIT, contestant, part, -1),
                      .over = figure_at(results, OVER, contestant, part, -1),
                      .windows = figure_at(results, WINDOWS, contestant, part, -1),
                      .is_static = contestant < results->field.static_count};

    if (!row.is_static)
        fill_settled(results, contestant, part, &row);
    return row;
}

void print_settled(const struct results *results, const struct row *row)
{
    if (row->is_static)
        printf(" |");
    else if (row->settled_rounds == results->rounds && row->settled.low < row->settled.high)
        printf(" %.2f (%.2f to %.2f) |", row->settled.median, row->settled.low, row->settled.high);
    else if (row->settled_rounds == results->rounds)
        printf(" %.2f |", row->settled.median);
    else if (row->settled_rounds)
        printf(" %.2f, but never in %d of %d |", row->settled.median,
               results->rounds - row->settled_rounds, results->rounds);
    else
        printf(" never |");
}

static void print_table(const struct results *results, int part)
{
    const struct contestant *contestants = results->field.contestants;
    int best = contestants[best_static(results, part)].depth;
    int knee = contestants[knee_static(results, part)].depth;
    bool has_ceiling = results->plan.ceiling_ms > 0;
    char of_best[64], of_knee[64];

    printf("\n%s: the best static depth%s is %d; the smallest with 97 %% of its throughput, %d.\n",
           results->scenario->parts[part], has_ceiling ? " that keeps it" : "", best, knee);
    printf("\n| contestant | operations/s | of the best | P99, ms | of the P99 at %d | limit |"
           " settled, s |%s\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |%s\n",
           knee, has_ceiling ? " operations over, % | windows over, % |" : "",
           has_ceiling ? " ---: | ---: |" : "");
    for (int i = 0; i < results->field.count; i++) {
        struct row row = row_of(results, i, part);
        if (results->is_brief && row.is_static && contestants[i].depth != best &&
            contestants[i].depth != knee)
            continue;
        printf("| %s | %.0f | %s | %.2f | %s | %.1f |", row.name, row.iops.median,
               figure_text(&row.of_best, of_best, sizeof of_best), row.p99.median,
               figure_text(&row.of_knee, of_knee, sizeof of_knee), row.limit.median);
        print_settled(results, &row);
        if (has_ceiling)
            printf(" %.2f | %.1f |", row.over.median, row.windows.median);
        printf("\n");
    }
}

void print_tables(const struct results *results)
{
    printf("\n### %s: %s\n", results->scenario->name, results->title);
    if (results->plan.ceiling_ms > 0)
        printf("\nThe ceiling of the P99 is %.2f ms.\n", results->plan.ceiling_ms);
    if (results->disturbed)
        printf("\nDuring %d of %d runs the application or its disk waited for a CPU for over a "
               "tenth of the "
               "time.\n",
               results->disturbed, results->rounds * results->field.count);
    for (int part = 0; part < results->plan.part_count; part++)
        print_table(results, part);
}

static void print_json_row(const struct results *results, const struct row *row)
{
    printf("{\"name\": \"%s\", \"iops\": %.1f, \"of_best\": %.4f, \"p99_ms\": %.4f, "
           "\"p99_of_knee\": %.4f, \"limit\": %.2f",
           row->name, row->iops.median, row->of_best.median, row->p99.median, row->of_knee.median,
           row->limit.median);
    if (results->plan.ceiling_ms > 0)
        printf(", \"over_percent\": %.4f, \"windows_over_percent\": %.2f", row->over.median,
               row->windows.median);
    if (!row->is_static) {
        printf(", \"settled_rounds\": %d", row->settled_rounds);
        if (row->settled_rounds)
            printf(", \"settled_s\": %.3f, \"settled_worst_s\": %.3f", row->settled.median,
                   row->settled.high);
    }
    printf("}");
}

void print_json(const struct results *results)
{
    const struct contestant *contestants = results->field.contestants;

    printf("{\"name\": \"%s\", \"title\": \"%s\", \"seconds\": %g, \"rounds\": %d, "
           "\"disturbed\": %d, \"ceiling_ms\": %g, \"parts\": [",
           results->scenario->name, results->title, results->plan.seconds, results->rounds,
           results->disturbed, results->plan.ceiling_ms);
    for (int part = 0; part < results->plan.part_count; part++) {
        printf("%s\n  {\"name\": \"%s\", \"best_depth\": %d, \"knee\": %d, \"contestants\": [",
               part ? "," : "", results->scenario->parts[part],
               contestants[best_static(results, part)].depth,
               contestants[knee_static(results, part)].depth);
        for (int i = 0; i < results->field.count; i++) {
            struct row row = row_of(results, i, part);
            printf("%s\n    ", i ? "," : "");
            print_json_row(results, &row);
        }
        printf("]}");
    }
    printf("]}");
}
