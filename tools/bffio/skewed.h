/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks drawn unevenly: zipf, pareto and normal, as fio draws them. */
#ifndef BFFIO_SKEWED_H
#define BFFIO_SKEWED_H

#include "job.h"
#include "random.h"

struct skewed {
    enum distribution kind;
    struct taus taus;
    uint64_t blocks;
    uint64_t shift;              /* added to each block, so that jobs differ in what is hot */
    double theta, zeta2, zeta_n; /* zipf */
    double power;                /* pareto */
    uint64_t deviation;          /* normal */
};

/* value is theta, h or the deviation in percent; center is from 0 to 1, or -1. */
void skewed_init(struct skewed *skewed, enum distribution kind, uint64_t blocks, double value,
                 double center, uint32_t seed);
uint64_t skewed_next(struct skewed *skewed);
/* The hash of a file name that goes into the seed (Bob Jenkins, lookup3). */
uint32_t name_hash(const char *name);

#endif
