/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about changes with a name: each era after the first is found in its time. */
#include "finding.h"

static void judge(const struct inquiry *inquiry, const char *name)
{
    static struct setup setup;
    static struct bout bout;
    bool is_met = true;

    inquiry_run(inquiry, name, &setup, &bout);
    for (int i = 1; i < setup.eras; i++) {
        const struct score *score = &bout.score[i][0];
        is_met &= score->found_s >= 0 && score->found_s <= score->allowed_s;
    }
    struct finding *finding =
        finding_add(inquiry, setup.about, is_met, "knee found in 1 s or 2000 completions");
    const struct score *score = &bout.score[1][0];
    const struct score *last = &bout.score[setup.eras - 1][0];
    if (setup.eras == 2)
        finding_result(finding, "%.2f s of %.2f; %.1f %%, %.2f x", score->found_s, score->allowed_s,
                       100 * score->throughput_ratio, score->p99_ratio);
    else
        finding_result(finding, "%.2f s and %.2f s; %.1f %%, %.2f x and %.1f %%, %.2f x",
                       score->found_s, last->found_s, 100 * score->throughput_ratio,
                       score->p99_ratio, 100 * last->throughput_ratio, last->p99_ratio);
}

void inquiry_change(const struct inquiry *inquiry)
{
    static const char *const names[] = {"faster",   "slower",  "wider",     "wider-constant",
                                        "narrower", "credits", "neighbour", "larger"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        judge(inquiry, names[i]);
}
