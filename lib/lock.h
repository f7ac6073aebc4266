/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutex of one word: free, held, held with somebody waiting. The uncontended
 * way is one compare-and-swap inline; who must wait sleeps on the futex.
 * Not recursive, not fair, no owner recorded.
 */
#ifndef AUR_LOCK_H
#define AUR_LOCK_H

#include "invariant.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { LOCK_FREE, LOCK_HELD, LOCK_CONTENDED };

struct lock {
    _Atomic int state;
};

void aur_lock_slow(struct lock *lock);
void aur_unlock_slow(struct lock *lock);

/* By whomever: for assertions. */
static inline bool lock_is_held(const struct lock *lock)
{
    return atomic_load_explicit(&lock->state, memory_order_relaxed) != LOCK_FREE;
}

__attribute__((always_inline)) static inline bool lock_try(struct lock *lock)
{
    int expected = LOCK_FREE;

    return atomic_compare_exchange_strong_explicit(&lock->state, &expected, LOCK_HELD,
                                                   memory_order_acquire, memory_order_relaxed);
}

__attribute__((always_inline)) static inline void lock_take(struct lock *lock)
{
    if (!lock_try(lock))
        aur_lock_slow(lock);
}

/* False: dropped, but somebody waits and is to be woken by aur_unlock_slow. */
__attribute__((always_inline)) static inline bool lock_try_drop(struct lock *lock)
{
    int state = atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release);

    AUR_ASSERT(state != LOCK_FREE); /* nobody drops what he does not hold */
    return state != LOCK_CONTENDED;
}

__attribute__((always_inline)) static inline void lock_drop(struct lock *lock)
{
    if (!lock_try_drop(lock))
        aur_unlock_slow(lock);
}

#endif
