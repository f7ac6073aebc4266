/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Submission: the operations of a call go to one ring, under one hold of its
 * lock. Each is refused here with an errno and no trace, or it has a slot, a
 * handle and, once, a callback.
 */
#include "admit.h"
#include "express.h"
#include "route.h"

static size_t chain_length(const auraio_op_t *ops, size_t n)
{
    size_t len = 1;

    while (len < n && ops[len - 1].flags & AURAIO_OPF_LINK)
        len++;
    return len;
}

/* At the limit what is gathered is what the device waits for. */
static void end(struct ring *ring, int error)
{
    if (error || events_send_now(&ring->engine->events) || ring->at_limit) {
        aur_ring_flush(ring);
        ring->at_limit = false;
    }
    ring_unlock(ring);
}

/*
 * 0 or what refuses submissions: destroy sets it, then takes every ring's lock. A ring
 * that is ready for this thread remains so, which opens the short way.
 */
static int begin(struct ring *ring)
{
    ring_lock(ring);
    ring_touch(ring, aur_thread.id);
    if (ring == aur_thread.route_ring)
        aur_thread.express_engine = ring->engine->serial;
    return READ(ring->engine->refuse);
}

/* One operation, or a chain of them. How many were accepted. */
static size_t submit_next(struct ring *ring, const auraio_op_t *ops, size_t n,
                          auraio_request_t **handles, int *error)
{
    uintptr_t handle = 0;
    size_t len = 1;

    if (ops->flags & AURAIO_OPF_LINK) {
        len = chain_length(ops, n);
        *error = aur_admit_chain(ring, ops, len, handles);
    } else {
        *error = aur_admit(ring, ops, &handle);
        if (handles)
            *handles = (auraio_request_t *)handle;
    }
    return *error ? 0 : len;
}

static size_t submit_to(struct ring *ring, const auraio_op_t *ops, size_t n,
                        auraio_request_t **handles, int *error)
{
    size_t accepted = 0;

    *error = begin(ring);
    while (!*error && accepted < n) {
        accepted += express_run(ring, ops + accepted, n - accepted, handles, accepted);
        if (accepted < n)
            accepted += submit_next(ring, ops + accepted, n - accepted,
                                    handles ? handles + accepted : NULL, error);
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
        if (*error == RING_IS_FULL)
            atomic_fetch_add_explicit(&engine->full_count, 1, memory_order_relaxed);
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

auraio_request_t *aur_submit_one(auraio_engine_t *engine, const auraio_op_t *op)
{
    auraio_request_t *req;
    uintptr_t handle = 0;
    struct ring *ring;
    int error = engine ? engine_claim(engine) : EINVAL;

    if (!error && (ring = route(engine, &error))) {
        error = begin(ring);
        if (!error)
            error = aur_admit(ring, op, &handle);
        end(ring, error);
    }
    if (!error)
        return (auraio_request_t *)handle;
    if (engine && submit_rest(engine, op, 1, &req, &error) == 1)
        return req;
    errno = error;
    return NULL;
}

static auraio_request_t *long_way(auraio_op_type_t type, auraio_engine_t *engine, int fd,
                                  const auraio_buf_t *buf, size_t len, int64_t offset,
                                  auraio_callback_t callback, void *user_data)
{
    auraio_op_t op = {.type = type,
                      .fd = fd,
                      .buf = *buf,
                      .len = len,
                      .offset = offset,
                      .callback = callback,
                      .user_data = user_data};

    return aur_submit_one(engine, &op);
}

/*
 * The ends of the short way but one: each is a jump, so that the way itself needs no
 * stack frame. The first four have the public calls' own signature.
 */
COLD auraio_request_t *long_read(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                                 int64_t offset, auraio_callback_t callback, void *user_data)
{
    return long_way(AURAIO_OP_READ, engine, fd, &buf, len, offset, callback, user_data);
}

COLD auraio_request_t *long_write(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                                  int64_t offset, auraio_callback_t callback, void *user_data)
{
    return long_way(AURAIO_OP_WRITE, engine, fd, &buf, len, offset, callback, user_data);
}

COLD auraio_request_t *long_read_locked(auraio_engine_t *engine, int fd, auraio_buf_t buf,
                                        size_t len, int64_t offset, auraio_callback_t callback,
                                        void *user_data)
{
    ring_unlock(aur_thread.route_ring);
    return long_way(AURAIO_OP_READ, engine, fd, &buf, len, offset, callback, user_data);
}

COLD auraio_request_t *long_write_locked(auraio_engine_t *engine, int fd, auraio_buf_t buf,
                                         size_t len, int64_t offset, auraio_callback_t callback,
                                         void *user_data)
{
    ring_unlock(aur_thread.route_ring);
    return long_way(AURAIO_OP_WRITE, engine, fd, &buf, len, offset, callback, user_data);
}

COLD auraio_request_t *send_and_unlock(struct ring *ring, uintptr_t handle)
{
    aur_ring_flush(ring);
    ring_unlock(ring);
    return (auraio_request_t *)handle;
}

COLD auraio_request_t *wake_next(struct ring *ring, uintptr_t handle)
{
    aur_unlock_slow(&ring->lock);
    return (auraio_request_t *)handle;
}

HOT bool express_is_for(const auraio_engine_t *engine, const struct thread *thread)
{
    return engine && !engine_is_forked(engine) && thread->express_engine == engine->serial;
}

/* A route lasts for so many submissions; then the way begins anew, with another one. */
COLD auraio_request_t *read_anew(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                                 int64_t offset, auraio_callback_t callback, void *user_data)
{
    return route_again(engine) ? auraio_read(engine, fd, buf, len, offset, callback, user_data)
                               : long_read(engine, fd, buf, len, offset, callback, user_data);
}

COLD auraio_request_t *write_anew(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                                  int64_t offset, auraio_callback_t callback, void *user_data)
{
    return route_again(engine) ? auraio_write(engine, fd, buf, len, offset, callback, user_data)
                               : long_write(engine, fd, buf, len, offset, callback, user_data);
}

/* It is placed, and the ring locked. */
HOT auraio_request_t *express_end(const auraio_engine_t *engine, struct ring *ring, bool full,
                                  uintptr_t handle)
{
    if (__builtin_expect(full || atomic_load(&engine->events.sleeper) != SLEEPER_AWAKE, 0))
        return send_and_unlock(ring, handle);
    if (__builtin_expect(ring->locking && !lock_try_drop(&ring->lock), 0))
        return wake_next(ring, handle);
    return (auraio_request_t *)handle;
}

auraio_request_t *auraio_read(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                              int64_t offset, auraio_callback_t callback, void *user_data)
{
    struct transfer t = {AURAIO_OP_READ, fd, buf.u.ptr, len, offset, 0, 0, callback, user_data};
    uintptr_t handle;

    if (buf.type != AURAIO_BUF_UNREGISTERED || !express_is_for(engine, &aur_thread) ||
        !express_is_valid(&t))
        return long_read(engine, fd, buf, len, offset, callback, user_data);
    if (__builtin_expect(--aur_thread.routes_left < 0, 0))
        return read_anew(engine, fd, buf, len, offset, callback, user_data);
    struct ring *ring = aur_thread.route_ring;
    if (!ring_try_lock(ring))
        return long_read(engine, fd, buf, len, offset, callback, user_data);
    if (!express_is_open(engine, ring, fd))
        return long_read_locked(engine, fd, buf, len, offset, callback, user_data);
    bool full = express_place(ring, &t, &handle);
    return express_end(engine, ring, full, handle);
}

auraio_request_t *auraio_write(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                               int64_t offset, auraio_callback_t callback, void *user_data)
{
    struct transfer t = {AURAIO_OP_WRITE, fd, buf.u.ptr, len, offset, 0, 0, callback, user_data};
    uintptr_t handle;

    if (buf.type != AURAIO_BUF_UNREGISTERED || !express_is_for(engine, &aur_thread) ||
        !express_is_valid(&t))
        return long_write(engine, fd, buf, len, offset, callback, user_data);
    if (__builtin_expect(--aur_thread.routes_left < 0, 0))
        return write_anew(engine, fd, buf, len, offset, callback, user_data);
    struct ring *ring = aur_thread.route_ring;
    if (!ring_try_lock(ring))
        return long_write(engine, fd, buf, len, offset, callback, user_data);
    if (!express_is_open(engine, ring, fd))
        return long_write_locked(engine, fd, buf, len, offset, callback, user_data);
    bool full = express_place(ring, &t, &handle);
    return express_end(engine, ring, full, handle);
}
