/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain system calls on files: an operation of the ring that takes its time
 * at once, with short transfers but no other fault.
 */
#include "sim_internal.h"

#include <errno.h>
#include <fcntl.h>

static int direct(struct sim_op *op, int fd)
{
    sim_kernel_call(500 + (op->opcode == IORING_OP_STATX ? 0 : sim_service_ns()));
    sim.counts.direct++;
    op->file = sim_fd_get(fd);
    if (op->file)
        sim_obj_get(op->file);
    int result = sim_faulty_result(op);
    if (op->file)
        sim_obj_put(op->file);
    sim_trace("direct call, opcode %u on %d: %d", op->opcode, fd, result);
    return result;
}

static ssize_t transfer(uint8_t opcode, int fd, const struct iovec *iov, int iovcnt, int64_t offset,
                        int flags)
{
    struct sim_op op = {.opcode = opcode,
                        .iov = (struct iovec *)(uintptr_t)iov,
                        .iovcnt = iovcnt,
                        .offset = offset,
                        .flags = (uint32_t)flags};

    if (iovcnt < 1 || offset < -1)
        return -EINVAL;
    for (int i = 0; i < iovcnt; i++)
        op.length += (int64_t)iov[i].iov_len;
    return direct(&op, fd);
}

static ssize_t sim_preadv2(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags)
{
    return transfer(IORING_OP_READV, fd, iov, iovcnt, offset, flags);
}

static ssize_t sim_pwritev2(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags)
{
    return transfer(IORING_OP_WRITEV, fd, iov, iovcnt, offset, flags);
}

static int sim_fsync(int fd, bool data_only)
{
    struct sim_op op = {.opcode = IORING_OP_FSYNC, .flags = data_only};

    return direct(&op, fd);
}

static int sim_fallocate(int fd, int mode, int64_t offset, int64_t len)
{
    struct sim_op op = {
        .opcode = IORING_OP_FALLOCATE, .mode = (uint32_t)mode, .offset = offset, .length = len};

    return direct(&op, fd);
}

static int sim_ftruncate(int fd, int64_t length)
{
    struct sim_op op = {.opcode = SIM_OP_FTRUNCATE, .length = length};

    return direct(&op, fd);
}

static int sim_sync_file_range(int fd, int64_t offset, int64_t nbytes, unsigned flags)
{
    struct sim_op op = {
        .opcode = IORING_OP_SYNC_FILE_RANGE, .offset = offset, .length = nbytes, .flags = flags};

    return direct(&op, fd);
}

static int sim_fadvise(int fd, int64_t offset, int64_t len, int advice)
{
    struct sim_op op = {
        .opcode = IORING_OP_FADVISE, .offset = offset, .length = len, .flags = (uint32_t)advice};

    return direct(&op, fd);
}

static int sim_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    struct sim_op op = {.opcode = IORING_OP_OPENAT,
                        .path = (char *)(uintptr_t)path,
                        .flags = (uint32_t)flags,
                        .mode = mode};

    return direct(&op, dirfd);
}

static int sim_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *out)
{
    struct sim_op op = {.opcode = IORING_OP_STATX,
                        .path = (char *)(uintptr_t)path,
                        .flags = (uint32_t)flags,
                        .mode = mask,
                        .out = out};

    return direct(&op, dirfd);
}

static int sim_renameat2(int olddirfd, const char *from, int newdirfd, const char *to,
                         unsigned flags)
{
    struct sim_op op = {.opcode = IORING_OP_RENAMEAT,
                        .path = (char *)(uintptr_t)from,
                        .path2 = (char *)(uintptr_t)to,
                        .flags = flags};

    (void)newdirfd;
    return direct(&op, olddirfd);
}

static int sim_unlinkat(int dirfd, const char *path, int flags)
{
    struct sim_op op = {
        .opcode = IORING_OP_UNLINKAT, .path = (char *)(uintptr_t)path, .flags = (uint32_t)flags};

    return direct(&op, dirfd);
}

static int sim_mkdirat(int dirfd, const char *path, mode_t mode)
{
    struct sim_op op = {.opcode = IORING_OP_MKDIRAT, .path = (char *)(uintptr_t)path, .mode = mode};

    return direct(&op, dirfd);
}

static int sim_getfl(int fd)
{
    struct sim_obj *obj = sim_fd_get(fd);

    sim_kernel_call(300);
    return obj ? obj->flags : -EBADF;
}

void sim_direct_ops(struct kern_ops *ops)
{
    ops->fcntl_getfl = sim_getfl;
    ops->preadv2 = sim_preadv2;
    ops->pwritev2 = sim_pwritev2;
    ops->fsync = sim_fsync;
    ops->openat = sim_openat;
    ops->statx = sim_statx;
    ops->fallocate = sim_fallocate;
    ops->ftruncate = sim_ftruncate;
    ops->sync_file_range = sim_sync_file_range;
    ops->fadvise = sim_fadvise;
    ops->renameat2 = sim_renameat2;
    ops->unlinkat = sim_unlinkat;
    ops->mkdirat = sim_mkdirat;
}
