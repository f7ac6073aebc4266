/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers: streams that repeat from their seed on every machine, and
 * spreads, which are tables of quantiles with mean 1, so that drawing a service
 * time costs a look-up. Knows nobody.
 */
#ifndef CHANCE_H
#define CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static inline uint64_t chance_next(struct chance *chance)
{
    return chance_mix(chance->state += 0x9e3779b97f4a7c15ull);
}

/* A stream of its own for each use of one seed. */
static inline struct chance chance_stream(uint64_t seed, uint64_t use)
{
    return (struct chance){chance_mix(seed * 0x2545f4914f6cdd1dull + use)};
}

/* Within [0, 1). */
static inline double chance_uniform(struct chance *chance)
{
    return (double)(chance_next(chance) >> 11) * 0x1p-53;
}

static inline double chance_between(struct chance *chance, double low, double high)
{
    return low + (high - low) * chance_uniform(chance);
}

double chance_exponential(struct chance *chance); /* with mean 1 */
double chance_log_between(struct chance *chance, double low, double high);
double chance_normal_at(uint64_t seed, uint64_t index); /* the same for the same arguments */

enum spread_kind { SPREAD_FIXED, SPREAD_EXPONENTIAL, SPREAD_LOGNORMAL };

#define SPREAD_SIZE 16384

struct spread {
    enum spread_kind kind;
    float quantile[SPREAD_SIZE];
};

/* sigma: of the logarithm; only for SPREAD_LOGNORMAL. */
void spread_init(struct spread *spread, enum spread_kind kind, double sigma);

static inline double spread_draw(const struct spread *spread, struct chance *chance)
{
    if (spread->kind == SPREAD_FIXED)
        return 1;
    return (double)spread->quantile[chance_next(chance) % SPREAD_SIZE];
}

#endif
