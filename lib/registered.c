/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What registered buffers and registered files have in common: the states of a set,
 * its users, and taking it back when the last of them is gone. Called by the
 * operations that use a set, by polls while one drains, and by the engine.
 */
#include "engine.h"
#include "registered_sets.h"

#include <errno.h>

#define UNREGISTER_MS 10000
#define UNREGISTER_SLICE_US 200

/* Counted first, looked at then: see registered.h. */
int aur_set_use(struct set *set)
{
    atomic_fetch_add(&set->users, 1);
    int state = atomic_load(&set->state);
    if (state == SET_REGISTERED)
        return 0;
    set_unuse(set);
    return state == SET_DRAINING ? EBUSY : ENOENT;
}

bool aur_set_is_taken(const struct set *set)
{
    return atomic_load(&set->state) != SET_UNREGISTERED;
}

void aur_registered_release(auraio_engine_t *engine, struct slot *slot)
{
    struct registered *reg = &engine->registered;

    if (slot->buffer) {
        slot->buffer = 0;
        set_unuse(&reg->buffers);
    }
    if (slot->file) {
        struct fixed_file *file = slot->file;
        slot->file = NULL;
        aur_drop_file(engine, file);
        set_unuse(&reg->files);
    }
}

/* The flag is for submissions, which look at it under the ring's lock. */
void aur_set_flag(struct ring *ring, bool *flag, bool value)
{
    if (!ring) { /* not in use yet */
        *flag = value;
        return;
    }
    ring_lock(ring);
    *flag = value;
    aur_features_note(ring);
    ring_unlock(ring);
}

void aur_registered_attach(auraio_engine_t *engine, struct uring *uring)
{
    struct registered *reg = &engine->registered;

    AUR_ASSERT(lock_is_held(&engine->setup));
    if (atomic_load(&reg->buffers.state) == SET_REGISTERED)
        aur_attach_buffers(engine, NULL, uring);
    if (atomic_load(&reg->files.state) == SET_REGISTERED)
        aur_attach_files(engine, NULL, uring);
}

/*
 * Runs fn for each kernel instance there is, without the ring's lock: pinning much
 * memory takes time that its submitters must not lose. The setup lock keeps the
 * instances alive.
 */
void aur_each_uring(auraio_engine_t *engine,
                    void (*fn)(auraio_engine_t *, struct ring *, struct uring *))
{
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        struct uring *now = ring->uring, *old = ring->draining;
        ring_unlock(ring);
        if (now)
            fn(engine, ring, now);
        for (; old; old = old->next)
            fn(engine, ring, old);
    }
}

int aur_registered_enter(auraio_engine_t *engine)
{
    int error = engine_enter(engine);

    if (!error && (error = READ(engine->refuse)))
        engine_leave(engine);
    return error;
}

void aur_registered_finish_locked(auraio_engine_t *engine)
{
    struct registered *reg = &engine->registered;

    AUR_ASSERT(lock_is_held(&engine->setup));
    if (atomic_load(&reg->buffers.state) == SET_DRAINING && !atomic_load(&reg->buffers.users)) {
        aur_each_uring(engine, aur_detach_buffers);
        struct iovec *iovs = reg->iovs;
        reg->iovs = NULL;
        aur_kern.free(iovs);
        atomic_store(&reg->buffers.state, SET_UNREGISTERED);
    }
    if (atomic_load(&reg->files.state) == SET_DRAINING && !atomic_load(&reg->files.users)) {
        aur_each_uring(engine, aur_detach_files);
        aur_free_files(engine, reg);
        atomic_store(&reg->files.state, SET_UNREGISTERED);
    }
    atomic_store(&reg->draining, atomic_load(&reg->buffers.state) == SET_DRAINING ||
                                     atomic_load(&reg->files.state) == SET_DRAINING);
}

void aur_registered_finish(auraio_engine_t *engine)
{
    if (!lock_try(&engine->setup))
        return; /* somebody is at it, or a later poll will be */
    aur_registered_finish_locked(engine);
    lock_drop(&engine->setup);
}

static int request_unregister(auraio_engine_t *engine, struct set *set)
{
    int error = engine_enter(engine);

    if (error)
        return error;
    lock_take(&engine->setup);
    int state = atomic_load(&set->state);
    if (state == SET_UNREGISTERED)
        error = ENOENT;
    else
        atomic_store(&set->state, SET_DRAINING);
    if (!error && !aur_thread.running)
        aur_registered_finish_locked(engine);
    else if (!error)
        atomic_store(&engine->registered.draining, true);
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error;
}

/* Polls meanwhile, callbacks included: the caller's own completions are among the users. */
static int unregister(auraio_engine_t *engine, struct set *set)
{
    int error = request_unregister(engine, set);
    uint64_t deadline = aur_deadline(UNREGISTER_MS);

    if (error || aur_thread.running || (error = engine_enter(engine)))
        return error;
    while (!error && atomic_load(&set->state) == SET_DRAINING) {
        int n = aur_poll_rings(engine, true);
        if (n < 0)
            return EOWNERDEAD;
        if (READ(engine->refuse) == ESHUTDOWN)
            error = ESHUTDOWN;
        else if (aur_kern.now_ns() >= deadline)
            error = ETIMEDOUT;
        else if (!n)
            aur_kern.sleep_us(UNREGISTER_SLICE_US);
        aur_flush_all(engine);
        aur_registered_finish(engine);
    }
    engine_leave(engine);
    return atomic_load(&set->state) == SET_DRAINING ? error : 0;
}

static int answer(int error)
{
    return error ? aur_fail(error) : 0;
}

int auraio_unregister_buffers(auraio_engine_t *engine)
{
    return answer(engine ? unregister(engine, &engine->registered.buffers) : EINVAL);
}

int auraio_request_unregister_buffers(auraio_engine_t *engine)
{
    return answer(engine ? request_unregister(engine, &engine->registered.buffers) : EINVAL);
}

int auraio_unregister_files(auraio_engine_t *engine)
{
    return answer(engine ? unregister(engine, &engine->registered.files) : EINVAL);
}

int auraio_request_unregister_files(auraio_engine_t *engine)
{
    return answer(engine ? request_unregister(engine, &engine->registered.files) : EINVAL);
}

void aur_registered_free(auraio_engine_t *engine)
{
    aur_free_files(engine, &engine->registered);
    aur_kern.free(engine->registered.iovs);
}

void aur_registered_forget(auraio_engine_t *engine)
{
    struct registered *reg = &engine->registered;

    for (int i = 0; reg->table && i < reg->files.count; i++)
        aur_registered_forget_file(reg->table[i]);
    aur_kern.free(reg->table);
    aur_kern.free(reg->plain);
    aur_kern.free(reg->iovs);
}
