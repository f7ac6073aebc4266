/* SPDX-License-Identifier: Apache-2.0 */
/* The curves of controller_curve.h. */
#include "controller_curve.h"

#include <math.h>
#include <stdbool.h>

#define ENOUGH -0.010f    /* as a logarithm: what the wanted depth's throughput may lack */
#define LEAST_BEND -0.35f /* as a logarithm */
#define STEP 0.16f        /* between bends, likewise */
#define FINER 8           /* such steps in one, where few are likely */
#define BENDS 42
#define CELLS_FINE 320   /* with more of them there is no need for finer ones, ... */
#define CELLS_COARSE 256 /* ... with more than so many half will do */
#define UNLIKELY 14      /* more chi square than the best has: is not kept */
#define NEGLIGIBLE 11    /* so much more: has no say */
#define MARGIN_FROM 5    /* one more of fewer would be too much */
#define HARD 64          /* a power: there is no telling it from a corner */
#define SOFT 2           /* a power: gains on where it droops already */
#define FLAT 14          /* |z| from which on ln(1 + e^z) is z or nothing */
#define DROOP_FROM 0.7f  /* beyond the bend, as a logarithm: from there on ... */
#define DROOP_SLOPE 0.3f /* ... it lacks droop z (z + 0.3), ... */
#define DROOP_MOST 0.7f  /* ... half at most */
#define POINTS 16
#define LITTLE 0.13f       /* of throughput, for each e below: so much a standing queue is worth */
#define UNLIKELY_LOW 0.2   /* with this probability a smaller depth is wanted, ... */
#define UNLIKELY_HIGH 0.85 /* ... with that one not a greater one: between them is chosen, ... */
#define CHOICES 128
#define CHOICE_STEP 0.03 /* ... to so much of the depth */

/*
 * s(u) = (u / (1 + u^power)^(1 / power))^slope, less what droops: below the bend
 * throughput grows as the depth to the power of slope. A queue for all channels makes a
 * corner, service that slows down with load bends softly, a queue for each channel has a
 * power of little over 1; a disk's arm gains by all it may choose from, and then no more.
 * Some devices lose by depths far beyond their knee, up to half.
 */
static const struct shape {
    float power, width; /* its inverse */
    float slope, droop;
    float unlikely; /* -2 ln of its prior */
} shapes[] = {
    {HARD, 1.f / HARD, 1, 0, 2.04f},     {8, 1.f / 8, 1, 0, 4.24f},
    {5, 1.f / 5, 1, 0, 4.41f},           {3, 1.f / 3, 1, 0, 4.61f},
    {1.7f, 1.f / 1.7f, 1, 0, 5.99f},     {1.15f, 1.f / 1.15f, 1, 0, 5.99f},
    {HARD, 1.f / HARD, .25f, 0, 5.32f},  {HARD, 1.f / HARD, .33f, 0, 5.99f},
    {HARD, 1.f / HARD, 1, .074f, 5.99f}, {5, 1.f / 5, 1, .113f, 6.44f},
    {1.7f, 1.f / 1.7f, 1, .055f, 6.44f}, {1.15f, 1.f / 1.15f, 1, .055f, 7.01f},
    {HARD, 1.f / HARD, 1, .17f, 5.99f},
};

#define SHAPES (int)(sizeof shapes / sizeof *shapes)

#define BENT_STEPS 8 /* in one */

/* ln(1 + e^-z) for z of 0, 1/8, 2/8 ... FLAT. */
static const float bent[] = {
    0.69315f, 0.63260f, 0.57594f, 0.52312f, 0.47408f, 0.42870f, 0.38687f, 0.34844f, 0.31326f,
    0.28115f, 0.25193f, 0.22541f, 0.20141f, 0.17974f, 0.16022f, 0.14268f, 0.12693f, 0.11282f,
    0.10021f, 0.08894f, 0.07889f, 0.06994f, 0.06197f, 0.05488f, 0.04859f, 0.04300f, 0.03804f,
    0.03365f, 0.02975f, 0.02630f, 0.02325f, 0.02054f, 0.01815f, 0.01603f, 0.01416f, 0.01251f,
    0.01105f, 0.00976f, 0.00861f, 0.00761f, 0.00672f, 0.00593f, 0.00523f, 0.00462f, 0.00408f,
    0.00360f, 0.00318f, 0.00280f, 0.00248f, 0.00219f, 0.00193f, 0.00170f, 0.00150f, 0.00133f,
    0.00117f, 0.00103f, 0.00091f, 0.00080f, 0.00071f, 0.00063f, 0.00055f, 0.00049f, 0.00043f,
    0.00038f, 0.00034f, 0.00030f, 0.00026f, 0.00023f, 0.00020f, 0.00018f, 0.00016f, 0.00014f,
    0.00012f, 0.00011f, 0.00010f, 0.00008f, 0.00007f, 0.00007f, 0.00006f, 0.00005f, 0.00005f,
    0.00004f, 0.00004f, 0.00003f, 0.00003f, 0.00002f, 0.00002f, 0.00002f, 0.00002f, 0.00001f,
    0.00001f, 0.00001f, 0.00001f, 0.00001f, 0.00001f, 0.00001f, 0.00001f, 0.00001f, 0.00000f,
    0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f,
    0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f, 0.00000f,
};

/* ln(1 + e^z), to half a thousandth. */
static float soft_plus(float z)
{
    float at = fabsf(z) * BENT_STEPS, positive = z > 0 ? z : 0;

    if (at >= FLAT * BENT_STEPS)
        return positive;
    int i = (int)at;
    return positive + bent[i] + (at - (float)i) * (bent[i + 1] - bent[i]);
}

/* ln s at ln u. */
static float value(const struct shape *shape, float log_u)
{
    float past = log_u - DROOP_FROM, droop = 0;

    if (past > 0 && shape->droop > 0)
        droop = fminf(DROOP_MOST, shape->droop * past * (past + DROOP_SLOPE));
    if (shape->power >= HARD)
        return shape->slope * (log_u < 0 ? log_u : 0) - droop;
    return shape->slope * (log_u - soft_plus(shape->power * log_u) * shape->width) - droop;
}

/* The least depth that lacks no more than ENOUGH of the most there is up to that depth. */
static float wanted(const struct shape *shape, float log_bend, float log_most, float margin)
{
    if (shape->droop > 0)
        log_most = fminf(log_most, log_bend + (shape->power < SOFT ? 2 : 1) * DROOP_FROM);
    if (shape->power >= HARD) {
        float bend = expf(log_bend);
        bool has_margin = margin > 0 && bend >= MARGIN_FROM;
        return has_margin ? logf(bend + fmaxf(1, margin * bend)) : log_bend;
    }
    float s = shape->power * (value(shape, log_most - log_bend) + ENOUGH);
    return fminf(log_bend + (s - logf(-expm1f(s))) / shape->power, log_most);
}

/* What is measured, with its logarithms. */
struct data {
    int count;
    double base; /* of the log_rates here, which are small beside it */
    float log_depth[POINTS], log_rate[POINTS], weight[POINTS], weights;
};

static void prepare(struct data *data, const struct curve_point *points, int count)
{
    data->count = count < POINTS ? count : POINTS;
    data->base = points[0].log_rate;
    data->weights = 0;
    for (int i = 0; i < data->count; i++) {
        data->log_depth[i] = (float)log(points[i].depth);
        data->log_rate[i] = (float)(points[i].log_rate - data->base);
        data->weight[i] = (float)(1 / points[i].variance);
        data->weights += data->weight[i];
    }
}

/* Chi square with the best scale, which it gives too. */
static float compare(const struct shape *shape, float log_bend, const struct data *data,
                     float *log_top)
{
    float tops[POINTS], mean = 0, chi = 0;

    for (int i = 0; i < data->count; i++) {
        tops[i] = data->log_rate[i] - value(shape, data->log_depth[i] - log_bend);
        mean += data->weight[i] * tops[i];
    }
    mean /= data->weights;
    for (int i = 0; i < data->count; i++)
        chi += data->weight[i] * (tops[i] - mean) * (tops[i] - mean);
    *log_top = mean;
    return chi;
}

static float unlikeliness(int shape, float log_bend, const struct data *data)
{
    float top;

    return compare(&shapes[shape], log_bend, data, &top) + shapes[shape].unlikely;
}

/* Of all shapes at all places: how unlikely they are. Returns the least, from a closer look. */
static float survey(const struct data *data, float unlikely[SHAPES][BENDS])
{
    int best = 0;

    for (int i = 0; i < SHAPES * BENDS; i++) {
        int s = i / BENDS, k = i % BENDS;
        unlikely[s][k] = unlikeliness(s, LEAST_BEND + STEP * (float)k, data);
        best = unlikely[s][k] < unlikely[best / BENDS][best % BENDS] ? i : best;
    }
    float least = unlikely[best / BENDS][best % BENDS];
    for (int i = -FINER; i <= FINER; i++) {
        float bend = LEAST_BEND + STEP * ((float)(best % BENDS) + (float)i / FINER);
        least = fminf(least, unlikeliness(best / BENDS, bend, data));
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
static bool is_kept(const float unlikely[BENDS], int k, float most)
{
    return unlikely[k] < most || is_least_nearby(unlikely, k) ||
           (k && is_least_nearby(unlikely, k - 1)) ||
           (k + 1 < BENDS && is_least_nearby(unlikely, k + 1));
}

/* The weight is how unlikely it is, until all are known. */
static void keep(struct curve_fit *fit, int shape, float log_bend, const struct data *data)
{
    float top, chi = compare(&shapes[shape], log_bend, data, &top);

    fit->misfit = fmin(fit->misfit, chi);
    if (fit->cells == CURVE_CELLS)
        return;
    fit->cell[fit->cells++] =
        (struct curve_cell){shape, log_bend, top, chi + shapes[shape].unlikely, 0};
}

static void weigh(struct curve_fit *fit, float log_most, float margin)
{
    float least = INFINITY;
    double total = 0, mean = 0, square = 0;
    int kept = 0;

    for (int i = 0; i < fit->cells; i++)
        least = fminf(least, fit->cell[i].weight);
    for (int i = 0; i < fit->cells; i++) {
        struct curve_cell cell = fit->cell[i];
        if (cell.weight > least + NEGLIGIBLE)
            continue;
        cell.weight = expf((least - cell.weight) / 2);
        cell.log_wanted = wanted(&shapes[cell.shape], cell.log_bend, log_most, margin);
        total += cell.weight;
        mean += cell.weight * cell.log_wanted;
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

static float log_rate_of(const struct curve_cell *cell, float log_depth)
{
    return cell->log_top + value(&shapes[cell->shape], log_depth - cell->log_bend);
}

/* The point that is farthest from the most likely curve. */
static void find_odd(struct curve_fit *fit, const struct data *data)
{
    const struct curve_cell *best = &fit->cell[0];

    for (int i = 1; i < fit->cells; i++)
        best = fit->cell[i].weight > best->weight ? &fit->cell[i] : best;
    fit->odd = 0;
    fit->oddity = 0;
    for (int i = 0; i < data->count; i++) {
        float off = data->log_rate[i] - log_rate_of(best, data->log_depth[i]);
        double oddity = data->weight[i] * off * off;
        if (oddity >= fit->oddity) {
            fit->oddity = oddity;
            fit->odd = i;
        }
    }
}

void aur_curve_fit(struct curve_fit *fit, const struct curve_point *points, int count, double most,
                   double margin)
{
    float unlikely[SHAPES][BENDS];
    struct data data;
    int likely = 0, finer = FINER;

    prepare(&data, points, count);
    float limit = survey(&data, unlikely) + UNLIKELY;
    for (int i = 0; i < SHAPES * BENDS; i++)
        likely += is_kept(unlikely[i / BENDS], i % BENDS, limit);
    while (finer > 1 && likely * finer > CELLS_FINE)
        finer /= 2;
    int every = likely > CELLS_COARSE ? 2 : 1;
    fit->cells = 0;
    fit->misfit = INFINITY;
    fit->base = data.base;
    fit->scale_variance = 1 / data.weights;
    for (int i = 0; i < SHAPES * BENDS; i++) {
        if (!is_kept(unlikely[i / BENDS], i % BENDS, limit) || i % every)
            continue;
        for (int j = 0; j < finer; j++) {
            float part = ((float)j + 0.5f) / (float)finer - 0.5f;
            keep(fit, i / BENDS, LEAST_BEND + STEP * ((float)(i % BENDS) + part), &data);
        }
    }
    weigh(fit, (float)log(most), (float)margin);
    find_odd(fit, &data);
}

void aur_curve_look(const struct curve_fit *fit, double depth, struct curve_view *view)
{
    float log_depth = (float)log(depth), mean = 0, square = 0, both = 0;
    float about = fit->cells ? log_rate_of(&fit->cell[0], log_depth) : 0;

    for (int i = 0; i < fit->cells; i++) {
        const struct curve_cell *cell = &fit->cell[i];
        float y = log_rate_of(cell, log_depth) - about;
        mean += cell->weight * y;
        square += cell->weight * y * y;
        both += cell->weight * y * (cell->log_wanted - (float)fit->log_wanted);
    }
    view->log_rate = fit->base + (double)(about + mean);
    view->variance = fmax(square - mean * mean, 0) + fit->scale_variance;
    view->shared = (double)both * both;
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

/* What the depths cost if this cell is true, as logarithms of throughput, times its weight. */
static void regret(const struct curve_cell *cell, const float *log_depth, int count, float price,
                   float *sum)
{
    const struct shape *shape = &shapes[cell->shape];
    float full = value(shape, cell->log_wanted - cell->log_bend);

    for (int i = 0; i < count; i++) {
        float off = log_depth[i] - cell->log_wanted, cost = price * off;
        if (off < 0)
            cost = fmaxf(full - value(shape, log_depth[i] - cell->log_bend), 0) - LITTLE * off;
        sum[i] += cell->weight * cost;
    }
}

int aur_curve_choose(const struct curve_fit *fit, double price)
{
    double depth = fmax(floor(aur_curve_wanted(fit, UNLIKELY_LOW)), 1);
    double most = aur_curve_wanted(fit, UNLIKELY_HIGH) + 1;
    float log_depth[CHOICES], sum[CHOICES] = {0};
    int count = 0, chosen = 0;

    for (; depth <= most && count < CHOICES; depth += fmax(1, floor(CHOICE_STEP * depth)))
        log_depth[count++] = (float)log(depth);
    for (int i = 0; i < fit->cells; i++)
        regret(&fit->cell[i], log_depth, count, (float)price, sum);
    for (int i = 1; i < count; i++)
        chosen = sum[i] < sum[chosen] ? i : chosen;
    return count ? (int)lrintf(expf(log_depth[chosen])) : 1;
}
