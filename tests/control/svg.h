/* SPDX-License-Identifier: Apache-2.0 */
/* As much of SVG as a curve against time needs. Knows nobody. */
#ifndef SVG_H
#define SVG_H

#include <stdbool.h>
#include <stdio.h>

/* A field with axes, in pixels, and what it shows from 0 to the ends of its axes. */
struct svg_panel {
    double left, top, width, height;
    double x_end, y_end;
    bool is_log; /* y from 1 to a power of 2 */
    const char *x_title, *y_title;
};

void svg_begin(FILE *file, int width, int height, const char *title);
void svg_axes(FILE *file, const struct svg_panel *panel);
/* y[i] lies at (i + .5) * step. */
void svg_curve(FILE *file, const struct svg_panel *panel, const char *colour, const float *y,
               int count, double step);
/* A broken horizontal line. */
void svg_mark(FILE *file, const struct svg_panel *panel, double from, double until, double y);
void svg_text(FILE *file, double x, double y, const char *colour, const char *text);
void svg_end(FILE *file);
/* To an end for an axis. */
double svg_round_up(double value);
double svg_power_of_two(double value);

#endif
