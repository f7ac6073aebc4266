/* SPDX-License-Identifier: Apache-2.0 */
#include "adaptive_scenario.h"

#include "figures.h"
#include "simdisk/simdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CALM "load 0\nwobble 0\ninterference 0\nstall_ms 0\ndistribution lognormal 0.3\n"
#define SIMDISK_BYTES ((uint64_t)1 << 30)

enum { NEIGHBOUR_DEPTH = 32, LARGE_BLOCK = 64 << 10, SMALL_BLOCK = 4096 };

const struct scenario scenarios[] = {
    {.group = "neighbour",
     .name = "neighbour",
     .title = "16 channels of 500 us; in the second third a neighbour takes 12 of them",
     .on_file = "in the second third another engine reads the file too, 32 at a time",
     .part_count = 3,
     .disk_count = 1,
     .parts = {"alone", "with the neighbour", "alone again"},
     .settings = {CALM "channels 16\nservice_us 500", "load 12", "load 0"},
     .extra_depths = {5, 6, 12, 20, 24},
     .warm_s = 1,
     .seconds = 6},
    {.group = "ceiling",
     .name = "ceiling",
     .title = "32 channels of 300 us that hinder each other: 1200 us when all are busy",
     .on_file = "a ceiling halfway between the P99 of depth 1 and that of the knee",
     .part_count = 1,
     .disk_count = 1,
     .parts = {"under the ceiling"},
     .settings = {CALM "channels 32\nservice_us 300\ninterference 300"},
     .extra_depths = {6, 10, 12, 14, 20, 24},
     .ceiling_ms = 1.5,
     .warm_s = 1,
     .seconds = 3},
    {.group = "phase",
     .name = "phase",
     .title = "16 channels of 500 us, then 64 of 1 ms, then 4 of 200 us",
     .on_file = "reads of 4 KiB, then of 64 KiB, then of 4 KiB",
     .part_count = 3,
     .disk_count = 1,
     .parts = {"first", "second", "third"},
     .settings = {CALM "channels 16\nservice_us 500", "channels 64\nservice_us 1000",
                  "channels 4\nservice_us 200"},
     .extra_depths = {6, 12, 20, 24, 80, 96},
     .warm_s = 1,
     .seconds = 6},
    {.group = "two",
     .name = "two",
     .title = "one engine, 32 channels of 400 us beside 4 of 2 ms",
     .on_file = "one engine, the two files",
     .part_count = 2,
     .disk_count = 2,
     .parts = {"first disk", "second disk"},
     .settings = {CALM "channels 32\nservice_us 400", CALM "channels 4\nservice_us 2000"},
     .extra_depths = {5, 6, 24, 40, 48},
     .warm_s = 1.5,
     .seconds = 3},
    {.group = "start",
     .name = "start-4",
     .title = "from the beginning, 4 channels of 500 us",
     .part_count = 1,
     .disk_count = 1,
     .parts = {"from the beginning"},
     .settings = {CALM "channels 4\nservice_us 500"},
     .extra_depths = {3, 5, 6},
     .seconds = 2},
    {.group = "start",
     .name = "start-16",
     .title = "from the beginning, 16 channels of 500 us",
     .on_file = "from the beginning",
     .part_count = 1,
     .disk_count = 1,
     .parts = {"from the beginning"},
     .settings = {CALM "channels 16\nservice_us 500"},
     .extra_depths = {12, 20, 24},
     .seconds = 2},
    {.group = "start",
     .name = "start-64",
     .title = "from the beginning, 64 channels of 1 ms",
     .part_count = 1,
     .disk_count = 1,
     .parts = {"from the beginning"},
     .settings = {CALM "channels 64\nservice_us 1000"},
     .extra_depths = {48, 80, 96},
     .seconds = 2},
};
const int scenario_count = sizeof scenarios / sizeof *scenarios;

struct stage {
    struct disk disks[DISKS_MOST];
    struct simdisk *simdisks[DISKS_MOST]; /* NULL on a user's file */
    int disk_count;
    const struct scenario *scenario;
    pthread_t neighbour;
    bool has_neighbour;
    atomic_bool neighbour_ends;
};

struct disk disk_open(const char *path, bool is_known)
{
    struct disk disk = {.is_known = is_known};

    disk.fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (disk.fd < 0 && errno == EINVAL) {
        fprintf(stderr, "adaptive_value: %s has no O_DIRECT: this measures the page cache\n", path);
        disk.fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (disk.fd < 0)
        give_up(path, errno);
    off_t end = lseek(disk.fd, 0, SEEK_END);
    if (end < BLOCK_MOST)
        give_up("the file is too small, or none", end < 0 ? errno : 0);
    disk.bytes = (uint64_t)end;
    return disk;
}

struct stage *stage_open(const char *const *files, int file_count)
{
    struct stage *stage = calloc(1, sizeof *stage);

    if (!stage)
        give_up("stage", ENOMEM);
    stage->disk_count = file_count ? file_count : DISKS_MOST;
    for (int i = 0; i < stage->disk_count && !file_count; i++) {
        stage->simdisks[i] = simdisk_start(SIMDISK_BYTES, CALM);
        if (!stage->simdisks[i])
            give_up("simdisk (use --file on a machine without FUSE)", errno);
    }
    for (int i = 0; i < stage->disk_count; i++)
        stage->disks[i] =
            disk_open(file_count ? files[i] : simdisk_path(stage->simdisks[i]), !file_count);
    return stage;
}

void stage_close(struct stage *stage)
{
    for (int i = 0; i < stage->disk_count; i++) {
        close(stage->disks[i].fd);
        simdisk_stop(stage->simdisks[i]);
    }
    free(stage);
}

bool stage_is_simulated(const struct stage *stage)
{
    return stage->simdisks[0] != NULL;
}

bool stage_can(const struct stage *stage, const struct scenario *scenario)
{
    return scenario->disk_count <= stage->disk_count &&
           (stage_is_simulated(stage) || scenario->on_file);
}

const struct disk *stage_disks(const struct stage *stage)
{
    return stage->disks;
}

static void change(struct stage *stage, int disk, const char *settings)
{
    if (simdisk_set(stage->simdisks[disk], "%s", settings) != 0)
        give_up("simdisk_set", errno);
}

void stage_set(struct stage *stage, const struct scenario *scenario)
{
    stage->scenario = scenario;
}

void stage_begin_run(void *context)
{
    struct stage *stage = context;
    const struct scenario *scenario = stage->scenario;

    for (int i = 0; i < scenario->disk_count && stage_is_simulated(stage); i++)
        change(stage, i, scenario->settings[i * (scenario->disk_count > 1)]);
}

static void *be_neighbour(void *context)
{
    static const struct contestant itself = {.name = "neighbour", .depth = NEIGHBOUR_DEPTH};
    struct stage *stage = context;
    struct load load;

    load_begin(&load, stage->disks, 1, &itself, 0, NEIGHBOUR_DEPTH);
    while (!atomic_load(&stage->neighbour_ends))
        load_pump(&load, 10);
    load_end(&load);
    return NULL;
}

static void set_neighbour(struct stage *stage, bool is_wanted)
{
    if (is_wanted && !stage->has_neighbour) {
        atomic_store(&stage->neighbour_ends, false);
        int error = pthread_create(&stage->neighbour, NULL, be_neighbour, stage);
        if (error)
            give_up("pthread_create", error);
    } else if (!is_wanted && stage->has_neighbour) {
        atomic_store(&stage->neighbour_ends, true);
        pthread_join(stage->neighbour, NULL);
    }
    stage->has_neighbour = is_wanted;
}

void stage_begin_part(void *context, struct load *load, int part)
{
    struct stage *stage = context;
    const struct scenario *scenario = stage->scenario;

    if (scenario->disk_count > 1)
        return;
    if (stage_is_simulated(stage)) {
        change(stage, 0, scenario->settings[part]);
        return;
    }
    if (scenario == &scenarios[0])
        set_neighbour(stage, part == 1);
    else if (scenario->part_count > 1)
        load->block = part == 1 ? LARGE_BLOCK : SMALL_BLOCK;
}

void stage_end_run(void *stage)
{
    set_neighbour(stage, false);
}

double stage_delayed_s(void *context)
{
    const struct stage *stage = context;
    double sum = 0;

    for (int i = 0; i < stage->disk_count && stage_is_simulated(stage); i++)
        sum += simdisk_delayed_s(stage->simdisks[i]);
    return sum;
}
