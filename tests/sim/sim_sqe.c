/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an SQE to an operation, with the kernel's checks: what an opcode does not
 * use must be zero. A stale field would be -EINVAL on some kernel and a wrong
 * result on the next, so here it ends the run.
 */
#include "sim_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_SQE                                                                                  \
    (IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_ASYNC | IOSQE_CQE_SKIP_SUCCESS)
#define KNOWN_RWF 0xffU /* HIPRI DSYNC SYNC NOWAIT APPEND NOAPPEND ATOMIC DONTCACHE */

enum { ADDR = 1, LEN = 2, OFF = 4, FLAGS = 8, BUF_INDEX = 16, FILE_INDEX = 32, IOPRIO = 64 };

/* Which fields each opcode uses; 0: the simulator does not know it. FD is always checked. */
static const unsigned char uses[SIM_OPCODES] = {
    [IORING_OP_NOP] = 128,
    [IORING_OP_READV] = ADDR | LEN | OFF | FLAGS | IOPRIO,
    [IORING_OP_WRITEV] = ADDR | LEN | OFF | FLAGS | IOPRIO,
    [IORING_OP_READ] = ADDR | LEN | OFF | FLAGS | IOPRIO,
    [IORING_OP_WRITE] = ADDR | LEN | OFF | FLAGS | IOPRIO,
    [IORING_OP_READ_FIXED] = ADDR | LEN | OFF | FLAGS | IOPRIO | BUF_INDEX,
    [IORING_OP_WRITE_FIXED] = ADDR | LEN | OFF | FLAGS | IOPRIO | BUF_INDEX,
    [IORING_OP_FSYNC] = LEN | OFF | FLAGS,
    [IORING_OP_POLL_ADD] = LEN | FLAGS,
    [IORING_OP_SYNC_FILE_RANGE] = LEN | OFF | FLAGS,
    [IORING_OP_ASYNC_CANCEL] = ADDR | FLAGS,
    [IORING_OP_FALLOCATE] = ADDR | LEN | OFF,
    [IORING_OP_OPENAT] = ADDR | LEN | FLAGS,
    [IORING_OP_CLOSE] = FILE_INDEX,
    [IORING_OP_STATX] = ADDR | LEN | OFF | FLAGS,
    [IORING_OP_FADVISE] = ADDR | LEN | OFF | FLAGS,
    [IORING_OP_RENAMEAT] = ADDR | LEN | OFF | FLAGS,
    [IORING_OP_UNLINKAT] = ADDR | FLAGS,
    [IORING_OP_MKDIRAT] = ADDR | LEN,
    [SIM_OP_FTRUNCATE] = OFF,
};

bool sim_opcode_is_known(unsigned opcode)
{
    return opcode < SIM_OPCODES && uses[opcode] && !(sim.config.opcodes_missing >> opcode & 1);
}

bool sim_opcode_is_write(unsigned opcode)
{
    return opcode == IORING_OP_WRITE || opcode == IORING_OP_WRITEV ||
           opcode == IORING_OP_WRITE_FIXED;
}

bool sim_opcode_is_data(unsigned opcode)
{
    return sim_opcode_is_write(opcode) || opcode == IORING_OP_READ || opcode == IORING_OP_READV ||
           opcode == IORING_OP_READ_FIXED;
}

static void check_unused(const struct io_uring_sqe *sqe)
{
    unsigned used = uses[sqe->opcode];
    unsigned dirty = 0;

    dirty |= sqe->addr && !(used & ADDR) ? ADDR : 0;
    dirty |= sqe->len && !(used & LEN) ? LEN : 0;
    dirty |= sqe->off && !(used & OFF) ? OFF : 0;
    dirty |= sqe->rw_flags && !(used & FLAGS) ? FLAGS : 0;
    dirty |= sqe->buf_index && !(used & BUF_INDEX) ? BUF_INDEX : 0;
    dirty |= sqe->file_index && !(used & FILE_INDEX) ? FILE_INDEX : 0;
    dirty |= sqe->ioprio && !(used & IOPRIO) ? IOPRIO : 0;
    if (dirty || sqe->personality || sqe->addr3 || sqe->__pad2[0])
        sim_fail("opcode %u: fields it does not use are set (%#x)", sqe->opcode, dirty);
    if (sqe->flags & ~KNOWN_SQE)
        sim_fail("opcode %u: SQE flags %#x", sqe->opcode, sqe->flags);
}

/* Two operations of one name in flight could not be told apart. */
static void check_user_data(const struct sim_op *op)
{
    if (op->opcode == IORING_OP_ASYNC_CANCEL)
        return;
    if (!op->user_data)
        sim_fail("opcode %u: user_data is 0", op->opcode);
    for (const struct sim_op *other = op->ring->ops; other; other = other->older) {
        if (other->user_data == op->user_data && other->opcode != IORING_OP_ASYNC_CANCEL)
            sim_fail("user_data %llx is in flight twice", (unsigned long long)op->user_data);
    }
}

static int take_iovecs(struct sim_op *op, const struct io_uring_sqe *sqe)
{
    const struct iovec *from = (const struct iovec *)(uintptr_t)sqe->addr;

    if (!sqe->len || sqe->len > IOV_MAX)
        return -EINVAL;
    op->iovcnt = (int)sqe->len;
    op->iov = sim_xalloc(sqe->len, sizeof *op->iov);
    memcpy(op->iov, from, sqe->len * sizeof *op->iov);
    return 0;
}

static int take_fixed_buffer(struct sim_op *op, const struct io_uring_sqe *sqe)
{
    const struct sim_ring *ring = op->ring;

    op->fixed_buffer = true;
    if (sqe->buf_index >= ring->n_buffers)
        return -EFAULT;
    const struct iovec *set = &ring->buffers[sqe->buf_index];
    uint64_t from = (uint64_t)(uintptr_t)set->iov_base;
    if (sqe->addr < from || sqe->addr + sqe->len > from + set->iov_len)
        return -EFAULT;
    return 0;
}

static int prepare_data(struct sim_op *op, const struct io_uring_sqe *sqe)
{
    int error = 0;

    op->offset = (int64_t)sqe->off;
    op->one = (struct iovec){(void *)(uintptr_t)sqe->addr, sqe->len};
    op->iovcnt = 1;
    if (sqe->opcode == IORING_OP_READV || sqe->opcode == IORING_OP_WRITEV)
        error = take_iovecs(op, sqe);
    else if (sqe->opcode == IORING_OP_READ_FIXED || sqe->opcode == IORING_OP_WRITE_FIXED)
        error = take_fixed_buffer(op, sqe);
    if (error)
        return error;
    if (op->flags & ~KNOWN_RWF)
        return -EOPNOTSUPP;
    for (int i = 0; i < op->iovcnt; i++)
        op->length += (int64_t)op->iov[i].iov_len;
    return op->offset < -1 ? -EINVAL : 0;
}

/* Paths are copied at submission, as getname() does. */
static int prepare_path(struct sim_op *op, const struct io_uring_sqe *sqe)
{
    if (!sqe->addr)
        return -EFAULT;
    op->path = sim_xstrdup((const char *)(uintptr_t)sqe->addr);
    op->mode = sqe->len;
    if (sqe->opcode == IORING_OP_RENAMEAT) {
        if (!sqe->addr2)
            return -EFAULT;
        op->path2 = sim_xstrdup((const char *)(uintptr_t)sqe->addr2);
    }
    if (sqe->opcode == IORING_OP_STATX)
        op->out = (void *)(uintptr_t)sqe->addr2;
    return 0;
}

static void take_file(struct sim_op *op, const struct io_uring_sqe *sqe)
{
    const struct sim_ring *ring = op->ring;

    if (!(sqe->flags & IOSQE_FIXED_FILE))
        op->file = sim_fd_get(sqe->fd);
    else if (sqe->fd >= 0 && (unsigned)sqe->fd < ring->n_files)
        op->file = ring->files[sqe->fd];
    if (op->file)
        sim_obj_get(op->file);
}

int sim_prepare(struct sim_op *op, const struct io_uring_sqe *sqe)
{
    op->opcode = sqe->opcode;
    op->sqe_flags = sqe->flags;
    op->user_data = sqe->user_data;
    op->flags = (uint32_t)sqe->rw_flags;
    if (!sim_opcode_is_known(sqe->opcode))
        return -EINVAL;
    check_unused(sqe);
    check_user_data(op);
    switch (sqe->opcode) {
    case IORING_OP_NOP:
        return 0;
    case IORING_OP_ASYNC_CANCEL:
        op->offset = (int64_t)sqe->addr;
        return op->flags ? -EINVAL : 0;
    case IORING_OP_CLOSE:
        op->length = sqe->fd;
        return sqe->file_index || sqe->flags & IOSQE_FIXED_FILE ? -EINVAL : 0;
    case IORING_OP_OPENAT:
    case IORING_OP_STATX:
    case IORING_OP_RENAMEAT:
    case IORING_OP_UNLINKAT:
    case IORING_OP_MKDIRAT:
        take_file(op, sqe); /* statx(fd, "", AT_EMPTY_PATH) */
        return sqe->flags & IOSQE_FIXED_FILE ? -EBADF : prepare_path(op, sqe);
    case IORING_OP_POLL_ADD:
        take_file(op, sqe);
        return sqe->len || !(sqe->poll32_events & POLLIN) ? -EINVAL : 0;
    case IORING_OP_FALLOCATE:
        op->offset = (int64_t)sqe->off;
        op->length = (int64_t)sqe->addr;
        op->mode = sqe->len;
        break;
    case IORING_OP_FADVISE:
        op->offset = (int64_t)sqe->off;
        op->length = (int64_t)(sqe->addr ? sqe->addr : sqe->len);
        break;
    case SIM_OP_FTRUNCATE:
        op->length = (int64_t)sqe->off;
        break;
    case IORING_OP_FSYNC:
    case IORING_OP_SYNC_FILE_RANGE:
        op->offset = (int64_t)sqe->off;
        op->length = sqe->len;
        break;
    }
    take_file(op, sqe);
    return sim_opcode_is_data(sqe->opcode) ? prepare_data(op, sqe) : 0;
}
