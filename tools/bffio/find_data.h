/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BFFIO_FIND_DATA_H
#define BFFIO_FIND_DATA_H

#include "find.h"

struct shared {
    /* before the run, then constant */
    unsigned jobs, top; /* top: the sum of the depths that are given */
    bool is_open_ended, uses_sqpoll;
    uint64_t target_ns, max_bs;
    const char *name; /* of the first job, which owns it */

    pthread_mutex_t lock; /* of the next lines; never taken by the I/O loop */
    auraio_engine_t *engine;
    unsigned users;
    unsigned n_ended;    /* engines that are gone */
    bool is_abandoned;   /* the last of them with operations in flight */
    pthread_cond_t gone; /* n_ended has grown */
    uint64_t began_ns;
    struct found found;
    uint64_t *hist[2]; /* converging, steady: of jobs that have ended */

    atomic_bool is_steady;
    _Atomic(struct loop *) reaper; /* sleeps, or is about to sleep, in auraio_wait */
    _Atomic unsigned starving;
};

#endif
