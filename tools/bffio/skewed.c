/* SPDX-License-Identifier: Apache-2.0 */
/* See skewed.h. */
#include "skewed.h"

#include <math.h>
#include <string.h>

enum { ZETA_TERMS = 10000000, NORMAL_DRAWS = 12 };

static uint64_t scatter(uint64_t block)
{
    return block * 0x61c8864680b583ebULL;
}

static double unit_share(struct taus *taus)
{
    return taus_narrow(taus) / (double)UINT32_MAX;
}

static void init_zipf(struct skewed *skewed, double theta)
{
    uint64_t terms = skewed->blocks < ZETA_TERMS ? skewed->blocks : ZETA_TERMS;

    skewed->theta = theta;
    skewed->zeta2 = 1.0 + pow(0.5, theta);
    for (uint64_t i = 1; i <= terms; i++)
        skewed->zeta_n += pow(1.0 / (double)i, theta);
}

static void init_normal(struct skewed *skewed, double percent, double center)
{
    skewed->shift = 0;
    if (center >= 0)
        skewed->shift = (uint64_t)(int64_t)((double)skewed->blocks * (center - 0.5));
    skewed->deviation = (uint64_t)ceil((double)skewed->blocks * percent / 100.0);
    if (skewed->deviation > skewed->blocks / 2)
        skewed->deviation = skewed->blocks / 2;
}

void skewed_init(struct skewed *skewed, enum distribution kind, uint64_t blocks, double value,
                 double center, uint32_t seed)
{
    *skewed = (struct skewed){.kind = kind, .blocks = blocks ? blocks : 1};
    taus_seed(&skewed->taus, seed, false);
    if (kind == DIST_NORMAL) {
        init_normal(skewed, value, center);
        return;
    }
    skewed->shift = taus_narrow(&skewed->taus);
    if (center >= 0)
        skewed->shift = (uint64_t)((double)skewed->blocks * center);
    if (kind == DIST_ZIPF)
        init_zipf(skewed, value);
    else
        skewed->power = log(value) / log(1.0 - value);
}

static uint64_t next_zipf(struct skewed *skewed)
{
    double n = (double)skewed->blocks;
    double alpha = 1.0 / (1.0 - skewed->theta);
    double eta = (1.0 - pow(2.0 / n, 1.0 - skewed->theta)) / (1.0 - skewed->zeta2 / skewed->zeta_n);
    double share = unit_share(&skewed->taus);
    double z = share * skewed->zeta_n;

    if (z < 1.0)
        return 0;
    if (z < 1.0 + pow(0.5, skewed->theta))
        return 1;
    return (uint64_t)(n * pow(eta * share - eta + 1.0, alpha));
}

static uint64_t next_normal(struct skewed *skewed)
{
    uint64_t sum = 0;
    int64_t off;

    for (int i = 0; i < NORMAL_DRAWS; i++)
        sum += taus_narrow(&skewed->taus) % (skewed->blocks + 1);
    sum = (sum + NORMAL_DRAWS - 1) / NORMAL_DRAWS;
    if (!skewed->deviation)
        return sum;
    off = (int64_t)taus_below(&skewed->taus, skewed->deviation) - (int64_t)(skewed->deviation / 2);
    while ((uint64_t)((int64_t)sum + off) >= skewed->blocks)
        off /= 2;
    return (uint64_t)((int64_t)sum + off);
}

uint64_t skewed_next(struct skewed *skewed)
{
    uint64_t block;

    if (skewed->kind == DIST_ZIPF)
        block = next_zipf(skewed);
    else if (skewed->kind == DIST_PARETO)
        block = (uint64_t)((double)(skewed->blocks - 1) *
                           pow(unit_share(&skewed->taus), skewed->power));
    else
        block = next_normal(skewed);
    return (scatter(block) + skewed->shift) % skewed->blocks;
}

static uint32_t turned(uint32_t value, unsigned by)
{
    return value << by | value >> (32 - by);
}

static void mix(uint32_t v[3])
{
    static const unsigned by[6] = {4, 6, 8, 16, 19, 4};

    for (unsigned i = 0; i < 6; i++) {
        uint32_t *x = &v[i % 3], *y = &v[(i + 1) % 3], *z = &v[(i + 2) % 3];

        *x -= *z;
        *x ^= turned(*z, by[i]);
        *z += *y;
    }
}

static void mix_last(uint32_t v[3])
{
    static const unsigned by[7] = {14, 11, 25, 16, 4, 14, 24};

    for (unsigned i = 0; i < 7; i++) {
        uint32_t *x = &v[(i + 2) % 3], from = v[(i + 1) % 3];

        *x ^= from;
        *x -= turned(from, by[i]);
    }
}

uint32_t name_hash(const char *name)
{
    size_t len = strlen(name);
    uint32_t start = 0x61c88647U + (uint32_t)len;
    uint32_t v[3] = {start, start, start};

    while (len > 12) {
        /* fio takes one byte of each four here, and so must we. */
        for (int i = 0; i < 3; i++)
            v[i] += (unsigned char)name[4 * i];
        mix(v);
        name += 12;
        len -= 12;
    }
    if (!len)
        return v[2];
    for (size_t i = 0; i < len; i++)
        v[i / 4] += (uint32_t)(unsigned char)name[i] << (8 * (i % 4));
    mix_last(v);
    return v[2];
}
