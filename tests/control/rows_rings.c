/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about several rings on one device and several devices under one engine. */
#include "finding.h"

#include "scenario.h"

/* The same device with one greedy application. */
static double p99_of_one_ring(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    scenario_find(name, inquiry->seed, &setup);
    setup.rings = setup.apps = 1;
    bout_prepare(inquiry->world, &setup, inquiry->seed, inquiry->steady_s, &bout);
    bout_run(inquiry->world, &setup, &inquiry->contestant, inquiry->seed, 0, &bout);
    return bout.score[0][0].p99_ns;
}

static void judge_rings(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;
    double one = p99_of_one_ring(inquiry, name);

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    double depth = score->depth / bout.curve[0][0].best;
    double p99 = score->p99_ns / one;
    finding_result(finding_add(inquiry, setup.about,
                               depth <= 1.25 && p99 <= 1.1 && score->jain >= .99,
                               "depth <= 1.25 x knee, P99 <= 1.1 x one ring, fairness >= .99"),
                   "%.2f x, %.2f x, %.4f; throughput %.1f %%", depth, p99, score->jain,
                   100 * score->throughput_ratio);
}

static void judge_devices(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;
    bool is_met = true;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *first = &bout.score[0][0], *second = &bout.score[0][1];
    for (int d = 0; d < 2; d++) {
        const struct score *score = &bout.score[0][d];
        is_met &= score->throughput_ratio >= .97 && score->p99_ratio <= 1.25;
        is_met &= score->found_s >= 0 && score->found_s <= score->allowed_s;
    }
    finding_result(
        finding_add(inquiry, setup.about, is_met, "each >= 97 %, <= 1.25 x P99, found in 1 s"),
        "%.1f %%, %.2f x, %.2f s and %.1f %%, %.2f x, %.2f s", 100 * first->throughput_ratio,
        first->p99_ratio, first->found_s, 100 * second->throughput_ratio, second->p99_ratio,
        second->found_s);
}

void inquiry_rings(const struct inquiry *inquiry)
{
    judge_rings(inquiry, "rings-4");
    judge_rings(inquiry, "rings-8");
    judge_rings(inquiry, "rings-unequal");
    judge_devices(inquiry, "two-devices");
    judge_devices(inquiry, "two-on-a-ring");
}
