/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a submission must look like: everything that can be said without the
 * kernel, so that an operation accepted has a callback and one refused changes
 * nothing. Plain reads and writes are checked inline, the rest in check.c. Each
 * check returns 0 or EINVAL.
 */
#ifndef AUR_CHECK_H
#define AUR_CHECK_H

#include "slot.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define KNOWN_FLAGS (AURAIO_OPF_LINK | AURAIO_OPF_SHORT)
#define FIXED_FILES_MAX 32768 /* IORING_MAX_FIXED_FILES of the oldest kernel served */

/* Vectored transfers, and what is none. */
int aur_check_other(const auraio_op_t *op, size_t *total);

/* A descriptor, or a registered one. */
HOT bool is_file(int fd)
{
    return fd >= 0 || fd < INT_MIN + FIXED_FILES_MAX;
}

HOT bool range_fits(int64_t offset, size_t len)
{
    uint64_t end = (uint64_t)offset + len; /* no bit lost: both are below 2^63 if all is well */

    return (int64_t)((uint64_t)offset | len | end) >= 0;
}

HOT bool reserved_is_zero(const auraio_op_t *op)
{
    uint32_t any = 0, word;

    for (size_t i = 0; i < sizeof op->reserved2; i += sizeof word) {
        memcpy(&word, &op->reserved2[i], sizeof word);
        any |= word;
    }
    return !op->reserved0 && !op->reserved1 && !any;
}

HOT bool has_memory(const auraio_buf_t *buf)
{
    if (buf->type == AURAIO_BUF_UNREGISTERED)
        return buf->u.ptr != NULL;
    return buf->type == AURAIO_BUF_REGISTERED && buf->u.fixed.index >= 0;
}

/*
 * *total: the bytes it is to move, 0 when it is no transfer. plain: known to be a
 * read or write where this is compiled, so that op goes to no other function.
 */
HOT int check_op(const auraio_op_t *op, bool plain, size_t *total)
{
    if (op->flags & ~(uint32_t)KNOWN_FLAGS || op->timeout_ms < 0 || !reserved_is_zero(op))
        return EINVAL;
    if (!plain && op->type > AURAIO_OP_WRITE)
        return aur_check_other(op, total);
    *total = op->len;
    return is_file(op->fd) && has_memory(&op->buf) && op->len && range_fits(op->offset, op->len)
               ? 0
               : EINVAL;
}

#endif
