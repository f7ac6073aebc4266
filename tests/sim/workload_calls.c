/* SPDX-License-Identifier: Apache-2.0 */
/* From an auraio_op_t back to the single call that says the same. */
#include "workload.h"

auraio_request_t *call_single(auraio_engine_t *engine, const auraio_op_t *op)
{
    auraio_callback_t cb = op->callback;
    void *ud = op->user_data;

    switch (op->type) {
    case AURAIO_OP_READ:
        return auraio_read(engine, op->fd, op->buf, op->len, op->offset, cb, ud);
    case AURAIO_OP_WRITE:
        return auraio_write(engine, op->fd, op->buf, op->len, op->offset, cb, ud);
    case AURAIO_OP_READV:
        return auraio_readv(engine, op->fd, op->iov, op->iovcnt, op->offset, cb, ud);
    case AURAIO_OP_WRITEV:
        return auraio_writev(engine, op->fd, op->iov, op->iovcnt, op->offset, cb, ud);
    case AURAIO_OP_FSYNC:
        return auraio_fsync(engine, op->fd, AURAIO_FSYNC_DEFAULT, cb, ud);
    case AURAIO_OP_FDATASYNC:
        return auraio_fsync(engine, op->fd, AURAIO_FSYNC_DATASYNC, cb, ud);
    case AURAIO_OP_OPENAT:
        return auraio_openat(engine, op->fd, op->args.openat.path, op->args.openat.flags,
                             op->args.openat.mode, cb, ud);
    case AURAIO_OP_CLOSE:
        return auraio_close(engine, op->fd, cb, ud);
    case AURAIO_OP_STATX:
        return auraio_statx(engine, op->fd, op->args.statx.path, op->args.statx.flags,
                            op->args.statx.mask, op->args.statx.out, cb, ud);
    case AURAIO_OP_FALLOCATE:
        return auraio_fallocate(engine, op->fd, op->args.fallocate.mode, op->offset,
                                op->args.fallocate.len, cb, ud);
    case AURAIO_OP_FTRUNCATE:
        return auraio_ftruncate(engine, op->fd, op->args.ftruncate.length, cb, ud);
    case AURAIO_OP_SYNC_FILE_RANGE:
        return auraio_sync_file_range(engine, op->fd, op->offset, op->args.sync_file_range.nbytes,
                                      op->args.sync_file_range.flags, cb, ud);
    case AURAIO_OP_FADVISE:
        return auraio_fadvise(engine, op->fd, op->offset, op->args.fadvise.len,
                              op->args.fadvise.advice, cb, ud);
    case AURAIO_OP_RENAMEAT:
        return auraio_renameat(engine, op->fd, op->args.renameat.oldpath,
                               op->args.renameat.newdirfd, op->args.renameat.newpath,
                               op->args.renameat.flags, cb, ud);
    case AURAIO_OP_UNLINKAT:
        return auraio_unlinkat(engine, op->fd, op->args.unlinkat.path, op->args.unlinkat.flags, cb,
                               ud);
    case AURAIO_OP_MKDIRAT:
        return auraio_mkdirat(engine, op->fd, op->args.mkdirat.path, op->args.mkdirat.mode, cb, ud);
    default:
        return auraio_nop(engine, cb, ud);
    }
}
