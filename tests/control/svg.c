/* SPDX-License-Identifier: Apache-2.0 */
/* See svg.h. */
#include "svg.h"

#include <math.h>

#define PARTS 4 /* of an axis */

static double x_of(const struct svg_panel *panel, double x)
{
    return panel->left + panel->width * fmin(x, panel->x_end) / panel->x_end;
}

static double y_of(const struct svg_panel *panel, double y)
{
    double part = panel->is_log ? log2(fmax(y, 1)) / log2(panel->y_end) : y / panel->y_end;

    return panel->top + panel->height * (1 - fmin(part, 1));
}

double svg_round_up(double value)
{
    static const double steps[] = {1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10};
    double power = pow(10, floor(log10(fmax(value, 1e-9))));

    for (int i = 0; i < 10; i++) {
        if (steps[i] * power >= value)
            return steps[i] * power;
    }
    return 10 * power;
}

double svg_power_of_two(double value)
{
    return exp2(ceil(log2(fmax(value, 2))));
}

void svg_begin(FILE *file, int width, int height, const char *title)
{
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            width, height, width, height, title);
}

static void number(char *text, size_t size, double value)
{
    if (value >= 1e6)
        snprintf(text, size, "%gM", value / 1e6);
    else if (value >= 1e4)
        snprintf(text, size, "%gk", value / 1e3);
    else
        snprintf(text, size, "%g", value);
}

static void rule(FILE *file, const struct svg_panel *panel, double value)
{
    double y = y_of(panel, value);
    char text[32];

    number(text, sizeof text, value);
    fprintf(file, "<path d=\"M%.1f %.1fh%.1f\" stroke=\"#ddd\"/>\n", panel->left, y, panel->width);
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", panel->left - 6,
            y + 4, text);
}

void svg_axes(FILE *file, const struct svg_panel *panel)
{
    double bottom = panel->top + panel->height;
    char text[32];

    for (double value = 1; panel->is_log && value <= panel->y_end; value *= 2)
        rule(file, panel, value);
    for (int i = 0; i <= PARTS; i++) {
        if (!panel->is_log)
            rule(file, panel, panel->y_end * i / PARTS);
        number(text, sizeof text, panel->x_end * i / PARTS);
        fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                x_of(panel, panel->x_end * i / PARTS), bottom + 16, text);
    }
    fprintf(file, "<path d=\"M%.1f %.1fv%.1fh%.1f\" fill=\"none\" stroke=\"black\"/>\n",
            panel->left, panel->top, panel->height, panel->width);
    svg_text(file, panel->left, panel->top - 8, "black", panel->y_title);
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            panel->left + panel->width, bottom + 30, panel->x_title);
}

void svg_curve(FILE *file, const struct svg_panel *panel, const char *colour, const float *y,
               int count, double step)
{
    fprintf(file, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\" points=\"", colour);
    for (int i = 0; i < count; i++)
        fprintf(file, "%.1f,%.1f ", x_of(panel, (i + .5) * step), y_of(panel, (double)y[i]));
    fputs("\"/>\n", file);
}

void svg_mark(FILE *file, const struct svg_panel *panel, double from, double until, double y)
{
    fprintf(file, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"black\" stroke-dasharray=\"5 4\"/>\n",
            x_of(panel, from), y_of(panel, y), x_of(panel, until));
}

void svg_text(FILE *file, double x, double y, const char *colour, const char *text)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", x, y, colour, text);
}

void svg_end(FILE *file)
{
    fputs("</svg>\n", file);
}
