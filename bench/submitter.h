/* SPDX-License-Identifier: Apache-2.0 */
/* What worker 0 does with --threads submit-wait: begins operations, computing after each. */
#ifndef SUBMITTER_H
#define SUBMITTER_H

#include "load.h"

#include <sched.h>

enum { COMPUTE_STEPS = 10000 }; /* about 20 us of arithmetic */

/* What the other side calls after worker_done. */
static inline void slot_release(struct slot *slot)
{
    atomic_store_explicit(&slot->is_busy, false, memory_order_release);
}

/* The next slot that is free after the one given; waits for it. */
static inline struct slot *free_slot(struct slot *slot)
{
    do
        slot = slot == load.slots + load.depth - 1 ? load.slots : slot + 1;
    while (atomic_load_explicit(&slot->is_busy, memory_order_acquire));
    return slot;
}

static inline void compute(void)
{
    static volatile uint64_t result;
    uint64_t x = result | 1;

    for (int i = 0; i < COMPUTE_STEPS; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    result = x;
}

/* Until the end; then no slot is busy. */
static inline void submit_and_compute(struct worker *worker, void (*submit)(struct slot *slot))
{
    struct slot *slot = free_slot(load.slots);

    while (worker_next(worker, slot)) {
        atomic_store_explicit(&slot->is_busy, true, memory_order_relaxed);
        submit(slot);
        compute();
        slot = free_slot(slot);
    }
    for (int i = 0; i < load.depth; i++)
        while (atomic_load_explicit(&load.slots[i].is_busy, memory_order_acquire))
            sched_yield();
}

#endif
