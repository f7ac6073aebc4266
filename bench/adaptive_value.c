/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adaptive_value [OPTION]... [SCENARIO]...: what the controller is worth. Static depths, AIMD and
 * KNEE run through the same changes of a disk whose knee is known, or of a file or device of the
 * user's. In a round each runs once, and the order moves on by one from round to round; a ratio is
 * taken within a round. Static depths hold back in the library too, so nothing but the choice of
 * depth differs. Where other programs want the CPUs, "chrt -f 1 adaptive_value" keeps them out.
 */
#include "adaptive_devices.h"
#include "adaptive_report.h"
#include "figures.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEVICES "devices" /* no scenario of the stage, but a table of its own */
#define USUAL_SECONDS 6   /* that the seconds of a scenario are meant for */

static const char *files[DISKS_MOST], *plots;
static int file_count, rounds = 3;
static double duration_s = USUAL_SECONDS;
static bool is_quick, is_json, is_brief;

static struct calibration of_file; /* the user's */

static _Noreturn void usage(void)
{
    fprintf(
        stderr,
        "usage: adaptive_value [--file PATH|DEVICE [--file ...]] [--duration SECONDS]\n"
        "           [--rounds N] [--quick] [--json] [--brief] [--plots DIR] [SCENARIO...]\n"
        "scenarios: neighbour ceiling phase two start, which are all without any; devices, or one "
        "of\n"
        "them by name;\n"
        "--duration is that of a run with three parts; a second --file is for the scenario two\n");
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
    if (strcmp(name, DEVICES) == 0 || is_device(name))
        return true;
    for (int i = 0; i < scenario_count; i++)
        if (strcmp(name, scenarios[i].group) == 0)
            return true;
    return false;
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'},   {"duration", required_argument, NULL, 'd'},
        {"rounds", required_argument, NULL, 'r'}, {"plots", required_argument, NULL, 'p'},
        {"quick", no_argument, NULL, 'q'},        {"json", no_argument, NULL, 'j'},
        {"brief", no_argument, NULL, 'b'},        {0},
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
        else if (letter == 'b')
            is_brief = true;
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

static bool is_chosen(const char *group, int argc, char **argv)
{
    for (int i = optind; i < argc; i++)
        if (strcmp(argv[i], group) == 0)
            return true;
    return false;
}

static void choose_field(const struct scenario *scenario, bool is_simulated, struct field *field)
{
    *field = (struct field){.count = 0};
    field_add_powers(field, is_quick ? 4 : 2);
    for (int i = 0; is_simulated && i < EXTRA_DEPTHS && scenario->extra_depths[i]; i++)
        if (!is_quick || i % 2 == 1)
            field_add_depth(field, scenario->extra_depths[i]);
    if (!is_simulated)
        field_add_around(field, of_file.knee);
    field_add_laws(field);
}

static void run_scenario(struct stage *stage, const struct scenario *scenario)
{
    double scale = duration_s / USUAL_SECONDS;
    bool is_simulated = stage_is_simulated(stage);
    struct results results = {.scenario = scenario, .rounds = rounds, .is_brief = is_brief};

    choose_field(scenario, is_simulated, &results.field);
    stage_set(stage, scenario);
    results.title = is_simulated ? scenario->title : scenario->on_file;
    results.plan = (struct run_plan){.disks = stage_disks(stage),
                                     .disk_count = scenario->disk_count,
                                     .part_count = scenario->part_count,
                                     .warm_s = scenario->warm_s * scale,
                                     .seconds = scenario->seconds * scale,
                                     .ceiling_ms = scenario->ceiling_ms > 0 && !is_simulated
                                                       ? of_file.ceiling_ms
                                                       : scenario->ceiling_ms,
                                     .begin_run = stage_begin_run,
                                     .begin_part = stage_begin_part,
                                     .end_run = stage_end_run,
                                     .disk_delayed_s = stage_delayed_s,
                                     .context = stage};
    int contestant_count = results.field.count;
    fprintf(stderr, "adaptive_value: %s: %d runs, about %.0f s\n", scenario->name,
            rounds * contestant_count,
            rounds * contestant_count * (results.plan.warm_s + results.plan.seconds));
    results_alloc(&results);
    for (int round = 0; round < rounds; round++) {
        results.plan.seed = (unsigned)round + 1;
        for (int turn = 0; turn < contestant_count; turn++) {
            int i = (turn + round) % contestant_count;
            results.disturbed += run_undisturbed(&results.plan, &results.field.contestants[i],
                                                 run_at(&results, i, round));
        }
    }
    (is_json ? print_json : print_tables)(&results);
    if (plots)
        plot(&results, plots);
    results_free(&results);
    if (fflush(stdout) != 0)
        give_up("output", errno);
}

static void run_scenarios(int argc, char **argv)
{
    struct stage *stage = stage_open(files, file_count);
    const char *between = "";

    if (!stage_is_simulated(stage))
        of_file = calibrate(stage_disks(stage));
    for (int i = 0; i < scenario_count; i++) {
        bool is_wanted = optind == argc || is_chosen(scenarios[i].group, argc, argv);
        if (!is_wanted || !stage_can(stage, &scenarios[i]))
            continue;
        if (is_json)
            printf("%s\n", between);
        run_scenario(stage, &scenarios[i]);
        between = ",";
    }
    stage_close(stage);
}

int main(int argc, char **argv)
{
    const char *disk = "simdisk";

    read_options(argc, argv);
    if (file_count)
        disk = files[0];
    if (plots && mkdir(plots, 0777) != 0 && errno != EEXIST)
        give_up(plots, errno);
    const struct devices_options devices = {.file = files[0],
                                            .plots = plots,
                                            .rounds = rounds,
                                            .scale = duration_s / USUAL_SECONDS,
                                            .names = is_chosen(DEVICES, argc, argv) ? NULL
                                                                                    : argv + optind,
                                            .is_quick = is_quick,
                                            .is_json = is_json};
    int device_count = 0;
    for (int i = optind; i < argc; i++)
        device_count += strcmp(argv[i], DEVICES) == 0 || is_device(argv[i]);
    if (is_json)
        printf("{\"version\": \"%s\", \"disk\": \"%s\", \"scenarios\": [", auraio_version(), disk);
    else
        printf("libauraio %s on %s. Medians of %d rounds; in brackets the least and the greatest,\n"
               "or bounds that hold with 95 %% probability. A run of three parts lasts %g s.\n",
               auraio_version(), disk, rounds, duration_s);
    if (device_count)
        run_devices(&devices);
    if (device_count < argc - optind || optind == argc)
        run_scenarios(argc, argv);
    if (is_json)
        printf("]}\n");
    return 0;
}
