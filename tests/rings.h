/* SPDX-License-Identifier: Apache-2.0 */
/* Which rings of an engine are in use, and a thread that stays with one CPU. */
#ifndef RINGS_H
#define RINGS_H

#include "support.h"

#include <sched.h>

/* How many rings have come into being; *used is the last one of them. */
static inline int rings_used(auraio_engine_t *engine, auraio_ring_stats_t *used)
{
    auraio_ring_stats_t ring;
    int n = 0;

    for (int i = 0; i < auraio_get_ring_count(engine); i++) {
        if (auraio_get_ring_stats(engine, i, &ring) != 0)
            return -1;
        if (ring.flags & AURAIO_RING_UNUSED)
            continue;
        n++;
        if (used)
            *used = ring;
    }
    return n;
}

/* The calling thread stays on one CPU; false when that is not allowed. */
static inline bool stay_on_one_cpu(void)
{
    int cpu = sched_getcpu();
    cpu_set_t one;

    CPU_ZERO(&one);
    if (cpu < 0)
        return false;
    CPU_SET((size_t)cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0;
}

#endif
