/* SPDX-License-Identifier: Apache-2.0 */
/* flow=: the jobs of a flow_id share operations by their weights. A job that is ahead of its
 * share waits. The counters are the only thing that such jobs have in common. */
#ifndef BFFIO_FLOW_H
#define BFFIO_FLOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { FLOW_WAIT_US = 50 }; /* of a job that is ahead, until it looks again */

struct flow {
    unsigned id;
    _Atomic uint64_t operations, weights; /* of the jobs that run now */
};

static inline void flow_join(struct flow *flow, unsigned weight)
{
    atomic_fetch_add(&flow->weights, weight);
}

static inline void flow_leave(struct flow *flow, unsigned weight, uint64_t done)
{
    atomic_fetch_sub(&flow->weights, weight);
    atomic_fetch_sub(&flow->operations, done);
}

/* Whether a job that has done so many may do one more, which is then counted. */
static inline bool flow_take(struct flow *flow, unsigned weight, uint64_t done)
{
    if (done * atomic_load(&flow->weights) > atomic_load(&flow->operations) * weight)
        return false;
    atomic_fetch_add(&flow->operations, 1);
    return true;
}

#endif
