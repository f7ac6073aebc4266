/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an operation's way: collected under the ring's lock, judged and
 * called back without it. A thread takes RING_REAP_MAX at once, so that several
 * pollers share the callbacks.
 */
#include "engine.h"
#include "gate.h"

#include <errno.h>

#define TOGETHER 8      /* slots given back at once, in rings where so many do not matter */
#define TOGETHER_OF 128 /* operations in the ring */
#define ROUNDS                                                                                     \
    16 /* batches one poll delivers: a callback that submits must not keep it for ever             \
        */

/* What a thread that delivers has at hand, also in a forked child that destroyed the engine. */
struct delivery {
    struct running running;
    const _Atomic uint64_t *fork_word;
    uint64_t born;
    struct returned returned;
    size_t together; /* so many slots are given back together */
};

HOT void give_slot(struct delivery *d, struct ring *ring, struct slot *slot)
{
    slot_retire(slot);
    if (!ring->locking) {
        ring_free_slots(ring, slot, slot, 1);
        return;
    }
    if (__builtin_expect(slot->unclean, 0)) {
        ring_return_slots(ring, slot, slot, 1);
        return;
    }
    if (!d->returned.first)
        d->returned.last = slot;
    slot->next = d->returned.first;
    d->returned.first = slot;
    if (++d->returned.count >= d->together)
        ring_return_all(ring, &d->returned);
}

HOT void count_completed(const struct ring *ring, uint32_t type)
{
    segment_word *completed = &ring->count->completed[op_class(type)];

    if (ring->locking)
        atomic_fetch_add_explicit(completed, 1, memory_order_release);
    else
        atomic_store_explicit(completed, READ(*completed) + 1, memory_order_release);
}

/*
 * The operation is counted as done when its callback begins. False: it has returned in
 * a forked child, where nothing of the engine may be touched, and which may even have
 * destroyed it.
 */
HOT bool run_callback(struct delivery *d, struct ring *ring, struct slot *slot, ssize_t result,
                      int error)
{
    AUR_ASSERT(slot->ring == ring && !slot->buffer && !slot->file);
    slot_set_state(slot, SLOT_DELIVERED);
    count_completed(ring, slot->op.type);
    if (!slot->op.callback || READ(ring->engine->given_up))
        return true;
    uintptr_t handle = slot_handle(slot);
    d->running.req = (auraio_request_t *)handle;
    d->running.op = &slot->op;
    d->running.error = error;
    d->running.place_used = false;
    slot->op.callback((auraio_request_t *)handle, result, slot->op.user_data);
    return READ(*d->fork_word) == d->born;
}

/* Its slot is free when the callback has returned; false as above. */
HOT bool call_back(struct delivery *d, struct ring *ring, struct slot *slot, ssize_t result,
                   int error)
{
    if (!run_callback(d, ring, slot, result, error))
        return false;
    give_slot(d, ring, slot);
    return true;
}

/* The same for whatever may have ended. */
__attribute__((noinline)) static bool call_back_any(struct delivery *d, struct slot *slot,
                                                    ssize_t result, int error)
{
    struct ring *ring = d->running.ring;

    if (slot->holds)
        aur_registered_release(ring->engine, slot);
    if (result < 0) {
        atomic_fetch_add_explicit(&ring->count->failed, 1, memory_order_relaxed);
        publish_error(&ring->engine->publication, (int)-result);
    }
    return call_back(d, ring, slot, result, error);
}

static void put_back(struct ring *ring, struct slot *slot)
{
    ring_lock(ring);
    ring_touch(ring, thread_id());
    if (slot_is_cancelled(slot))
        aur_ring_finish_unstarted(ring, slot, -ECANCELED);
    else
        aur_ring_begin(ring, slot);
    if (events_send_now(&ring->engine->events))
        aur_ring_flush(ring);
    ring_unlock(ring);
}

void aur_ring_run_again(struct ring *ring, struct slot *slot)
{
    atomic_fetch_add_explicit(&ring->count->resubmitted, 1, memory_order_relaxed);
    if (slot->deadline_ns) {
        ring_lock(ring);
        if (slot->deadline_ns < ring->next_deadline)
            ring->next_deadline = slot->deadline_ns;
        ring_unlock(ring);
    }
    put_back(ring, slot);
}

/* What comes after in a chain: started, or ended with it. How many were ended, or ORPHANED. */
static int go_on_with_chain(struct delivery *d, struct slot *next, bool succeeded)
{
    int ended = 0;

    if (succeeded) {
        put_back(d->running.ring, next);
        return 0;
    }
    while (next) {
        struct slot *after = next->chain;
        int error = slot_is_cancelled(next) && next->expired ? ETIME : ECANCELED;
        if (!call_back_any(d, next, -error, error))
            return ORPHANED;
        ended++;
        next = after;
    }
    return ended;
}

/* How many it delivered, or ORPHANED. */
__attribute__((noinline)) static int deliver_any(struct delivery *d, struct slot *slot)
{
    struct ring *ring = d->running.ring;
    struct slot *chain = slot->chain;
    ssize_t result = slot->result + (ssize_t)slot->done;
    int error = 0;

    if (slot->result < 0 || (size_t)result < slot->total) {
        if (aur_complete(ring, slot, &result, &error) == RUN_AGAIN) {
            aur_ring_run_again(ring, slot);
            return 0;
        }
    }
    bool succeeded = result >= 0 && (size_t)result >= slot->total;
    if (!call_back_any(d, slot, result, error))
        return ORPHANED;
    int ended = chain ? go_on_with_chain(d, chain, succeeded) : 0;
    return ended < 0 ? ORPHANED : 1 + ended;
}

/* Whole at once is what nearly all transfers are: then there is nothing to judge. */
HOT int deliver(struct delivery *d, struct ring *ring, struct slot *slot)
{
    if (__builtin_expect(slot->unclean || (size_t)slot->result != slot->total, 0))
        return deliver_any(d, slot);
    return call_back(d, ring, slot, slot->result, 0) ? 1 : ORPHANED;
}

/* The spare slots must do for all threads that deliver: only one of them may keep some. */
static bool becomes_keeper(struct ring *ring)
{
    return ring->locking && ring->depth >= TOGETHER_OF && !atomic_exchange(&ring->keeper, true);
}

/* Field by field: to clear the whole takes longer than what it is for. */
HOT void begin_delivery(struct delivery *d, struct ring *ring, size_t together)
{
    d->running.ring = ring;
    d->running.outer = aur_thread.running;
    d->running.returned = &d->returned;
    d->fork_word = ring->engine->fork_word;
    d->born = ring->engine->born;
    d->together = together;
    d->returned.first = NULL;
    d->returned.count = 0;
    aur_thread.running = &d->running;
}

__attribute__((noinline)) static int deliver_all(struct ring *ring, struct slot *slot)
{
    bool keeper = becomes_keeper(ring);
    struct delivery d;
    int delivered = 0;

    begin_delivery(&d, ring, keeper ? TOGETHER : 1);
    while (slot) {
        struct slot *next = slot->next;
        int n = deliver(&d, ring, slot);
        if (n < 0) {
            delivered = ORPHANED;
            break;
        }
        delivered += n;
        slot = next;
    }
    if (delivered != ORPHANED) {
        ring_return_all(ring, &d.returned);
        if (keeper)
            atomic_store_explicit(&ring->keeper, false, memory_order_release);
    }
    aur_thread.running = d.running.outer;
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

/* After the callbacks: places that none of them used go back. */
static void give_loose_places(struct ring *ring, uint64_t loose)
{
    bool idle = false;

    for (; loose; loose &= loose - 1) {
        const struct ring_target *at = &ring->at[1 + __builtin_ctzll(loose)];
        idle |= READ(at->ended) + (uint64_t)READ(at->places) > READ(at->started);
    }
    if (!idle)
        return;
    ring_lock(ring);
    aur_gate_trim(ring);
    uint64_t help = ring->helping;
    ring->helping = 0;
    ring_unlock(ring);
    aur_gate_help(ring, help);
}

/* Collects under the lock what has ended, sent before that if told to. */
static struct slot *collect(struct ring *ring, bool send, bool *more, uint64_t *loose)
{
    ring_lock(ring);
    ring_touch(ring, thread_id());
    if (send)
        aur_ring_flush(ring);
    ring_collect_returned(ring);
    *more = aur_ring_reap(ring);
    struct slot *slot = ring_take_ready(ring);
    uint64_t help = ring->helping;
    ring->helping = 0;
    *loose = ring->loose;
    ring_unlock(ring);
    if (__builtin_expect(help != 0, 0))
        aur_gate_help(ring, help);
    return slot;
}

int aur_ring_poll(struct ring *ring, bool send)
{
    uint64_t loose;
    int delivered = 0;
    bool more = true;

    if (__builtin_expect(READ(ring->has_undone), 0))
        aur_ring_do_undone(ring);
    for (int round = 0; round < ROUNDS && more; round++) {
        struct slot *slot = collect(ring, send && round == 0, &more, &loose);
        int n = slot ? deliver_all(ring, slot) : 0;
        if (n < 0)
            return ORPHANED;
        delivered += n;
        if (__builtin_expect(loose != 0, 0))
            give_loose_places(ring, loose);
    }
    if (more)
        events_finished_outside(&ring->engine->events);
    return delivered;
}

/* Whatever else could be here than one completion of an operation is not. Lock held. */
HOT bool is_ordinary(struct ring *ring)
{
    bool mine = !ring->coop || ring->coop_thread == aur_thread.id;

    return mine && ring->plain && !uring_needs_entry(ring->uring) && !ring_has_ready(ring) &&
           !atomic_load(&ring->worked) && ring->next_deadline == NO_DEADLINE &&
           !(ring->helping | ring->loose) && !READ(ring->has_undone);
}

/* Its slot goes straight to the free list, under the lock that sends what it submitted. */
static int deliver_one(struct ring *ring, struct slot *slot, bool send)
{
    struct delivery d;

    begin_delivery(&d, ring, 1);
    bool here = run_callback(&d, ring, slot, slot->result, 0);
    aur_thread.running = d.running.outer;
    if (!here)
        return ORPHANED;
    slot_retire(slot);
    ring_lock(ring);
    ring_touch(ring, thread_id());
    ring_free_slots(ring, slot, slot, 1);
    if (send)
        aur_ring_flush(ring);
    ring_unlock(ring);
    return 1;
}

int aur_ring_poll_one(struct ring *ring, bool send)
{
    ring_lock(ring);
    bool ordinary = is_ordinary(ring);
    struct slot *slot = ordinary ? aur_uring_take_one(ring, &ordinary) : NULL;
    ring_unlock(ring);
    if (!slot)
        return ordinary ? 0 : LONG_WAY;
    return deliver_one(ring, slot, send);
}
