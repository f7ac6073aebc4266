/* SPDX-License-Identifier: Apache-2.0 */
/* The curves of controller_curve.h. */
#include "controller_curve.h"

#include <math.h>
#include <stdbool.h>

#define ENOUGH -0.015    /* as a logarithm: what the wanted depth's throughput may lack */
#define LEAST_BEND -0.35 /* as a logarithm */
#define STEP 0.16        /* between bends, likewise */
#define FINER 8          /* such steps in one, where few are likely */
#define BENDS 42
#define UNLIKELY 14   /* more chi square than the best has: is not kept */
#define MARGIN_FROM 5 /* one more of fewer would be too much */
#define HARD 64       /* a power: there is no telling it from a corner */
#define FLAT 14       /* |z| from which on ln(1 + e^z) is z or nothing */
#define DROOP_FROM 2  /* times the bend */
#define POINTS 16

/*
 * s(u) = (u / (1 + u^power)^(1 / power))^slope / (1 + droop (u - 2)): below the bend
 * throughput grows as the depth to the power of slope. A queue for all channels makes a
 * corner, service that slows down with load bends softly, a queue for each channel has a
 * power of little over 1; a disk's arm gains by all it may choose from, and then no more.
 * Some devices lose by depths far beyond their knee, up to half.
 */
static const struct shape {
    double power, slope, droop, prior;
} shapes[] = {
    {HARD, 1, 0, .36}, {8, 1, 0, .12},      {5, 1, 0, .11},      {3, 1, 0, .10},
    {1.7, 1, 0, .05},  {1.15, 1, 0, .05},   {HARD, .25, 0, .07}, {HARD, 1, .03, .05},
    {5, 1, .05, .04},  {HARD, 1, .08, .05},
};

#define SHAPES (int)(sizeof shapes / sizeof *shapes)

/* ln(1 + e^z), of which single precision is more than enough. */
static double soft_plus(double z)
{
    double positive = z > 0 ? z : 0;

    return fabs(z) > FLAT ? positive : positive + (double)log1pf(expf(-(float)fabs(z)));
}

/* ln s at ln u. */
static double value(const struct shape *shape, double log_u)
{
    double droop = 0;

    if (shape->droop > 0 && log_u > log(DROOP_FROM))
        droop = log1p(fmin(1, shape->droop * (exp(log_u) - DROOP_FROM)));
    if (shape->power >= HARD)
        return shape->slope * fmin(log_u, 0) - droop;
    return shape->slope * (log_u - soft_plus(shape->power * log_u) / shape->power) - droop;
}

/* The least depth that lacks no more than ENOUGH of the most there is up to that depth. */
static double wanted(const struct shape *shape, double log_bend, double most, double margin)
{
    double log_most = log(most);

    if (shape->droop > 0)
        log_most = fmin(log_most, log_bend + log(DROOP_FROM));
    if (shape->power >= HARD) {
        double bend = exp(log_bend);
        bool has_margin = margin > 0 && bend >= MARGIN_FROM;
        return log(bend + (has_margin ? fmax(1, margin * bend) : 0));
    }
    double s = shape->power * (value(shape, log_most - log_bend) + ENOUGH);
    return fmin(log_bend + (s - log(-expm1(s))) / shape->power, log_most);
}

/* What is measured, with its logarithms. */
struct data {
    int count;
    double log_depth[POINTS], log_rate[POINTS], weight[POINTS];
};

static void prepare(struct data *data, const struct curve_point *points, int count)
{
    data->count = count < POINTS ? count : POINTS;
    for (int i = 0; i < data->count; i++) {
        data->log_depth[i] = log(points[i].depth);
        data->log_rate[i] = points[i].log_rate;
        data->weight[i] = 1 / points[i].variance;
    }
}

/* Chi square with the best scale, which it gives too. */
static double compare(const struct shape *shape, double log_bend, const struct data *data,
                      double *log_top)
{
    double weight = 0, first = 0, second = 0;

    for (int i = 0; i < data->count; i++) {
        double top = data->log_rate[i] - value(shape, data->log_depth[i] - log_bend);
        weight += data->weight[i];
        first += data->weight[i] * top;
        second += data->weight[i] * top * top;
    }
    *log_top = first / weight;
    return fmax(second - first * first / weight, 0);
}

static double unlikeliness(int shape, double log_bend, const struct data *data)
{
    double top;

    return compare(&shapes[shape], log_bend, data, &top) - 2 * log(shapes[shape].prior);
}

/* Of all shapes at all places: how unlikely they are. Returns the least, from a closer look. */
static double survey(const struct data *data, float unlikely[SHAPES][BENDS])
{
    int best = 0;

    for (int i = 0; i < SHAPES * BENDS; i++) {
        int s = i / BENDS, k = i % BENDS;
        unlikely[s][k] = (float)unlikeliness(s, LEAST_BEND + STEP * k, data);
        best = unlikely[s][k] < unlikely[best / BENDS][best % BENDS] ? i : best;
    }
    double least = unlikely[best / BENDS][best % BENDS];
    for (int i = -FINER; i <= FINER; i++) {
        double bend = LEAST_BEND + STEP * (best % BENDS + (double)i / FINER);
        least = fmin(least, unlikeliness(best / BENDS, bend, data));
    }
    return least;
}

static bool is_least_nearby(const float unlikely[BENDS], int k)
{
    float left = unlikely[k ? k - 1 : k], right = unlikely[k + 1 < BENDS ? k + 1 : k];

    return unlikely[k] <= left && unlikely[k] <= right &&
           (unlikely[k] < left || unlikely[k] < right);
}

/* Worth a closer look: likely itself, or its neighbour may be so between the two. */
static bool is_kept(const float unlikely[BENDS], int k, double most)
{
    return unlikely[k] < most || is_least_nearby(unlikely, k) ||
           (k && is_least_nearby(unlikely, k - 1)) ||
           (k + 1 < BENDS && is_least_nearby(unlikely, k + 1));
}

/* The weight is how unlikely it is, until all are known. */
static void keep(struct curve_fit *fit, int shape, double log_bend, const struct data *data)
{
    double top, chi = compare(&shapes[shape], log_bend, data, &top);

    fit->misfit = fmin(fit->misfit, chi);
    if (fit->cells == CURVE_CELLS)
        return;
    fit->cell[fit->cells++] = (struct curve_cell){shape, (float)log_bend, (float)top,
                                                  (float)(chi - 2 * log(shapes[shape].prior)), 0};
}

static void weigh(struct curve_fit *fit, double most, double margin)
{
    double least = INFINITY, total = 0, mean = 0, square = 0;
    int kept = 0;

    for (int i = 0; i < fit->cells; i++)
        least = fmin(least, (double)fit->cell[i].weight);
    for (int i = 0; i < fit->cells; i++) {
        struct curve_cell cell = fit->cell[i];
        if (cell.weight > least + UNLIKELY)
            continue;
        cell.weight = (float)exp((least - cell.weight) / 2);
        cell.log_wanted = (float)wanted(&shapes[cell.shape], cell.log_bend, most, margin);
        total += cell.weight;
        mean += (double)cell.weight * cell.log_wanted;
        fit->cell[kept++] = cell;
    }
    fit->cells = kept;
    fit->log_wanted = mean /= total;
    for (int i = 0; i < kept; i++) {
        double off = fit->cell[i].log_wanted - mean;
        fit->cell[i].weight /= (float)total;
        square += fit->cell[i].weight * off * off;
    }
    fit->variance = square;
}

void aur_curve_fit(struct curve_fit *fit, const struct curve_point *points, int count, double most,
                   double margin)
{
    float unlikely[SHAPES][BENDS];
    struct data data;
    double weight = 0;
    int likely = 0;

    prepare(&data, points, count);
    for (int i = 0; i < data.count; i++)
        weight += data.weight[i];
    double limit = survey(&data, unlikely) + UNLIKELY;
    for (int i = 0; i < SHAPES * BENDS; i++)
        likely += is_kept(unlikely[i / BENDS], i % BENDS, limit);
    int finer = FINER;
    while (finer > 1 && likely * finer > CURVE_CELLS)
        finer /= 2;
    fit->cells = 0;
    fit->misfit = INFINITY;
    fit->scale_variance = 1 / weight;
    for (int i = 0; i < SHAPES * BENDS * finer; i++) {
        int s = i / (BENDS * finer), k = i / finer % BENDS;
        double part = (i % finer + 0.5) / finer - 0.5;
        if (is_kept(unlikely[s], k, limit))
            keep(fit, s, LEAST_BEND + STEP * (k + part), &data);
    }
    weigh(fit, most, margin);
}

static double log_rate_of(const struct curve_cell *cell, double log_depth)
{
    return cell->log_top + value(&shapes[cell->shape], log_depth - cell->log_bend);
}

void aur_curve_look(const struct curve_fit *fit, double depth, struct curve_view *view)
{
    double log_depth = log(depth), mean = 0, square = 0, both = 0;
    double about = fit->cells ? log_rate_of(&fit->cell[0], log_depth) : 0;

    for (int i = 0; i < fit->cells; i++) {
        const struct curve_cell *cell = &fit->cell[i];
        double y = log_rate_of(cell, log_depth) - about;
        mean += cell->weight * y;
        square += cell->weight * y * y;
        both += cell->weight * y * (cell->log_wanted - fit->log_wanted);
    }
    view->log_rate = about + mean;
    view->variance = fmax(square - mean * mean, 0) + fit->scale_variance;
    view->shared = both * both;
}

double aur_curve_wanted(const struct curve_fit *fit, double probability)
{
    double low = log(0.5), high = 16;

    while (high - low > 0.005) {
        double middle = (low + high) / 2, below = 0;
        for (int i = 0; i < fit->cells; i++)
            below += fit->cell[i].log_wanted <= middle ? fit->cell[i].weight : 0;
        if (below < probability)
            low = middle;
        else
            high = middle;
    }
    return exp(high);
}
