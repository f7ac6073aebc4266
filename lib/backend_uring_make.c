/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instances of a ring: made as the options ask and the kernel allows, watched by
 * epoll when somebody sleeps there, drained when another takes their place, and retired.
 */
#include "engine.h"

#include <errno.h>
#include <string.h>

#define SQ_MAX 64         /* queue of submissions: locked memory is scarce, a batch is small */
#define WORKERS_PER_CPU 8 /* bound on io-wq's workers for files */

static unsigned power_of_two(unsigned n)
{
    unsigned p = 1;

    while (p < n)
        p *= 2;
    return p;
}

/* Each completion writes to the engine's event descriptor: 0 or negative errno. */
static int signal_event(auraio_engine_t *engine, struct uring *uring)
{
    int fd = engine->events.event_fd;
    int error = aur_kern.uring_register(uring->fd, IORING_REGISTER_EVENTFD, &fd, 1);

    if (error < 0 && error != -EBUSY) /* it does so already */
        return error;
    atomic_store(&engine->events.ring_signals, true);
    return 0;
}

/*
 * epoll takes no more (of fs.epoll.max_user_watches, or for want of memory): the ring
 * writes to the event descriptor instead, which epoll has. Kicked, for what has come already.
 * Before Linux 5.18 the kernel would wait for all that is in flight.
 */
static int signal_instead(auraio_engine_t *engine, struct uring *uring, int refusal)
{
    struct events *ev = &engine->events;
    bool waits = !(uring->features & IORING_FEAT_LINKED_FILE);
    int error = waits ? -EBUSY : signal_event(engine, uring);

    if (!error)
        aur_events_kick(ev);
    if (!atomic_exchange(&ev->refusal_is_told, true))
        aur_log(AURAIO_LOG_WARN, "epoll cannot watch a ring (%s): %s", strerror(-refusal),
                error ? "waits look at it every millisecond" : "it signals an eventfd instead");
    return error ? refusal : 0;
}

/*
 * Has the engine's epoll descriptor look at it: 0 or negative errno. Done when somebody
 * sleeps there, because each completion of a ring that is watched costs something.
 */
static int watch(auraio_engine_t *engine, struct uring *uring)
{
    if (uring->watched || uring->lost || READ(engine->events.lost))
        return 0;
    int error = aur_kern.epoll_add(engine->events.epoll_fd, uring->fd, 0);
    uring->in_epoll = error >= 0;
    if (error == -ENOSPC || error == -ENOMEM)
        error = signal_instead(engine, uring, error);
    uring->watched = error >= 0;
    return error < 0 ? error : 0;
}

int aur_uring_watch(struct ring *ring)
{
    int error = ring->uring ? watch(ring->engine, ring->uring) : 0;

    for (struct uring *old = ring->draining; old && !error; old = old->next)
        error = watch(ring->engine, old);
    return error;
}

/*
 * A ring that defers its task work is not seen by epoll before somebody enters it,
 * but it does signal an event descriptor.
 */
int aur_uring_signal_deferred(auraio_engine_t *engine, struct uring *uring)
{
    bool defers = uring->setup_flags & IORING_SETUP_DEFER_TASKRUN;

    if (!defers || uring->lost || READ(engine->events.lost))
        return 0;
    return signal_event(engine, uring);
}

/* What the poll fd needs of a ring made after it was handed out: 0 or negative errno. */
static int show_to_poll_fd(auraio_engine_t *engine, struct uring *uring)
{
    int error = watch(engine, uring);

    if (!error && engine->options.single_thread)
        error = aur_uring_signal_deferred(engine, uring);
    return error;
}

int aur_uring_make(auraio_engine_t *engine, bool coop, struct uring **out, bool *refused)
{
    const auraio_options_t *options = &engine->options;
    unsigned depth = (unsigned)options->queue_depth;
    unsigned sq = power_of_two(depth < SQ_MAX ? depth + 2 : SQ_MAX);
    unsigned cq = power_of_two(depth + depth / 4 + 16);
    unsigned flags = IORING_SETUP_SUBMIT_ALL;
    struct uring *uring = aur_kern.alloc(8, sizeof *uring);

    *refused = false;
    if (!uring)
        return -ENOMEM;
    sq = sq < SQ_MAX ? sq : SQ_MAX;
    if (options->enable_sqpoll)
        flags |= IORING_SETUP_SQPOLL;
    else if (options->single_thread)
        flags |=
            IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    else if (coop)
        flags |= IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    int error =
        aur_uring_open(uring, sq, cq > sq ? cq : sq, flags, (unsigned)options->sqpoll_idle_ms);
    if (!error && READ(engine->events.handed_out) && (error = show_to_poll_fd(engine, uring)) < 0)
        aur_uring_close(uring);
    if (error < 0) {
        *refused = true;
        aur_kern.free(uring);
        return error;
    }
    if (options->enable_sqpoll && !(uring->setup_flags & IORING_SETUP_SQPOLL))
        aur_log(AURAIO_LOG_WARN, "the kernel refuses SQPOLL: carrying on without");
    unsigned bound = WORKERS_PER_CPU * (unsigned)engine->cpus;
    unsigned workers[2] = {bound, bound};
    aur_kern.uring_register(uring->fd, IORING_REGISTER_IOWQ_MAX_WORKERS, workers, 2);
    aur_registered_attach(engine, uring);
    *out = uring;
    return 0;
}

void aur_uring_retire(auraio_engine_t *engine, struct uring *uring)
{
    uring->lost |= !aur_engine_owns(engine, uring->fd);
    if (uring->in_epoll && !uring->lost)
        aur_kern.epoll_del(engine->events.epoll_fd, uring->fd);
    aur_uring_close(uring);
    aur_kern.free(uring);
}

/* The instance takes no more work; its operations are collected until there are none. */
void aur_uring_drain(struct ring *ring)
{
    struct uring *uring = ring->uring;

    if (!uring)
        return;
    uring->next = ring->draining;
    ring->draining = uring;
    aur_ring_use(ring, NULL);
}

/* The setup lock: nobody registers anything with them just now. */
void aur_ring_retire_drained(struct ring *ring, bool all)
{
    struct uring **link = &ring->draining;

    AUR_ASSERT(all || lock_is_held(&ring->engine->setup));
    while (*link) {
        struct uring *old = *link;
        if (uring_owed(old) && !all) {
            link = &old->next;
            continue;
        }
        *link = old->next;
        aur_uring_retire(ring->engine, old);
    }
}
