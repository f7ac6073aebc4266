/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about other processes on the device. */
#include "finding.h"

/*
 * Processes with the same law: the best depth is that of each, with all at it. They have
 * five seconds to come to terms.
 */
static void judge_equals(const struct inquiry *inquiry, const char *name, int processes)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[1][0];
    double depth = score->all_depth / (processes * bout.curve[1][0].best);
    finding_result(finding_add(inquiry, setup.about,
                               depth <= 2 && score->process_jain >= .9 && score->p99_ratio <= 2,
                               "all depths <= 2 x knee, fairness >= .9, P99 <= 2 x"),
                   "%.2f x, %.3f, %.2f x; throughput %.1f %%", depth, score->process_jain,
                   score->p99_ratio, 100 * score->throughput_ratio);
}

/* It keeps its depth, whatever it costs the others: no reason to do the same to it. */
static void judge_stubborn(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    double most = 2. * setup.rival_depth;
    finding_result(finding_add(inquiry, setup.about,
                               score->depth <= most && score->process_jain >= .8,
                               "depth <= twice its, fairness >= .8"),
                   "%.1f, %.3f; P99 %.2f x, throughput %.1f %%", score->depth, score->process_jain,
                   score->p99_ratio, 100 * score->throughput_ratio);
}

/* The device slows while they share it: they come to terms again, above the new knee. */
static void judge_slowed(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[1][0];
    double depth = score->all_depth / (2 * bout.curve[1][0].best);
    finding_result(finding_add(inquiry, setup.about, depth <= 3 && score->process_jain >= .85,
                               "all depths <= 3 x knee, fairness >= .85"),
                   "%.2f x, %.3f; throughput %.1f %%, P99 %.2f x", depth, score->process_jain,
                   100 * score->throughput_ratio, score->p99_ratio);
}

/* And then the other one leaves. */
static void judge_left(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[2][0];
    finding_result(finding_add(inquiry, setup.about, score->found_s >= 0 && score->found_s <= 3,
                               "knee found in 3 s after it left"),
                   "%.2f s; throughput %.1f %%, P99 %.2f x; before %.1f %%", score->found_s,
                   100 * score->throughput_ratio, score->p99_ratio,
                   100 * bout.score[1][0].throughput_ratio);
}

void inquiry_rivals(const struct inquiry *inquiry)
{
    judge_equals(inquiry, "rival-law", 2);
    judge_equals(inquiry, "rival-laws", 3);
    judge_equals(inquiry, "rival-visit", 2);
    judge_stubborn(inquiry, "rival");
    judge_slowed(inquiry, "rival-slower");
    judge_left(inquiry, "rival-slow-leaves");
    judge_left(inquiry, "rival-slower-leaves");
}
