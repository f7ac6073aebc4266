/* SPDX-License-Identifier: Apache-2.0 */
#include "admit.h"

#include "check.h"
#include "engine.h"
#include "gate.h"

#include <fcntl.h>

#define ASK_AGAIN 1024 /* operations on a cached descriptor until its device is asked for again */
#define SQE_NBYTES_MAX UINT32_MAX

enum { HELD_BACK = -3 }; /* accepted, and not to be started yet */

/*
 * io_uring waits for data on an O_NONBLOCK pipe or socket. Its owner asked for
 * EAGAIN, which a plain call on a worker gives at once.
 */
static void find_target(struct ring *ring, struct slot *slot)
{
    struct targets *targets = &ring->engine->targets;
    int fd = slot->file ? slot->file->fd : slot->op.fd;
    bool ask = --ring->ask_countdown <= 0, stream = false;

    if (ask)
        ring->ask_countdown = ASK_AGAIN;
    struct target *target = aur_target_of(targets, fd, ask, &stream);
    slot->at = target ? ring_at(ring, target) : &ring->at[0];
    if (target && !slot->at->target)
        aur_gate_begin(slot->at, target);
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

static int find_file(auraio_engine_t *engine, struct slot *slot)
{
    int fd = slot->op.fd;

    if (!names_open_file(slot->op.type))
        return 0;
    if (fd < 0)
        return aur_registered_use_file(engine, slot, fd - INT_MIN);
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

static void place_other(struct ring *ring, struct slot *slot)
{
    slot->at = &ring->at[0];
    slot->force_worker = is_too_long_for_sqe(&slot->op);
    if (slot->op.type == AURAIO_OP_CLOSE) {
        aur_target_forget(&ring->engine->targets, slot->op.fd);
        engine_new_epoch(ring->engine);
    }
}

/* 0 or an errno value. */
static int fill(struct ring *ring, struct slot *slot, const auraio_op_t *op, size_t total)
{
    auraio_engine_t *engine = ring->engine;
    int error = 0;

    slot->op = *op;
    slot->unclean = true;
    slot_forget_cancel(slot);
    slot->cancel_waits = false;
    slot->total = total;
    if (op->type <= AURAIO_OP_WRITE && op->buf.type == AURAIO_BUF_REGISTERED)
        error = aur_registered_use_buffer(engine, slot);
    if (!error && (op->fd < 0 || engine->options.resolve_registered_files))
        error = find_file(engine, slot);
    if (error)
        return error;
    if (op_is_data(op->type))
        find_target(ring, slot);
    else
        place_other(ring, slot);
    return 0;
}

static void set_deadline(struct ring *ring, struct slot *slot, int timeout_ms)
{
    slot->deadline_ns = aur_kern.now_ns() + (uint64_t)timeout_ms * 1000000;
    if (slot->deadline_ns < ring->next_deadline)
        ring->next_deadline = slot->deadline_ns;
    aur_events_deadline(&ring->engine->events, slot->deadline_ns);
}

/* What the overflow mode says when the target is at its limit. */
static int pass_gate(struct ring *ring, struct slot *slot)
{
    struct ring_target *at = slot->at;

    if (aur_gate_pass(ring, at)) {
        ring->at_limit |= READ(at->started) + 1 == at->stop && target_is_full(at->target);
        return 0;
    }
    aur_gate_refuse(ring, at);
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
    return HELD_BACK;
}

static void give_back(struct ring *ring, struct slot *chain)
{
    while (chain) {
        struct slot *next = chain->chain;
        aur_registered_release(ring->engine, chain);
        ring_return_slot(ring, chain);
        chain = next;
    }
}

/*
 * n filled slots in a chain; own_place: the last one is that of the running callback.
 * 0 or why not.
 */
static int admit_filled(struct ring *ring, struct slot *first, int n, bool own_place)
{
    int gate = first->at->target ? pass_gate(ring, first) : 0;

    if (gate && gate != HELD_BACK)
        return gate;
    if (own_place)
        aur_thread.running->place_used = true;
    aur_events_activate(&ring->engine->events, ring);
    COUNT(ring->count->unstarted, (uint64_t)(n - 1 + (gate == HELD_BACK)));
    if (gate)
        aur_gate_hold(ring, first);
    else
        aur_ring_start(ring, first);
    return 0;
}

/*
 * What was true of this operation will be true of the next plain ones of its
 * descriptor, unless the epoch moves on: it was read before all that.
 */
static void allow_express(struct ring *ring, const struct slot *slot, uint64_t epoch)
{
    auraio_engine_t *engine = ring->engine;
    uint64_t both = 1ull << AURAIO_OP_READ | 1ull << AURAIO_OP_WRITE;

    if (!ring->plain || (ring->kernel_ops & both) != both || READ(engine->events.handed_out) ||
        READ(engine->refuse) || engine->options.resolve_registered_files)
        return;
    if (slot->op.fd < 0 || slot->stream || slot->force_worker || !slot->at->target)
        return;
    if (ring->epoch != epoch) {
        for (int i = 0; i < KNOWN_FDS; i++)
            ring->known[i].fd = KNOWN_NONE(i);
        ring->epoch = epoch;
    }
    *ring_known(ring, slot->op.fd) = (struct known){slot->op.fd, slot->at};
}

int aur_admit(struct ring *ring, const auraio_op_t *op, uintptr_t *handle)
{
    uint64_t epoch = atomic_load(&ring->engine->epoch);
    size_t total;
    int error = aur_check_op(op, &total);

    if (error)
        return error;
    if (!ring_has_room(ring, 1, aur_thread.running))
        return RING_IS_FULL;
    bool own_place = ring->free_count <= RING_SPARE_SLOTS;
    struct slot *slot = ring_take_slot(ring);
    error = fill(ring, slot, op, total);
    if (!error && op->timeout_ms)
        set_deadline(ring, slot, op->timeout_ms);
    if (!error)
        error = admit_filled(ring, slot, 1, own_place);
    if (error) {
        give_back(ring, slot);
        return error;
    }
    *handle = slot_handle(slot);
    allow_express(ring, slot, epoch);
    return 0;
}

int aur_admit_chain(struct ring *ring, const auraio_op_t *ops, size_t n, auraio_request_t **handles)
{
    struct slot *first = NULL, **link = &first;
    size_t totals[AURAIO_CHAIN_MAX];
    int error = 0;

    if (n > AURAIO_CHAIN_MAX || n > (size_t)ring->depth)
        return EINVAL;
    for (size_t i = 0; i < n; i++)
        if ((error = aur_check_op(&ops[i], &totals[i])))
            return error;
    if (!ring_has_room(ring, (int)n, aur_thread.running))
        return RING_IS_FULL;
    bool own_place = ring->free_count - RING_SPARE_SLOTS < (int)n;
    for (size_t i = 0; i < n && !error; i++) {
        struct slot *slot = *link = ring_take_slot(ring);
        link = &slot->chain;
        if (handles)
            handles[i] = (auraio_request_t *)slot_handle(slot);
        error = fill(ring, slot, &ops[i], totals[i]);
        slot_set_state(slot, SLOT_CHAINED);
    }
    if (!error)
        error = admit_filled(ring, first, (int)n, own_place);
    if (error) {
        give_back(ring, first);
        return error;
    }
    for (struct slot *slot = first; slot; slot = slot->chain)
        if (slot->op.timeout_ms)
            set_deadline(ring, slot, slot->op.timeout_ms);
    return 0;
}
