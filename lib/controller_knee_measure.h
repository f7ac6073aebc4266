/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measuring for KNEE: a span is a stretch of ticks under one limit; the meter is
 * what is known of the target across spans, above all how noisy its counts are.
 */
#ifndef AUR_CONTROLLER_KNEE_MEASURE_H
#define AUR_CONTROLLER_KNEE_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

struct control_window;

struct knee_span {
    double seconds;
    double cost, completed, bound; /* sums of the windows' fields */
    double samples, over[3];
    double in_flight; /* seconds times the depth seen; 0: never seen */
};

struct knee_meter {
    double rate;       /* operations per second, lately; 0: not known */
    double cost_rate;  /* cost per second, lately */
    double dispersion; /* variance of a tick's count over its mean; 1: Poisson */
    double stalled;    /* seconds since the target ceased to complete */
    double ticks;      /* dispersion was learned from so many */
    double last_rate;  /* cost per second in the tick before, under the same limit; < 0: none */
    int limit;         /* in the tick before */
    double unsettled;  /* completions until its last change shows */
    double in_flight;  /* on average in the tick before; 0: as many as the limit allows */
};

void aur_knee_meter_init(struct knee_meter *meter);
/* Every tick; false when the tick is to be left out: nothing was asked for, or a stall. */
bool aur_knee_meter_tick(struct knee_meter *meter, const struct control_window *window,
                         double seconds);
/* Every tick: the limit from here on. Windows of different limits are not compared. */
void aur_knee_meter_limit(struct knee_meter *meter, int limit);

void aur_knee_span_clear(struct knee_span *span);
void aur_knee_span_add(struct knee_span *span, const struct control_window *window, double seconds);
void aur_knee_span_merge(struct knee_span *into, const struct knee_span *span);
/* Of the cost per second: its logarithm, and the variance of that. */
double aur_knee_span_log_rate(const struct knee_span *span);
double aur_knee_span_variance(const struct knee_span *span, const struct knee_meter *meter);
/* Somebody wanted more than the limit most of the time. */
bool aur_knee_span_is_bound(const struct knee_span *span);
/* More than 1 % of the samples are over the ceiling, beyond chance. */
bool aur_knee_span_is_over(const struct knee_span *span);
/* As far as can be told, more than nearly 1 % are. */
bool aur_knee_span_nears_ceiling(const struct knee_span *span);
/* If latencies were a fourteenth longer, still less than nearly 1 % would be. */
bool aur_knee_span_has_headroom(const struct knee_span *span);

/* Seconds that as many operations in flight take to be replaced by others. */
double aur_knee_turnover(const struct knee_meter *meter, int depth);
/* Completions until a change of limit that is made now shows; 0: it does in a tick. */
double aur_knee_transient(const struct knee_meter *meter);
/* The rate is too low for interleaved slots. */
bool aur_knee_is_slow(const struct knee_meter *meter);

#endif
