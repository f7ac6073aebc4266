/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission: an operation gets a slot, its target and its place in the kernel's
 * queue, or an errno and leaves no trace. Inline for what nearly all operations
 * are; the rest is in admit.c. All with the ring's lock held.
 */
#ifndef AUR_ADMIT_H
#define AUR_ADMIT_H

#include "check.h"
#include "engine.h"
#include "place.h"

/* Not errno values: the caller sleeps and tries again, or tries another ring; accepted. */
enum { WAIT_FOR_ROOM = -1, RING_IS_FULL = -2, HELD_BACK = -3 };

/* What an operation refers to is referenced; 0 or an errno value. */
int aur_admit_file(auraio_engine_t *engine, struct slot *slot);
int aur_admit_other(struct ring *ring, struct slot *slot);
void aur_admit_target(struct ring *ring, struct slot *slot, int fd);
/* What the overflow mode says when the first operation's target is gated. */
int aur_admit_gated(struct ring *ring, struct slot *slot);
void aur_admit_give_back(struct ring *ring, struct slot *chain);
void aur_admit_deadline(struct ring *ring, struct slot *slot, int timeout_ms);
/* A chain of n, whole or not at all. */
int aur_admit_chain(struct ring *ring, const auraio_op_t *ops, size_t n,
                    auraio_request_t **handles);

/* Mostly that of the operation before; the word tells whether the descriptor was closed since. */
HOT void find_target(struct ring *ring, struct slot *slot, int fd)
{
    if (__builtin_expect(--ring->ask_countdown && fd == ring->last_fd &&
                             target_word(&ring->engine->targets, fd) == ring->last_word,
                         1))
        slot->at = ring->last_at;
    else
        aur_admit_target(ring, slot, fd);
}

/* What a plain read or write has, field by field: so a copy on the stack need not be. */
HOT void copy_op(auraio_op_t *to, const auraio_op_t *from, bool plain)
{
    if (!plain) {
        *to = *from;
        return;
    }
    to->type = from->type;
    to->flags = from->flags;
    to->fd = from->fd;
    to->rw_flags = from->rw_flags;
    to->offset = from->offset;
    to->timeout_ms = from->timeout_ms;
    to->ioprio = from->ioprio;
    to->len = from->len;
    to->buf.type = from->buf.type;
    to->buf.u.ptr = from->buf.u.ptr;
    to->callback = from->callback;
    to->user_data = from->user_data;
}

/* 0 or an errno value, the slot untouched by then. */
HOT int fill(struct ring *ring, struct slot *slot, const auraio_op_t *op, bool plain, size_t total)
{
    auraio_engine_t *engine = ring->engine;
    int error = 0;

    copy_op(&slot->op, op, plain);
    slot_clear(slot);
    slot->total = total;
    if ((plain || op->type <= AURAIO_OP_WRITE) && op->buf.type == AURAIO_BUF_REGISTERED) {
        slot->op.buf.u.fixed = op->buf.u.fixed;
        error = aur_registered_use_buffer(engine, slot);
    }
    if (!error && (op->fd < 0 || engine->options.resolve_registered_files))
        error = aur_admit_file(engine, slot);
    if (__builtin_expect(error, 0)) {
        aur_registered_release(engine, slot);
        return error;
    }
    if (!plain && !op_is_data(op->type))
        return aur_admit_other(ring, slot);
    find_target(ring, slot, op->fd);
    return 0;
}

/* Past the gate: to the kernel, or wherever else it runs. True: now it is time to send. */
HOT bool start(struct ring *ring, struct slot *slot, const auraio_op_t *op, bool plain)
{
    uint64_t bit = 1ull << op->type;
    bool direct = ring->plain && ring->kernel_ops & bit && !slot->force_worker;

    if (__builtin_expect(!direct, 0)) {
        aur_ring_start(ring, slot);
        return false;
    }
    slot_set_state(slot, SLOT_STARTED);
    COUNT(slot->at->started, 1);
    return uring_place(ring, slot, op, plain);
}

/*
 * n filled slots in a chain, the first for op; own_place: the last one is that of the
 * running callback. 0 or why not.
 */
HOT int admit_filled(struct ring *ring, struct slot *first, const auraio_op_t *op, bool plain,
                     int n, bool own_place)
{
    struct target *target = first->at->target;
    int gate =
        target && __builtin_expect(target_is_gated(target), 0) ? aur_admit_gated(ring, first) : 0;

    if (__builtin_expect(gate && gate != HELD_BACK, 0))
        return gate;
    if (__builtin_expect(own_place, 0))
        aur_thread.running->place_used = true;
    if (__builtin_expect(!ring->active, 0))
        aur_events_activate(&ring->engine->events, ring);
    if (__builtin_expect(gate || n > 1, 0))
        COUNT(ring->count.unstarted, n - 1 + (gate == HELD_BACK));
    if (__builtin_expect(gate, 0))
        aur_ring_hold(ring, first);
    else if (start(ring, first, op, plain))
        ring->at_limit = true;
    return 0;
}

HOT int admit(struct ring *ring, const auraio_op_t *op, bool plain, uintptr_t *handle)
{
    size_t total;
    int error = check_op(op, plain, &total);

    if (__builtin_expect(error, 0))
        return error;
    bool own_place = ring->free_count <= RING_SPARE_SLOTS;
    if (__builtin_expect(own_place, 0)) {
        if (!aur_ring_has_room_slow(ring, 1, aur_thread.running))
            return RING_IS_FULL;
        own_place = ring->free_count <= RING_SPARE_SLOTS;
    }
    struct slot *slot = ring_take_slot(ring);
    error = fill(ring, slot, op, plain, total);
    if (!error && op->timeout_ms)
        aur_admit_deadline(ring, slot, op->timeout_ms);
    if (!error)
        error = admit_filled(ring, slot, op, plain, 1, own_place);
    if (__builtin_expect(error, 0)) {
        aur_admit_give_back(ring, slot);
        return error;
    }
    *handle = slot_handle(slot);
    return 0;
}

#endif
