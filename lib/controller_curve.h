/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What throughput may depend on depth like, and how likely each such curve is after
 * some measurements: x = C s(N / c), where s rises to 1, hard or soft, and c is where
 * it bends. All shapes and places of the bend are kept that the measurements allow,
 * each with its likelihood; so a guess knows how sure it is, and which depth would
 * tell most. Pure mathematics; knows nobody.
 */
#ifndef AUR_CONTROLLER_CURVE_H
#define AUR_CONTROLLER_CURVE_H

#define CURVE_CELLS 448

/* Throughput as measured at a depth: its logarithm, and the variance of that. */
struct curve_point {
    double depth, log_rate, variance;
};

/* One curve that may be: its shape and scales, and its share of the likelihood. */
struct curve_cell {
    int shape;
    float log_bend, log_top; /* c and C, the latter over the fit's base */
    float weight;            /* all together: 1 */
    float log_wanted;        /* the depth it asks for */
};

/* Lives on the stack of who asks. */
struct curve_fit {
    int cells;
    double log_wanted, variance; /* of the wanted depth: mean and variance */
    double base;                 /* logarithm of a throughput */
    double misfit;               /* chi square of the best */
    int odd;                     /* which point fits worst ... */
    double oddity;               /* ... and its share of chi square */
    double scale_variance;       /* of the log_top of each */
    struct curve_cell cell[CURVE_CELLS];
};

/*
 * most: the greatest depth that counts. margin: part of a hard knee that is wanted
 * on top of it. count > 0.
 */
void aur_curve_fit(struct curve_fit *fit, const struct curve_point *points, int count, double most,
                   double margin);
/* What the fit says of a depth: throughput, as a logarithm, and how sure that is. */
struct curve_view {
    double log_rate, variance;
    double shared; /* its covariance with the wanted depth, squared */
};
void aur_curve_look(const struct curve_fit *fit, double depth, struct curve_view *view);
/* By how much a measurement there, of that variance, makes the wanted depth's less. */
static inline double curve_gain(const struct curve_view *view, double variance)
{
    return view->shared / (view->variance + variance);
}
/* With this probability the wanted depth is not greater. */
double aur_curve_wanted(const struct curve_fit *fit, double probability);
/*
 * The depth that is regretted least, whichever curve is the true one. price: what too
 * much depth costs, in throughput, as logarithms of both.
 */
int aur_curve_choose(const struct curve_fit *fit, double price);

#endif
