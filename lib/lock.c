/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sleeping half of lock.h, after Drepper, "Futexes Are Tricky", mutex 2:
 * who had to wait takes the lock as contended, so that its own release wakes
 * the next one.
 */
#include "lock.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 100 /* about the length of the critical sections under these locks */

static long futex(_Atomic int *word, int op, int value)
{
    return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

void aur_lock_slow(struct lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == LOCK_FREE && lock_try(lock))
            return;
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }
    while (atomic_exchange_explicit(&lock->state, LOCK_CONTENDED, memory_order_acquire) !=
           LOCK_FREE)
        futex(&lock->state, FUTEX_WAIT, LOCK_CONTENDED);
}

void aur_unlock_slow(struct lock *lock)
{
    futex(&lock->state, FUTEX_WAKE, 1);
}
