/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one operation does to the simulated files: bytes really move, names
 * really change. The same code serves completions and direct calls.
 */
#include "sim_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_AT_ONCE 0x7ffff000LL
#define LARGEST_FILE (256LL << 20)

static void copy(const struct sim_op *op, bool to_file, unsigned char *data, int64_t n)
{
    for (int i = 0; i < op->iovcnt && n; i++) {
        int64_t part = (int64_t)op->iov[i].iov_len < n ? (int64_t)op->iov[i].iov_len : n;
        if (part)
            memcpy(to_file ? data : op->iov[i].iov_base, to_file ? op->iov[i].iov_base : data,
                   (size_t)part);
        data += part;
        n -= part;
    }
}

/* How far the way is free of bad places: 0 when the first byte is one. */
static int64_t up_to_bad(const struct sim_inode *inode, int64_t offset, int64_t n)
{
    if (offset >= inode->bad_to || offset + n <= inode->bad_from)
        return n;
    return offset >= inode->bad_from ? 0 : inode->bad_from - offset;
}

static bool is_misaligned(const struct sim_op *op, int64_t offset)
{
    return op->file->flags & O_DIRECT && (offset % 512 || op->length % 512);
}

static int read_file(struct sim_op *op, int64_t offset, int64_t most)
{
    const struct sim_inode *inode = op->file->inode;
    int64_t n = inode->size > offset ? inode->size - offset : 0;

    if (n > most)
        n = most;
    if (!n)
        return 0;
    n = up_to_bad(inode, offset, n);
    if (!n)
        return -EIO;
    copy(op, false, inode->data + offset, n);
    return (int)n;
}

static int write_file(struct sim_op *op, int64_t offset, int64_t most)
{
    struct sim_inode *inode = op->file->inode;
    int64_t n = most, end = inode->capacity < LARGEST_FILE ? inode->capacity : LARGEST_FILE;

    if (!n)
        return 0;
    if (offset >= end)
        return inode->capacity < LARGEST_FILE ? -ENOSPC : -EFBIG;
    n = up_to_bad(inode, offset, offset + n > end ? end - offset : n);
    if (!n)
        return -EIO;
    if (offset + n > inode->size)
        sim_inode_resize(inode, offset + n);
    copy(op, true, inode->data + offset, n);
    return (int)n;
}

static int transfer(struct sim_op *op, int64_t most)
{
    bool write = sim_opcode_is_write(op->opcode);
    struct sim_obj *file = op->file;
    int access = file->flags & O_ACCMODE;

    if (file->kind != SIM_FILE)
        return -EINVAL;
    if (access == (write ? O_RDONLY : O_WRONLY))
        return -EBADF;
    if (file->inode->directory)
        return -EISDIR;
    bool append = write && (file->flags & O_APPEND || op->flags & (unsigned)RWF_APPEND);
    int64_t offset = append ? file->inode->size : op->offset < 0 ? file->position : op->offset;
    if (is_misaligned(op, offset))
        return -EINVAL;
    most = most < MOST_AT_ONCE ? most : MOST_AT_ONCE;
    int n = write ? write_file(op, offset, most) : read_file(op, offset, most);
    if (n > 0 && op->offset < 0)
        file->position = offset + n;
    return n;
}

static int stat_file(const struct sim_op *op)
{
    bool by_name = op->path[0] != 0;
    const struct sim_inode *inode = by_name    ? sim_inode_find(op->path)
                                    : op->file ? op->file->inode
                                               : NULL;
    struct statx *st = op->out;

    if (!inode && (by_name || !op->file))
        return by_name ? -ENOENT : -EBADF;
    if (!by_name && !(op->flags & AT_EMPTY_PATH))
        return -ENOENT;
    memset(st, 0, sizeof *st);
    if (!inode) { /* an anonymous descriptor: they all live on one device */
        st->stx_dev_minor = 15;
        return 0;
    }
    st->stx_mask = STATX_BASIC_STATS;
    st->stx_blksize = 4096;
    st->stx_nlink = inode->path ? 1 : 0;
    st->stx_mode = (uint16_t)(inode->directory ? S_IFDIR | 0755 : S_IFREG | 0644);
    st->stx_ino = inode->number;
    st->stx_size = (uint64_t)inode->size;
    st->stx_blocks = (uint64_t)(inode->size + 511) / 512;
    st->stx_dev_major = 8;
    st->stx_dev_minor = inode->minor * 16;
    return 0;
}

/* What lies between goes, and what is behind it moves up. */
static int collapse(struct sim_inode *inode, int64_t from, int64_t to)
{
    if (to >= inode->size)
        return -EINVAL;
    memmove(inode->data + from, inode->data + to, (size_t)(inode->size - to));
    return sim_inode_resize(inode, inode->size - (to - from));
}

static int fallocate_file(const struct sim_op *op)
{
    struct sim_inode *inode = op->file->inode;
    int64_t end = op->offset + op->length;

    if (op->offset < 0 || op->length <= 0)
        return -EINVAL;
    if (op->mode == FALLOC_FL_COLLAPSE_RANGE)
        return collapse(inode, op->offset, end);
    if (op->mode & ~(unsigned)FALLOC_FL_KEEP_SIZE)
        return -EOPNOTSUPP;
    if (end > inode->capacity)
        return -ENOSPC;
    if (end > LARGEST_FILE)
        return -EFBIG;
    return end > inode->size && !(op->mode & FALLOC_FL_KEEP_SIZE) ? sim_inode_resize(inode, end)
                                                                  : 0;
}

static int on_open_file(struct sim_op *op)
{
    if (!op->file)
        return -EBADF;
    if (op->file->kind != SIM_FILE)
        return -EINVAL;
    switch (op->opcode) {
    case IORING_OP_FALLOCATE:
        return fallocate_file(op);
    case SIM_OP_FTRUNCATE:
        if (op->length < 0)
            return -EINVAL;
        if (op->length > LARGEST_FILE)
            return -EFBIG;
        return sim_inode_resize(op->file->inode, op->length);
    default: /* FSYNC, SYNC_FILE_RANGE, FADVISE: nothing to see */
        return op->offset < 0 ? -EINVAL : 0;
    }
}

static int effect(struct sim_op *op, int64_t most)
{
    switch (op->opcode) {
    case IORING_OP_CLOSE:
        if (!sim_fd_is_open((int)op->length))
            return -EBADF;
        sim_close((int)op->length);
        return 0;
    case IORING_OP_OPENAT:
        return sim_inode_open(op->path, (int)op->flags, false);
    case IORING_OP_STATX:
        return stat_file(op);
    case IORING_OP_RENAMEAT:
        return sim_inode_rename(op->path, op->path2, op->flags);
    case IORING_OP_UNLINKAT:
        return sim_inode_unlink(op->path, (int)op->flags);
    case IORING_OP_MKDIRAT:
        return sim_inode_mkdir(op->path);
    default:
        if (!sim_opcode_is_data(op->opcode))
            return on_open_file(op);
        return op->file ? transfer(op, most) : -EBADF;
    }
}

int sim_execute(struct sim_op *op, int64_t most)
{
    int result = effect(op, most);
    bool asks_only = op->opcode == IORING_OP_STATX && !op->path[0]; /* of an open file */

    if (result >= 0 && !asks_only)
        sim.counts.executed[op->opcode]++;
    return result;
}
