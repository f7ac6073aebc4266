/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completions of a ring become ready slots, many at a time or one the short way; each is
 * counted where it belongs, and some are measured. Called with the ring's lock held.
 */
#include "backend_uring.h"
#include "gate.h"

/* What reap() has at hand; written back before anybody else may look. */
struct reaping {
    unsigned head;
    struct slot **link;
    struct ring_target *at;
    uint64_t ended, bytes[2]; /* not yet counted at it; read and written */
};

/* A place in the queue is given back before what may need it: what was held back. */
HOT void write_back(struct ring *ring, struct uring *uring, struct reaping *r)
{
    atomic_store_explicit(uring->cq_head, r->head, memory_order_release);
    ring->ready_end = r->link;
    if (r->ended) {
        COUNT(r->at->ended, r->ended);
        AUR_ASSERT(READ(r->at->ended) <= READ(r->at->started));
        COUNT(r->at->bytes, r->bytes[0] + r->bytes[1]);
        if (r->at->target) {
            COUNT(ring->count->bytes[0], r->bytes[0]);
            COUNT(ring->count->bytes[1], r->bytes[1]);
        }
        if (r->at->gated)
            aur_gate_settle(ring, r->at, r->ended);
    }
    r->ended = r->bytes[0] = r->bytes[1] = 0;
    r->link = ring->ready_end;
}

/* Up to end into the ready list. */
HOT void take_until(struct ring *ring, struct uring *uring, unsigned head, unsigned end,
                    uint64_t now_ns)
{
    struct reaping r = {head, ring->ready_end, NULL, 0, {0, 0}};

    while (r.head != end) {
        const struct io_uring_cqe *cqe = &uring->cqes[r.head++ & uring->cq_mask];
        uint64_t tag = cqe->user_data;
        int result = cqe->res;
        struct slot *slot = slot_of(ring, tag);
        if (__builtin_expect(tag < UD_FIRST_SLOT, 0)) {
            AUR_ASSERT(tag != UD_WAKE || uring->wake_armed);
            uring->wake_armed &= tag != UD_WAKE; /* or the room would be counted too large */
            write_back(ring, uring, &r);
            if (tag == UD_WAKE)
                aur_uring_wake_again(ring, uring);
            r.link = ring->ready_end;
            continue;
        }
        AUR_ASSERT(slot_is_out(slot, tag) && !slot->on_worker);
        if (__builtin_expect(r.at != slot->at, 0)) {
            if (r.ended)
                write_back(ring, uring, &r);
            r.at = slot->at;
        }
        r.ended++;
        if (result > 0)
            r.bytes[slot->op.type & 1] += (uint64_t)result;
        slot->result = result;
        slot_set_state(slot, SLOT_READY);
        *r.link = slot;
        r.link = &slot->next;
        if (slot->started_ns)
            aur_ring_sample(ring, slot, now_ns);
    }
    write_back(ring, uring, &r);
}

HOT void note_reaped(struct ring *ring, uint64_t now_ns)
{
    atomic_store_explicit(&ring->engine->last_reap_ns, now_ns, memory_order_relaxed);
    ring->reaped_ns = now_ns;
    ring->reaped_waits = READ(ring->engine->wait_calls);
}

/* So many are ready from head on. True: there are more than were taken. */
__attribute__((noinline)) static bool take_completions(struct ring *ring, struct uring *uring,
                                                       unsigned head, unsigned ready)
{
    uint64_t now_ns = aur_kern.now_ns();

    if (uring_owed(uring) > READ(ring->count->peak_in_flight))
        aur_ring_note_peak(ring);
    take_until(ring, uring, head, head + (ready < RING_REAP_MAX ? ready : RING_REAP_MAX), now_ns);
    note_in_flight(ring, uring);
    uint64_t took = (now_ns - ring->reaped_ns) / QUICK_NS;
    ring->quick = ready > 1 || took >= ring->quick ? 0 : ring->quick - (unsigned)took;
    note_reaped(ring, now_ns);
    return ready > RING_REAP_MAX;
}

/* True: there are more. */
HOT bool reap(struct ring *ring, struct uring *uring)
{
    if (uring_needs_entry(uring) && !uring->lost)
        uring_enter(uring, 0, true);
    unsigned head = atomic_load_explicit(uring->cq_head, memory_order_relaxed);
    unsigned ready = atomic_load_explicit(uring->cq_tail, memory_order_acquire) - head;
    AUR_ASSERT(ready <= uring_owed(uring) + uring->wake_armed);
    return ready && take_completions(ring, uring, head, ready);
}

/* Nothing is to be judged: see aur_complete. */
HOT bool is_whole(const struct slot *slot, int result)
{
    return !slot->unclean && result >= 0 && (size_t)result == slot->total;
}

/* A completion that came alone. */
COLD void look_at_clock(struct ring *ring, struct slot *slot)
{
    uint64_t now_ns = aur_kern.now_ns(), took = (now_ns - ring->reaped_ns) / QUICK_NS;
    unsigned came = ring->quick < QUICK_RUN ? 1 : 8;

    if (slot->started_ns)
        aur_ring_sample(ring, slot, now_ns);
    ring->quick =
        uring_least((ring->quick > took ? ring->quick - (unsigned)took : 0) + came, QUICK_RUN);
    note_reaped(ring, now_ns);
}

struct slot *aur_uring_take_one(struct ring *ring, bool *ordinary)
{
    struct uring *uring = ring->uring;
    unsigned head = atomic_load_explicit(uring->cq_head, memory_order_relaxed);
    unsigned ready = atomic_load_explicit(uring->cq_tail, memory_order_acquire) - head;
    const struct io_uring_cqe *cqe = &uring->cqes[head & uring->cq_mask];

    if (!ready)
        return NULL;
    struct slot *slot = slot_of(ring, cqe->user_data);
    unsigned owed = uring->sqe_tail - head - uring->wake_armed;
    if (ready > 1 || cqe->user_data < UD_FIRST_SLOT || !is_whole(slot, cqe->res) ||
        slot->at->gated || owed > READ(ring->count->peak_in_flight)) {
        *ordinary = false;
        return NULL;
    }
    AUR_ASSERT(slot_is_out(slot, cqe->user_data) && !slot->on_worker);
    slot->result = cqe->res;
    slot_set_state(slot, SLOT_READY);
    atomic_store_explicit(uring->cq_head, head + 1, memory_order_release);
    COUNT(slot->at->ended, 1);
    COUNT(slot->at->bytes, slot->total);
    if (slot->total)
        COUNT(ring->count->bytes[slot->op.type & 1], slot->total);
    put_in_flight(ring, owed - 1);
    if (slot->started_ns || ring->quick < QUICK_RUN ||
        ring->reaped_waits != READ(ring->engine->wait_calls))
        look_at_clock(ring, slot);
    return slot;
}

__attribute__((noinline)) static bool reap_all(struct ring *ring)
{
    bool more = ring->uring && reap(ring, ring->uring), done = false;

    for (struct uring *old = ring->draining; old; old = old->next) {
        more |= reap(ring, old);
        done |= !uring_owed(old);
    }
    if (done && !is_slept_in(ring) && lock_try(&ring->engine->setup)) {
        aur_ring_retire_drained(ring, false);
        ring_note_plain(ring);
        lock_drop(&ring->engine->setup);
    }
    return more;
}

bool aur_uring_reap(struct ring *ring)
{
    AUR_ASSERT(ring_is_locked(ring) && ring->plain == ring_is_plain(ring));
    return ring->plain ? reap(ring, ring->uring) : reap_all(ring);
}
