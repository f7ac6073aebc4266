/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stopping operations, on request or at their deadline. What is held back ends
 * at once; what a device has is asked to stop and reports what really happened.
 */
#include "engine.h"
#include "gate.h"

#include <errno.h>

static void note_cancel(struct slot *slot)
{
    AUR_ASSERT(ring_is_locked(slot->ring));
    atomic_store_explicit(&slot->cancelled, slot_handle(slot), memory_order_release);
}

/* false: it is over already. Lock held. */
static bool cancel_slot(struct ring *ring, struct slot *slot)
{
    switch (slot_state(slot)) {
    case SLOT_CHAINED: /* ends when the operation before it does */
        note_cancel(slot);
        return true;
    case SLOT_HELD:
        note_cancel(slot);
        aur_gate_unhold(ring, slot);
        aur_ring_finish_unstarted(ring, slot, -ECANCELED);
        return true;
    case SLOT_STARTED:
        note_cancel(slot);
        if (aur_list_remove(&ring->unplaced, slot)) {
            ring_note_plain(ring);
            aur_ring_finished(ring, slot, -ECANCELED, 0);
            events_finished_outside(&ring->engine->events);
        } else if (!slot->on_worker)
            aur_uring_cancel(ring, slot);
        else if (aur_workers_cancel(ring, slot)) {
            aur_ring_finished(ring, slot, -ECANCELED, 0);
            events_finished_outside(&ring->engine->events);
        }
        return true;
    case SLOT_READY: /* perhaps with one part of it: then no further one */
        note_cancel(slot);
        return true;
    case SLOT_FREE:
    case SLOT_DELIVERED:
        break;
    }
    return false;
}

int auraio_cancel(auraio_engine_t *engine, auraio_request_t *req)
{
    struct ring *ring;
    int error;

    if (!engine || !req)
        return aur_fail(EINVAL);
    if ((error = engine_check(engine)))
        return aur_fail(error);
    if (READ(engine->refuse) == ESHUTDOWN)
        return aur_fail(ESHUTDOWN);
    struct slot *slot = aur_handle_enter(engine, req, &ring, &error);
    if (slot && ring->coop && ring->coop_thread != thread_id()) {
        /* the look-up is repeated: making the ring a shared one drops the lock */
        ring_touch(ring, thread_id());
        aur_handle_leave(ring);
        slot = aur_handle_enter(engine, req, &ring, &error);
    }
    if (!slot)
        return aur_fail(error);
    bool asked = cancel_slot(ring, slot);
    aur_handle_leave(ring);
    return asked ? 0 : aur_fail(EALREADY);
}

static int cancel_where(struct ring *ring, bool (*matches)(const struct slot *, const void *),
                        const void *what)
{
    int n = 0;

    for (int i = 0; i < ring->fresh; i++) {
        struct slot *slot = &ring->slots[i];
        if (slot_state(slot) != SLOT_FREE && !slot_is_cancelled(slot) && matches(slot, what) &&
            cancel_slot(ring, slot))
            n++;
    }
    return n;
}

static bool is_on_fd(const struct slot *slot, const void *what)
{
    return slot->op.fd == *(const int *)what && slot->op.type != AURAIO_OP_NOP;
}

int auraio_cancel_fd(auraio_engine_t *engine, int fd)
{
    int i = 0, n = 0, error;

    if (!engine || (fd < 0 && fd >= INT_MIN + 32768))
        return aur_fail(EINVAL);
    if ((error = engine_check(engine)))
        return aur_fail(error);
    if (READ(engine->refuse) == ESHUTDOWN)
        return aur_fail(ESHUTDOWN);
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        ring_touch(ring, thread_id());
        n += cancel_where(ring, is_on_fd, &fd);
        ring_unlock(ring);
    }
    return n;
}

static bool is_any(const struct slot *slot, const void *what)
{
    (void)slot;
    (void)what;
    return true;
}

void aur_cancel_all(auraio_engine_t *engine)
{
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        cancel_where(ring, is_any, NULL);
        ring_unlock(ring);
    }
}

/* Deadlines are rare: the slots are looked through only when the earliest one has passed. */
void aur_ring_expire(struct ring *ring, uint64_t now_ns)
{
    if (now_ns < ring->next_deadline)
        return;
    ring->next_deadline = NO_DEADLINE;
    for (int i = 0; i < ring->fresh; i++) {
        struct slot *slot = &ring->slots[i];
        enum slot_state state = slot_state(slot);
        if (!slot->deadline_ns || slot_is_cancelled(slot) || state == SLOT_FREE ||
            state == SLOT_DELIVERED)
            continue;
        if (slot->deadline_ns > now_ns) {
            if (slot->deadline_ns < ring->next_deadline)
                ring->next_deadline = slot->deadline_ns;
            continue;
        }
        slot->expired = true;
        cancel_slot(ring, slot);
    }
    aur_events_deadline(&ring->engine->events, ring->next_deadline);
}
