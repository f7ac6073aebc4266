/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling, see controller_knee_ceiling.h.
 */
#include "controller_knee_ceiling.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define OVER_SAMPLES 200
#define OVER_TICKS 3
#define FULL_SAMPLES 3000
#define CUT_LEAST 0.6
#define CUT_MOST 0.95
#define AIM 0.95 /* of the ceiling */
#define RAISE (1 + 1 / 14.)

void aur_knee_ceiling_begin(struct knee_ceiling *ceiling, double skip)
{
    memset(ceiling, 0, sizeof *ceiling);
    ceiling->skip = skip;
}

static double part_to_keep(const struct knee_ceiling *ceiling, double ceiling_ns)
{
    double p99 = aur_latency_sum_percentile(&ceiling->latency, 99);

    return fmin(fmax(AIM * ceiling_ns / fmax(p99, 1), CUT_LEAST), CUT_MOST);
}

double aur_knee_ceiling_tick(struct knee_ceiling *ceiling, const struct control_window *window,
                             double seconds, double ceiling_ns)
{
    struct knee_span *under = &ceiling->under;

    if (!(ceiling_ns > 0))
        return 1;
    if (ceiling->skip > 0) {
        ceiling->skip -= (double)window->completed;
        return 1;
    }
    aur_knee_span_add(under, window, seconds);
    aur_latency_sum_add(&ceiling->latency, window->latency);
    ceiling->depths += window->concurrency;
    ceiling->ticks++;
    if (under->samples >= OVER_SAMPLES && ceiling->ticks >= OVER_TICKS &&
        aur_knee_span_is_over(under))
        return part_to_keep(ceiling, ceiling_ns);
    if (under->samples < FULL_SAMPLES)
        return 1;
    bool has_room = aur_knee_span_has_headroom(under);
    aur_knee_ceiling_begin(ceiling, 0);
    return has_room ? RAISE : 1;
}

/* What is in flight when a tick ends may be less than most of the time: then Little's law. */
double aur_knee_ceiling_depth(const struct knee_ceiling *ceiling)
{
    const struct knee_span *under = &ceiling->under;
    double usual_ns = aur_latency_sum_percentile(&ceiling->latency, 50);
    double little = under->completed / fmax(under->seconds, 1e-6) * usual_ns / 1e9;

    return fmax(little, ceiling->depths / fmax(ceiling->ticks, 1));
}
