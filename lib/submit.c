/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Submission: the operations of a call go to one ring, under one hold of its
 * lock. Each is refused here with an errno and no trace, or it has a slot, a
 * handle and, once, a callback.
 *
 * A single operation is inline from the public call to the submission queue: the
 * compiler sees there what cannot be, and keeps the rest in registers as long as
 * nobody else gets hold of the auraio_op_t. Hence the copy for the way round.
 */
#include "admit.h"
#include "route.h"

static size_t chain_length(const auraio_op_t *ops, size_t n)
{
    size_t len = 1;

    while (len < n && ops[len - 1].flags & AURAIO_OPF_LINK)
        len++;
    return len;
}

/* At the limit what is gathered is what the device waits for. */
HOT void end(struct ring *ring, int error)
{
    if (error || events_send_now(&ring->engine->events) || ring->at_limit) {
        aur_ring_flush(ring);
        ring->at_limit = false;
    }
    ring_unlock(ring);
}

/* 0 or what refuses submissions: destroy sets it, then takes every ring's lock. */
HOT int begin(struct ring *ring)
{
    ring_lock(ring);
    ring_touch(ring, aur_thread.id);
    return READ(ring->engine->refuse);
}

static int admit_any(struct ring *ring, const auraio_op_t *op, uintptr_t *handle)
{
    return admit(ring, op, false, handle);
}

static size_t submit_to(struct ring *ring, const auraio_op_t *ops, size_t n,
                        auraio_request_t **handles, int *error)
{
    size_t accepted = 0, len;
    uintptr_t handle = 0;

    *error = begin(ring);
    for (; !*error && accepted < n; accepted += *error ? 0 : len) {
        const auraio_op_t *op = &ops[accepted];
        auraio_request_t **place = handles ? handles + accepted : NULL;
        len = 1;
        if (op->flags & AURAIO_OPF_LINK) {
            len = chain_length(op, n - accepted);
            *error = aur_admit_chain(ring, op, len, place);
            continue;
        }
        *error = op->type <= AURAIO_OP_WRITE ? admit(ring, op, true, &handle)
                                             : admit_any(ring, op, &handle);
        if (place)
            *place = (auraio_request_t *)handle;
    }
    end(ring, *error);
    return accepted;
}

/* Sleeps until there may be room, and tries again. */
static size_t submit_blocking(auraio_engine_t *engine, const auraio_op_t *ops, size_t n,
                              auraio_request_t **handles, int *error)
{
    size_t accepted = 0;

    if ((*error = engine_enter(engine))) /* destroy waits for who is blocked */
        return 0;
    while (!(*error = aur_wait_for_room(engine))) {
        struct ring *ring = route(engine, error);
        if (!ring)
            break;
        accepted += submit_to(ring, ops + accepted, n - accepted,
                              handles ? handles + accepted : NULL, error);
        if (*error != WAIT_FOR_ROOM)
            break;
    }
    engine_leave(engine);
    return accepted;
}

/* Every other ring is asked, but with CPU_LOCAL only that of the CPU the thread is on now. */
static size_t submit_elsewhere(auraio_engine_t *engine, const struct ring *full,
                               const auraio_op_t *ops, size_t n, auraio_request_t **handles,
                               int *error)
{
    bool local = engine->options.ring_select == AURAIO_SELECT_CPU_LOCAL;
    size_t accepted = 0;

    for (int i = 1; i < engine->ring_max && *error == RING_IS_FULL && !accepted; i++) {
        int index = (full->index + i) % engine->ring_max, no_ring;
        struct ring *ring = local ? aur_route(engine, &no_ring) : engine_ring_made(engine, index);
        if (!ring && !local)
            ring = aur_engine_ring(engine, index, &no_ring);
        if (ring && ring != full)
            accepted = submit_to(ring, ops, n, handles, error);
        if (local)
            break;
    }
    return accepted;
}

/*
 * The way round, after the first try ended with *error: another ring may have room,
 * or the caller sleeps. Leaves an errno value or 0.
 */
static size_t submit_rest(auraio_engine_t *engine, const auraio_op_t *ops, size_t n,
                          auraio_request_t **handles, int *error)
{
    const struct ring *full = aur_thread.route_ring;
    size_t accepted = 0;

    if (*error == RING_IS_FULL) {
        aur_thread.cpu = -1; /* the thread may have moved */
        aur_thread.routes_left = 0;
        accepted = submit_elsewhere(engine, full, ops, n, handles, error);
    }
    if (*error == WAIT_FOR_ROOM)
        accepted += submit_blocking(engine, ops + accepted, n - accepted,
                                    handles ? handles + accepted : NULL, error);
    if (*error == RING_IS_FULL || *error == EAGAIN) {
        atomic_fetch_add_explicit(&engine->eagain_count, 1, memory_order_relaxed);
        *error = EAGAIN;
    }
    return accepted;
}

ssize_t auraio_submit(auraio_engine_t *engine, const auraio_op_t *ops, size_t n,
                      auraio_request_t **handles)
{
    int error;

    if (!engine || (!ops && n) || n > INT32_MAX)
        return aur_fail(EINVAL);
    if ((error = engine_claim(engine)))
        return aur_fail(error);
    struct ring *ring = route(engine, &error);
    if (!ring)
        return aur_fail(error);
    size_t accepted = submit_to(ring, ops, n, handles, &error);
    if (__builtin_expect(error, 0)) {
        bool full = error == RING_IS_FULL && accepted; /* part of them is an answer too */
        if (full)
            error = EAGAIN;
        accepted += submit_rest(engine, ops + accepted, n - accepted,
                                handles ? handles + accepted : NULL, &error);
    }
    return accepted || !error ? (ssize_t)accepted : aur_fail(error);
}

/* 0, an errno value, or a reason to go the way round. */
HOT int submit_single(auraio_engine_t *engine, const auraio_op_t *op, bool plain, uintptr_t *handle)
{
    int error, no_ring;

    if (!engine)
        return EINVAL;
    if ((error = engine_claim(engine)))
        return error;
    struct ring *ring = route(engine, &no_ring);
    if (!ring)
        return no_ring;
    error = begin(ring);
    if (!error)
        error = admit(ring, op, plain, handle);
    end(ring, error);
    return error;
}

__attribute__((noinline)) static auraio_request_t *single_rest(auraio_engine_t *engine,
                                                               const auraio_op_t *op, int error)
{
    auraio_request_t *req;

    if (engine && submit_rest(engine, op, 1, &req, &error) == 1)
        return req;
    errno = error;
    return NULL;
}

auraio_request_t *aur_submit_one(auraio_engine_t *engine, const auraio_op_t *op)
{
    uintptr_t handle = 0;
    int error = submit_single(engine, op, false, &handle);

    return error ? single_rest(engine, op, error) : (auraio_request_t *)handle;
}

HOT auraio_op_t transfer(auraio_op_type_t type, int fd, const auraio_buf_t *buf, size_t len,
                         int64_t offset, auraio_callback_t callback, void *user_data)
{
    return (auraio_op_t){.type = type,
                         .fd = fd,
                         .buf = *buf,
                         .len = len,
                         .offset = offset,
                         .callback = callback,
                         .user_data = user_data};
}

auraio_request_t *auraio_read(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                              int64_t offset, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = transfer(AURAIO_OP_READ, fd, &buf, len, offset, callback, user_data);
    uintptr_t handle = 0;
    int error = submit_single(engine, &op, true, &handle);

    if (__builtin_expect(!error, 1))
        return (auraio_request_t *)handle;
    auraio_op_t again = transfer(AURAIO_OP_READ, fd, &buf, len, offset, callback, user_data);
    return single_rest(engine, &again, error);
}

auraio_request_t *auraio_write(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                               int64_t offset, auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = transfer(AURAIO_OP_WRITE, fd, &buf, len, offset, callback, user_data);
    uintptr_t handle = 0;
    int error = submit_single(engine, &op, true, &handle);

    if (__builtin_expect(!error, 1))
        return (auraio_request_t *)handle;
    auraio_op_t again = transfer(AURAIO_OP_WRITE, fd, &buf, len, offset, callback, user_data);
    return single_rest(engine, &again, error);
}
