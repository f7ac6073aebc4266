/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread backend: workers that run one blocking call per operation. An
 * engine has one pool of them, made on first use; it serves rings without
 * io_uring and single operations that io_uring lacks. A started slot belongs to
 * the pool's queue (under the pool's mutex), then to the worker that took it,
 * then to its ring's stack of worked slots.
 */
#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define STREAM_LOOK_MS 100 /* how late a worker that waits for a stream sees a cancel */

struct workers {
    auraio_engine_t *engine;
    pthread_mutex_t lock;
    pthread_cond_t work, gone;
    struct list queue; /* STARTED and not begun; so many are */
    int queued, idle, alive, max;
    bool closing;
    bool abandoned; /* the engine is given up: touch nothing of it */
    pthread_t *ids;
    int made;
};

static void free_pool(struct workers *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->gone);
    aur_kern.free(w->ids);
    aur_kern.free(w);
}

static struct workers *make_pool(auraio_engine_t *engine)
{
    struct workers *w = aur_kern.alloc(64, sizeof *w);
    int max = engine->options.backend_threads;
    pthread_condattr_t monotonic;

    if (!w)
        return NULL;
    w->ids = aur_kern.alloc(8, (size_t)max * sizeof *w->ids);
    if (!w->ids) {
        aur_kern.free(w);
        return NULL;
    }
    w->engine = engine;
    w->max = max;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, NULL);
    pthread_cond_init(&w->gone, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

static int file_of(const struct slot *slot)
{
    return slot->file ? slot->file->fd : slot->op.fd;
}

static bool is_cancelled_before_ready(const struct slot *slot, bool write)
{
    while (aur_kern.poll(file_of(slot), write, STREAM_LOOK_MS) == 0)
        if (slot_is_cancelled(slot))
            return true;
    return false;
}

/* A pipe or socket has no offset; io_uring ignores it there, preadv2(2) wants -1. */
static ssize_t run_transfer(const struct slot *slot)
{
    const auraio_op_t *op = &slot->op;
    bool write = op->type == AURAIO_OP_WRITE || op->type == AURAIO_OP_WRITEV;
    ssize_t (*call)(int, const struct iovec *, int, int64_t, int) =
        write ? aur_kern.pwritev2 : aur_kern.preadv2;
    struct part part;

    if (slot->stream && !(op->rw_flags & RWF_NOWAIT) && is_cancelled_before_ready(slot, write))
        return -ECANCELED;
    aur_slot_part(slot, &part);
    ssize_t n = call(file_of(slot), part.iov, part.iovcnt, part.offset, op->rw_flags);
    if (n == -ESPIPE)
        n = call(file_of(slot), part.iov, part.iovcnt, -1, op->rw_flags);
    return n;
}

static ssize_t run(const struct slot *slot)
{
    const auraio_op_t *op = &slot->op;
    int fd = file_of(slot);

    switch ((auraio_op_type_t)op->type) {
    case AURAIO_OP_READ:
    case AURAIO_OP_WRITE:
    case AURAIO_OP_READV:
    case AURAIO_OP_WRITEV:
        return run_transfer(slot);
    case AURAIO_OP_FSYNC:
    case AURAIO_OP_FDATASYNC:
        return aur_kern.fsync(fd, op->type == AURAIO_OP_FDATASYNC);
    case AURAIO_OP_OPENAT:
        return aur_kern.openat(fd, op->args.openat.path, op->args.openat.flags,
                               op->args.openat.mode);
    case AURAIO_OP_CLOSE:
        return aur_kern.close(fd);
    case AURAIO_OP_STATX:
        return aur_kern.statx(fd, op->args.statx.path, op->args.statx.flags, op->args.statx.mask,
                              op->args.statx.out);
    case AURAIO_OP_FALLOCATE:
        return aur_kern.fallocate(fd, op->args.fallocate.mode, op->offset, op->args.fallocate.len);
    case AURAIO_OP_FTRUNCATE:
        return aur_kern.ftruncate(fd, op->args.ftruncate.length);
    case AURAIO_OP_SYNC_FILE_RANGE:
        return aur_kern.sync_file_range(fd, op->offset, op->args.sync_file_range.nbytes,
                                        op->args.sync_file_range.flags);
    case AURAIO_OP_FADVISE:
        return aur_kern.fadvise(fd, op->offset, op->args.fadvise.len, op->args.fadvise.advice);
    case AURAIO_OP_RENAMEAT:
        return aur_kern.renameat2(fd, op->args.renameat.oldpath, op->args.renameat.newdirfd,
                                  op->args.renameat.newpath, op->args.renameat.flags);
    case AURAIO_OP_UNLINKAT:
        return aur_kern.unlinkat(fd, op->args.unlinkat.path, op->args.unlinkat.flags);
    case AURAIO_OP_MKDIRAT:
        return aur_kern.mkdirat(fd, op->args.mkdirat.path, op->args.mkdirat.mode);
    case AURAIO_OP_NOP:
        return 0;
    }
    return -EINVAL;
}

/* From here on the slot is its ring's: whoever reaps may free it. */
static void push_worked(struct ring *ring, struct slot *slot)
{
    AUR_ASSERT(slot_state(slot) == SLOT_STARTED && slot->on_worker);
    slot->next = atomic_load_explicit(&ring->worked, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&ring->worked, &slot->next, slot))
        ;
}

static void *worker(void *arg)
{
    struct workers *w = arg;
    auraio_engine_t *engine = w->engine;

    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->queue.head && !w->closing) {
            w->idle++;
            pthread_cond_wait(&w->work, &w->lock);
            w->idle--;
        }
        struct slot *slot = list_pop(&w->queue);
        if (!slot)
            break;
        w->queued--;
        AUR_ASSERT(w->queued >= 0 && slot_state(slot) == SLOT_STARTED);
        pthread_mutex_unlock(&w->lock);

        slot->started_ns = aur_kern.now_ns();
        ssize_t result = run(slot);

        pthread_mutex_lock(&w->lock);
        if (w->abandoned)
            break;
        slot->result = result;
        push_worked(slot->ring, slot);
        events_finished_outside(&engine->events);
    }
    w->alive--;
    pthread_cond_signal(&w->gone);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* One more when there is more queued than idle workers will take. Pool's mutex held. */
static void add_worker(struct workers *w)
{
    if (w->queued <= w->idle || w->made == w->max)
        return;
    char name[16];
    snprintf(name, sizeof name, "auraio-%d", w->made);
    if (aur_kern.thread_create(&w->ids[w->made], name, worker, w) == 0) {
        w->made++;
        w->alive++;
    }
}

/* The pool, made when it is not there: two rings may try at once, one of them wins. */
static struct workers *workers_of(auraio_engine_t *engine)
{
    struct workers *w = atomic_load_explicit(&engine->workers, memory_order_acquire);

    if (w)
        return w;
    struct workers *made = make_pool(engine);
    if (made && !atomic_compare_exchange_strong(&engine->workers, &w, made)) {
        free_pool(made);
        return w;
    }
    return made;
}

void aur_workers_do(struct ring *ring, struct slot *slot)
{
    slot->started_ns = aur_kern.now_ns();
    slot->result = run(slot);
    push_worked(ring, slot);
}

/*
 * Without a single worker (no thread, no memory) the call waits for a thread that
 * polls, but for a stream, which could keep that one for ever.
 */
static void do_without(struct ring *ring, struct slot *slot)
{
    slot->started_ns = aur_kern.now_ns();
    if (slot->stream) {
        slot->result = -EAGAIN;
        push_worked(ring, slot);
    } else {
        list_push(&ring->undone, slot);
        atomic_store_explicit(&ring->has_undone, true, memory_order_relaxed);
    }
    events_finished_outside(&ring->engine->events);
}

void aur_workers_start(struct ring *ring, struct slot *slot)
{
    struct workers *w = workers_of(ring->engine);

    AUR_ASSERT(ring_is_locked(ring) && slot->on_worker);
    ring->on_workers++;
    if (!w) {
        do_without(ring, slot);
        return;
    }
    pthread_mutex_lock(&w->lock);
    list_push(&w->queue, slot);
    w->queued++;
    add_worker(w);
    bool served = w->made > 0;
    if (served) {
        pthread_cond_signal(&w->work);
    } else {
        aur_list_remove(&w->queue, slot);
        w->queued--;
    }
    pthread_mutex_unlock(&w->lock);
    if (!served)
        do_without(ring, slot);
}

void aur_workers_reap(struct ring *ring)
{
    struct slot *newest = atomic_exchange(&ring->worked, NULL), *oldest = NULL;
    uint64_t now_ns = aur_kern.now_ns();

    atomic_store_explicit(&ring->engine->last_reap_ns, now_ns, memory_order_relaxed);
    aur_ring_note_peak(ring);
    while (newest) {
        struct slot *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct slot *next = oldest->next;
        aur_ring_finished(ring, oldest, oldest->result, now_ns);
        oldest = next;
    }
    aur_ring_note_in_flight(ring);
    ring->reaped_ns = now_ns;
    ring->reaped_waits = READ(ring->engine->wait_calls);
}

bool aur_workers_cancel(struct ring *ring, struct slot *slot)
{
    struct workers *w = atomic_load_explicit(&ring->engine->workers, memory_order_acquire);

    if (!w)
        return false;
    pthread_mutex_lock(&w->lock);
    bool found = aur_list_remove(&w->queue, slot);
    if (found)
        w->queued--;
    pthread_mutex_unlock(&w->lock);
    return found;
}

void aur_workers_forget(struct workers *w)
{
    aur_kern.free(w->ids);
    aur_kern.free(w);
}

bool aur_workers_free(struct workers *w, uint64_t deadline_ns)
{
    struct timespec end = {.tv_sec = (time_t)(deadline_ns / 1000000000),
                           .tv_nsec = (long)(deadline_ns % 1000000000)};

    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_broadcast(&w->work);
    while (w->alive && !w->queue.head && pthread_cond_timedwait(&w->gone, &w->lock, &end) == 0)
        ;
    bool stuck = w->alive > 0;
    if (stuck) {
        w->abandoned = true;
        w->queue = (struct list){NULL, NULL};
    }
    pthread_mutex_unlock(&w->lock);
    if (stuck) {
        for (int i = 0; i < w->made; i++)
            pthread_detach(w->ids[i]);
        return false;
    }
    for (int i = 0; i < w->made; i++)
        aur_kern.thread_join(w->ids[i]);
    free_pool(w);
    return true;
}
