/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine's birth and end, and the rings it makes in between. The setup lock
 * comes before any ring's lock and is held while rings come into being.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DESTROY_MS 10000
#define LEAVE_NS 10000000000ull /* for idle workers to end, on a machine that is busy */
#define INSIDE_POLL_US 50
#define LOST_MS 200       /* to wait for a ring whose descriptor is lost */
#define WINDOW_FIRST_NS 1 /* the first tick opens the first window */

static _Atomic uint64_t engines_made;

int aur_fail(int error)
{
    errno = error;
    return -1;
}

int aur_engine_claim(auraio_engine_t *engine)
{
    uint32_t nobody = 0, me = thread_id();

    if (READ(engine->owner) == me || atomic_compare_exchange_strong(&engine->owner, &nobody, me))
        return 0;
    return EPERM;
}

int aur_engine_pending(const auraio_engine_t *engine)
{
    int i = 0, n = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        n += aur_ring_pending(ring);
    return n;
}

void aur_engine_fail(auraio_engine_t *engine, int error)
{
    int none = 0;

    if (error == EBADF || error == EOPNOTSUPP || error == ENXIO)
        atomic_store(&engine->events.lost, true);
    if (!atomic_compare_exchange_strong(&engine->fatal, &none, error))
        return;
    none = 0;
    atomic_compare_exchange_strong(&engine->refuse, &none, error);
    engine_new_epoch(engine);
    aur_log(AURAIO_LOG_ERR, "a ring failed for good: %s", strerror(error));
    if (!READ(engine->events.lost))
        aur_events_kick(&engine->events);
}

/* 0, or negative errno and the device 0. */
static int device_of(int fd, uint64_t *device)
{
    struct statx st = {0};
    int error = aur_kern.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);

    *device = error ? 0 : (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
    return error;
}

/* Where the kernel does not tell, it is ours. */
bool aur_engine_owns(const auraio_engine_t *engine, int fd)
{
    uint64_t device;

    if (READ(engine->events.lost))
        return false;
    int error = device_of(fd, &device);
    return error ? error != -EBADF : !engine->anon_device || device == engine->anon_device;
}

static bool out_of_resources(int error)
{
    return error == ENOMEM || error == EMFILE || error == ENFILE || error == EAGAIN ||
           error == ENOSPC;
}

/* One of the rings that are there takes the place, for good. */
static struct ring *stand_in(auraio_engine_t *engine, int index, int error)
{
    struct ring *ring = NULL;
    int i = 0, made = 0;

    while (engine_next_ring(engine, &i))
        made++;
    if (!made || !out_of_resources(error))
        return NULL;
    i = 0;
    for (int n = index % made; n >= 0; n--)
        ring = engine_next_ring(engine, &i);
    atomic_store(&engine->stands_in[index], (uint16_t)(ring->index + 1));
    aur_log(AURAIO_LOG_WARN, "ring %d is not to be had (%s): ring %d takes its work", index,
            strerror(error), ring->index);
    return ring;
}

/* Without any ring of io_uring the engine goes on with threads, if it may. */
static int create_ring(auraio_engine_t *engine, int index, struct ring **ring)
{
    bool refused = false;
    int error = aur_ring_create(engine, index, ring, &refused);

    if (!error || !refused || engine->options.backend != AURAIO_BACKEND_AUTO)
        return error;
    *ring = stand_in(engine, index, error);
    if (*ring)
        return 0;
    aur_features_fall_back(engine, "io_uring_setup", error);
    return aur_ring_create(engine, index, ring, &refused);
}

struct ring *aur_engine_ring(auraio_engine_t *engine, int index, int *error)
{
    uint16_t other = atomic_load(&engine->stands_in[index]);
    struct ring *ring;

    if (other)
        return engine_ring_made(engine, other - 1);
    lock_take(&engine->setup);
    ring = engine_ring_made(engine, index);
    *error = READ(engine->refuse);
    if (!ring && !*error) {
        *error = create_ring(engine, index, &ring);
        if (!*error && ring->index == index)
            atomic_store_explicit(&engine->rings[index], ring, memory_order_release);
    }
    lock_drop(&engine->setup);
    return *error ? NULL : ring;
}

static void free_memory(auraio_engine_t *engine)
{
    if (engine->pool)
        aur_bufpool_destroy(engine->pool);
    aur_targets_free(&engine->targets);
    aur_kern.free(engine->window_sum);
    aur_kern.free(engine->stands_in);
    aur_kern.free(engine->rings);
    aur_kern.free(engine);
}

void aur_engine_set_batch(auraio_engine_t *engine, int threshold)
{
    unsigned batch = threshold < 0 ? BATCH_MOST : (unsigned)threshold;

    atomic_store(&engine->tunes_batch, threshold < 0);
    atomic_store(&engine->batch, batch ? batch : UINT_MAX);
}

/* What create needs besides memory; the engine is half made. 0 or an errno value. */
static int equip(auraio_engine_t *engine)
{
    int error = aur_fork_begin(&engine->born, &engine->fork_word);

    if (!error)
        error = -aur_events_init(&engine->events);
    if (error)
        return error;
    device_of(engine->events.event_fd, &engine->anon_device);
    aur_features_probe(&engine->features, &engine->options);
    if (engine->features.backend == AURAIO_BACKEND_THREADS &&
        engine->options.backend == AURAIO_BACKEND_URING)
        return engine->features.uring_errno;
    if (engine->features.uring_errno)
        aur_log(AURAIO_LOG_NOTICE, "io_uring is not used, threads are: %s",
                engine->features.reason);
    engine->serial = atomic_fetch_add(&engines_made, 1) + 1;
    engine->id = aur_handle_enrol(engine);
    if (!engine->id)
        return EMFILE;
    error = aur_publish_begin(engine);
    if (error)
        aur_handle_vacate(engine->id);
    return error;
}

auraio_engine_t *auraio_create_with_options(const auraio_options_t *given)
{
    auraio_options_t options;
    int cpus = aur_kern.allowed_cpus(), error = 0;
    auraio_engine_t *engine = NULL;

    if (given)
        error = aur_options_read(given, &options);
    else
        auraio_options_init(&options);
    if (!error && !(engine = aur_kern.alloc(64, sizeof *engine)))
        error = ENOMEM;
    if (error) {
        errno = error;
        return NULL;
    }
    engine->cpus = cpus > 0 ? cpus : 1;
    aur_options_resolve(&options, engine->cpus);
    engine->options = options;
    engine->ring_max = options.ring_count;
    aur_engine_set_batch(engine, options.batch_threshold);
    atomic_store(&engine->min_in_flight, options.min_in_flight);
    atomic_store(&engine->max_p99_ms, options.max_p99_latency_ms);
    atomic_store(&engine->window_ends_ns, WINDOW_FIRST_NS);
    atomic_store(&engine->epoch, 1);
    atomic_store(&engine->tick_ends_ns, options.disable_adaptive ? NO_DEADLINE : 0);
    engine->targets.controlled = !options.disable_adaptive;
    engine->targets.law = options.control;
    engine->events.event_fd = engine->events.epoll_fd = engine->events.timer_fd = -1;
    engine->rings = aur_kern.alloc(8, (size_t)engine->ring_max * sizeof *engine->rings);
    engine->stands_in = aur_kern.alloc(8, (size_t)engine->ring_max * sizeof *engine->stands_in);
    engine->pool = aur_bufpool_create(options.buffer_alignment, engine->cpus);
    engine->window_sum = aur_kern.alloc(8, sizeof *engine->window_sum);
    error = engine->rings && engine->stands_in && engine->pool && engine->window_sum ? equip(engine)
                                                                                     : ENOMEM;
    if (!error)
        return engine;
    aur_events_free(engine);
    free_memory(engine);
    errno = error;
    return NULL;
}

auraio_engine_t *auraio_create(void)
{
    return auraio_create_with_options(NULL);
}

static void free_rings(auraio_engine_t *engine)
{
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        aur_ring_end(ring);
}

/* This thread may be in callbacks of it, which go on: they are no engine's any more. */
static void forget_callbacks(const auraio_engine_t *engine)
{
    for (struct running *r = aur_thread.running; r; r = r->outer) {
        if (!r->ring || r->ring->engine != engine)
            continue;
        r->ring = NULL;
        r->req = NULL;
    }
}

/*
 * In a forked child nothing but memory is ours: the descriptors' numbers may
 * belong to others by now, the rings' mappings were not inherited.
 */
static void free_in_child(auraio_engine_t *engine)
{
    struct workers *workers = atomic_load(&engine->workers);
    int i = 0;

    forget_callbacks(engine);
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        if (ring->uring != ring->draining) /* it was about to drain */
            aur_kern.free(ring->uring);
        for (struct uring *old = ring->draining, *next; old; old = next) {
            next = old->next;
            aur_kern.free(old);
        }
        ring->uring = ring->draining = NULL;
        for (int s = 0; s < ring->fresh; s++)
            aur_registered_forget_file(ring->slots[s].file);
        aur_ring_free(ring);
    }
    if (workers)
        aur_workers_forget(workers);
    aur_handle_forget(engine->id);
    aur_registered_forget(engine);
    aur_publish_forget(engine);
    free_memory(engine);
}

/*
 * The device never answered. Descriptors go, so that the kernel can end what it
 * can; slots stay, because a worker may come back to one, and so does the engine:
 * on a list, so that a leak checker sees that it is meant.
 */
static int abandon(auraio_engine_t *engine, bool alone)
{
    static _Atomic(auraio_engine_t *) abandoned;
    int left = aur_engine_pending(engine), i = 0;

    atomic_store(&engine->given_up, true);
    aur_publish_end(engine, true);
    atomic_fetch_add(&engine->abandoned, (unsigned)left);
    aur_log(AURAIO_LOG_ERR,
            "destroy: %d operations never ended, their memory is left to the kernel", left);
    for (struct ring *ring; alone && (ring = engine_next_ring(engine, &i));) {
        if (ring->uring)
            aur_uring_retire(engine, ring->uring);
        aur_ring_retire_drained(ring, true);
        ring->uring = NULL;
    }
    if (alone)
        aur_events_free(engine);
    engine->next_abandoned = atomic_load(&abandoned);
    while (!atomic_compare_exchange_weak(&abandoned, &engine->next_abandoned, engine))
        ;
    return aur_fail(ETIMEDOUT);
}

/* Who has seen the engine open is done, or sees under the lock that it is not. */
static void wait_for_submitters(auraio_engine_t *engine)
{
    int i = 0;

    lock_take(&engine->setup);
    lock_drop(&engine->setup);
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        ring_unlock(ring);
    }
}

static bool others_have_left(auraio_engine_t *engine, uint64_t deadline_ns)
{
    while (atomic_load(&engine->events.inside)) {
        if (aur_kern.now_ns() >= deadline_ns)
            return false;
        aur_events_wake_all(&engine->events, WAKE_STOP);
        aur_kern.sleep_us(INSIDE_POLL_US);
    }
    return true;
}

/* Drains, then cancels and drains again. With lost descriptors little can come. */
static bool wind_up(auraio_engine_t *engine, int timeout_ms)
{
    uint32_t owner = READ(engine->owner);

    if (owner && owner != thread_id())
        return aur_engine_pending(engine) == 0; /* the ring lets only its thread in */
    if (READ(engine->events.lost) && timeout_ms > LOST_MS)
        timeout_ms = LOST_MS;
    aur_drain(engine, aur_deadline(timeout_ms));
    if (aur_engine_pending(engine)) {
        aur_cancel_all(engine);
        aur_drain(engine, aur_kern.now_ns() + (uint64_t)timeout_ms * 1000000);
    }
    return aur_engine_pending(engine) == 0;
}

int auraio_destroy_timeout(auraio_engine_t *engine, int timeout_ms)
{
    if (!engine)
        return 0;
    if (timeout_ms < 0)
        return aur_fail(EINVAL);
    if (engine_is_forked(engine)) {
        free_in_child(engine);
        return 0;
    }
    for (const struct running *r = aur_thread.running; r; r = r->outer)
        if (r->ring && r->ring->engine == engine)
            return aur_fail(EDEADLK);
    atomic_store(&engine->refuse, ESHUTDOWN);
    engine_new_epoch(engine);
    wait_for_submitters(engine);
    bool alone = others_have_left(engine, aur_kern.now_ns() + (uint64_t)timeout_ms * 1000000);
    bool done = alone && wind_up(engine, timeout_ms);
    aur_handle_vacate(engine->id);
    struct workers *workers = atomic_load(&engine->workers);
    if (alone && workers && !aur_workers_free(workers, aur_kern.now_ns() + (done ? LEAVE_NS : 0)))
        done = false;
    if (!done)
        return abandon(engine, alone);
    aur_registered_free(engine);
    free_rings(engine);
    aur_publish_end(engine, false);
    aur_events_free(engine);
    free_memory(engine);
    return 0;
}

void auraio_destroy(auraio_engine_t *engine)
{
    auraio_destroy_timeout(engine, DESTROY_MS);
}
