/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of engines, process-wide: the only place where a handle that may be
 * stale becomes a pointer. A look-up counts itself in the entry before it reads
 * the engine, and destroy empties the entry before it waits for the count to be
 * zero, so that an engine is never freed under a look-up.
 *
 * In a forked child the entries are the parent's, with the counts of look-ups that
 * are not in this process: none of them is entered until an engine made here has it.
 */
#include "handle.h"

#include "engine.h"

#include <errno.h>
#include <string.h>

static struct {
    _Atomic(auraio_engine_t *) engine;
    _Atomic uint64_t born; /* of who had the number last; 0: nobody so far */
    _Atomic int users;     /* look-ups under way in the process that born tells */
} table[HANDLE_ENGINES];

static _Atomic uint32_t next_id = 1;

uint32_t aur_handle_enrol(auraio_engine_t *engine)
{
    /* Numbers go round, so that one is used again as late as can be. */
    for (int i = 0; i < HANDLE_ENGINES; i++) {
        uint32_t id = atomic_fetch_add(&next_id, 1) % HANDLE_ENGINES;
        auraio_engine_t *vacant = NULL;
        if (!id || !atomic_compare_exchange_strong(&table[id].engine, &vacant, engine))
            continue;
        if (atomic_load(&table[id].born) != engine->born) { /* until it is, nobody counts here */
            atomic_store(&table[id].users, 0);
            atomic_store(&table[id].born, engine->born);
        }
        return id;
    }
    return 0;
}

/*
 * The engine with that number, counted as looked up until leave(id); NULL and *error, an
 * errno value, when there is none or it is a parent's.
 */
static auraio_engine_t *enter(uint32_t id, int *error)
{
    uint64_t born = atomic_load(&table[id].born);

    *error = EINVAL;
    if (!atomic_load(&table[id].engine))
        return NULL;
    if (!born || born != aur_fork_number()) {
        *error = EOWNERDEAD;
        return NULL;
    }
    atomic_fetch_add(&table[id].users, 1);
    auraio_engine_t *engine = atomic_load(&table[id].engine);
    if (!engine)
        atomic_fetch_sub(&table[id].users, 1);
    return engine;
}

static void leave(uint32_t id)
{
    atomic_fetch_sub(&table[id].users, 1);
}

/* That of the engine with this number in the table; 0: another name, no engine, a parent's. */
static uint32_t instance_of(uint32_t id, const auraio_engine_t *engine)
{
    uint32_t instance = 0;
    int error;
    const auraio_engine_t *other = id == engine->id ? NULL : enter(id, &error);

    if (!other)
        return 0;
    if (strcmp(other->options.name, engine->options.name) == 0)
        instance = atomic_load(&other->instance);
    leave(id);
    return instance;
}

/* The born of the engine that chooses; 0: none does. What a fork left there is nobody's. */
static _Atomic uint64_t choosing;

/* Engines choose one after the other, so that none has looked before another's choice is seen. */
static void begin_choice(uint64_t born)
{
    for (uint64_t who = atomic_load(&choosing);; who = atomic_load(&choosing)) {
        if (who != born && atomic_compare_exchange_strong(&choosing, &who, born))
            return;
        aur_kern.sleep_us(10);
    }
}

uint32_t aur_handle_instance(auraio_engine_t *engine)
{
    uint64_t taken[(HANDLE_ENGINES + 63) / 64] = {1};
    uint32_t instance = 1;

    begin_choice(engine->born);
    uint32_t met = atomic_load(&next_id);
    for (uint32_t id = 1; id < met && id < HANDLE_ENGINES; id++) {
        uint32_t other = instance_of(id, engine);
        taken[other / 64] |= 1ull << other % 64;
    }
    while (taken[instance / 64] >> instance % 64 & 1)
        instance++;
    atomic_store(&engine->instance, instance);
    atomic_store(&choosing, 0);
    return instance;
}

void aur_handle_vacate(uint32_t id)
{
    atomic_store(&table[id].engine, NULL);
    while (atomic_load(&table[id].users))
        aur_kern.sleep_us(10);
}

void aur_handle_forget(uint32_t id)
{
    atomic_store(&table[id].engine, NULL);
}

struct slot *aur_handle_enter(auraio_engine_t *engine, const auraio_request_t *req,
                              struct ring **ring, int *error)
{
    uintptr_t h = (uintptr_t)req;
    uint32_t index = handle_slot(h);
    uint32_t ring_index = h >> HANDLE_SLOT_BITS & (HANDLE_RINGS_MAX - 1);
    uint32_t id = h >> (HANDLE_SLOT_BITS + HANDLE_RING_BITS) & (HANDLE_ENGINES - 1);

    auraio_engine_t *owner = enter(id, error);
    if (!owner)
        return NULL;
    *error = EINVAL;
    if ((engine && engine != owner) || ring_index >= (uint32_t)owner->ring_max)
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
    leave(id);
    return NULL;
}

void aur_handle_leave(struct ring *ring)
{
    uint32_t id = ring->engine->id;

    AUR_ASSERT(ring_is_locked(ring) && atomic_load(&table[id].users) > 0);
    ring_unlock(ring);
    leave(id);
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
