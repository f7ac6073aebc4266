/* SPDX-License-Identifier: Apache-2.0 */
/* The less common part of admission: see admit.h. */
#include "admit.h"

#include <fcntl.h>

#define ASK_AGAIN 1024 /* operations on a cached descriptor until its device is asked for again */
#define SQE_NBYTES_MAX UINT32_MAX

/*
 * io_uring waits for data on an O_NONBLOCK pipe or socket. Its owner asked for
 * EAGAIN, which a plain call on a worker gives at once.
 */
void aur_admit_target(struct ring *ring, struct slot *slot, int fd)
{
    struct targets *targets = &ring->engine->targets;
    bool ask = ring->ask_countdown == 0, stream = false;

    if (ask)
        ring->ask_countdown = ASK_AGAIN;
    if (slot->file)
        fd = slot->file->fd;
    struct target *target = aur_target_of(targets, fd, ask, &stream);
    slot->at = target ? ring_at(ring, target) : &ring->at[0];
    slot->at->target = target;
    ring->last_fd = -1;
    if (stream) {
        int flags = aur_kern.fcntl_getfl(fd);
        slot->force_worker = flags >= 0 && flags & O_NONBLOCK;
        slot->stream = !slot->force_worker;
    } else if (target && !slot->file) {
        ring->last_fd = fd;
        ring->last_word = target_word(targets, fd);
        ring->last_at = slot->at;
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

int aur_admit_file(auraio_engine_t *engine, struct slot *slot)
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

int aur_admit_other(struct ring *ring, struct slot *slot)
{
    slot->at = &ring->at[0];
    slot->force_worker = is_too_long_for_sqe(&slot->op);
    if (slot->op.type == AURAIO_OP_CLOSE)
        aur_target_forget(&ring->engine->targets, slot->op.fd);
    return 0;
}

void aur_admit_deadline(struct ring *ring, struct slot *slot, int timeout_ms)
{
    slot->deadline_ns = aur_kern.now_ns() + (uint64_t)timeout_ms * 1000000;
    if (slot->deadline_ns < ring->next_deadline)
        ring->next_deadline = slot->deadline_ns;
    aur_events_deadline(&ring->engine->events, slot->deadline_ns);
}

int aur_admit_gated(struct ring *ring, struct slot *slot)
{
    struct target *target = slot->at->target;
    bool behind = slot->at->held.head != NULL;

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
    return HELD_BACK;
}

void aur_admit_give_back(struct ring *ring, struct slot *chain)
{
    while (chain) {
        struct slot *next = chain->chain;
        aur_registered_release(ring->engine, chain);
        ring_return_slot(ring, chain);
        chain = next;
    }
}

int aur_admit_chain(struct ring *ring, const auraio_op_t *ops, size_t n, auraio_request_t **handles)
{
    struct slot *first = NULL, **link = &first;
    size_t totals[AURAIO_CHAIN_MAX];
    int error = 0;

    if (n > AURAIO_CHAIN_MAX || n > (size_t)ring->depth)
        return EINVAL;
    for (size_t i = 0; i < n; i++)
        if ((error = check_op(&ops[i], false, &totals[i])))
            return error;
    if (!ring_has_room(ring, (int)n, aur_thread.running))
        return RING_IS_FULL;
    bool own_place = ring->free_count - RING_SPARE_SLOTS < (int)n;
    for (size_t i = 0; i < n && !error; i++) {
        struct slot *slot = *link = ring_take_slot(ring);
        link = &slot->chain;
        if (handles)
            handles[i] = (auraio_request_t *)slot_handle(slot);
        error = fill(ring, slot, &ops[i], false, totals[i]);
        slot_set_state(slot, SLOT_CHAINED);
    }
    if (!error)
        error = admit_filled(ring, first, &first->op, false, (int)n, own_place);
    if (error) {
        aur_admit_give_back(ring, first);
        return error;
    }
    for (struct slot *slot = first; slot; slot = slot->chain)
        if (slot->op.timeout_ms)
            aur_admit_deadline(ring, slot, slot->op.timeout_ms);
    return 0;
}
