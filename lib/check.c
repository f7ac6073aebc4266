/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "slot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#define KNOWN_FLAGS (AURAIO_OPF_LINK | AURAIO_OPF_SHORT)
#define FIXED_FILES_MAX 32768 /* IORING_MAX_FIXED_FILES of the oldest kernel served */
#define IOV_LIMIT 1024        /* UIO_MAXIOV of the kernel */

/* A descriptor, or a registered one. */
static bool is_file(int fd)
{
    return fd >= 0 || fd < INT_MIN + FIXED_FILES_MAX;
}

static bool range_fits(int64_t offset, size_t len)
{
    return offset >= 0 && len <= SSIZE_MAX && len <= (uint64_t)(INT64_MAX - offset);
}

static bool reserved_is_zero(const auraio_op_t *op)
{
    unsigned any = op->reserved0 | op->reserved1;

    for (size_t i = 0; i < sizeof op->reserved2; i++)
        any |= op->reserved2[i];
    return !any;
}

static bool has_memory(const auraio_buf_t *buf)
{
    if (buf->type == AURAIO_BUF_UNREGISTERED)
        return buf->u.ptr != NULL;
    return buf->type == AURAIO_BUF_REGISTERED && buf->u.fixed.index >= 0;
}

static bool is_directory(int dirfd, const char *path)
{
    return path && (dirfd >= 0 || dirfd == AT_FDCWD);
}

static int check_vectored(const auraio_op_t *op, size_t *total)
{
    size_t sum = 0;

    if (!op->iov || op->iovcnt < 1 || op->iovcnt > IOV_LIMIT)
        return EINVAL;
    for (int i = 0; i < op->iovcnt; i++) {
        if (op->iov[i].iov_len > (size_t)PTRDIFF_MAX - sum)
            return EINVAL;
        sum += op->iov[i].iov_len;
    }
    *total = sum;
    return sum && range_fits(op->offset, sum) ? 0 : EINVAL;
}

static int check_other(const auraio_op_t *op)
{
    switch ((auraio_op_type_t)op->type) {
    case AURAIO_OP_FSYNC:
    case AURAIO_OP_FDATASYNC:
        return is_file(op->fd) ? 0 : EINVAL;
    case AURAIO_OP_OPENAT:
        return is_directory(op->fd, op->args.openat.path) ? 0 : EINVAL;
    case AURAIO_OP_CLOSE:
        return op->fd >= 0 ? 0 : EINVAL;
    case AURAIO_OP_STATX:
        return is_directory(op->fd, op->args.statx.path) && op->args.statx.out ? 0 : EINVAL;
    case AURAIO_OP_FALLOCATE:
        return is_file(op->fd) && op->offset >= 0 && op->args.fallocate.len > 0 ? 0 : EINVAL;
    case AURAIO_OP_FTRUNCATE:
        return is_file(op->fd) && op->args.ftruncate.length >= 0 ? 0 : EINVAL;
    case AURAIO_OP_SYNC_FILE_RANGE:
        return is_file(op->fd) && op->offset >= 0 && op->args.sync_file_range.nbytes >= 0 ? 0
                                                                                          : EINVAL;
    case AURAIO_OP_FADVISE:
        return is_file(op->fd) && op->offset >= 0 && op->args.fadvise.len >= 0 ? 0 : EINVAL;
    case AURAIO_OP_RENAMEAT:
        return is_directory(op->fd, op->args.renameat.oldpath) &&
                       is_directory(op->args.renameat.newdirfd, op->args.renameat.newpath)
                   ? 0
                   : EINVAL;
    case AURAIO_OP_UNLINKAT:
        return is_directory(op->fd, op->args.unlinkat.path) ? 0 : EINVAL;
    case AURAIO_OP_MKDIRAT:
        return is_directory(op->fd, op->args.mkdirat.path) ? 0 : EINVAL;
    case AURAIO_OP_NOP:
        return 0;
    default:
        return EINVAL;
    }
}

int aur_check_op(const auraio_op_t *op, size_t *total)
{
    *total = 0;
    if (op->flags & ~(uint32_t)KNOWN_FLAGS || op->timeout_ms < 0 || !reserved_is_zero(op))
        return EINVAL;
    if (!op_is_data(op->type))
        return op->rw_flags || op->ioprio ? EINVAL : check_other(op);
    if (!is_file(op->fd))
        return EINVAL;
    if (op_is_vectored(op->type))
        return check_vectored(op, total);
    *total = op->len;
    return has_memory(&op->buf) && op->len && range_fits(op->offset, op->len) ? 0 : EINVAL;
}
