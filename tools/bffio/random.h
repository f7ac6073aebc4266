/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers as fio draws them: Tausworthe generators of L'Ecuyer (three components of 32
 * bits, or five of 64), one stream for each purpose, each seeded from randseed and the number of
 * the job. Numbers, seeds and the order of the draws decide the offsets, so they are a contract. */
#ifndef BFFIO_RANDOM_H
#define BFFIO_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct taus {
    uint32_t narrow[3];
    bool is_wide;
    uint64_t wide[5];
};

void taus_seed(struct taus *taus, uint64_t seed, bool wide);
uint64_t taus_wide(struct taus *taus);

static inline uint32_t taus_narrow(struct taus *taus)
{
    uint32_t a = taus->narrow[0], b = taus->narrow[1], c = taus->narrow[2];

    a = ((a & 0xfffffffeU) << 12) ^ (((a << 13) ^ a) >> 19);
    b = ((b & 0xfffffff8U) << 4) ^ (((b << 2) ^ b) >> 25);
    c = ((c & 0xfffffff0U) << 17) ^ (((c << 3) ^ c) >> 11);
    taus->narrow[0] = a;
    taus->narrow[1] = b;
    taus->narrow[2] = c;
    return a ^ b ^ c;
}

static inline uint64_t taus_next(struct taus *taus)
{
    return taus->is_wide ? taus_wide(taus) : taus_narrow(taus);
}

/* A number from 0 to n - 1. */
static inline uint64_t taus_below(struct taus *taus, uint64_t n)
{
    if (taus->is_wide)
        return (uint64_t)((double)n * ((double)taus_wide(taus) / 0x1p64));
    return (uint64_t)((double)n * (taus_narrow(taus) * 0x1p-32));
}

/* A number from 1 to 100. */
static inline unsigned taus_percent(struct taus *taus)
{
    return 1 + (unsigned)taus_below(taus, 100);
}

/* Two draws multiplied: the seed of a buffer's contents. */
static inline uint64_t taus_product(struct taus *taus)
{
    uint64_t first = taus_next(taus);

    return first * taus_next(taus);
}

/* What the streams are for; the numbers go into the seeds. */
enum stream {
    STREAM_BS_READ,
    STREAM_BS_WRITE,
    STREAM_BS_TRIM,
    STREAM_VERIFY,
    STREAM_MIX,
    STREAM_FILE,
    STREAM_BLOCK,
    STREAM_FILE_SIZE,
    STREAM_TRIM,
    STREAM_CONTENTS,
    STREAM_SEQUENTIAL, /* percentage_random of each direction */
    STREAM_DEDUPE = 14,
    STREAM_ZONE = 16,
    STREAMS = 24
};

struct job;

/* The seeds of all streams of a job. Without randrepeat and randseed they are the system's. */
void stream_seeds(uint64_t seeds[STREAMS], const struct job *job);

#endif
