/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel or a worker is done with an operation: counted, and on the ring's list. */
#ifndef AUR_FINISH_H
#define AUR_FINISH_H

#include "ring.h"

#define TARGET_SAMPLE 8 /* one latency in so many goes to the target's histogram */

/* Lock held; now_ns = time of the reaping, 0: it never ran. */
HOT void ring_finished(struct ring *ring, struct slot *slot, ssize_t result, uint64_t now_ns)
{
    struct ring_target *at = slot->at;

    slot->result = result;
    slot_set_state(slot, SLOT_READY);
    ring_push_ready(ring, slot);
    COUNT(at->ended, 1);
    if (result > 0)
        COUNT(at->bytes, (uint64_t)result);
    if (!at->target)
        return;
    if (now_ns > slot->started_ns) {
        histogram_add(&ring->histogram, now_ns - slot->started_ns);
        if (READ(at->ended) % TARGET_SAMPLE == 0)
            histogram_add_shared(&at->target->histogram, now_ns - slot->started_ns);
    }
    if (slot->token)
        aur_ring_give_token(ring, slot);
}

#endif
