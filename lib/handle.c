/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of engines, process-wide: the only place where a handle that may be
 * stale becomes a pointer. A look-up counts itself in the entry before it reads
 * the engine, and destroy empties the entry before it waits for the count to be
 * zero, so that an engine is never freed under a look-up.
 */
#include "handle.h"

#include "engine.h"

#include <errno.h>

static struct {
    _Atomic(auraio_engine_t *) engine;
    _Atomic int users;
} table[HANDLE_ENGINES];

static _Atomic uint32_t next_id = 1;

uint32_t aur_handle_enrol(auraio_engine_t *engine)
{
    /* Numbers go round, so that one is used again as late as can be. */
    for (int i = 0; i < HANDLE_ENGINES; i++) {
        uint32_t id = atomic_fetch_add(&next_id, 1) % HANDLE_ENGINES;
        auraio_engine_t *vacant = NULL;
        if (id && atomic_compare_exchange_strong(&table[id].engine, &vacant, engine))
            return id;
    }
    return 0;
}

void aur_handle_vacate(uint32_t id)
{
    atomic_store(&table[id].engine, NULL);
    while (atomic_load(&table[id].users))
        aur_kern.sleep_us(10);
}

void aur_handle_after_fork(void)
{
    for (int i = 0; i < HANDLE_ENGINES; i++)
        atomic_store(&table[i].users, 0);
}

void aur_handle_forget(uint32_t id)
{
    atomic_store(&table[id].users, 0);
    atomic_store(&table[id].engine, NULL);
}

struct slot *aur_handle_enter(auraio_engine_t *engine, const auraio_request_t *req,
                              struct ring **ring, int *error)
{
    uintptr_t h = (uintptr_t)req;
    uint32_t index = handle_slot(h);
    uint32_t ring_index = h >> HANDLE_SLOT_BITS & (HANDLE_RINGS_MAX - 1);
    uint32_t id = h >> (HANDLE_SLOT_BITS + HANDLE_RING_BITS) & (HANDLE_ENGINES - 1);

    *error = EINVAL;
    atomic_fetch_add(&table[id].users, 1);
    auraio_engine_t *owner = atomic_load(&table[id].engine);
    if (!owner || (engine && engine != owner) || ring_index >= (uint32_t)owner->ring_max)
        goto none;
    if ((*error = engine_check(owner)))
        goto none;
    *error = EINVAL;
    struct ring *found = engine_ring_made(owner, (int)ring_index);
    if (!found || index >= (uint32_t)(found->depth + RING_SPARE_SLOTS))
        goto none;
    *error = EALREADY;
    ring_lock(found);
    struct slot *slot = &found->slots[index];
    if (index < (uint32_t)found->fresh && slot_state(slot) != SLOT_FREE &&
        atomic_load(&slot->handle) == h) {
        *ring = found;
        return slot;
    }
    ring_unlock(found);
none:
    atomic_fetch_sub(&table[id].users, 1);
    return NULL;
}

void aur_handle_leave(struct ring *ring)
{
    uint32_t id = ring->engine->id;

    ring_unlock(ring);
    atomic_fetch_sub(&table[id].users, 1);
}

/* The callback that runs on this thread, when it is this request's. */
static const struct running *own_callback(const auraio_request_t *req)
{
    for (const struct running *r = aur_thread.running; r; r = r->outer)
        if (r->req == req)
            return r;
    return NULL;
}

/* A copy of the operation behind a handle; false when it is stale. */
static bool peek(const auraio_request_t *req, auraio_op_t *op)
{
    const struct running *own = own_callback(req);
    struct ring *ring;
    int error;

    if (own) {
        *op = *own->op;
        return true;
    }
    struct slot *slot = req ? aur_handle_enter(NULL, req, &ring, &error) : NULL;
    if (!slot)
        return false;
    *op = slot->op;
    aur_handle_leave(ring);
    return true;
}

bool auraio_request_pending(const auraio_request_t *req)
{
    struct ring *ring;
    int error;

    if (!req || own_callback(req))
        return false;
    struct slot *slot = aur_handle_enter(NULL, req, &ring, &error);
    if (!slot)
        return false;
    aur_handle_leave(ring);
    return true;
}

int auraio_request_fd(const auraio_request_t *req)
{
    auraio_op_t op;

    return peek(req, &op) ? op.fd : -1;
}

void *auraio_request_user_data(const auraio_request_t *req)
{
    auraio_op_t op;

    return peek(req, &op) ? op.user_data : NULL;
}

auraio_op_type_t auraio_request_op_type(const auraio_request_t *req)
{
    auraio_op_t op;

    return peek(req, &op) ? (auraio_op_type_t)op.type : (auraio_op_type_t)-1;
}

int auraio_request_error(const auraio_request_t *req)
{
    const struct running *own = own_callback(req);

    return own ? own->error : 0;
}
