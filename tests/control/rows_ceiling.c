/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about a ceiling of the P99. */
#include "finding.h"

#include <stdio.h>

/* Seconds until there is a limit; < 0: never. */
static double first_cut(const struct bout *bout)
{
    for (int i = 0; i < bout->bins; i++) {
        if (bout->bin[0][i].limit > 0)
            return i * bout->bin_s;
    }
    return -1;
}

static void judge(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    const struct curve *curve = &bout.curve[0][0];
    double least = curve->best < 16 ? .85 : .95;
    double cut = first_cut(&bout), allowed = curve->best_throughput >= 5000 ? .3 : 2;
    bool is_met = score->over < .01 && score->windows_over <= .05 &&
                  score->throughput_ratio >= least && cut >= 0 && cut <= allowed;
    char bar[96];
    snprintf(bar, sizeof bar,
             "< 1 %% over, <= 5 %% of windows, >= %.0f %% of throughput, cut in %.1f s",
             100 * least, allowed);
    finding_result(finding_add(inquiry, setup.about, is_met, bar),
                   "%.2f %%, %.1f %%, %.1f %%; depth %.1f, best %d, cut in %.2f s",
                   100 * score->over, 100 * score->windows_over, 100 * score->throughput_ratio,
                   score->depth, curve->best, cut);
}

/* As little as can be is in flight, and stays so. */
static void judge_out_of_reach(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    double cut = first_cut(&bout);
    bool is_met = score->depth <= 1.1 && score->searches_per_minute <= 4 && cut >= 0 && cut <= .3;
    finding_result(finding_add(inquiry, setup.about, is_met,
                               "depth <= 1.1, <= 4 searches a minute, cut in 0.3 s"),
                   "%.2f, %.1f, %.2f s; %.1f %% over", score->depth, score->searches_per_minute,
                   cut, 100 * score->over);
}

void inquiry_ceiling(const struct inquiry *inquiry)
{
    judge(inquiry, "ceiling-soft");
    judge(inquiry, "ceiling-striped");
    judge(inquiry, "ceiling-small");
    judge(inquiry, "ceiling-high");
    judge(inquiry, "ceiling-own-64");
    judge(inquiry, "ceiling-own-200");
    judge(inquiry, "ceiling-own-256");
    judge_out_of_reach(inquiry, "ceiling-own-none");
}
