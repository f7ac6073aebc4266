/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Submission: the operations of a call go to one ring, under one hold of its
 * lock. Single calls are a batch of one. An operation is refused here with an
 * errno and no trace, or it has a slot, a handle and, once, a callback.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define ASK_AGAIN 1024 /* see struct ring */
#define BLOCKED_MS 100 /* how long a blocked caller sleeps before it looks again */
#define SQE_NBYTES_MAX UINT32_MAX

#define CALLBACK_BATCH 32 /* in callbacks, whose poll sends what is left */

enum { WAIT_FOR_ROOM = -1 }; /* not an errno: the caller sleeps and tries again */

static size_t chain_length(const auraio_op_t *ops, size_t n)
{
    size_t len = 1;

    while (len < n && ops[len - 1].flags & AURAIO_OPF_LINK)
        len++;
    return len;
}

/*
 * io_uring waits for data on an O_NONBLOCK pipe or socket. Its owner asked for
 * EAGAIN, which a plain call on a worker gives at once.
 */
static void find_target(struct ring *ring, struct slot *slot)
{
    int fd = slot->file ? slot->file->fd : slot->op.fd;
    bool ask = --ring->ask_countdown == 0, stream = false;

    if (ask)
        ring->ask_countdown = ASK_AGAIN;
    slot->target = aur_target_of(&ring->engine->targets, fd, ask, &stream);
    if (stream) {
        int flags = aur_kern.fcntl_getfl(fd);
        slot->force_worker = flags >= 0 && flags & O_NONBLOCK;
        slot->stream = !slot->force_worker;
    }
}

/* Types whose descriptor is an open file, not a directory: those a registered one may serve. */
static bool names_open_file(uint32_t type)
{
    switch ((auraio_op_type_t)type) {
    case AURAIO_OP_OPENAT:
    case AURAIO_OP_CLOSE:
    case AURAIO_OP_STATX:
    case AURAIO_OP_RENAMEAT:
    case AURAIO_OP_UNLINKAT:
    case AURAIO_OP_MKDIRAT:
    case AURAIO_OP_NOP:
        return false;
    default:
        return true;
    }
}

static int use_file(auraio_engine_t *engine, struct slot *slot)
{
    int fd = slot->op.fd;

    if (!names_open_file(slot->op.type))
        return 0;
    if (fd < 0)
        return aur_registered_use_file(engine, slot, fd - INT_MIN);
    if (!engine->options.resolve_registered_files)
        return 0;
    int index = aur_registered_find_plain(engine, fd);
    return index >= 0 ? aur_registered_use_file(engine, slot, index) : 0;
}

/* A length that an SQE cannot hold. */
static bool is_too_long_for_sqe(const auraio_op_t *op)
{
    return (op->type == AURAIO_OP_SYNC_FILE_RANGE &&
            op->args.sync_file_range.nbytes > SQE_NBYTES_MAX) ||
           (op->type == AURAIO_OP_FADVISE && op->args.fadvise.len > SQE_NBYTES_MAX);
}

/* Fills a slot; what it refers to is referenced. 0 or an errno value, the slot untouched by then.
 */
static int fill(struct ring *ring, struct slot *slot, const auraio_op_t *op, size_t total)
{
    auraio_engine_t *engine = ring->engine;
    int error = 0;

    slot->op = *op;
    slot->chain = NULL;
    slot->target = NULL;
    slot->file = NULL;
    slot->started_ns = slot->deadline_ns = 0;
    slot->total = total;
    slot->done = 0;
    slot->retries = 0;
    slot->buffer = 0;
    atomic_store_explicit(&slot->cancel, false, memory_order_relaxed);
    atomic_store_explicit(&slot->expired, false, memory_order_relaxed);
    slot->cancel_waits = slot->token = slot->faulted = slot->on_worker = slot->force_worker =
        slot->stream = false;

    if (op_is_data(op->type) && !op_is_vectored(op->type) && op->buf.type == AURAIO_BUF_REGISTERED)
        error = aur_registered_use_buffer(engine, slot);
    if (!error)
        error = use_file(engine, slot);
    if (error) {
        aur_registered_release(engine, slot);
        return error;
    }
    if (op_is_data(op->type))
        find_target(ring, slot);
    if (op->type == AURAIO_OP_CLOSE)
        aur_target_forget(&engine->targets, op->fd);
    slot->force_worker |= is_too_long_for_sqe(op);
    return 0;
}

static void set_deadline(struct ring *ring, struct slot *slot, int timeout_ms)
{
    slot->deadline_ns = aur_kern.now_ns() + (uint64_t)timeout_ms * 1000000;
    if (slot->deadline_ns < ring->next_deadline)
        ring->next_deadline = slot->deadline_ns;
    aur_events_deadline(&ring->engine->events, slot->deadline_ns);
}

/* What the overflow mode says when the first operation's target has no room. */
static int overflow(struct ring *ring, struct slot *slot, bool *hold)
{
    struct target *target = slot->target;

    *hold = false;
    if (!target || !target_is_gated(target))
        return 0;
    bool behind = ring->at[target->index].held.head != NULL;
    if (!behind && (slot->token = target_take(target))) {
        ring->at_limit |= target_is_full(target);
        return 0;
    }
    switch (ring->engine->options.overflow) {
    case AURAIO_OVERFLOW_EAGAIN:
        return EAGAIN;
    case AURAIO_OVERFLOW_BLOCK:
        if (!aur_thread.running)
            return WAIT_FOR_ROOM;
        break;
    case AURAIO_OVERFLOW_QUEUE:
        break;
    }
    *hold = true;
    return 0;
}

static void give_back(struct ring *ring, struct slot *chain)
{
    while (chain) {
        struct slot *next = chain->chain;
        aur_registered_release(ring->engine, chain);
        aur_ring_return_slot(ring, chain);
        chain = next;
    }
}

/* A chain, mostly of one: whole or not at all. */
static int admit(struct ring *ring, const auraio_op_t *ops, size_t n, auraio_request_t **handles)
{
    struct running *running = aur_thread.running;
    struct slot *first = NULL, **link = &first;
    size_t total;
    bool hold;
    int error = 0;

    if (n > AURAIO_CHAIN_MAX || n > (size_t)ring->depth)
        return EINVAL;
    for (size_t i = 0; i < n; i++)
        if ((error = aur_check_op(&ops[i], &total)))
            return error;
    if (!aur_ring_has_room(ring, (int)n, running))
        return EAGAIN;
    bool own_place = ring->free_count - RING_SPARE_SLOTS < (int)n;
    for (size_t i = 0; i < n && !error; i++) {
        struct slot *slot = aur_ring_take_slot(ring);
        aur_check_op(&ops[i], &total);
        error = fill(ring, slot, &ops[i], total);
        slot_set_state(slot, SLOT_CHAINED);
        *link = slot;
        link = &slot->chain;
    }
    if (!error)
        error = overflow(ring, first, &hold);
    if (error) {
        give_back(ring, first);
        return error;
    }
    if (own_place)
        running->place_used = true;
    COUNT(ring->count.accepted, n);
    if (!ring->active)
        aur_events_activate(&ring->engine->events, ring);
    for (struct slot *slot = first; slot; slot = slot->chain) {
        if (handles)
            *handles++ = aur_handle_of(ring, slot);
        if (slot->op.timeout_ms)
            set_deadline(ring, slot, slot->op.timeout_ms);
    }
    if (hold) {
        aur_ring_hold(ring, first);
        return 0;
    }
    aur_ring_start(ring, first);
    return 0;
}

static bool batch_is_full(const struct ring *ring)
{
    int threshold = atomic_load_explicit(&ring->engine->batch_threshold, memory_order_relaxed);
    int automatic = aur_thread.running ? CALLBACK_BATCH : AUTO_BATCH;
    int batch = threshold < 0 ? automatic : threshold;

    return batch > 0 && aur_ring_unsent(ring) >= (unsigned)batch;
}

/* The limit is reached: what is gathered is what the device waits for. */
static bool must_send(struct ring *ring)
{
    return events_send_now(&ring->engine->events) || batch_is_full(ring) || ring->at_limit ||
           READ(ring->count.queued);
}

static ssize_t submit(struct ring *ring, const auraio_op_t *ops, size_t n,
                      auraio_request_t **handles, int *error)
{
    size_t accepted = 0;

    ring_lock(ring);
    ring_touch(ring, thread_id());
    *error = READ(ring->engine->refuse); /* destroy sets it, then takes every ring's lock */
    while (!*error && accepted < n) {
        size_t len = chain_length(ops + accepted, n - accepted);
        *error = admit(ring, ops + accepted, len, handles ? handles + accepted : NULL);
        if (*error)
            break;
        accepted += len;
    }
    if (*error || must_send(ring))
        aur_ring_flush(ring);
    ring->at_limit = false;
    if (*error == EAGAIN)
        COUNT(ring->count.refused, 1);
    ring_unlock(ring);
    return (ssize_t)accepted;
}

/* A single_thread engine belongs to the thread that submits first. */
static void own(auraio_engine_t *engine)
{
    uint32_t nobody = 0;

    if (!READ(engine->owner))
        atomic_compare_exchange_strong(&engine->owner, &nobody, thread_id());
}

ssize_t auraio_submit(auraio_engine_t *engine, const auraio_op_t *ops, size_t n,
                      auraio_request_t **handles)
{
    size_t accepted = 0;
    bool inside = false;
    int error;

    if (!engine || (!ops && n) || n > INT32_MAX)
        return aur_fail(EINVAL);
    if (engine->options.single_thread)
        own(engine);
    if ((error = aur_engine_check(engine)) || (error = READ(engine->refuse)))
        return aur_fail(error);
    while (accepted < n) {
        struct ring *ring = aur_route(engine, &error);
        if (!ring)
            break;
        accepted += (size_t)submit(ring, ops + accepted, n - accepted,
                                   handles ? handles + accepted : NULL, &error);
        if (error != WAIT_FOR_ROOM)
            break;
        if (!inside && (error = aur_engine_enter(engine)))
            break;
        inside = true; /* destroy waits for who is blocked */
        if ((error = aur_wait_for_room(engine)))
            break;
    }
    if (inside)
        aur_engine_leave(engine);
    return accepted || !n ? (ssize_t)accepted : aur_fail(error);
}
