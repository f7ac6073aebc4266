/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adaptive_value [OPTION]... [SCENARIO]...: what the controller is worth. Static depths, AIMD and
 * KNEE run through the same changes of a disk whose knee is known, or of a file or device of the
 * user's. In a round each runs once, and the order moves on by one from round to round; a ratio is
 * taken within a round. Static depths hold back in the library too, so nothing but the choice of
 * depth differs. Where other programs want the CPUs, "chrt -f 1 adaptive_value" keeps them out.
 */
#include "adaptive_report.h"
#include "figures.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CONTESTANTS_MOST = 24, CALIBRATION_MS = 500, ATTEMPTS = 3 };

#define USUAL_SECONDS 6 /* that the seconds of a scenario are meant for */

static const char *files[DISKS_MOST], *plots;
static int file_count, rounds = 3;
static double duration_s = USUAL_SECONDS;
static bool is_quick, is_json;

static struct contestant contestants[CONTESTANTS_MOST];
static int static_count, contestant_count;

/* What one sweep over a user's file told. */
static int file_knee;
static double file_ceiling_ms;

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: adaptive_value [--file PATH|DEVICE [--file ...]] [--duration SECONDS]\n"
            "           [--rounds N] [--quick] [--json] [--plots DIR] [SCENARIO...]\n"
            "scenarios: neighbour ceiling phase two start; --duration is that of a run with\n"
            "three parts; a second --file is for the scenario two\n");
    exit(2);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= least && value <= most))
        usage();
    return value;
}

static bool is_group(const char *name)
{
    for (int i = 0; i < scenario_count; i++)
        if (strcmp(name, scenarios[i].group) == 0)
            return true;
    return false;
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'},
        {"duration", required_argument, NULL, 'd'},
        {"rounds", required_argument, NULL, 'r'},
        {"plots", required_argument, NULL, 'p'},
        {"quick", no_argument, NULL, 'q'},
        {"json", no_argument, NULL, 'j'},
        {0},
    };
    bool has_duration = false, has_rounds = false;

    for (int letter; (letter = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (letter == 'f' && file_count < DISKS_MOST)
            files[file_count++] = optarg;
        else if (letter == 'd' && (has_duration = true))
            duration_s = number(optarg, .3, 36000);
        else if (letter == 'r' && (has_rounds = true))
            rounds = (int)number(optarg, 1, 1000);
        else if (letter == 'p')
            plots = optarg;
        else if (letter == 'q')
            is_quick = true;
        else if (letter == 'j')
            is_json = true;
        else
            usage();
    }
    if (is_quick && !has_duration)
        duration_s = 2.4;
    if (is_quick && !has_rounds)
        rounds = 1;
    for (int i = optind; i < argc; i++)
        if (!is_group(argv[i]))
            usage();
}

static bool is_chosen(const struct scenario *scenario, int argc, char **argv)
{
    for (int i = optind; i < argc; i++)
        if (strcmp(argv[i], scenario->group) == 0)
            return true;
    return optind == argc;
}

/* Keeps the static ones in order of depth. */
static void add_static(int depth)
{
    int at = static_count;

    while (at > 0 && contestants[at - 1].depth > depth)
        at--;
    if (depth < 1 || depth > READS_PER_DISK || (at > 0 && contestants[at - 1].depth == depth))
        return;
    memmove(&contestants[at + 1], &contestants[at],
            (size_t)(static_count - at) * sizeof *contestants);
    contestants[at] = (struct contestant){.depth = depth};
    snprintf(contestants[at].name, sizeof contestants[at].name, "static %d", depth);
    static_count++;
}

static void add_law(const char *name, auraio_control_t law)
{
    struct contestant *c = &contestants[contestant_count++];

    *c = (struct contestant){.law = law};
    snprintf(c->name, sizeof c->name, "%s", name);
}

static void choose_contestants(const struct scenario *scenario, bool is_simulated)
{
    static_count = 0;
    for (int depth = 1; depth <= READS_PER_DISK; depth *= is_quick ? 4 : 2)
        add_static(depth);
    for (int i = 0; is_simulated && i < EXTRA_DEPTHS && scenario->extra_depths[i]; i++)
        if (!is_quick || i % 2 == 1)
            add_static(scenario->extra_depths[i]);
    if (!is_simulated) {
        add_static(file_knee * 3 / 4);
        add_static(file_knee);
        add_static(file_knee * 5 / 4);
        add_static(file_knee * 3 / 2);
    }
    contestant_count = static_count;
    add_law("AIMD", AURAIO_CONTROL_AIMD);
    add_law("KNEE", AURAIO_CONTROL_KNEE);
}

/* Where the knee of a user's file lies, to a factor of two, and a ceiling that can be kept. */
static void calibrate(struct stage *stage)
{
    struct run_plan plan = {.disks = stage_disks(stage),
                            .disk_count = 1,
                            .part_count = 1,
                            .warm_s = .1,
                            .seconds = CALIBRATION_MS / 1e3,
                            .seed = 1};
    double iops[16], p99[16], most = 0;
    int n = 0, knee = 0;

    for (int depth = 1; depth <= READS_PER_DISK; depth *= 2, n++) {
        struct contestant contestant = {.depth = depth};
        struct run run;
        run_contestant(&plan, &contestant, &run);
        iops[n] = run.parts[0].iops;
        p99[n] = run.parts[0].p99_ms;
        most = fmax(most, iops[n]);
        run_free(&run);
    }
    while (iops[knee] < .97 * most)
        knee++;
    file_knee = 1 << knee;
    file_ceiling_ms = sqrt(p99[0] * p99[knee]);
}

/* A run in which others had the CPU says little: it is repeated, and the best attempt in this
 * regard counts. Whether that still was disturbed. */
static bool run_undisturbed(struct stage *stage, const struct scenario *scenario,
                            const struct run_plan *plan, const struct contestant *contestant,
                            struct run *run)
{
    const double bearable = .1;

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct run next;
        stage_set(stage, scenario);
        run_contestant(plan, contestant, &next);
        stage_end_run(stage);
        if (attempt > 0 && next.delayed > run->delayed) {
            run_free(&next);
            continue;
        }
        if (attempt > 0)
            run_free(run);
        *run = next;
        if (run->delayed <= bearable)
            return false;
    }
    return true;
}

static void run_scenario(struct stage *stage, const struct scenario *scenario)
{
    double scale = duration_s / USUAL_SECONDS;
    bool is_simulated = stage_is_simulated(stage);
    struct results results = {.scenario = scenario, .contestants = contestants, .rounds = rounds};

    choose_contestants(scenario, is_simulated);
    results.title = is_simulated ? scenario->title : scenario->on_file;
    results.static_count = static_count;
    results.contestant_count = contestant_count;
    results.plan = (struct run_plan){.disks = stage_disks(stage),
                                     .disk_count = scenario->disk_count,
                                     .part_count = scenario->part_count,
                                     .warm_s = scenario->warm_s * scale,
                                     .seconds = scenario->seconds * scale,
                                     .ceiling_ms = scenario->ceiling_ms > 0 && !is_simulated
                                                       ? file_ceiling_ms
                                                       : scenario->ceiling_ms,
                                     .begin_part = stage_begin_part,
                                     .context = stage};
    fprintf(stderr, "adaptive_value: %s: %d runs, about %.0f s\n", scenario->name,
            rounds * contestant_count,
            rounds * contestant_count * (results.plan.warm_s + results.plan.seconds));
    results.runs = calloc((size_t)(rounds * contestant_count), sizeof *results.runs);
    if (!results.runs)
        give_up("results", ENOMEM);
    for (int round = 0; round < rounds; round++) {
        results.plan.seed = (unsigned)round + 1;
        for (int turn = 0; turn < contestant_count; turn++) {
            int i = (turn + round) % contestant_count;
            results.disturbed += run_undisturbed(stage, scenario, &results.plan, &contestants[i],
                                                 run_at(&results, i, round));
        }
    }
    (is_json ? print_json : print_tables)(&results);
    if (plots)
        plot(&results, plots);
    for (int i = 0; i < rounds * contestant_count; i++)
        run_free(&results.runs[i]);
    free(results.runs);
    if (fflush(stdout) != 0)
        give_up("output", errno);
}

int main(int argc, char **argv)
{
    const char *between = "";

    read_options(argc, argv);
    if (plots && mkdir(plots, 0777) != 0 && errno != EEXIST)
        give_up(plots, errno);
    struct stage *stage = stage_open(files, file_count);
    if (!stage_is_simulated(stage))
        calibrate(stage);
    if (is_json)
        printf("{\"version\": \"%s\", \"disk\": \"%s\", \"scenarios\": [", auraio_version(),
               file_count ? files[0] : "simdisk");
    else
        printf("libauraio %s on %s. Medians of %d rounds; in brackets the least and the greatest,\n"
               "or bounds that hold with 95 %% probability. A run of three parts lasts %g s.\n",
               auraio_version(), file_count ? files[0] : "simdisk", rounds, duration_s);
    for (int i = 0; i < scenario_count; i++) {
        if (!is_chosen(&scenarios[i], argc, argv) || !stage_can(stage, &scenarios[i]))
            continue;
        if (is_json)
            printf("%s\n", between);
        run_scenario(stage, &scenarios[i]);
        between = ",";
    }
    if (is_json)
        printf("]}\n");
    stage_close(stage);
    return 0;
}
