/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short way of a plain read or write, from its arguments to the submission
 * queue: taken when nothing is out of the ordinary. What that means aur_admit finds
 * out when it lets an operation through (allow_express), and it holds while the
 * ring's epoch is the engine's: whoever changes something of it moves the engine's
 * on, or sets the ring's to 0. A slot on the free list has nothing to be cleared.
 *
 * Everything else, and every error, goes the long way, from the beginning: here
 * nothing has happened by then.
 */
#ifndef AUR_EXPRESS_H
#define AUR_EXPRESS_H

#include "engine.h"

struct transfer {
    uint32_t type; /* AURAIO_OP_READ or _WRITE */
    int fd;
    void *ptr;
    size_t len;
    int64_t offset;
    int rw_flags;
    uint16_t ioprio;
    auraio_callback_t callback;
    void *user_data;
};

/* One part, within the range of offsets. The descriptor is as it should be when it is known. */
HOT bool express_is_valid(const struct transfer *t)
{
    return t->ptr && t->len - 1 < PART_MAX &&
           (t->offset | (int64_t)((uint64_t)t->offset + t->len)) >= 0;
}

HOT bool express_is_open(const auraio_engine_t *engine, struct ring *ring, int fd)
{
    const struct known *known = ring_known(ring, fd);

    return ring->epoch == READ(engine->epoch) && known->fd == fd &&
           READ(known->at->started) < known->at->stop && ring->uring->room && ring->free &&
           ring->free_count > RING_SPARE_SLOTS;
}

HOT void express_fill(struct slot *slot, const struct transfer *t)
{
    slot->op.type = t->type;
    slot->op.flags = 0;
    slot->op.fd = t->fd;
    slot->op.rw_flags = t->rw_flags;
    slot->op.offset = t->offset;
    slot->op.timeout_ms = 0;
    slot->op.ioprio = t->ioprio;
    slot->op.reserved0 = 0;
    slot->op.len = t->len;
    slot->op.buf.type = AURAIO_BUF_UNREGISTERED;
    slot->op.buf.u.ptr = t->ptr;
    slot->op.callback = t->callback;
    slot->op.user_data = t->user_data;
    slot->total = t->len;
    slot_begin(slot);
}

HOT void express_prepare(struct io_uring_sqe *sqe, const struct transfer *t, uintptr_t handle)
{
    sqe->opcode = t->type == AURAIO_OP_WRITE ? IORING_OP_WRITE : IORING_OP_READ;
    sqe->flags = 0;
    sqe->ioprio = t->ioprio;
    sqe->fd = t->fd;
    sqe->off = (uint64_t)t->offset;
    sqe->addr = (uint64_t)(uintptr_t)t->ptr;
    sqe->len = (uint32_t)t->len;
    sqe->rw_flags = t->rw_flags;
    sqe->user_data = handle;
    sqe->buf_index = 0;
    sqe->personality = 0;
    sqe->splice_fd_in = 0;
    sqe->addr3 = 0;
    sqe->__pad2[0] = 0;
}

/* The way is open. Lock held. True: the batch is full, or the limit reached, and wants to be sent.
 */
HOT bool express_place(struct ring *ring, const struct transfer *t, uintptr_t *handle)
{
    struct uring *uring = ring->uring;
    struct slot *slot = ring->free;
    struct ring_target *at = ring_known(ring, t->fd)->at;
    struct io_uring_sqe *sqe = &uring->sqes[uring->sqe_tail & uring->sq_mask];

    ring->free = slot->next;
    ring->free_count--;
    slot->at = at;
    express_fill(slot, t);
    *handle = slot_handle(slot);
    express_prepare(sqe, t, *handle);
    uring->sqe_tail++;
    AUR_ASSERT(ring_is_locked(ring) && uring_fits(uring));
    uint64_t started = READ(at->started) + 1;
    AUR_ASSERT(started <= at->stop);
    atomic_store_explicit(&at->started, started, memory_order_relaxed);
    return !--uring->room || (started == at->stop && target_is_full(at->target));
}

/* Whether an operation of a batch has nothing in it but what a transfer has. */
HOT bool express_is_plain(const auraio_op_t *op)
{
    uint32_t rest = op->flags | (unsigned)op->timeout_ms | op->reserved0 | op->reserved1, word;

    for (size_t i = 0; i < sizeof op->reserved2; i += sizeof word) {
        memcpy(&word, &op->reserved2[i], sizeof word);
        rest |= word;
    }
    return op->type <= AURAIO_OP_WRITE && op->buf.type == AURAIO_BUF_UNREGISTERED && !rest;
}

HOT struct transfer express_transfer(const auraio_op_t *op)
{
    return (struct transfer){op->type,     op->fd,     op->buf.u.ptr, op->len,      op->offset,
                             op->rw_flags, op->ioprio, op->callback,  op->user_data};
}

/* How many places there are, or the one of the callback that runs. Lock held. */
static inline size_t express_places(struct ring *ring)
{
    if (!ring_has_room(ring, 1, aur_thread.running))
        return 0;
    int usual = ring->free_count - RING_SPARE_SLOTS;
    return usual > 0 ? (size_t)usual : 1;
}

/*
 * The same for operations of a batch, from the front of n as many as can go this way;
 * handles NULL, or where the one of ops[0] is number done. Lock held.
 */
static inline size_t express_run(struct ring *ring, const auraio_op_t *ops, size_t n,
                                 auraio_request_t **handles, size_t done)
{
    struct uring *uring = ring->uring;
    size_t i = 0, most;

    if (ring->epoch != READ(ring->engine->epoch) || !(most = express_places(ring)))
        return 0;
    struct slot *slot = ring->free;
    n = n < most ? n : most;
    n = n < uring->room ? n : uring->room;
    for (; i < n && slot && express_is_plain(&ops[i]); i++) {
        const struct transfer t = express_transfer(&ops[i]);
        const struct known *known = ring_known(ring, t.fd);
        if (known->fd != t.fd || !express_is_valid(&t) ||
            READ(known->at->started) >= known->at->stop)
            break;
        slot->op = ops[i];
        slot->total = t.len;
        slot->at = known->at;
        slot_begin(slot);
        express_prepare(&uring->sqes[(uring->sqe_tail + i) & uring->sq_mask], &t,
                        slot_handle(slot));
        COUNT(known->at->started, 1);
        ring->at_limit |=
            READ(known->at->started) == known->at->stop && target_is_full(known->at->target);
        if (handles)
            handles[done + i] = (auraio_request_t *)slot_handle(slot);
        slot = slot->next;
    }
    if (i && ring->free_count <= RING_SPARE_SLOTS)
        aur_thread.running->place_used = true;
    ring->free = slot;
    ring->free_count -= (int)i;
    AUR_ASSERT(ring_is_locked(ring) && ring->free_count >= 0);
    uring->sqe_tail += (unsigned)i;
    uring->room -= (unsigned)i;
    AUR_ASSERT(!i || uring_fits(uring)); /* a cancel may have the last place */
    ring->at_limit |= i && !uring->room;
    return i;
}

#endif
