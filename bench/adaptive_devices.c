/* SPDX-License-Identifier: Apache-2.0 */
#include "adaptive_devices.h"

#include "adaptive_report.h"
#include "figures.h"
#include "simdisk/simdisk.h"
#include "throttle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEARCH, HELD, PARTS }; /* of a law's run: its halves */
enum { LOOP_BYTES = 64 << 20, DISK_BYTES = 256 << 20, CHUNK = 1 << 20 };

#define SIMDISK_BYTES ((uint64_t)1 << 30)
#define STATIC_WARM .2 /* s */

struct device {
    const char *name, *title;
    int channels; /* of a simdisk, else 0 */
    int service_us;
    int reads_per_second; /* of a throttled loop device, else 0 */
    double seconds;       /* of a law's run */
};

static const struct device devices[] = {
    {"simdisk-4-100us", "simdisk, 4 x 100 us", 4, 100, 0, 4},
    {"simdisk-16-100us", "simdisk, 16 x 100 us", 16, 100, 0, 4},
    {"simdisk-64-100us", "simdisk, 64 x 100 us", 64, 100, 0, 4},
    {"simdisk-4-500us", "simdisk, 4 x 500 us", 4, 500, 0, 4},
    {"simdisk-16-500us", "simdisk, 16 x 500 us", 16, 500, 0, 4},
    {"simdisk-64-500us", "simdisk, 64 x 500 us", 64, 500, 0, 4},
    {"simdisk-4-5ms", "simdisk, 4 x 5 ms", 4, 5000, 0, 12},
    {"simdisk-16-5ms", "simdisk, 16 x 5 ms", 16, 5000, 0, 8},
    {"simdisk-64-5ms", "simdisk, 64 x 5 ms", 64, 5000, 0, 6},
    {"loop-2000", "loop device, 2000 reads/s", 0, 0, 2000, 6},
    {"loop-20000", "loop device, 20000 reads/s", 0, 0, 20000, 4},
    {"disk", "disk", 0, 0, 0, 4},
};
enum { DEVICES = sizeof devices / sizeof *devices };

struct bench {
    const struct devices_options *options;
    const struct device *device;
    struct simdisk *simdisk; /* those that were started */
    struct throttle *throttle;
};

static void begin_run(void *context)
{
    const struct bench *bench = context;
    const struct device *d = bench->device;

    if (d->channels &&
        simdisk_set(bench->simdisk, "distribution lognormal 0.3\nchannels %d\nservice_us %d\n",
                    d->channels, d->service_us) != 0)
        give_up("simdisk_set", errno);
    if (d->reads_per_second && throttle_set(bench->throttle, d->reads_per_second) != 0)
        give_up("throttle_set", errno);
}

static double disk_delayed_s(void *context)
{
    const struct bench *bench = context;

    return bench->simdisk ? simdisk_delayed_s(bench->simdisk) : 0;
}

/* A file in the working directory that has no name, so that it goes with the program. */
static struct disk open_scratch(void)
{
    char path[] = "adaptive-disk-XXXXXX", open_path[32];
    int fd = mkstemp(path);
    char *chunk = malloc(CHUNK);
    ssize_t written = CHUNK;

    if (fd < 0 || !chunk)
        give_up("a file in this directory", errno);
    unlink(path);
    memset(chunk, 0x5a, CHUNK);
    for (int i = 0; i < DISK_BYTES / CHUNK && written == CHUNK; i++)
        written = write(fd, chunk, CHUNK);
    if (written != CHUNK || fsync(fd) != 0)
        give_up("a file of 256 MiB in this directory", errno);
    snprintf(open_path, sizeof open_path, "/proc/self/fd/%d", fd);
    struct disk disk = disk_open(open_path, false);
    close(fd);
    free(chunk);
    return disk;
}

/* The device's disk; NULL, or why there is none. */
static const char *open_device(struct bench *bench, struct disk *disk)
{
    const struct device *d = bench->device;
    const char *why = NULL;

    if (d->channels) {
        if (!bench->simdisk)
            bench->simdisk = simdisk_start(SIMDISK_BYTES, NULL);
        if (!bench->simdisk)
            return "no FUSE here";
        *disk = disk_open(simdisk_path(bench->simdisk), true);
    } else if (d->reads_per_second) {
        if (!bench->throttle)
            bench->throttle = throttle_start(LOOP_BYTES, &why);
        if (!bench->throttle)
            return why;
        *disk = disk_open(throttle_path(bench->throttle), false);
    } else if (bench->options->file) {
        *disk = disk_open(bench->options->file, false);
    } else {
        *disk = open_scratch();
    }
    return NULL;
}

static void choose_field(const struct bench *bench, const struct disk *disk, struct field *field)
{
    const struct device *d = bench->device;
    int knee = d->channels ? d->channels : calibrate(disk).knee;

    *field = (struct field){.count = 0};
    field_add_depth(field, knee / 2);
    field_add_depth(field, knee);
    field_add_depth(field, knee * 2);
    if (!bench->options->is_quick) {
        field_add_depth(field, 1);
        field_add_depth(field, knee / 4);
        field_add_around(field, knee);
        field_add_depth(field, knee * 4);
        field_add_depth(field, READS_PER_DISK);
    }
    field_add_laws(field);
}

/* A static depth needs no time to find anything, so its runs are shorter. */
static bool run_one(const struct results *results, int contestant, struct run *run)
{
    const struct contestant *c = &results->field.contestants[contestant];
    struct run_plan plan = results->plan;

    if (c->depth == 0)
        return run_undisturbed(&plan, c, run);
    plan.part_count = 1;
    plan.warm_s = STATIC_WARM;
    plan.seconds /= 4;
    bool is_disturbed = run_undisturbed(&plan, c, run);
    run->parts[HELD] = run->parts[0];
    return is_disturbed;
}

static void run_rounds(struct results *results)
{
    for (int round = 0; round < results->rounds; round++) {
        results->plan.seed = (unsigned)round + 1;
        for (int turn = 0; turn < results->field.count; turn++) {
            int i = (turn + round) % results->field.count;
            results->disturbed += run_one(results, i, run_at(results, i, round));
        }
    }
}

/* Where the channels could do more, something else is the bottleneck, such as FUSE. */
static void print_row(const struct results *results, const struct device *d, int contestant)
{
    int best = best_static(results, HELD), knee = knee_static(results, HELD);
    struct row row = row_of(results, contestant, HELD), base = row_of(results, best, HELD);
    char of_best[64], of_knee[64];

    printf("| %s | %.0f", results->title, base.iops.median);
    if (d->channels)
        printf(" (%.0f %%)", base.iops.median * d->service_us / d->channels / 1e4);
    printf(" | %d | %d | %s | %s | %s | %.1f |", results->field.contestants[best].depth,
           results->field.contestants[knee].depth, row.name,
           figure_text(&row.of_best, of_best, sizeof of_best),
           figure_text(&row.of_knee, of_knee, sizeof of_knee), row.limit.median);
    print_settled(results, &row);
    printf(" %d of %d |\n", results->disturbed, results->rounds * results->field.count);
}

static void run_device(struct bench *bench, const struct disk *disk)
{
    const struct devices_options *options = bench->options;
    const struct device *d = bench->device;
    const struct scenario scenario = {.group = "devices",
                                      .name = d->name,
                                      .title = d->title,
                                      .part_count = PARTS,
                                      .disk_count = 1,
                                      .parts = {"the search", "held"}};
    struct results results = {
        .scenario = &scenario, .title = d->title, .rounds = options->rounds, .from_start = true};

    results.plan = (struct run_plan){.disks = disk,
                                     .disk_count = 1,
                                     .part_count = PARTS,
                                     .seconds = d->seconds * options->scale,
                                     .begin_run = begin_run,
                                     .disk_delayed_s = disk_delayed_s,
                                     .context = bench};
    fprintf(stderr, "adaptive_value: %s\n", d->title);
    begin_run(bench);
    choose_field(bench, disk, &results.field);
    results_alloc(&results);
    run_rounds(&results);
    if (options->is_json)
        print_json(&results);
    for (int i = results.field.static_count; i < results.field.count && !options->is_json; i++)
        print_row(&results, d, i);
    if (options->plots)
        plot(&results, options->plots);
    results_free(&results);
}

static void print_head(void)
{
    printf(
        "\n### devices: what the laws hold on devices that stay as they are\n\n"
        "Best: the best static depth, its operations per second and, of a simdisk, how much of\n"
        "what its channels could do. The knee is the smallest depth with 97 %% of that. Each\n"
        "law's figures are those of the second half of its run, in relation to the best depth's\n"
        "throughput and to the P99 at the knee; settled is counted from the start of the engine.\n"
        "Disturbed are runs in which it or simdisk waited for a CPU for over a tenth of the\n"
        "time.\n\n"
        "| device | operations/s | best | knee | law | of the best | of the P99 at the knee |"
        " limit | settled, s | disturbed |\n"
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n");
}

bool is_device(const char *name)
{
    for (int i = 0; i < DEVICES; i++)
        if (strcmp(devices[i].name, name) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct device *device, char **names)
{
    bool is_named = !names;

    for (; names && *names; names++)
        is_named |= strcmp(device->name, *names) == 0;
    return is_named;
}

void run_devices(const struct devices_options *options)
{
    struct bench bench = {.options = options};
    const char *between = "";

    if (!options->is_json)
        print_head();
    for (int i = 0; i < DEVICES; i++) {
        struct disk disk;
        if (!is_wanted(&devices[i], options->names))
            continue;
        bench.device = &devices[i];
        const char *why = open_device(&bench, &disk);
        if (why) {
            fprintf(stderr, "adaptive_value: %s: left out: %s\n", devices[i].title, why);
            if (!options->is_json)
                printf("| %s | left out: %s |\n", devices[i].title, why);
            continue;
        }
        if (options->is_json)
            printf("%s\n", between);
        run_device(&bench, &disk);
        between = ",";
        close(disk.fd);
        if (fflush(stdout) != 0)
            give_up("output", errno);
    }
    throttle_stop(bench.throttle);
    simdisk_stop(bench.simdisk);
}
