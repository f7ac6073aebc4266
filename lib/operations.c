/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public single operations but for plain reads and writes, which submit.c has:
 * arguments into an auraio_op_t, submitted as a batch of one.
 */
#include "engine.h"

static auraio_request_t *submit_one(auraio_engine_t *engine, auraio_op_t *op,
                                    auraio_callback_t callback, void *user_data)
{
    op->callback = callback;
    op->user_data = user_data;
    return aur_submit_one(engine, op);
}

auraio_request_t *auraio_readv(auraio_engine_t *engine, int fd, const struct iovec *iov, int iovcnt,
                               int64_t offset, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {
        .type = AURAIO_OP_READV, .fd = fd, .iov = iov, .iovcnt = iovcnt, .offset = offset};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_writev(auraio_engine_t *engine, int fd, const struct iovec *iov,
                                int iovcnt, int64_t offset, auraio_callback_t callback,
                                void *user_data)
{
    auraio_op_t op = {
        .type = AURAIO_OP_WRITEV, .fd = fd, .iov = iov, .iovcnt = iovcnt, .offset = offset};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_fsync(auraio_engine_t *engine, int fd, auraio_fsync_flags_t flags,
                               auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_FSYNC, .fd = fd};

    if (flags == AURAIO_FSYNC_DATASYNC)
        op.type = AURAIO_OP_FDATASYNC;
    else if (flags != AURAIO_FSYNC_DEFAULT)
        op.flags = UINT32_MAX; /* refused with the other unknown flags */
    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_openat(auraio_engine_t *engine, int dirfd, const char *path, int flags,
                                mode_t mode, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_OPENAT,
                      .fd = dirfd,
                      .args.openat = {.path = path, .flags = flags, .mode = mode}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_close(auraio_engine_t *engine, int fd, auraio_callback_t callback,
                               void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_CLOSE, .fd = fd};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_statx(auraio_engine_t *engine, int dirfd, const char *path, int flags,
                               unsigned mask, struct statx *out, auraio_callback_t callback,
                               void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_STATX,
                      .fd = dirfd,
                      .args.statx = {.path = path, .out = out, .flags = flags, .mask = mask}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_fallocate(auraio_engine_t *engine, int fd, int mode, int64_t offset,
                                   int64_t len, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_FALLOCATE,
                      .fd = fd,
                      .offset = offset,
                      .args.fallocate = {.len = len, .mode = mode}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_ftruncate(auraio_engine_t *engine, int fd, int64_t length,
                                   auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_FTRUNCATE, .fd = fd, .args.ftruncate = {.length = length}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_sync_file_range(auraio_engine_t *engine, int fd, int64_t offset,
                                         int64_t nbytes, unsigned flags, auraio_callback_t callback,
                                         void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_SYNC_FILE_RANGE,
                      .fd = fd,
                      .offset = offset,
                      .args.sync_file_range = {.nbytes = nbytes, .flags = flags}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_fadvise(auraio_engine_t *engine, int fd, int64_t offset, int64_t len,
                                 int advice, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_FADVISE,
                      .fd = fd,
                      .offset = offset,
                      .args.fadvise = {.len = len, .advice = advice}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_renameat(auraio_engine_t *engine, int olddirfd, const char *oldpath,
                                  int newdirfd, const char *newpath, unsigned flags,
                                  auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {
        .type = AURAIO_OP_RENAMEAT,
        .fd = olddirfd,
        .args.renameat = {
            .oldpath = oldpath, .newpath = newpath, .newdirfd = newdirfd, .flags = flags}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_unlinkat(auraio_engine_t *engine, int dirfd, const char *path, int flags,
                                  auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {
        .type = AURAIO_OP_UNLINKAT, .fd = dirfd, .args.unlinkat = {.path = path, .flags = flags}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_mkdirat(auraio_engine_t *engine, int dirfd, const char *path, mode_t mode,
                                 auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {
        .type = AURAIO_OP_MKDIRAT, .fd = dirfd, .args.mkdirat = {.path = path, .mode = mode}};

    return submit_one(engine, &op, callback, user_data);
}

auraio_request_t *auraio_nop(auraio_engine_t *engine, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = AURAIO_OP_NOP};

    return submit_one(engine, &op, callback, user_data);
}
