/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what the simulated world says about both laws and the best static depth:
 * control.md with all tables, and NAME.svg for each scenario, limit and throughput
 * against time.
 */
#include "finding.h"
#include "scenario.h"
#include "svg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONTESTANTS 3
#define CURVE_BINS 700

static struct world world;
static const struct contestant contestants[CONTESTANTS] = {
    {LAW_KNEE, 0}, {LAW_AIMD, 0}, {LAW_STATIC, 0}};
static const char *const colours[CONTESTANTS] = {"#1f5fbf", "#c0392b", "#7f8c8d"};

struct curves {
    int bins;
    double bin_s;
    float limit[CURVE_BINS], throughput[CURVE_BINS];
};

static void keep_curves(const struct bout *bout, struct curves *curves)
{
    curves->bins = bout->bins < CURVE_BINS ? bout->bins : CURVE_BINS;
    curves->bin_s = bout->bin_s;
    for (int i = 0; i < curves->bins; i++) {
        const struct bin *bin = &bout->bin[0][i];
        curves->limit[i] = bin->limit > 0 ? bin->limit : bin->depth;
        curves->throughput[i] = bin->throughput;
    }
}

static double highest(const struct curves *curves, bool of_throughput)
{
    double most = 0;

    for (int k = 0; k < CONTESTANTS; k++) {
        for (int i = 0; i < curves[k].bins; i++) {
            double y = (double)(of_throughput ? curves[k].throughput[i] : curves[k].limit[i]);
            if (y > most)
                most = y;
        }
    }
    return most;
}

static void draw_panel(FILE *file, const struct setup *setup, const struct bout *bout,
                       const struct curves *curves, bool of_throughput)
{
    struct svg_panel panel = {.left = 70,
                              .top = of_throughput ? 330 : 60,
                              .width = 800,
                              .height = 200,
                              .x_end = setup->seconds,
                              .y_end = of_throughput ? svg_round_up(highest(curves, true))
                                                     : svg_power_of_two(highest(curves, false)),
                              .is_log = !of_throughput,
                              .x_title = "seconds",
                              .y_title = of_throughput ? "operations per second" : "limit"};

    svg_axes(file, &panel);
    for (int k = CONTESTANTS - 1; k >= 0; k--)
        svg_curve(file, &panel, colours[k], of_throughput ? curves[k].throughput : curves[k].limit,
                  curves[k].bins, curves[k].bin_s);
    for (int i = 0; i < setup->eras; i++) {
        const struct curve *curve = &bout->curve[i][0];
        if (curve->best)
            svg_mark(file, &panel, bout->era[i], bout->era[i + 1],
                     of_throughput ? curve->best_throughput : curve->best);
    }
}

static void draw(FILE *file, const struct setup *setup, const struct bout *bout,
                 const struct curves *curves)
{
    char title[128];

    snprintf(title, sizeof title, "%s: %s", setup->name, setup->about);
    svg_begin(file, 900, 580, title);
    svg_text(file, 70, 22, "black", title);
    for (int k = 0; k < CONTESTANTS; k++)
        svg_text(file, 500 + 90 * k, 22, colours[k], contestant_name(&contestants[k]));
    svg_text(file, 780, 22, "black", "- - the knee");
    draw_panel(file, setup, bout, curves, false);
    draw_panel(file, setup, bout, curves, true);
    svg_end(file);
}

static FILE *open_in(const char *directory, const char *name, const char *suffix)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
    FILE *file = fopen(path, "w");
    if (!file) {
        fprintf(stderr, "control_report: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    return file;
}

static void close_file(FILE *file)
{
    bool is_bad = ferror(file);

    if (fclose(file) || is_bad) {
        fprintf(stderr, "control_report: a file was not written\n");
        exit(1);
    }
}

static void write_score(FILE *report, const struct score *score, bool has_knee, bool is_law)
{
    fprintf(report, " %.1f %%, %.2f x, %.0f |", 100 * score->throughput_ratio, score->p99_ratio,
            score->depth);
    if (!is_law)
        return;
    if (!has_knee)
        fprintf(report, " |");
    else if (score->found_s < 0)
        fprintf(report, " never |");
    else
        fprintf(report, " %.2f s |", score->found_s);
}

/* One line for each era and device, all contestants beside each other. */
static void write_lines(FILE *report, const struct setup *setup, struct bout bouts[CONTESTANTS])
{
    for (int e = 0; e < setup->eras; e++) {
        for (int d = 0; d < setup->devices; d++) {
            const struct curve *curve = &bouts[0].curve[e][d];
            fprintf(report, "| [%s](%s.svg)", setup->name, setup->name);
            if (setup->eras > 1)
                fprintf(report, ", era %d", e + 1);
            if (setup->devices > 1)
                fprintf(report, ", device %d", d + 1);
            fprintf(report, " | %s | %.0f/s", setup->about, curve->best_throughput);
            if (curve->best)
                fprintf(report, " at %d |", curve->best);
            else
                fprintf(report, " without a limit |");
            for (int k = 0; k < CONTESTANTS; k++)
                write_score(report, &bouts[k].score[e][d], curve->best > 0, k + 1 < CONTESTANTS);
            fprintf(report, "\n");
        }
    }
}

static void write_scenarios(FILE *report, const char *directory, uint64_t seed, double steady_s)
{
    static struct bout bouts[CONTESTANTS];
    static struct curves curves[CONTESTANTS];
    static struct setup setup;

    fprintf(report, "\n## Each scenario\n\nThroughput and P99 in the steady part, relative to the "
                    "best static depth (or, where none is named, to no limit at all); the mean "
                    "depth; the time to the knee.\n\n"
                    "| scenario | | reference | KNEE | found | AIMD | found | best static of "
                    "the first era |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < scenario_count(); i++) {
        scenario_find(scenario_at(i)->name, seed, &setup);
        bout_prepare(&world, &setup, seed, steady_s, &bouts[0]);
        for (int k = CONTESTANTS - 1; k >= 0; k--) {
            bouts[k] = bouts[0];
            bout_run(&world, &setup, &contestants[k], seed, setup.seconds / CURVE_BINS, &bouts[k]);
            keep_curves(&bouts[k], &curves[k]);
            bout_run(&world, &setup, &contestants[k], seed, 0, &bouts[k]);
        }
        write_lines(report, &setup, bouts);
        FILE *file = open_in(directory, setup.name, ".svg");
        draw(file, &setup, &bouts[0], curves);
        close_file(file);
    }
}

static void write_findings(FILE *report, const struct findings *all)
{
    fprintf(report, "## What is demanded\n\n| | wanted | KNEE | AIMD | best static |\n"
                    "| --- | --- | --- | --- | --- |\n");
    for (int i = 0; i < all[0].count; i++) {
        if (!all[0].finding[i].is_judged)
            continue;
        fprintf(report, "| %s | %s |", all[0].finding[i].subject, all[0].finding[i].bar);
        for (int k = 0; k < CONTESTANTS; k++)
            fprintf(report, " %s%s |", all[k].finding[i].is_met ? "" : "**below** ",
                    all[k].finding[i].result);
        fprintf(report, "\n");
    }
}

static void write_report(FILE *report, const char *directory, uint64_t seed, bool is_quick)
{
    static struct findings all[CONTESTANTS];

    fprintf(report,
            "# The controller in the simulated world\n\nSeed %llu. The best static depth is the "
            "smallest with 99 %% of the highest throughput of all depths up to 256; its throughput "
            "and P99 are the reference. The knee counts as found when the depth in flight has "
            "95 %% of the best throughput, is at most 1.5 times the best depth and one more, and "
            "stays so.\n\n",
            (unsigned long long)seed);
    for (int k = 0; k < CONTESTANTS; k++) {
        struct inquiry inquiry = {.world = &world,
                                  .contestant = contestants[k],
                                  .seed = seed,
                                  .devices = is_quick ? 8 : 40,
                                  .steady_s = is_quick ? 3 : 6,
                                  .findings = &all[k]};
        inquiry_group(&inquiry, "all");
        printf("%s done\n", contestant_name(&contestants[k]));
        fflush(stdout);
    }
    write_findings(report, all);
    write_scenarios(report, directory, seed, is_quick ? 3 : 6);
}

int main(int argc, char **argv)
{
    bool is_quick = argc > 2 && !strcmp(argv[1], "--quick");
    const char *directory = argv[1 + is_quick];
    uint64_t seed = argc > 2 + is_quick ? strtoull(argv[2 + is_quick], NULL, 0) : 1;

    if (argc < 2 || *directory == '-') {
        fprintf(stderr, "usage: control_report [--quick] DIR [SEED]\n");
        return 2;
    }
    if (mkdir(directory, 0777) && errno != EEXIST) {
        fprintf(stderr, "control_report: %s: %s\n", directory, strerror(errno));
        return 1;
    }
    FILE *report = open_in(directory, "control", ".md");
    write_report(report, directory, seed, is_quick);
    close_file(report);
    return 0;
}
