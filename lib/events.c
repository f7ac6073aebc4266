/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of events.h: the seat, the two places to sleep, the kick. Nothing
 * here looks at what an operation is; it only knows that rings have some.
 */
#include "engine.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS 1000000ull
#define RETRY_MS 1 /* while the kernel had no room for what is gathered */
#define RETRY_US 200
#define LOST_US 1000 /* between looks at an engine whose descriptors are gone */

int aur_events_init(struct events *ev)
{
    pthread_condattr_t monotonic;

    ev->event_fd = ev->epoll_fd = ev->timer_fd = -1;
    atomic_store(&ev->timer_at, NO_DEADLINE);
    pthread_mutex_init(&ev->lock, NULL);
    pthread_mutex_init(&ev->timer_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ev->seat_free, &monotonic);
    pthread_condattr_destroy(&monotonic);
    aur_spin_init(&ev->spin);

    int error = ev->event_fd = aur_kern.eventfd();
    if (error >= 0)
        error = ev->timer_fd = aur_kern.timerfd();
    if (error >= 0)
        error = ev->epoll_fd = aur_kern.epoll_create();
    if (error >= 0)
        error = aur_kern.epoll_add(ev->epoll_fd, ev->event_fd, 0);
    if (error >= 0)
        error = aur_kern.epoll_add(ev->epoll_fd, ev->timer_fd, 0);
    return error < 0 ? error : 0;
}

void aur_events_free(auraio_engine_t *engine)
{
    struct events *ev = &engine->events;
    int fds[] = {ev->epoll_fd, ev->timer_fd, ev->event_fd};

    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0 && aur_engine_owns(engine, fds[i]))
            aur_kern.close(fds[i]);
    pthread_mutex_destroy(&ev->lock);
    pthread_mutex_destroy(&ev->timer_lock);
    pthread_cond_destroy(&ev->seat_free);
}

/* Written first, told second: a clear that misses the telling leaves the descriptor readable. */
void aur_events_kick(struct events *ev)
{
    if (READ(ev->lost))
        return;
    aur_kern.event_write(ev->event_fd);
    atomic_store(&ev->signalled, true);
}

/* What was cleared may have been meant for a sleeper that had looked before: kicked again. */
void aur_events_clear(struct events *ev)
{
    bool was_set = atomic_exchange(&ev->signalled, false);

    if (!was_set && !READ(ev->ring_signals))
        return;
    if (!READ(ev->lost))
        was_set |= aur_kern.event_read(ev->event_fd) >= 0;
    if (was_set && atomic_load(&ev->sleeper) != SLEEPER_AWAKE)
        aur_events_kick(ev);
}

void aur_events_wake_all(struct events *ev, uint64_t what)
{
    atomic_fetch_add(&ev->wake_seq, what);
    aur_events_kick(ev);
}

static void note_late(struct events *ev, struct ring *ring, bool late)
{
    if (late == READ(ring->late))
        return;
    atomic_fetch_add(&ev->late, late ? 1 : -1);
    atomic_store_explicit(&ring->late, late, memory_order_relaxed);
}

void aur_events_activate(struct events *ev, struct ring *ring)
{
    AUR_ASSERT(ring_is_locked(ring));
    if (ring->active)
        return;
    note_late(ev, ring, false);
    ring->active = true;
    atomic_fetch_or(&ev->active[ring->index / 64], 1ull << ring->index % 64);
    /* Pairs with the acquire in look: who has seen the count sees the bit. */
    atomic_fetch_add_explicit(&ev->activations, 1, memory_order_release);
    int sleeper = atomic_load(&ev->sleeper);
    bool seen = sleeper == SLEEPER_EPOLL && ring->uring && ring->uring->watched;
    if (sleeper != SLEEPER_AWAKE && !seen)
        aur_events_kick(ev);
}

static bool is_owed(const struct ring *ring)
{
    bool owed = ring->uring && !uring_is_empty(ring->uring);

    for (const struct uring *old = ring->draining; old; old = old->next)
        owed |= !uring_is_empty(old);
    return owed;
}

static void deactivate(struct events *ev, struct ring *ring)
{
    ring->active = false;
    ring->epoch = 0;
    atomic_fetch_and(&ev->active[ring->index / 64], ~(1ull << ring->index % 64));
    note_late(ev, ring, is_owed(ring));
}

void aur_events_reap_late(auraio_engine_t *engine)
{
    struct events *ev = &engine->events;
    int i = 0;

    for (struct ring *ring; READ(ev->late) && (ring = engine_next_ring(engine, &i));) {
        if (!READ(ring->late))
            continue;
        ring_lock(ring);
        if (READ(ring->late)) {
            aur_uring_reap(ring);
            note_late(ev, ring, is_owed(ring));
        }
        ring_unlock(ring);
    }
}

static void set_timer(struct events *ev, uint64_t at_ns)
{
    if (!READ(ev->lost))
        aur_kern.timer_set(ev->timer_fd, at_ns == NO_DEADLINE ? 0 : at_ns);
    atomic_store(&ev->timer_at, at_ns);
}

void aur_events_deadline(struct events *ev, uint64_t at_ns)
{
    if (at_ns == NO_DEADLINE)
        return;
    pthread_mutex_lock(&ev->timer_lock);
    bool earlier = at_ns < atomic_load(&ev->timer_at);
    if (earlier)
        set_timer(ev, at_ns);
    pthread_mutex_unlock(&ev->timer_lock);
    int sleeper = atomic_load(&ev->sleeper);
    if (earlier && (sleeper == SLEEPER_PREPARING || sleeper >= SLEEPER_IN_RING))
        aur_events_kick(ev);
}

/* The timer has fired: set for the next deadline of any ring. */
void aur_events_rearm(auraio_engine_t *engine)
{
    struct events *ev = &engine->events;
    uint64_t now_ns = aur_kern.now_ns();
    int i = 0;

    pthread_mutex_lock(&ev->timer_lock);
    set_timer(ev, NO_DEADLINE);
    pthread_mutex_unlock(&ev->timer_lock);
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        aur_ring_expire(ring, now_ns);
        aur_events_deadline(ev, ring->next_deadline);
        ring_unlock(ring);
    }
}

static bool sit_down(struct events *ev)
{
    bool is_free = false;

    return atomic_compare_exchange_strong(&ev->seat_taken, &is_free, true);
}

/* False: the time is up, or the seat could not be had before. */
static bool wait_for_seat(struct events *ev, uint64_t deadline_ns, uint64_t wakes_seen)
{
    struct timespec end = {.tv_sec = (time_t)(deadline_ns / 1000000000),
                           .tv_nsec = (long)(deadline_ns % 1000000000)};
    int error = 0;
    bool mine;

    pthread_mutex_lock(&ev->lock);
    atomic_fetch_add(&ev->followers, 1); /* before the look at the seat: see leave_seat */
    while (!(mine = sit_down(ev)) && !error && atomic_load(&ev->wake_seq) == wakes_seen)
        error = deadline_ns == NO_DEADLINE
                    ? pthread_cond_wait(&ev->seat_free, &ev->lock)
                    : pthread_cond_timedwait(&ev->seat_free, &ev->lock, &end);
    atomic_fetch_sub(&ev->followers, 1);
    pthread_mutex_unlock(&ev->lock);
    return mine;
}

/*
 * The seat is free before the followers are counted, as they are counted before they
 * look at the seat: one of the two sees the other.
 */
static void leave_seat(struct events *ev)
{
    AUR_ASSERT(atomic_load(&ev->sleeper) == SLEEPER_AWAKE);
    atomic_store(&ev->seat_taken, false);
    if (!atomic_load(&ev->followers))
        return;
    pthread_mutex_lock(&ev->lock);
    pthread_cond_signal(&ev->seat_free);
    pthread_mutex_unlock(&ev->lock);
}

void aur_events_leave(struct events *ev)
{
    if (!atomic_load(&ev->followers))
        return;
    pthread_mutex_lock(&ev->lock);
    pthread_cond_broadcast(&ev->seat_free);
    pthread_mutex_unlock(&ev->lock);
}

/* Something to deliver, or room that a blocked submission may have: no sleep. Lock held. */
static bool reap_some(struct ring *ring, enum sleep_for what)
{
    if (what == FOR_ROOM) {
        bool ended = aur_ring_reap_for_others(ring);
        return ended || ring->undone.head;
    }
    aur_ring_reap(ring);
    return ring_has_ready(ring) || ring->undone.head;
}

/* What the visit of a ring before the sleep found. Lock held. */
struct visit {
    bool ready;  /* no sleep */
    bool unsent; /* the kernel had no room, or epoll: a short sleep */
    bool shut;   /* epoll would tell of completions that cannot be had: sleep by the clock */
};

/* Completions wait for an entry into the kernel, which has just been refused again. */
static bool is_shut(const struct ring *ring)
{
    const struct uring *old = ring->draining;

    while (old && !(old->refused && uring_needs_entry(old)))
        old = old->next;
    return old != NULL;
}

static void visit(auraio_engine_t *engine, struct ring *ring, enum sleep_for what, struct visit *v)
{
    aur_ring_flush(ring);
    v->ready |= reap_some(ring, what);
    v->unsent |= aur_ring_unsent(ring) > 0 || aur_uring_watch(ring) < 0;
    v->shut |= is_shut(ring);
    if (!aur_ring_pending(ring) && !ring_has_ready(ring) && !aur_ring_unsent(ring))
        deactivate(&engine->events, ring);
}

/* Whether the only active ring can be slept in: all that may happen comes through it. */
static bool can_sleep_in(const struct ring *ring, bool timed)
{
    return ring->uring && !ring->draining && !ring->unplaced.head && !ring->cancels_wait &&
           aur_ring_pending(ring) && (!timed || ring->uring->features & IORING_FEAT_EXT_ARG);
}

/*
 * Looks before it sleeps, having sent what is to be looked for. Not at a ring that has failed: it
 * may ask to be entered for ever, which a look would take for an answer.
 */
static int wait_in_ring(auraio_engine_t *engine, struct uring *uring, unsigned unsent,
                        int64_t timeout)
{
    struct spin *spin = &engine->events.spin;

    if (!READ(engine->fatal) && spin_is_due(spin)) {
        int sent = unsent ? uring_enter(uring, unsent, true) : 0;
        if (sent < 0)
            return sent;
        if (aur_spin(spin, uring)) /* what an entry brings may be refused: then no circle */
            return uring_has_cqes(uring) ? sent : uring_enter(uring, 0, true);
        unsent -= (unsigned)sent;
    }
    return aur_uring_wait(uring, unsent, timeout);
}

static void sleep_in_ring(struct ring *ring, struct uring *uring, unsigned unsent,
                          uint64_t deadline_ns)
{
    int64_t timeout = -1;

    if (deadline_ns != NO_DEADLINE) {
        uint64_t now = aur_kern.now_ns();
        timeout = deadline_ns > now ? (int64_t)(deadline_ns - now) : 0;
    }
    int result = wait_in_ring(ring->engine, uring, unsent, timeout);
    if (result >= 0 || result == -EINTR || result == -ETIME)
        return;
    if (result == -EAGAIN || result == -EBUSY || result == -ENOMEM) {
        aur_kern.sleep_us(RETRY_US);
        return;
    }
    ring_lock(ring);
    if (uring == ring->uring) {
        if (result == -EPERM || result == -EACCES || result == -ENOSYS)
            aur_uring_refused(ring, uring, -result);
        else
            aur_uring_failed(ring, uring, result);
    }
    ring_unlock(ring);
    aur_kern.sleep_us(RETRY_US); /* not in a circle, should it fail so for ever */
}

static void sleep_in_epoll(auraio_engine_t *engine, uint64_t deadline_ns)
{
    int timeout_ms = -1;
    uint64_t data[4];

    if (deadline_ns != NO_DEADLINE) {
        uint64_t now = aur_kern.now_ns();
        uint64_t ms = deadline_ns > now ? (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;
        timeout_ms = ms < INT_MAX ? (int)ms : INT_MAX;
    }
    int n = aur_kern.epoll_wait(engine->events.epoll_fd, data, 4, timeout_ms);
    if (n >= 0 || n == -EINTR)
        return;
    aur_engine_fail(engine, n == -EINVAL ? EBADF : -n); /* EINVAL: another file's number by now */
    aur_kern.sleep_us(RETRY_US);
}

/* True when it slept, or need not. */
static bool try_ring(auraio_engine_t *engine, struct ring *ring, uint64_t deadline_ns,
                     enum sleep_for what)
{
    uint64_t timer_at = atomic_load(&engine->events.timer_at);

    deadline_ns = timer_at < deadline_ns ? timer_at : deadline_ns;
    ring_lock(ring);
    ring_touch(ring, thread_id());
    if (reap_some(ring, what)) {
        ring_unlock(ring);
        return true;
    }
    if (!can_sleep_in(ring, deadline_ns != NO_DEADLINE) || !aur_uring_arm_wake(ring)) {
        ring_unlock(ring);
        return false;
    }
    unsigned unsent = aur_uring_gathered(ring);
    struct uring *uring = ring->uring;
    atomic_store(&engine->events.sleeper, SLEEPER_IN_RING + ring->index);
    ring_unlock(ring);
    sleep_in_ring(ring, uring, unsent, deadline_ns);
    return true;
}

static void sleep_among_rings(auraio_engine_t *engine, uint64_t deadline_ns, enum sleep_for what)
{
    struct events *ev = &engine->events;
    struct visit found = {false, false, false};
    unsigned i = 0;

    for (struct ring *ring; !found.ready && (ring = engine_next_active(engine, &i));) {
        ring_lock(ring);
        ring_touch(ring, thread_id());
        visit(engine, ring, what, &found);
        ring_unlock(ring);
    }
    if (found.ready)
        return;
    if (found.shut) {
        aur_kern.sleep_us(RETRY_US);
        return;
    }
    if (found.unsent) {
        uint64_t soon = aur_kern.now_ns() + RETRY_MS * NS_PER_MS;
        deadline_ns = soon < deadline_ns ? soon : deadline_ns;
    }
    aur_events_reap_late(engine);
    atomic_store(&ev->sleeper, SLEEPER_EPOLL);
    sleep_in_epoll(engine, deadline_ns);
}

void aur_events_sleep(auraio_engine_t *engine, uint64_t deadline_ns, enum sleep_for what,
                      uint64_t wakes_seen)
{
    struct events *ev = &engine->events;

    if (!sit_down(ev) && !wait_for_seat(ev, deadline_ns, wakes_seen))
        return;
    AUR_ASSERT(atomic_load(&ev->seat_taken) && atomic_load(&ev->sleeper) == SLEEPER_AWAKE);
    atomic_store(&ev->sleeper, SLEEPER_PREPARING);
    if (READ(ev->lost)) { /* no descriptor to sleep in; what the kernel has still comes */
        aur_kern.sleep_us(LOST_US);
    } else if (atomic_load(&ev->wake_seq) == wakes_seen) {
        struct ring *ring = engine_only_active(engine);
        if (!ring || !try_ring(engine, ring, deadline_ns, what))
            sleep_among_rings(engine, deadline_ns, what);
    }
    atomic_store(&ev->sleeper, SLEEPER_AWAKE);
    leave_seat(ev);
}
