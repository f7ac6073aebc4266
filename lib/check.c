/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of check.h that are not of plain reads and writes. */
#include "check.h"

#include <fcntl.h>

#define IOV_LIMIT 1024 /* UIO_MAXIOV of the kernel */

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

int aur_check_other(const auraio_op_t *op, size_t *total)
{
    *total = 0;
    if (!op_is_data(op->type))
        return op->rw_flags ? EINVAL : check_other(op);
    return is_file(op->fd) ? check_vectored(op, total) : EINVAL;
}
