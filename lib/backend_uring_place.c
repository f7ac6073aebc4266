/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation gets its SQE: the room in both queues, and what of a slot goes where.
 * Whoever finds no room sends first, and waits its turn when that makes none. An SQE
 * carries its operation's handle, so a cancel can only reach the operation it was meant for.
 */
#include "backend_uring.h"

#include <string.h>

#define OP_FTRUNCATE 55 /* IORING_OP_FTRUNCATE, Linux 6.9; liburing 2.3 does not know it */

static uint64_t address(const void *ptr)
{
    return (uint64_t)(uintptr_t)ptr;
}

static void prepare_transfer(const struct uring *uring, const struct slot *slot,
                             struct io_uring_sqe *sqe)
{
    const auraio_op_t *op = &slot->op;
    bool write = op->type == AURAIO_OP_WRITE || op->type == AURAIO_OP_WRITEV;
    struct part part;

    aur_slot_part(slot, &part);
    sqe->off = (uint64_t)part.offset;
    sqe->rw_flags = op->rw_flags;
    if (part.iov != &part.single) {
        sqe->opcode = write ? IORING_OP_WRITEV : IORING_OP_READV;
        sqe->addr = address(part.iov);
        sqe->len = (unsigned)part.iovcnt;
        return;
    }
    sqe->addr = address(part.single.iov_base);
    sqe->len = (unsigned)part.single.iov_len;
    if (slot->buffer && uring->fixed_buffers) {
        sqe->opcode = write ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED;
        sqe->buf_index = (uint16_t)(slot->buffer - 1);
    } else {
        sqe->opcode = write ? IORING_OP_WRITE : IORING_OP_READ;
    }
}

static void prepare_other(const auraio_op_t *op, struct io_uring_sqe *sqe)
{
    switch ((auraio_op_type_t)op->type) {
    case AURAIO_OP_FSYNC:
    case AURAIO_OP_FDATASYNC:
        io_uring_prep_fsync(sqe, op->fd,
                            op->type == AURAIO_OP_FDATASYNC ? IORING_FSYNC_DATASYNC : 0);
        break;
    case AURAIO_OP_OPENAT:
        io_uring_prep_openat(sqe, op->fd, op->args.openat.path, op->args.openat.flags,
                             op->args.openat.mode);
        break;
    case AURAIO_OP_CLOSE:
        io_uring_prep_close(sqe, op->fd);
        break;
    case AURAIO_OP_STATX:
        io_uring_prep_statx(sqe, op->fd, op->args.statx.path, op->args.statx.flags,
                            op->args.statx.mask, op->args.statx.out);
        break;
    case AURAIO_OP_FALLOCATE:
        io_uring_prep_fallocate(sqe, op->fd, op->args.fallocate.mode, op->offset,
                                op->args.fallocate.len);
        sqe->off = (uint64_t)op->offset;
        sqe->addr = (uint64_t)op->args.fallocate.len;
        break;
    case AURAIO_OP_FTRUNCATE:
        sqe->opcode = OP_FTRUNCATE;
        sqe->fd = op->fd;
        sqe->off = (uint64_t)op->args.ftruncate.length;
        break;
    case AURAIO_OP_SYNC_FILE_RANGE:
        /* a length the SQE cannot hold went to a worker */
        io_uring_prep_sync_file_range(sqe, op->fd, (unsigned)op->args.sync_file_range.nbytes, 0,
                                      (int)op->args.sync_file_range.flags);
        sqe->off = (uint64_t)op->offset;
        break;
    case AURAIO_OP_FADVISE:
        io_uring_prep_fadvise(sqe, op->fd, 0, (off_t)op->args.fadvise.len, op->args.fadvise.advice);
        sqe->off = (uint64_t)op->offset;
        break;
    case AURAIO_OP_RENAMEAT:
        io_uring_prep_renameat(sqe, op->fd, op->args.renameat.oldpath, op->args.renameat.newdirfd,
                               op->args.renameat.newpath, op->args.renameat.flags);
        break;
    case AURAIO_OP_UNLINKAT:
        io_uring_prep_unlinkat(sqe, op->fd, op->args.unlinkat.path, op->args.unlinkat.flags);
        break;
    case AURAIO_OP_MKDIRAT:
        io_uring_prep_mkdirat(sqe, op->fd, op->args.mkdirat.path, op->args.mkdirat.mode);
        break;
    default:
        io_uring_prep_nop(sqe);
    }
}

static void prepare(const struct uring *uring, const struct slot *slot, struct io_uring_sqe *sqe)
{
    if (op_is_data(slot->op.type)) {
        prepare_transfer(uring, slot, sqe);
        sqe->fd = slot->op.fd;
    } else {
        prepare_other(&slot->op, sqe);
    }
    sqe->ioprio = slot->op.ioprio;
    if (slot->file) {
        bool current = atomic_load_explicit(&slot->file->current, memory_order_acquire);
        bool fixed = uring->fixed_files && current;
        sqe->fd = fixed ? slot->file->index : slot->file->fd;
        sqe->flags = fixed ? IOSQE_FIXED_FILE : 0;
    }
    sqe->user_data = slot_handle(slot);
}

bool aur_uring_has_room(const struct ring *ring, struct uring *uring)
{
    unsigned room = uring_least(uring->sq_entries - uring_unsent(uring), uring_cq_room(uring));
    unsigned gathered = uring_waiting(uring), batch = READ(ring->engine->batch);

    uring->room = uring_least(room, batch > gathered ? batch - gathered : 1);
    return room > 0;
}

/* Counts the room anew, and sends to make some; false: there is none. */
static bool find_room(struct ring *ring)
{
    if (aur_uring_has_room(ring, ring->uring))
        return true;
    aur_ring_flush(ring);
    return ring->uring && aur_uring_has_room(ring, ring->uring);
}

bool aur_uring_place(struct ring *ring, struct slot *slot)
{
    if (!ring->uring->room && !find_room(ring)) {
        aur_ring_start_later(ring, slot);
        return false;
    }
    struct uring *uring = ring->uring;
    AUR_ASSERT(ring_is_locked(ring) && slot_state(slot) == SLOT_STARTED && !slot->on_worker);
    struct io_uring_sqe *sqe = &uring->sqes[uring->sqe_tail++ & uring->sq_mask];
    AUR_ASSERT(uring_fits(uring));
    memset(sqe, 0, sizeof *sqe);
    prepare(uring, slot, sqe);
    return !--uring->room;
}
