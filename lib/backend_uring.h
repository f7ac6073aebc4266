/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the io_uring backend share: placing SQEs (backend_uring_place.c),
 * sending them (backend_uring.c) and reaping completions (backend_uring_reap.c). All of
 * it is called with the ring's lock held. What is HOT stands here so that each file has
 * it inline.
 */
#ifndef AUR_BACKEND_URING_H
#define AUR_BACKEND_URING_H

#include "engine.h"

#define QUICK_NS 5000  /* between completions, of which there are samples enough */
#define QUICK_RUN 2048 /* when there were so many more than one in that time */

/* Counts the room anew; false: there is none. No more than both queues hold, and than a batch. */
bool aur_uring_has_room(const struct ring *ring, struct uring *uring);
/* The completion of an armed poll was reaped: another for whoever still sleeps in the ring. */
void aur_uring_wake_again(struct ring *ring, struct uring *uring);

static inline bool is_slept_in(const struct ring *ring)
{
    return atomic_load(&ring->engine->events.sleeper) == SLEEPER_IN_RING + ring->index;
}

static inline struct slot *slot_of(const struct ring *ring, uint64_t tag)
{
    return &ring->slots[handle_slot((uintptr_t)tag)];
}

static inline unsigned uring_least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The completion queue must not overflow. */
static inline unsigned uring_cq_room(const struct uring *uring)
{
    unsigned all = uring->cq_entries - OWN_CQES, owed = uring_owed(uring);

    return all > owed ? all - owed : 0;
}

/* For readers of the segment. So many are owed by the only instance; workers may have some, too. */
HOT void put_in_flight(struct ring *ring, unsigned owed)
{
    atomic_store_explicit(&ring->count->in_flight, owed + ring->on_workers, memory_order_relaxed);
}

/* The same; where there is more than one instance, they are few calls. */
HOT void note_in_flight(struct ring *ring, const struct uring *uring)
{
    if (ring->plain)
        put_in_flight(ring, uring_owed(uring));
    else
        aur_ring_note_in_flight(ring);
}

#endif
