/* SPDX-License-Identifier: Apache-2.0 */
/* See chance.h. */
#include "chance.h"

#include <math.h>
#include <stdbool.h>

/* The normal quantiles at (i + .5) / SPREAD_SIZE; filled once. */
static double normal[SPREAD_SIZE];

static double normal_density(double z)
{
    return exp(-z * z / 2) / sqrt(2 * 3.14159265358979323846);
}

static void fill_normal(void)
{
    double z = -5;

    for (int i = 0; i < SPREAD_SIZE / 2; i++) {
        double p = (i + .5) / SPREAD_SIZE;
        /* Newton on the logarithm, which is concave: from the left it never oversteps. */
        for (int step = 0; step < 40; step++) {
            double below = .5 * erfc(-z / sqrt(2));
            double by = log(p / below) * below / normal_density(z);
            z += by;
            if (by < 1e-12)
                break;
        }
        normal[i] = z;
        normal[SPREAD_SIZE - 1 - i] = -z;
    }
}

double chance_exponential(struct chance *chance)
{
    return -log(1 - chance_uniform(chance));
}

double chance_log_between(struct chance *chance, double low, double high)
{
    return low * exp(chance_uniform(chance) * log(high / low));
}

double chance_normal_at(uint64_t seed, uint64_t index)
{
    if (normal[0] == 0)
        fill_normal();
    return normal[chance_mix(seed ^ chance_mix(index + 1)) % SPREAD_SIZE];
}

void spread_init(struct spread *spread, enum spread_kind kind, double sigma)
{
    double sum = 0;

    spread->kind = kind;
    if (kind == SPREAD_FIXED)
        return;
    if (normal[0] == 0)
        fill_normal();
    for (int i = 0; i < SPREAD_SIZE; i++) {
        double value =
            kind == SPREAD_LOGNORMAL ? exp(sigma * normal[i]) : -log(1 - (i + .5) / SPREAD_SIZE);
        spread->quantile[i] = (float)value;
        sum += value;
    }
    for (int i = 0; i < SPREAD_SIZE; i++)
        spread->quantile[i] = (float)(spread->quantile[i] * SPREAD_SIZE / sum);
}
