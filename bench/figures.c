/* SPDX-License-Identifier: Apache-2.0 */
#include "figures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* How many values may be cut off at either end: the greatest k for which fewer than k of n fair
 * coins fall on one side with a probability of at most 2.5 %. */
static int values_outside(int n)
{
    double just = pow(0.5, n), fewer = 0;
    int k = 0;

    if (!(just > 0)) /* so many that the distribution is the normal one */
        return (int)(n / 2.0 - 0.98 * sqrt(n));
    while (k < n / 2 && fewer + just <= 0.025) {
        fewer += just;
        just *= (double)(n - k) / (k + 1);
        k++;
    }
    return k;
}

struct figure figure_of(double *values, int n)
{
    struct figure figure;
    int k = values_outside(n);

    qsort(values, (size_t)n, sizeof *values, by_value);
    figure.median = (values[(n - 1) / 2] + values[n / 2]) / 2;
    figure.low = values[k > 0 ? k - 1 : 0];
    figure.high = values[k > 0 ? n - k : n - 1];
    return figure;
}

const char *figure_text(const struct figure *figure, char *buf, int size)
{
    if (figure->low < figure->high)
        snprintf(buf, (size_t)size, "%.2f (%.2f to %.2f)", figure->median, figure->low,
                 figure->high);
    else
        snprintf(buf, (size_t)size, "%.2f", figure->median);
    return buf;
}

double seconds_now(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        give_up("clock_gettime", errno);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void give_up(const char *what, int error)
{
    if (error)
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(error));
    else
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(1);
}
