/* SPDX-License-Identifier: Apache-2.0 */
/* Two charts, one above the other: throughput (mean of 100 ms) and limit, which is logarithmic. */
#include "adaptive_report.h"

#include "figures.h"

#include <errno.h>
#include <limits.h>
#include <math.h>

enum {
    WIDTH = 960,
    LEFT = 80,
    RIGHT = 20,
    CHART = 220, /* height */
    THROUGHPUT_TOP = 60,
    LIMIT_TOP = THROUGHPUT_TOP + CHART + 50,
    HEIGHT = LIMIT_TOP + CHART + 50,
    MEAN_OF = 5,    /* samples */
    LIMIT_STEPS = 8 /* doublings to the top of the limit's axis, 256 */
};

struct chart {
    FILE *out;
    const struct results *results;
    int disk;
    double seconds, most_iops;
};

static double x_of(const struct chart *chart, double s)
{
    return LEFT + s / chart->seconds * (WIDTH - LEFT - RIGHT);
}

static double y_of_iops(const struct chart *chart, double iops)
{
    return THROUGHPUT_TOP + CHART * (1 - iops / chart->most_iops);
}

static double y_of_limit(double limit)
{
    return LIMIT_TOP + CHART * (1 - log2(fmax(1, limit)) / LIMIT_STEPS);
}

static double mean_at(const struct run *run, int disk, int at)
{
    int first = at < MEAN_OF ? 0 : at - MEAN_OF + 1;
    double sum = 0;

    for (int i = first; i <= at; i++)
        sum += run->samples[disk][i].iops;
    return sum / (at - first + 1);
}

/* 1, 2 or 5 times a power of ten: about four steps to the top. */
static double step_of(double most)
{
    double step = pow(10, floor(log10(most / 4)));

    if (most / step > 20)
        return step * 5;
    return most / step > 8 ? step * 2 : step;
}

static void draw_text(const struct chart *chart, double x, double y, const char *anchor,
                      const char *text)
{
    fprintf(chart->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
            text);
}

static void draw_line(const struct chart *chart, double x1, double y1, double x2, double y2,
                      const char *color)
{
    fprintf(chart->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
            x1, y1, x2, y2, color);
}

static void draw_axes(const struct chart *chart)
{
    double step = step_of(chart->most_iops), end = x_of(chart, chart->seconds);
    double second = step_of(chart->seconds);
    char text[32];

    for (double v = 0; v <= chart->most_iops; v += step) {
        double y = y_of_iops(chart, v);
        draw_line(chart, LEFT, y, end, y, "#ddd");
        snprintf(text, sizeof text, "%.0f", v);
        draw_text(chart, LEFT - 8, y + 4, "end", text);
    }
    for (int i = 0; i <= LIMIT_STEPS; i += 2) {
        double y = y_of_limit(1 << i);
        draw_line(chart, LEFT, y, end, y, "#ddd");
        snprintf(text, sizeof text, "%d", 1 << i);
        draw_text(chart, LEFT - 8, y + 4, "end", text);
    }
    for (double s = 0; s <= chart->seconds * 1.0001; s += second) {
        snprintf(text, sizeof text, "%g s", s);
        draw_text(chart, x_of(chart, s), LIMIT_TOP + CHART + 20, "middle", text);
    }
    draw_text(chart, LEFT, THROUGHPUT_TOP - 10, "start", "operations per second");
    draw_text(chart, LEFT, LIMIT_TOP - 10, "start", "limit");
}

static void draw_parts(const struct chart *chart)
{
    const struct results *r = chart->results;
    int spans = r->plan.disk_count > 1 ? 1 : r->plan.part_count;

    for (int part = 0; part < spans; part++) {
        double x = x_of(chart, chart->seconds * part / spans);
        if (part)
            draw_line(chart, x, THROUGHPUT_TOP, x, LIMIT_TOP + CHART, "#999");
        draw_text(chart, x_of(chart, chart->seconds * (part + .5) / spans), LIMIT_TOP + CHART + 40,
                  "middle", r->scenario->parts[part + chart->disk]);
    }
}

static void draw_run(const struct chart *chart, int contestant, int place, const char *color)
{
    const struct results *r = chart->results;
    const struct run *run = run_at(r, contestant, r->rounds - 1);
    const char *polyline = "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"";
    double x = LEFT + 200 + 180 * place;

    fprintf(chart->out, polyline, color);
    for (int i = 0; i < run->sample_count; i++)
        fprintf(chart->out, "%.1f,%.1f ", x_of(chart, run->samples[chart->disk][i].at_s),
                y_of_iops(chart, mean_at(run, chart->disk, i)));
    fprintf(chart->out, "\"/>\n");
    fprintf(chart->out, polyline, color);
    for (int i = 0; i < run->sample_count; i++)
        fprintf(chart->out, "%.1f,%.1f ", x_of(chart, run->samples[chart->disk][i].at_s),
                y_of_limit(run->samples[chart->disk][i].limit));
    fprintf(chart->out, "\"/>\n");
    draw_line(chart, x, THROUGHPUT_TOP - 14, x + 24, THROUGHPUT_TOP - 14, color);
    draw_text(chart, x + 30, THROUGHPUT_TOP - 10, "start", r->field.contestants[contestant].name);
}

static void draw(struct chart *chart)
{
    static const char *const colors[] = {"#888", "#d95f02", "#1b7f5f"};
    const struct results *r = chart->results;
    int shown[] = {best_static(r, r->plan.disk_count > 1 ? chart->disk : -1), r->field.count - 2,
                   r->field.count - 1};
    const int shown_count = sizeof shown / sizeof *shown;

    for (int i = 0; i < shown_count; i++) {
        const struct run *run = run_at(r, shown[i], r->rounds - 1);
        for (int at = 0; at < run->sample_count; at++)
            chart->most_iops = fmax(chart->most_iops, mean_at(run, chart->disk, at) * 1.05);
    }
    fprintf(chart->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            WIDTH, HEIGHT);
    draw_text(chart, LEFT, 24, "start", r->title);
    draw_axes(chart);
    draw_parts(chart);
    for (int i = 0; i < shown_count; i++)
        draw_run(chart, shown[i], i, colors[i]);
    fprintf(chart->out, "</svg>\n");
}

void plot(const struct results *results, const char *directory)
{
    for (int disk = 0; disk < results->plan.disk_count; disk++) {
        char path[PATH_MAX], number[16] = "";
        struct chart chart = {.results = results, .disk = disk, .most_iops = 1};

        if (results->plan.disk_count > 1)
            snprintf(number, sizeof number, "-%d", disk + 1);
        snprintf(path, sizeof path, "%s/%s%s.svg", directory, results->scenario->name, number);
        chart.seconds = results->plan.seconds;
        chart.out = fopen(path, "we");
        if (!chart.out)
            give_up(path, errno);
        draw(&chart);
        if (fclose(chart.out) != 0)
            give_up(path, errno);
    }
}
