/* SPDX-License-Identifier: Apache-2.0 */
/* What has no bar of its own: told for whoever works on a law. */
#include "finding.h"

static void tell(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;

    inquiry_run(inquiry, name, &setup, &bout);
    const struct score *score = &bout.score[0][0];
    finding_result(finding_add(inquiry, setup.about, true, ""),
                   "%.1f %%, P99 %.2f x, depth %.1f, best %d, found in %.2f s, %.1f searches a "
                   "minute",
                   100 * score->throughput_ratio, score->p99_ratio, score->depth,
                   bout.curve[0][0].best, score->found_s, score->searches_per_minute);
}

void inquiry_rest(const struct inquiry *inquiry)
{
    static const char *const names[] = {"hard",       "soft",        "striped",     "lognormal",
                                        "fixed",      "nvme",        "hdd",         "nfs",
                                        "droop",      "mixed-sizes", "own-depth",   "shallow",
                                        "on-and-off", "rare-polls",  "ceiling-open"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        tell(inquiry, names[i]);
}
