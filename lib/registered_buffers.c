/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered buffers. A kernel instance that refuses them works with their
 * addresses instead.
 */
#include "engine.h"
#include "registered_sets.h"

#include <errno.h>
#include <string.h>

#define BUFFERS_MAX 16384 /* IORING_MAX_REG_BUFFERS */
/* Pinned or let go in one call, during which the kernel keeps the ring's submitters out: 1 ms. */
#define PIECE_BYTES ((size_t)4 << 20)

int aur_registered_use_buffer(auraio_engine_t *engine, struct slot *slot)
{
    struct registered *reg = &engine->registered;
    int index = slot->op.buf.u.fixed.index;
    size_t offset = slot->op.buf.u.fixed.offset;
    int error = aur_set_use(&reg->buffers);

    if (error)
        return error;
    if (index >= reg->buffers.count)
        error = EINVAL;
    else if (offset > reg->iovs[index].iov_len || slot->total > reg->iovs[index].iov_len - offset)
        error = EOVERFLOW;
    if (error) {
        set_unuse(&reg->buffers);
        return error;
    }
    slot->op.buf.u.ptr = (char *)reg->iovs[index].iov_base + offset;
    slot->buffer = (uint16_t)(index + 1);
    slot->holds = true;
    return 0;
}

/* So many of the n make up a piece; one that is larger stands alone. */
static int piece_of(const struct iovec *iovs, int n)
{
    size_t bytes = iovs[0].iov_len;
    int i = 1;

    while (i < n && bytes < PIECE_BYTES && iovs[i].iov_len <= PIECE_BYTES - bytes)
        bytes += iovs[i++].iov_len;
    return i;
}

/* Puts from[0..] in the places of the set, piece by piece; 0 or negative errno. */
static int put_pieces(const struct registered *reg, const struct uring *uring,
                      const struct iovec *from)
{
    int count = reg->buffers.count, n;

    for (int i = 0; i < count; i += n) {
        n = piece_of(reg->iovs + i, count - i);
        struct io_uring_rsrc_update2 update = {
            .offset = (unsigned)i, .data = (uintptr_t)(from + i), .nr = (unsigned)n};
        int r = aur_kern.uring_register(uring->fd, IORING_REGISTER_BUFFERS_UPDATE, &update,
                                        sizeof update);
        if (r != n)
            return r < 0 ? r : -ENOMEM;
    }
    return 0;
}

static int attach(const struct uring *uring, const struct iovec *iovs, int count)
{
    return aur_kern.uring_register(uring->fd, IORING_REGISTER_BUFFERS, iovs, (unsigned)count);
}

static void detach(const struct uring *uring)
{
    aur_kern.uring_register(uring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
}

/* Many empty places first, which kernels before Linux 5.13 do not take: all at once there. */
static int attach_pieces(const struct registered *reg, const struct uring *uring)
{
    int count = reg->buffers.count, r = -ENOMEM;
    struct iovec *empty = aur_kern.alloc(8, (size_t)count * sizeof *empty);

    if (empty && (r = attach(uring, empty, count)) >= 0) {
        r = put_pieces(reg, uring, reg->iovs);
        if (r < 0)
            detach(uring);
    }
    aur_kern.free(empty);
    return r;
}

static void empty_pieces(const struct registered *reg, const struct uring *uring)
{
    struct iovec *empty = aur_kern.alloc(8, (size_t)reg->buffers.count * sizeof *empty);

    if (empty)
        put_pieces(reg, uring, empty);
    aur_kern.free(empty);
}

static bool is_one_piece(const struct registered *reg)
{
    return piece_of(reg->iovs, reg->buffers.count) == reg->buffers.count;
}

void aur_attach_buffers(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    struct registered *reg = &engine->registered;
    int r = is_one_piece(reg) ? -EINVAL : attach_pieces(reg, uring);

    if (r < 0)
        r = attach(uring, reg->iovs, reg->buffers.count);
    if (r < 0)
        aur_log(AURAIO_LOG_WARN, "buffers work unregistered: %s", strerror(-r));
    aur_set_flag(ring, &uring->fixed_buffers, r >= 0);
}

void aur_detach_buffers(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    struct registered *reg = &engine->registered;

    if (uring->fixed_buffers && !uring->lost) {
        if (!is_one_piece(reg))
            empty_pieces(reg, uring);
        detach(uring);
    }
    aur_set_flag(ring, &uring->fixed_buffers, false);
}

int auraio_register_buffers(auraio_engine_t *engine, const struct iovec *iovs, int count)
{
    if (!engine || !iovs || count < 1 || count > BUFFERS_MAX)
        return aur_fail(EINVAL);
    for (int i = 0; i < count; i++)
        if (!iovs[i].iov_base || !iovs[i].iov_len)
            return aur_fail(EINVAL);
    int error = aur_registered_enter(engine);
    if (error)
        return aur_fail(error);
    struct registered *reg = &engine->registered;
    lock_take(&engine->setup);
    aur_registered_finish_locked(engine);
    error = aur_set_is_taken(&reg->buffers) ? EBUSY : 0;
    if (!error && !(reg->iovs = aur_kern.alloc(8, (size_t)count * sizeof *iovs)))
        error = ENOMEM;
    if (!error) {
        memcpy(reg->iovs, iovs, (size_t)count * sizeof *iovs);
        reg->buffers.count = count;
        aur_each_uring(engine, aur_attach_buffers);
        atomic_store(&reg->buffers.state, SET_REGISTERED);
    }
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error ? aur_fail(error) : 0;
}
