/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about not being disturbed and not disturbing: noise, open loop, page cache. */
#include "finding.h"

#include <time.h>

static void judge_noise(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    finding_result(finding_add(inquiry, setup.about,
                               score->throughput_ratio >= .97 && score->p99_ratio <= 1.1 &&
                                   score->searches_per_minute <= 4,
                               ">= 97 %, P99 <= 1.1 x, <= 4 searches a minute"),
                   "%.1f %%, %.2f x, %.1f", 100 * score->throughput_ratio, score->p99_ratio,
                   score->searches_per_minute);
}

static void judge_open(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    finding_result(finding_add(inquiry, setup.about, score->total_p99_ratio <= 1.02,
                               "P99 from the arrival <= 1.02 x that without a limit"),
                   "%.3f x; throughput %.1f %%, P99 of the device %.2f x", score->total_p99_ratio,
                   100 * score->throughput_ratio, score->p99_ratio);
}

/* What a tick of the law takes of one CPU at 100 a second; an empty window is not cheaper. */
static double cost_of_ticks(const struct inquiry *inquiry)
{
    static struct pilot pilot;
    static struct control_window window;
    struct timespec before, after;
    const int ticks = 20000;

    window = (struct control_window){
        .completed = 4000, .cost = 4000, .polls = 200, .samples = 500, .concurrency = 20};
    window.latency[100] = 500;
    pilot_init(&pilot, &inquiry->contestant, 256, 0, 1);
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (int i = 0; i < ticks; i++)
        pilot_tick(&pilot, .01, &window);
    clock_gettime(CLOCK_MONOTONIC, &after);
    double seconds =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    return seconds / ticks * 100;
}

static void judge_page_cache(const struct inquiry *inquiry)
{
    static struct setup setup;
    static struct bout bout;
    double ticks = cost_of_ticks(inquiry);

    inquiry_run(inquiry, "page-cache", &setup, &bout);
    const struct score *score = &bout.score[0][0];
    double lost = 1 - score->throughput_ratio + ticks;
    finding_result(finding_add(inquiry, setup.about, lost < .01, "cost < 1 %"),
                   "throughput %.2f %%, ticks %.4f %% of a CPU", 100 * score->throughput_ratio,
                   100 * ticks);
}

void inquiry_calm(const struct inquiry *inquiry)
{
    static const char *const open[] = {"open-30",      "open-70",      "open-95",
                                       "open-soft-30", "open-soft-70", "open-soft-95"};

    judge_noise(inquiry, "wobble");
    judge_noise(inquiry, "stalls");
    judge_noise(inquiry, "bursts");
    for (unsigned i = 0; i < sizeof open / sizeof *open; i++)
        judge_open(inquiry, open[i]);
    judge_page_cache(inquiry);
}
