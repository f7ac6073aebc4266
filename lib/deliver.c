/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an operation's way: collected under the ring's lock, judged and
 * called back without it. A thread takes RING_REAP_MAX at once, so that several
 * pollers share the callbacks.
 */
#include "engine.h"

#include <errno.h>

#define ROUNDS                                                                                     \
    16 /* batches one poll delivers: a callback that submits must not keep it for ever             \
        */

HOT void count_result(struct ring *ring, ssize_t result)
{
    struct ring_counters *count = &ring->count;

    if (result < 0)
        atomic_fetch_add_explicit(&count->failed, 1, memory_order_relaxed);
    if (ring->locking)
        atomic_fetch_add_explicit(&count->completed, 1, memory_order_release);
    else
        atomic_store_explicit(&count->completed, READ(count->completed) + 1, memory_order_release);
}

/* What a thread that delivers has at hand, also in a forked child that destroyed the engine. */
struct delivery {
    struct ring *ring;
    auraio_engine_t *engine;
    const _Atomic uint64_t *fork_word;
    uint64_t born;
    struct running *running;
};

/*
 * The operation is counted as done when its callback begins; its slot is free when
 * it has returned. False: it has returned in a forked child, where nothing of the
 * engine may be touched, and which may even have destroyed it.
 */
HOT bool call_back(const struct delivery *d, struct slot *slot, ssize_t result, int error)
{
    slot_set_state(slot, SLOT_DELIVERED);
    if (__builtin_expect(slot->holds, 0))
        aur_registered_release(d->engine, slot);
    count_result(d->ring, result);
    if (slot->op.callback && !READ(d->engine->given_up)) {
        uintptr_t handle = slot_handle(slot);
        d->running->req = (auraio_request_t *)handle;
        d->running->op = &slot->op;
        d->running->error = error;
        d->running->place_used = false;
        slot->op.callback((auraio_request_t *)handle, result, slot->op.user_data);
        if (atomic_load_explicit(d->fork_word, memory_order_relaxed) != d->born)
            return false;
    }
    ring_return_slot(d->ring, slot);
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
    return result >= 0 && (size_t)result >= slot->total;
}

/* What comes after in a chain: started, or ended with it. Returns how many were ended, or ORPHANED.
 */
static int go_on_with_chain(const struct delivery *d, struct slot *next, bool succeeded)
{
    int ended = 0;

    if (succeeded) {
        put_back(d->ring, next);
        return 0;
    }
    while (next) {
        struct slot *after = next->chain;
        int error = next->cancel && next->expired ? ETIME : ECANCELED;
        if (!call_back(d, next, -error, error))
            return ORPHANED;
        ended++;
        next = after;
    }
    return ended;
}

/* Whole at once is what nearly all transfers are: then there is nothing to judge. */
HOT int deliver(const struct delivery *d, struct slot *slot)
{
    struct slot *chain = slot->chain;
    ssize_t result = slot->result + (ssize_t)slot->done;
    bool succeeded = slot->result >= 0 && (size_t)result >= slot->total;
    int error = 0;

    if (__builtin_expect(!succeeded, 0)) {
        if (aur_complete(d->ring, slot, &result, &error) == RUN_AGAIN) {
            aur_ring_run_again(d->ring, slot);
            return 0;
        }
        succeeded = moved_all(slot, result);
    }
    if (!call_back(d, slot, result, error))
        return ORPHANED;
    if (__builtin_expect(!chain, 1))
        return 1;
    int ended = go_on_with_chain(d, chain, succeeded);
    return ended < 0 ? ORPHANED : 1 + ended;
}

static int deliver_all(struct ring *ring, struct slot *slot)
{
    struct running running = {.ring = ring, .outer = aur_thread.running};
    const struct delivery d = {.ring = ring,
                               .engine = ring->engine,
                               .fork_word = ring->engine->fork_word,
                               .born = ring->engine->born,
                               .running = &running};
    int delivered = 0;

    aur_thread.running = &running;
    while (slot) {
        struct slot *next = slot->next;
        int n = deliver(&d, slot);
        if (n < 0) {
            delivered = ORPHANED;
            break;
        }
        delivered += n;
        slot = next;
    }
    aur_thread.running = running.outer;
    return delivered;
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

/* Collects under the lock what has ended, sent before that if told to. */
static struct slot *collect(struct ring *ring, bool send, bool *more)
{
    ring_lock(ring);
    ring_touch(ring, thread_id());
    if (send)
        aur_ring_flush(ring);
    *more = aur_ring_reap(ring);
    struct slot *slot = ring_take_ready(ring);
    uint64_t help = ring->helping;
    ring->helping = 0;
    ring_unlock(ring);
    if (__builtin_expect(help != 0, 0))
        aur_ring_help(ring, help);
    return slot;
}

int aur_ring_poll(struct ring *ring, bool send)
{
    int delivered = 0;
    bool more = true;

    if (__builtin_expect(READ(ring->has_undone), 0))
        aur_ring_do_undone(ring);
    for (int round = 0; round < ROUNDS && more; round++) {
        struct slot *slot = collect(ring, send && round == 0, &more);
        int n = deliver_all(ring, slot);
        if (n < 0)
            return ORPHANED;
        delivered += n;
    }
    if (more)
        events_finished_outside(&ring->engine->events);
    return delivered;
}
