/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an operation's way: collected under the ring's lock, judged and
 * called back without it. A thread takes a limited number at once, so that
 * several pollers share the callbacks.
 */
#include "engine.h"

#include <errno.h>

#define ROUNDS                                                                                     \
    16 /* batches one poll delivers: a callback that submits must not keep it for ever             \
        */

static void count_result(struct ring *ring, const struct slot *slot, ssize_t result)
{
    struct ring_counters *count = &ring->count;
    uint64_t bytes = op_is_data(slot->op.type) && result > 0 ? (uint64_t)result : 0;

    if (!ring->locking) {
        COUNT(count->failed, result < 0);
        COUNT(count->bytes, bytes);
        COUNT(count->completed, 1);
        return;
    }
    if (result < 0)
        atomic_fetch_add_explicit(&count->failed, 1, memory_order_relaxed);
    if (bytes)
        atomic_fetch_add_explicit(&count->bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&count->completed, 1, memory_order_release);
}

/*
 * The operation is counted as done when its callback begins; its slot is free when
 * it has returned. False: it has returned in a forked child, where nothing of the
 * engine may be touched, and which may even have destroyed it.
 */
static bool call_back(struct ring *ring, struct slot *slot, ssize_t result, int error)
{
    struct running running = {.ring = ring,
                              .req = aur_handle_of(ring, slot),
                              .op = &slot->op,
                              .error = error,
                              .outer = aur_thread.running};
    uint64_t born = ring->engine->born;

    slot_set_state(slot, SLOT_DELIVERED);
    if (slot->buffer || slot->file)
        aur_registered_release(ring->engine, slot);
    count_result(ring, slot, result);
    if (slot->op.callback && !READ(ring->engine->given_up)) {
        aur_thread.running = &running;
        slot->op.callback((auraio_request_t *)(uintptr_t)running.req, result, slot->op.user_data);
        aur_thread.running = running.outer;
        if (is_forked_since(born))
            return false;
    }
    aur_ring_return_slot(ring, slot);
    return true;
}

static void put_back(struct ring *ring, struct slot *slot)
{
    ring_lock(ring);
    ring_touch(ring, thread_id());
    if (slot->cancel)
        aur_ring_finish_unstarted(ring, slot, -ECANCELED);
    else
        aur_ring_begin(ring, slot);
    if (events_send_now(&ring->engine->events))
        aur_ring_flush(ring);
    ring_unlock(ring);
}

void aur_ring_run_again(struct ring *ring, struct slot *slot)
{
    atomic_fetch_add_explicit(&ring->count.resubmitted, 1, memory_order_relaxed);
    if (slot->deadline_ns) {
        ring_lock(ring);
        if (slot->deadline_ns < ring->next_deadline)
            ring->next_deadline = slot->deadline_ns;
        ring_unlock(ring);
    }
    put_back(ring, slot);
}

static bool moved_all(const struct slot *slot, ssize_t result)
{
    return result >= 0 && (!op_is_data(slot->op.type) || (size_t)result == slot->total);
}

/* What comes after in a chain: started, or ended with it. Returns how many were ended, or ORPHANED.
 */
static int go_on_with_chain(struct ring *ring, struct slot *next, bool succeeded)
{
    int ended = 0;

    if (succeeded) {
        put_back(ring, next);
        return 0;
    }
    while (next) {
        struct slot *after = next->chain;
        int error = next->cancel && next->expired ? ETIME : ECANCELED;
        if (!call_back(ring, next, -error, error))
            return ORPHANED;
        ended++;
        next = after;
    }
    return ended;
}

static int deliver(struct ring *ring, struct slot *slot)
{
    struct slot *chain = slot->chain;
    ssize_t result = 0;
    int error;

    if (aur_complete(ring, slot, &result, &error) == RUN_AGAIN) {
        aur_ring_run_again(ring, slot);
        return 0;
    }
    bool succeeded = moved_all(slot, result);
    if (!call_back(ring, slot, result, error))
        return ORPHANED;
    int ended = chain ? go_on_with_chain(ring, chain, succeeded) : 0;
    return ended < 0 ? ORPHANED : 1 + ended;
}

static struct slot *take_ready(struct ring *ring, bool *more)
{
    struct slot *first = ring->ready.head, *last = first;

    if (!first)
        return NULL;
    slot_set_state(last, SLOT_JUDGED);
    for (int n = 1; n < RING_DELIVER_MAX && last->next; n++) {
        last = last->next;
        slot_set_state(last, SLOT_JUDGED);
    }
    ring->ready.head = last->next;
    if (!ring->ready.head)
        ring->ready.tail = NULL;
    last->next = NULL;
    *more = ring->ready.head != NULL;
    return first;
}

void aur_ring_do_undone(struct ring *ring)
{
    if (!READ(ring->has_undone))
        return;
    ring_lock(ring);
    struct slot *slot = ring->undone.head;
    ring->undone = (struct list){NULL, NULL};
    atomic_store_explicit(&ring->has_undone, false, memory_order_relaxed);
    ring_unlock(ring);
    while (slot) {
        struct slot *next = slot->next;
        aur_workers_do(ring, slot);
        slot = next;
    }
}

int aur_ring_poll(struct ring *ring, bool send)
{
    int delivered = 0;
    bool more = false;

    aur_ring_do_undone(ring);
    for (int round = 0; round < ROUNDS && (round == 0 || more); round++) {
        more = false;
        ring_lock(ring);
        ring_touch(ring, thread_id());
        if (round == 0) {
            if (send)
                aur_ring_flush(ring);
            aur_ring_reap(ring);
        }
        struct slot *slot = take_ready(ring, &more);
        uint64_t help = ring->helping;
        ring->helping = 0;
        ring_unlock(ring);
        aur_ring_help(ring, help);
        while (slot) {
            struct slot *next = slot->next;
            int n = deliver(ring, slot);
            if (n < 0)
                return ORPHANED;
            delivered += n;
            slot = next;
        }
    }
    if (more)
        events_finished_outside(&ring->engine->events);
    return delivered;
}
