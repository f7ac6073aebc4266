/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about a ceiling of the P99. */
#include "finding.h"

#include <stdio.h>

static void judge(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    const struct curve *curve = &bout.curve[0][0];
    double least = curve->best < 16 ? .85 : .95;
    bool is_met =
        score->over < .01 && score->windows_over <= .05 && score->throughput_ratio >= least;
    char bar[96];
    snprintf(bar, sizeof bar, "< 1 %% over, <= 5 %% of windows, >= %.0f %% of throughput",
             100 * least);
    finding_result(finding_add(inquiry, setup.about, is_met, bar),
                   "%.2f %%, %.1f %%, %.1f %%; depth %.1f, best %d", 100 * score->over,
                   100 * score->windows_over, 100 * score->throughput_ratio, score->depth,
                   curve->best);
}

void inquiry_ceiling(const struct inquiry *inquiry)
{
    judge(inquiry, "ceiling-soft");
    judge(inquiry, "ceiling-striped");
    judge(inquiry, "ceiling-small");
    judge(inquiry, "ceiling-high");
}
