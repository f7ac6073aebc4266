/* SPDX-License-Identifier: Apache-2.0 */
/* What all measures share: the clock, a median and how far it can be trusted, an exit. */
#ifndef FIGURES_H
#define FIGURES_H

/* The median of some values, and bounds that hold the true median with at least 95 % probability:
 * order statistics, whose ranks follow from the binomial distribution, whatever that of the values
 * is. Fewer than 6 values cannot give such bounds: then they are the least and the greatest. */
struct figure {
    double median, low, high;
};

/* Enough values for bounds of 95 %. */
enum { VALUES_FOR_BOUNDS = 6 };

/* Of n >= 1 values, which it sorts. */
struct figure figure_of(double *values, int n);

/* "1.02 (0.99 to 1.05)" in buf, or the bare number when the figure has no width. */
const char *figure_text(const struct figure *figure, char *buf, int size);

/* Seconds, monotonic. */
double seconds_now(void);

/* Names the program and what went wrong, with error in words unless 0; exit status 1. */
__attribute__((__noreturn__)) void give_up(const char *what, int error);

#endif
