/* SPDX-License-Identifier: Apache-2.0 */
/* See random.h. */
#include "random.h"

#include "job.h"

#include <sys/random.h>
#include <time.h>

static uint64_t at_least(uint64_t value, uint64_t least)
{
    return value < least ? value + least : value;
}

static void seed_narrow(struct taus *taus, uint32_t seed)
{
    static const uint32_t least[3] = {1, 7, 15};
    uint32_t value = 53;

    for (int i = 0; i < 3; i++) {
        value = (uint32_t)at_least((value * 69069U) ^ seed, least[i]);
        taus->narrow[i] = value;
    }
    for (int i = 0; i < 6; i++)
        taus_narrow(taus);
}

static void seed_wide(struct taus *taus, uint64_t seed)
{
    static const uint64_t least[5] = {1, 7, 15, 33, 49};
    uint64_t value = 53;

    for (int i = 0; i < 5; i++) {
        value = at_least((value * 6906969069ULL) ^ seed, least[i]);
        taus->wide[i] = value;
    }
    for (int i = 0; i < 6; i++)
        taus_wide(taus);
}

void taus_seed(struct taus *taus, uint64_t seed, bool wide)
{
    *taus = (struct taus){.is_wide = wide};
    if (wide)
        seed_wide(taus, seed);
    else
        seed_narrow(taus, (uint32_t)seed);
}

uint64_t taus_wide(struct taus *taus)
{
    /* Shift left, shift in, shift right and the bits each component keeps. */
    static const struct {
        unsigned up, in, down, kept;
    } step[5] = {{10, 1, 53, 1}, {5, 24, 50, 9}, {29, 3, 23, 12}, {23, 5, 24, 17}, {8, 3, 33, 23}};
    uint64_t sum = 0;

    for (int i = 0; i < 5; i++) {
        uint64_t s = taus->wide[i];

        s = ((s & ~((1ULL << step[i].kept) - 1)) << step[i].up) ^
            (((s << step[i].in) ^ s) >> step[i].down);
        taus->wide[i] = s;
        sum ^= s;
    }
    return sum;
}

void stream_seeds(uint64_t seeds[STREAMS], const struct job *job)
{
    const uint64_t golden = 0x9e370001UL;
    const uint64_t thread = job->index + 1;
    uint64_t seed = job->randseed_given ? job->randseed : 0x89;

    if (!job->randrepeat && !job->allrandrepeat && !job->randseed_given &&
        getrandom(seeds, STREAMS * sizeof(seeds[0]), 0) == STREAMS * sizeof(seeds[0]))
        return;
    for (int i = 0; i < 4; i++)
        seed *= golden;
    for (unsigned i = 0; i < STREAMS; i++) {
        seeds[i] = seed * thread + i;
        seed *= golden;
    }
    if (job->allrandrepeat)
        for (unsigned i = 0; i < STREAMS; i++)
            seeds[i] = 0xb1899bedUL * thread + i;
    if (job->randrepeat || job->allrandrepeat)
        seeds[STREAM_BLOCK] = 0xb1899bedUL * thread;
}
