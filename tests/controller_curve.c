/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The curves that a search lays through its points: the depth that is wanted comes out
 * for each kind of device, they know when they do not know, and where to look then.
 */
#include "controller_curve.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

#define MOST 256.
#define MARGIN .08

static struct curve_fit fit;

/* s(u) of a soft knee; power 0: a hard one. */
static double throughput(double depth, double bend, double power)
{
    double u = depth / bend;

    return power > 0 ? u / pow(1 + pow(u, power), 1 / power) : fmin(u, 1);
}

static int measure(struct curve_point *points, const double *depths, int count, double bend,
                   double power, double sigma)
{
    for (int i = 0; i < count; i++) {
        points[i].depth = depths[i];
        points[i].log_rate = log(50000 * throughput(depths[i], bend, power));
        points[i].variance = sigma * sigma;
    }
    return count;
}

static void check_knee(double bend, double power, double least, double most)
{
    static const double parts[] = {.25, .6, 1, 1.4, 2.5, 5};
    struct curve_point points[6];
    double depths[6];

    for (int i = 0; i < 6; i++)
        depths[i] = fmin(floor(parts[i] * bend) + 1, MOST);
    aur_curve_fit(&fit, points, measure(points, depths, 6, bend, power, .01), MOST, MARGIN);
    double wanted = aur_curve_wanted(&fit, .5);
    ok(wanted >= least && wanted <= most, "power %.1f, bend at %.0f: %.1f is wanted", power, bend,
       wanted);
    ok(fit.misfit < 12, "... and the curve goes through the points: %.1f", fit.misfit);
}

/* Far below the knee nothing is known of it, but that great depths would tell. */
static void check_ignorance(void)
{
    static const double depths[] = {4, 8};
    struct curve_point points[2];
    struct curve_view near, far;

    aur_curve_fit(&fit, points, measure(points, depths, 2, 60, 0, .03), MOST, MARGIN);
    ok(sqrt(fit.variance) > .5, "of two points below the knee: sure to %.2f", sqrt(fit.variance));
    aur_curve_look(&fit, 8, &near);
    aur_curve_look(&fit, 64, &far);
    ok(curve_gain(&far, .001) > 4 * curve_gain(&near, .001), "64 would tell more than 8 again");
    ok(far.variance > near.variance, "... because nobody knows what it has");
    ok(fabs(near.log_rate - points[1].log_rate) < .05, "... while 8 is known");
}

/* The wanted depth of a hard knee has the margin on top, of a few operations none. */
static void check_margin(void)
{
    static const double depths[] = {10, 30, 40, 60, 90};
    static const double few[] = {1, 2, 3, 4, 8};
    struct curve_point points[5];

    aur_curve_fit(&fit, points, measure(points, depths, 5, 40, 0, .003), MOST, 0);
    double bare = aur_curve_wanted(&fit, .5);
    aur_curve_fit(&fit, points, 5, MOST, MARGIN);
    double more = aur_curve_wanted(&fit, .5);
    ok(fabs(bare - 40) < 1.5, "a hard knee at 40: %.1f", bare);
    ok(fabs(more / bare - 1.08) < .02, "... and with the margin %.1f", more);
    aur_curve_fit(&fit, points, measure(points, few, 5, 3, 0, .003), MOST, MARGIN);
    ok(fabs(aur_curve_wanted(&fit, .5) - 3) < .3, "a hard knee at 3 has none: %.1f",
       aur_curve_wanted(&fit, .5));
}

/* Nobody knows which it is: too little costs throughput, too much its price. */
static void check_choice(void)
{
    static const double depths[] = {10, 20, 40, 60, 120};
    struct curve_point points[5];

    aur_curve_fit(&fit, points, measure(points, depths, 5, 40, 0, .01), MOST, 0);
    ok(abs(aur_curve_choose(&fit, .2) - 40) <= 1, "what is known is chosen: %d",
       aur_curve_choose(&fit, .2));
    aur_curve_fit(&fit, points, measure(points, depths, 2, 40, 0, .05), MOST, 0);
    int cheap = aur_curve_choose(&fit, .02), dear = aur_curve_choose(&fit, 5);
    ok(cheap > dear, "what is not, the greater, the cheaper depth is: %d, %d", cheap, dear);
}

/* No curve rises, falls and rises again. */
static void check_misfit(void)
{
    static const double depths[] = {4, 8, 16, 32, 64};
    struct curve_point points[5];

    measure(points, depths, 5, 20, 0, .02);
    points[2].log_rate -= .6;
    aur_curve_fit(&fit, points, 5, MOST, MARGIN);
    ok(fit.misfit > 50, "points of two targets do not fit: %.0f", fit.misfit);
}

/* A single point and the widest of depths do no harm. */
static void check_edges(void)
{
    struct curve_point point = {1, 3, 1e-4};

    aur_curve_fit(&fit, &point, 1, 1, MARGIN);
    ok(isfinite(fit.log_wanted) && fit.cells > 0, "one point, one depth");
    point.depth = 65536;
    aur_curve_fit(&fit, &point, 1, MOST, MARGIN);
    ok(isfinite(aur_curve_wanted(&fit, .9)) && aur_curve_wanted(&fit, .9) <= 1000,
       "one point far out: at most %.0f is wanted", aur_curve_wanted(&fit, .9));
}

int main(void)
{
    check_knee(16, 0, 16, 18.5);
    check_knee(100, 0, 104, 112);
    check_knee(20, 8, 22, 30);
    check_knee(20, 3, 40, 70);
    check_knee(12, 1.15, 130, 215);
    check_ignorance();
    check_margin();
    check_choice();
    check_misfit();
    check_edges();
    return done();
}
