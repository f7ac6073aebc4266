/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds a law to its targets in the simulated world: prints the table of demands
 * with what came out, and ends with 1 when one is not met. A scenario alone can be
 * looked at closely.
 */
#include "finding.h"
#include "scenario.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define LAWS 8

static struct world world;

struct wish {
    uint64_t seed;
    int laws;
    struct contestant law[LAWS];
    const char *scenario, *trace, *group;
    bool quick, each, list;
};

static int usage(FILE *to)
{
    fputs("usage: check_control [--seed N] [--law knee|aimd|best|none|N]... [--quick] [--each]\n"
          "                     [--group random|change|ceiling|rings|calm|rivals|rest]\n"
          "                     [--scenario NAME [--trace FILE]] [--list]\n"
          "Without a scenario: the table of demands for one law (knee); --each prints every run.\n"
          "With one: the laws side by side (knee, aimd and the best static depth).\n",
          to);
    return to == stderr ? 2 : 0;
}

static void list(void)
{
    for (int i = 0; i < scenario_count(); i++)
        printf("%-16s %s\n", scenario_at(i)->name, scenario_at(i)->about);
    printf("%-16s %s\n%-16s %s\n", "static:N", "random device N of the seed", "change:N",
           "random device N that becomes another");
}

static void describe(const struct device_model *model)
{
    static const char *const spreads[] = {"fixed", "exponential", "lognormal"};

    printf("# %s, %d channels, %s service of %.0f us", device_kind_name(model->kind),
           model->channels, spreads[model->spread], model->service_us);
    if (model->spread == SPREAD_LOGNORMAL)
        printf(", sigma %.2f", model->sigma);
    if (model->kind == DEVICE_SMOOTH)
        printf(", power %.1f", model->power);
    if (model->droop > 0)
        printf(", droop %.2f", model->droop);
    if (model->wire_us > 0)
        printf(", wire %.0f us", model->wire_us);
    printf("\n");
}

static void tell(const struct inquiry *inquiry, const char *name, const struct setup *setup,
                 const struct bout *bout)
{
    for (int e = 0; e < setup->eras; e++) {
        for (int d = 0; d < setup->devices; d++) {
            const struct score *score = &bout->score[e][d];
            const struct curve *curve = &bout->curve[e][d];
            printf("%-15s %-7s era %d dev %d  best %3d %8.0f/s %8.0f us | %-11s %5.1f %%  P99 "
                   "%5.2f x  "
                   "depth %6.1f  found %6.2f of %5.2f s  %4.1f searches/min",
                   name, device_kind_name(setup->device[d].kind), e, d, curve->best,
                   curve->best_throughput, curve->best_p99_ns / 1e3,
                   contestant_name(&inquiry->contestant), 100 * score->throughput_ratio,
                   score->p99_ratio, score->depth, score->found_s, score->allowed_s,
                   score->searches_per_minute);
            if (score->all_depth > score->depth)
                printf("  all %.1f  fair %.3f", score->all_depth, score->process_jain);
            printf("\n");
        }
    }
}

static void print_table(const struct findings *findings)
{
    for (int i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        if (i && finding->is_judged != findings->finding[i - 1].is_judged)
            printf("\ntold, not judged\n");
        printf("%-6s %s\n",
               !finding->is_judged ? ""
               : finding->is_met   ? "ok"
                                   : "BELOW",
               finding->subject);
        if (finding->is_judged)
            printf("       wanted  %s\n", finding->bar);
        printf("       found   %s\n", finding->result);
    }
}

static int run_table(const struct wish *wish)
{
    static struct findings findings;
    struct inquiry inquiry = {.world = &world,
                              .contestant = wish->law[0],
                              .seed = wish->seed,
                              .devices = wish->quick ? 8 : 40,
                              .steady_s = wish->quick ? 3 : 6,
                              .tell = wish->each ? tell : NULL,
                              .findings = &findings};
    int below = 0, judged = 0;
    clock_t start = clock();

    if (!inquiry_group(&inquiry, wish->group)) {
        fprintf(stderr, "check_control: no group %s\n", wish->group);
        return 2;
    }
    print_table(&findings);
    for (int i = 0; i < findings.count; i++) {
        judged += findings.finding[i].is_judged;
        below += findings.finding[i].is_judged && !findings.finding[i].is_met;
    }
    printf("\n%s, seed %llu: %d of %d demands met; %.0f s of CPU time\n",
           contestant_name(&wish->law[0]), (unsigned long long)wish->seed, judged - below, judged,
           (double)(clock() - start) / CLOCKS_PER_SEC);
    return below ? 1 : 0;
}

static int write_trace(const char *path, const struct bout *bout)
{
    FILE *file = fopen(path, "w");
    int bad;

    if (!file) {
        fprintf(stderr, "check_control: %s: %s\n", path, strerror(errno));
        return 1;
    }
    fprintf(file, "# time_s limit depth ops_per_s p99_us\n");
    for (int i = 0; i < bout->bins; i++) {
        const struct bin *bin = &bout->bin[0][i];
        fprintf(file, "%.3f %.0f %.2f %.0f %.1f\n", (i + 1) * bout->bin_s, (double)bin->limit,
                (double)bin->depth, (double)bin->throughput, (double)bin->p99_ns / 1e3);
    }
    bad = ferror(file);
    bad |= fclose(file);
    if (bad)
        fprintf(stderr, "check_control: %s: not written\n", path);
    return bad ? 1 : 0;
}

static int run_scenario(const struct wish *wish)
{
    static struct setup setup;
    static struct bout bout;
    struct inquiry inquiry = {.world = &world, .seed = wish->seed};

    if (!scenario_find(wish->scenario, wish->seed, &setup)) {
        fprintf(stderr, "check_control: no scenario %s; --list shows them\n", wish->scenario);
        return 2;
    }
    if (setup.about)
        printf("# %s\n", setup.about);
    for (int d = 0; d < setup.devices; d++)
        describe(&setup.device[d]);
    for (int i = 0; i < setup.changes; i++)
        describe(&setup.change[i].model);
    bout_prepare(&world, &setup, wish->seed, wish->quick ? 3 : 6, &bout);
    for (int i = 0; i < wish->laws; i++) {
        inquiry.contestant = wish->law[i];
        bout_run(&world, &setup, &wish->law[i], wish->seed, 0, &bout);
        tell(&inquiry, wish->scenario, &setup, &bout);
    }
    if (!wish->trace)
        return 0;
    bout_run(&world, &setup, &wish->law[0], wish->seed, .02, &bout);
    return write_trace(wish->trace, &bout);
}

static bool parse(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"law", required_argument, NULL, 'l'},
                                            {"scenario", required_argument, NULL, 'n'},
                                            {"trace", required_argument, NULL, 't'},
                                            {"group", required_argument, NULL, 'g'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {"each", no_argument, NULL, 'e'},
                                            {"list", no_argument, NULL, 'i'},
                                            {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 's')
            wish->seed = strtoull(optarg, NULL, 0);
        else if (c == 'n')
            wish->scenario = optarg;
        else if (c == 't')
            wish->trace = optarg;
        else if (c == 'g')
            wish->group = optarg;
        else if (c == 'q')
            wish->quick = true;
        else if (c == 'e')
            wish->each = true;
        else if (c == 'i')
            wish->list = true;
        else if (c != 'l' || wish->laws == LAWS ||
                 !contestant_parse(&wish->law[wish->laws++], optarg))
            return false;
    }
    return optind == argc && (!wish->trace || wish->scenario);
}

int main(int argc, char **argv)
{
    static const struct contestant usual[] = {{LAW_KNEE, 0}, {LAW_AIMD, 0}, {LAW_STATIC, 0}};
    struct wish wish = {.group = "all"};

    if (getrandom(&wish.seed, 4, 0) != 4)
        wish.seed = (uint64_t)time(NULL);
    if (!parse(argc, argv, &wish))
        return usage(stderr);
    if (wish.list) {
        list();
        return 0;
    }
    if (!wish.laws) {
        wish.laws = wish.scenario ? 3 : 1;
        memcpy(wish.law, usual, sizeof usual);
    }
    printf("# seed %llu\n", (unsigned long long)wish.seed);
    fflush(stdout);
    return wish.scenario ? run_scenario(&wish) : run_table(&wish);
}
