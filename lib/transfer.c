/* SPDX-License-Identifier: Apache-2.0 */
/* The next part of a transfer: what one read or write call of the kernel takes. */
#include "slot.h"

static void single_part(struct part *part, char *base, size_t len)
{
    part->single = (struct iovec){base, len < PART_MAX ? len : PART_MAX};
    part->iov = &part->single;
    part->iovcnt = 1;
}

void aur_slot_part(const struct slot *slot, struct part *part)
{
    const auraio_op_t *op = &slot->op;
    size_t skip = slot->done;

    part->offset = op->offset + (int64_t)slot->done;
    if (!op_is_vectored(op->type)) {
        single_part(part, (char *)op->buf.u.ptr + skip, slot->total - skip);
        return;
    }
    const struct iovec *iov = op->iov;
    while (skip && skip >= iov->iov_len)
        skip -= iov++->iov_len;
    if (skip) {
        single_part(part, (char *)iov->iov_base + skip, iov->iov_len - skip);
        return;
    }
    part->iov = iov;
    part->iovcnt = op->iovcnt - (int)(iov - op->iov);
}
