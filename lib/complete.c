/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a result means: the caller's answer, one part of a transfer, or an
 * accident of io_uring that is none of the caller's business. The slot belongs
 * to the delivering thread here, no lock is held, and asking the kernel about
 * the file is allowed.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif
#ifndef RWF_APPEND
#define RWF_APPEND 16
#endif

#define TO_WORKER_AFTER 3   /* repetitions on io_uring before a worker makes the call */
#define NEVER_BEGUN_AFTER 1 /* likewise of what the kernel has no thread for: 0.1 s each */
#define RETRIES_MAX 100     /* then the caller learns of it after all */
#define DIRECT_BLOCK 512    /* smallest block O_DIRECT deals in */

struct file_kind {
    bool storage;  /* a regular file or block device: short is not the end */
    uint64_t size; /* 0: not known */
};

static int file_of(const struct slot *slot)
{
    return slot->file ? slot->file->fd : slot->op.fd;
}

static struct file_kind kind_of(const struct slot *slot)
{
    struct statx st;
    struct file_kind kind = {false, 0};

    if (aur_kern.statx(file_of(slot), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
                       STATX_TYPE | STATX_SIZE, &st))
        return kind;
    kind.storage = S_ISREG(st.stx_mode) || S_ISBLK(st.stx_mode);
    kind.size = S_ISREG(st.stx_mode) ? st.stx_size : 0;
    return kind;
}

static bool is_append(const struct slot *slot)
{
    if (slot->op.rw_flags & RWF_APPEND)
        return true;
    int flags = aur_kern.fcntl_getfl(file_of(slot));
    return flags < 0 || flags & O_APPEND;
}

static bool is_write(const struct slot *slot)
{
    return slot->op.type == AURAIO_OP_WRITE || slot->op.type == AURAIO_OP_WRITEV;
}

/* Doing it twice is as good as once: positioned and not appending. */
static bool may_repeat_transfer(const struct slot *slot)
{
    return op_is_data(slot->op.type) && kind_of(slot).storage &&
           !(is_write(slot) && is_append(slot));
}

static bool repeats_after_eintr(const struct slot *slot)
{
    switch ((auraio_op_type_t)slot->op.type) {
    case AURAIO_OP_FSYNC:
    case AURAIO_OP_FDATASYNC:
    case AURAIO_OP_STATX:
        return true;
    default:
        return may_repeat_transfer(slot);
    }
}

static bool repeats_after_eagain(const struct slot *slot)
{
    switch ((auraio_op_type_t)slot->op.type) {
    case AURAIO_OP_FSYNC:
    case AURAIO_OP_FDATASYNC:
    case AURAIO_OP_FALLOCATE:
    case AURAIO_OP_FTRUNCATE:
    case AURAIO_OP_SYNC_FILE_RANGE:
        return kind_of(slot).storage;
    default:
        return op_is_data(slot->op.type) && !(slot->op.rw_flags & RWF_NOWAIT) &&
               kind_of(slot).storage;
    }
}

/* -ECANCELED that nobody asked for: the kernel dropped it before it began, so any may be repeated.
 */
static bool is_not_the_callers(struct slot *slot, int error)
{
    switch (error) {
    case ECANCELED:
        return !slot_is_cancelled(slot);
    case EINTR:
        return !slot_is_cancelled(slot) && repeats_after_eintr(slot);
    case EAGAIN:
        return !slot_is_cancelled(slot) && repeats_after_eagain(slot);
    case EFAULT:
        if (slot->faulted || !may_repeat_transfer(slot))
            return false;
        slot->faulted = true;
        return true;
    default:
        return false;
    }
}

/*
 * Interrupted on its way it may have acted: a descriptor is closed then, close(2). So only
 * the kernel's ECANCELED tells that nothing has happened.
 */
static bool may_have_acted(uint32_t type)
{
    switch ((auraio_op_type_t)type) {
    case AURAIO_OP_CLOSE:
    case AURAIO_OP_FALLOCATE:
    case AURAIO_OP_FTRUNCATE:
    case AURAIO_OP_RENAMEAT:
    case AURAIO_OP_UNLINKAT:
    case AURAIO_OP_MKDIRAT:
        return true;
    default:
        return false;
    }
}

static bool was_stopped(const struct slot *slot, int error)
{
    if (error == EINTR || error == EAGAIN)
        return slot_is_cancelled(slot) && !may_have_acted(slot->op.type);
    return error == ECANCELED;
}

/* The kernel's own codes for a call that a signal ended, which io-wq lets through. */
static int plain_errno(int error)
{
    return error >= 512 && error <= 516 ? EINTR : error;
}

static enum verdict complete_error(struct slot *slot, ssize_t *result, int *error)
{
    int e = plain_errno((int)-slot->result);

    if (slot->retries < RETRIES_MAX && is_not_the_callers(slot, e)) {
        slot->retries++;
        if (slot->retries > (e == ECANCELED ? NEVER_BEGUN_AFTER : TO_WORKER_AFTER))
            slot->force_worker = true;
        return RUN_AGAIN;
    }
    if (was_stopped(slot, e))
        e = slot->expired ? ETIME : ECANCELED;
    *error = e;
    *result = slot->done ? (ssize_t)slot->done : -e;
    return DELIVER;
}

/* Some bytes moved, not all. */
static bool goes_on(const struct slot *slot, const struct ring *ring)
{
    if (ring->engine->options.report_short || slot->op.flags & AURAIO_OPF_SHORT)
        return false;
    struct file_kind kind = kind_of(slot);
    if (!kind.storage)
        return false;
    if (!is_write(slot) && kind.size && (uint64_t)slot->op.offset + slot->done == kind.size)
        return false; /* the end of the file, without asking for it by another read */
    if (slot->done % DIRECT_BLOCK == 0)
        return true;
    int flags = aur_kern.fcntl_getfl(file_of(slot));
    return flags < 0 || !(flags & O_DIRECT);
}

enum verdict aur_complete(struct ring *ring, struct slot *slot, ssize_t *result, int *error)
{
    *error = 0;
    slot->unclean = true;
    if (slot->result < 0)
        return complete_error(slot, result, error);
    slot->done += (size_t)slot->result;
    *result = (ssize_t)slot->done;
    if (slot->result == 0)
        return DELIVER;
    if (!goes_on(slot, ring))
        return DELIVER;
    if (slot_is_cancelled(slot)) {
        *error = slot->expired ? ETIME : ECANCELED;
        return DELIVER;
    }
    slot->retries = 0;
    return RUN_AGAIN;
}
