/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short look at the completion queue before a wait sleeps in the kernel. To sleep and
 * to be woken costs a thread more than many an operation takes: one of tmpfs, of a page
 * cache that a worker of the kernel fills, of a fast device. Whether it pays is learned
 * from what became of the last looks; where operations take longer, one wait in a
 * thousand tries again.
 */
#ifndef AUR_SPIN_H
#define AUR_SPIN_H

#include <stdbool.h>
#include <stdint.h>

struct uring;

#define SPIN_US 20 /* about what a sleep and a wake-up cost */

/* Belongs to the thread that has the engine's seat. */
struct spin {
    uint64_t longest_ns; /* of one look; 0: never */
    unsigned score;      /* while it is not 0 every wait looks */
    unsigned gap, left;  /* waits between two tries when it is, and until the next */
};

void aur_spin_init(struct spin *spin); /* as AURAIO_SPIN_US says */

/* Whether this wait is to look. */
static inline bool spin_is_due(struct spin *spin)
{
    if (!spin->longest_ns)
        return false;
    if (spin->score || !spin->left)
        return true;
    spin->left--;
    return false;
}

/* True: there is something to reap, or the kernel asks to be entered. */
bool aur_spin(struct spin *spin, const struct uring *uring);

#endif
