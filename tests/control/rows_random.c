/* SPDX-License-Identifier: Apache-2.0 */
/* The rows about random devices: steady state, time to the knee, time after a change. */
#include "finding.h"

#include "draw.h"

#include <stdio.h>
#include <stdlib.h>

#define RANDOM_MAX 1000

struct sample {
    int count;
    struct score score[RANDOM_MAX];
    bool is_fast[RANDOM_MAX]; /* more than 5000/s */
    enum device_kind kind[RANDOM_MAX];
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *value, int count)
{
    if (!count)
        return 0;
    qsort(value, (size_t)count, sizeof *value, compare);
    return (value[(count - 1) / 2] + value[count / 2]) / 2;
}

static void run(const struct inquiry *inquiry, bool with_change, struct sample *sample)
{
    static struct setup setup;
    static struct bout bout;
    char name[32];

    sample->count = inquiry->devices < RANDOM_MAX ? inquiry->devices : RANDOM_MAX;
    for (int i = 0; i < sample->count; i++) {
        snprintf(name, sizeof name, "%s:%d", with_change ? "change" : "static", i);
        inquiry_run(inquiry, name, &setup, &bout);
        sample->score[i] = bout.score[with_change][0];
        sample->kind[i] = setup.device[0].kind;
        sample->is_fast[i] = bout.curve[with_change][0].best_throughput >= 5000;
    }
}

static bool meets_both(const struct score *score)
{
    return score->throughput_ratio >= .97 && score->p99_ratio <= 1.25;
}

/* How many of each kind meet both goals, for whoever asks where it fails. */
static void tell_kinds(const struct sample *sample, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int kind = 0; kind < DEVICE_KINDS; kind++) {
        int of = 0, both = 0;
        for (int i = 0; i < sample->count; i++) {
            of += (int)sample->kind[i] == kind;
            both += (int)sample->kind[i] == kind && meets_both(&sample->score[i]);
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s %d/%d", kind ? ", " : "",
                                 device_kind_name((enum device_kind)kind), both, of);
    }
}

static void judge_steady(const struct inquiry *inquiry, const struct sample *sample)
{
    double x[RANDOM_MAX], p99[RANDOM_MAX];
    char kinds[96];
    int both = 0;
    struct finding *finding;

    for (int i = 0; i < sample->count; i++) {
        x[i] = sample->score[i].throughput_ratio;
        p99[i] = sample->score[i].p99_ratio;
        both += meets_both(&sample->score[i]);
    }
    double middle_x = median(x, sample->count), middle_p99 = median(p99, sample->count);
    finding = finding_add(inquiry, "static devices", both >= .95 * sample->count,
                          ">= 97 % of throughput and <= 1.25 x P99 on >= 95 %");
    tell_kinds(sample, kinds, sizeof kinds);
    finding_result(finding, "%d of %d: %s", both, sample->count, kinds);
    finding = finding_add(inquiry, "static devices, median", middle_x >= .99 && middle_p99 <= 1.1,
                          ">= 99 % and <= 1.1 x");
    finding_result(finding, "%.1f %% and %.2f x", 100 * middle_x, middle_p99);
    finding = finding_add(inquiry, "static devices, worst",
                          x[0] >= .95 && p99[sample->count - 1] <= 2, ">= 95 % and <= 2 x");
    finding_result(finding, "%.1f %% and %.2f x", 100 * x[0], p99[sample->count - 1]);
}

static void judge_speed(const struct inquiry *inquiry, const struct sample *sample,
                        const char *subject, const char *subject_slow)
{
    double found[RANDOM_MAX];
    int fast = 0, fast_met = 0, slow = 0, slow_met = 0;

    for (int i = 0; i < sample->count; i++) {
        const struct score *score = &sample->score[i];
        bool is_met = score->found_s >= 0 && score->found_s <= score->allowed_s;
        if (!sample->is_fast[i]) {
            slow++;
            slow_met += is_met;
            continue;
        }
        found[fast++] = score->found_s < 0 ? 1e9 : score->found_s;
        fast_met += is_met;
    }
    double middle = median(found, fast);
    struct finding *finding = finding_add(inquiry, subject, middle <= .3 && fast_met >= .9 * fast,
                                          "above 5000/s: median <= 0.3 s, <= 1 s on >= 90 %");
    if (middle < 1e8)
        finding_result(finding, "median %.2f s, %d of %d in 1 s", middle, fast_met, fast);
    else
        finding_result(finding, "median never, %d of %d in 1 s", fast_met, fast);
    finding = finding_add(inquiry, subject_slow, slow_met >= .9 * slow,
                          "below: 2000 completions on >= 90 %");
    finding_result(finding, "%d of %d", slow_met, slow);
}

static void judge_end(const struct inquiry *inquiry, const struct sample *sample)
{
    char kinds[96];
    int never = 0, both = 0;

    for (int i = 0; i < sample->count; i++) {
        never += sample->score[i].found_s < 0;
        both += meets_both(&sample->score[i]);
    }
    tell_kinds(sample, kinds, sizeof kinds);
    finding_result(finding_add(inquiry, "knee after a change", !never, "never \"never\""),
                   "never on %d of %d; both goals met after it on %d: %s", never, sample->count,
                   both, kinds);
}

void inquiry_random(const struct inquiry *inquiry)
{
    static struct sample sample;

    run(inquiry, false, &sample);
    judge_steady(inquiry, &sample);
    judge_speed(inquiry, &sample, "time to the knee", "time to the knee, slow");
    run(inquiry, true, &sample);
    judge_speed(inquiry, &sample, "time after a change", "time after a change, slow");
    judge_end(inquiry, &sample);
}
