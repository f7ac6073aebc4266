/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot's operation into the submission queue, inline for the one part of a read
 * or write that nearly all of them are; backend_uring.c does the rest. Called with
 * the ring's lock held.
 */
#ifndef AUR_PLACE_H
#define AUR_PLACE_H

#include "ring.h"

/* Anything else; there is room. */
void aur_uring_prepare(const struct uring *uring, const struct slot *slot,
                       struct io_uring_sqe *sqe);
/* Counts the room anew, and sends to make some; false: there is none. */
bool aur_uring_find_room(struct ring *ring);

HOT void prepare_plain(const auraio_op_t *op, uintptr_t handle, struct io_uring_sqe *sqe)
{
    *sqe = (struct io_uring_sqe){.opcode =
                                     op->type == AURAIO_OP_WRITE ? IORING_OP_WRITE : IORING_OP_READ,
                                 .ioprio = op->ioprio,
                                 .fd = op->fd,
                                 .off = (uint64_t)op->offset,
                                 .addr = (uint64_t)(uintptr_t)op->buf.u.ptr,
                                 .len = (unsigned)op->len,
                                 .rw_flags = op->rw_flags,
                                 .user_data = handle};
}

/*
 * The ring has an instance. op is the slot's, or a copy that the compiler sees through.
 * plain: known to be the first part of a read or write.
 * True: a batch is full, or the queue, and wants to be sent.
 */
HOT bool uring_place(struct ring *ring, struct slot *slot, const auraio_op_t *op, bool plain)
{
    if (__builtin_expect(!ring->uring->room, 0) && !aur_uring_find_room(ring)) {
        aur_ring_start_later(ring, slot);
        return false;
    }
    struct uring *uring = ring->uring;
    struct io_uring_sqe *sqe = &uring->sqes[uring->sqe_tail++ & uring->sq_mask];
    bool transfer = plain || (op->type <= AURAIO_OP_WRITE && !slot->done);
    uring->owed++;
    if (transfer && op->len <= PART_MAX && !slot->holds)
        prepare_plain(op, slot_handle(slot), sqe);
    else
        aur_uring_prepare(uring, slot, sqe);
    return !--uring->room;
}

#endif
