/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll, wait, run and drain. A waiter alternates between
 * delivering what has finished and sleeping as events.c sees fit; it looks for
 * its reasons to return in between.
 */
#include "control.h"
#include "engine.h"
#include "gate.h"

#include <errno.h>

#define UNTIL_STOPPED INT64_MAX /* as min of wait_until: also sleeps while idle */
#define ROOM_SLEEP_US 1000
#define DRAIN_SLICE_NS 10000000ull /* another thread may deliver the last one: look again */

uint64_t aur_deadline(int timeout_ms)
{
    if (timeout_ms < 0)
        return NO_DEADLINE;
    return timeout_ms ? aur_kern.now_ns() + (uint64_t)timeout_ms * 1000000 : 0;
}

HOT bool is_inside_callback_of(const auraio_engine_t *engine)
{
    for (const struct running *r = aur_thread.running; r; r = r->outer)
        if (r->ring && r->ring->engine == engine)
            return true;
    return false;
}

HOT int enter(auraio_engine_t *engine)
{
    if (!engine)
        return EINVAL;
    if (is_inside_callback_of(engine))
        return engine_is_forked(engine) ? EOWNERDEAD : EDEADLK;
    return engine_enter(engine);
}

void aur_flush_all(auraio_engine_t *engine)
{
    unsigned i = 0;

    for (struct ring *ring; (ring = engine_next_active(engine, &i));) {
        ring_lock(ring);
        ring_touch(ring, thread_id());
        ring_collect_returned(ring);
        aur_ring_flush(ring);
        ring_unlock(ring);
    }
}

/* Takes kicks back; true when the timer has fired and is to be set again. */
HOT bool take_signals(struct events *ev)
{
    events_clear(ev);
    uint64_t timer_at = READ(ev->timer_at);
    return timer_at != NO_DEADLINE && aur_kern.now_ns() >= timer_at;
}

static void tick(auraio_engine_t *engine)
{
    uint64_t now_ns = READ(engine->last_reap_ns);

    if (now_ns >= READ(engine->tick_ends_ns))
        aur_control_tick(engine, now_ns);
    if (now_ns >= READ(engine->window_ends_ns))
        aur_stats_tick(engine, now_ns);
}

int aur_poll_rings(auraio_engine_t *engine, bool send)
{
    bool fired = take_signals(&engine->events);
    unsigned i = 0;
    int n = 0;

    for (struct ring *ring; (ring = engine_next_active(engine, &i));) {
        int delivered = aur_ring_poll(ring, send);
        if (delivered < 0)
            return ORPHANED;
        n += delivered;
    }
    aur_events_reap_late(engine);
    if (fired)
        aur_events_rearm(engine);
    if (READ(engine->registered.draining))
        aur_registered_finish(engine);
    if (n)
        tick(engine);
    else if (send)
        atomic_store_explicit(&engine->looked_ns, aur_kern.now_ns(), memory_order_relaxed);
    return n;
}

/* The only active ring, or NULL; also where something else asks for attention. */
HOT struct ring *only_ring(const auraio_engine_t *engine)
{
    const struct events *ev = &engine->events;

    if (READ(ev->ring_signals) || READ(ev->signalled) || READ(ev->timer_at) != NO_DEADLINE ||
        READ(engine->registered.draining))
        return NULL;
    return engine_only_active(engine);
}

/* The same for a wait. *sent: what was gathered has gone, if told to and that is known. */
HOT int look(auraio_engine_t *engine, bool send, bool *sent)
{
    unsigned activations = atomic_load_explicit(&engine->events.activations, memory_order_acquire);
    struct ring *ring = only_ring(engine);
    int n = ring ? aur_ring_poll_one(ring, send) : LONG_WAY;

    if (n == LONG_WAY)
        return aur_poll_rings(engine, false);
    if (n > 0) {
        *sent = send && READ(engine->events.activations) == activations;
        tick(engine);
    }
    return n;
}

/* Lock held. What it finds is left to others, who are told. */
static void make_room(struct ring *ring)
{
    aur_ring_flush(ring);
    aur_ring_reap_for_others(ring);
    aur_gate_trim(ring);
    aur_ring_flush(ring);
}

/*
 * A blocked submission. With the poll fd in use a kick is its reader's and stays:
 * then this thread sleeps by the clock.
 */
int aur_wait_for_room(auraio_engine_t *engine)
{
    struct events *ev = &engine->events;
    unsigned i = 0;

    if (READ(ev->handed_out) && READ(ev->signalled))
        aur_kern.sleep_us(ROOM_SLEEP_US);
    else
        aur_events_sleep(engine, aur_kern.now_ns() + DRAIN_SLICE_NS, FOR_ROOM,
                         atomic_load(&ev->wake_seq));
    bool fired = READ(ev->handed_out) ? false : take_signals(ev);
    for (struct ring *ring; (ring = engine_next_active(engine, &i));) {
        aur_ring_do_undone(ring);
        ring_lock(ring);
        ring_touch(ring, thread_id());
        make_room(ring);
        uint64_t help = ring->helping;
        ring->helping = 0;
        ring_unlock(ring);
        aur_gate_help(ring, help);
    }
    if (fired)
        aur_events_rearm(engine);
    return READ(engine->refuse);
}

/* Why a waiter returns although it has not got what it waits for: 0, or an errno value. */
static bool must_return(auraio_engine_t *engine, int64_t min, int *error)
{
    bool alone = engine->options.single_thread && min != UNTIL_STOPPED;
    int refuse = atomic_load(&engine->refuse), fatal = READ(engine->fatal);

    if (refuse == ESHUTDOWN)
        *error = ESHUTDOWN;
    else if ((alone || fatal) && aur_engine_pending(engine) == 0)
        *error = fatal;
    else
        return false;
    return true;
}

/* wake_seq as far as this thread's wait is to take it for answered. */
HOT uint64_t answered(const auraio_engine_t *engine)
{
    const struct answered *last = &aur_thread.answered[0];
    uint64_t seen = atomic_load(&engine->events.wake_seen); /* before wake_seq: see wakeup.c */
    bool all = last->engine == engine->serial &&
               last->wakeups == wakeups_of(atomic_load(&engine->events.wake_seq));

    return all ? seen : aur_wakeup_answered(engine);
}

static int64_t wait_until(auraio_engine_t *engine, int64_t min, uint64_t deadline_ns, int *error)
{
    struct events *ev = &engine->events;
    uint64_t seen = answered(engine);
    bool woken = false, sent = false;
    int64_t n = 0;

    for (;;) {
        int delivered =
            deadline_ns ? look(engine, n + 1 >= min, &sent) : aur_poll_rings(engine, true);
        if (delivered < 0) {
            *error = EOWNERDEAD;
            return ORPHANED;
        }
        n += delivered;
        if (n >= min)
            break;
        uint64_t wakes = atomic_load(&ev->wake_seq);
        if (wakes != seen && deadline_ns) { /* a poll leaves the wake-up to the next wait */
            aur_wakeup_answer(engine, wakes);
            woken = true;
            break;
        }
        if (must_return(engine, min, error))
            break;
        if (deadline_ns != NO_DEADLINE && (!deadline_ns || aur_kern.now_ns() >= deadline_ns))
            break;
        atomic_fetch_add_explicit(&engine->wait_calls, 1, memory_order_relaxed);
        aur_events_sleep(engine, deadline_ns, FOR_CALLBACKS, seen);
    }
    if (!sent)
        aur_flush_all(engine);
    if (woken || *error)
        aur_events_leave(ev);
    return n;
}

int auraio_poll(auraio_engine_t *engine)
{
    return auraio_wait_n(engine, 1, 0);
}

int auraio_wait(auraio_engine_t *engine, int timeout_ms)
{
    return auraio_wait_n(engine, 1, timeout_ms);
}

static int as_int(int64_t n)
{
    return n < INT_MAX ? (int)n : INT_MAX;
}

int auraio_wait_n(auraio_engine_t *engine, int min, int timeout_ms)
{
    int error = min < 1 || timeout_ms < -1 ? EINVAL : enter(engine);

    if (error)
        return aur_fail(error);
    int64_t n = wait_until(engine, min, aur_deadline(timeout_ms), &error);
    if (n == ORPHANED)
        return aur_fail(EOWNERDEAD);
    engine_leave(engine);
    return error && !n ? aur_fail(error) : as_int(n);
}

int auraio_run(auraio_engine_t *engine)
{
    int error = enter(engine);

    if (error)
        return aur_fail(error);
    struct events *ev = &engine->events;
    unsigned seen = atomic_load(&ev->stop_seen), stops;
    while ((stops = atomic_load(&ev->stop_seq)) == seen && !error)
        if (wait_until(engine, UNTIL_STOPPED, NO_DEADLINE, &error) == ORPHANED)
            return aur_fail(EOWNERDEAD);
    atomic_store(&ev->stop_seen, stops);
    aur_wakeup_answer(engine, atomic_load(&ev->wake_seq)); /* a stop wakes as well */
    engine_leave(engine);
    return error ? aur_fail(error) : 0;
}

int64_t aur_drain(auraio_engine_t *engine, uint64_t deadline_ns)
{
    int64_t n = 0;

    for (;;) {
        int delivered = aur_poll_rings(engine, true);
        if (delivered < 0)
            return ORPHANED;
        n += delivered;
        if (aur_engine_pending(engine) == 0)
            break;
        uint64_t now = aur_kern.now_ns(), slice = now + DRAIN_SLICE_NS;
        if (now >= deadline_ns)
            break;
        aur_events_sleep(engine, slice < deadline_ns ? slice : deadline_ns, FOR_CALLBACKS,
                         atomic_load(&engine->events.wake_seq));
    }
    aur_flush_all(engine);
    return n;
}

int auraio_drain(auraio_engine_t *engine, int timeout_ms)
{
    int error = timeout_ms < -1 ? EINVAL : enter(engine);

    if (error)
        return aur_fail(error);
    int64_t n = aur_drain(engine, aur_deadline(timeout_ms));
    if (n == ORPHANED)
        return aur_fail(EOWNERDEAD);
    if (aur_engine_pending(engine))
        error = ETIMEDOUT;
    else if (!n)
        error = READ(engine->fatal);
    engine_leave(engine);
    return error ? aur_fail(error) : as_int(n);
}

int auraio_flush(auraio_engine_t *engine)
{
    int error = engine ? engine_enter(engine) : EINVAL;

    if (error)
        return aur_fail(error);
    aur_flush_all(engine);
    engine_leave(engine);
    return (error = READ(engine->fatal)) ? aur_fail(error) : 0;
}

int auraio_pending_count(auraio_engine_t *engine)
{
    if (!engine)
        return aur_fail(EINVAL);
    return engine_is_forked(engine) ? aur_fail(EOWNERDEAD) : aur_engine_pending(engine);
}

/* 0 or an errno value. */
static int signal_from_ring(auraio_engine_t *engine)
{
    struct ring *ring = engine_ring_made(engine, 0);
    int error = 0;

    if (READ(engine->events.ring_signals))
        return 0;
    if (ring && ring->uring)
        error = aur_uring_signal_deferred(engine, ring->uring);
    if (!error)
        atomic_store(&engine->events.ring_signals, true);
    return -error;
}

/* Rings made from now on are watched from their beginning. 0 or an errno value. */
static int hand_out(auraio_engine_t *engine)
{
    int error = 0, i = 0;

    lock_take(&engine->setup);
    bool before = atomic_exchange(&engine->events.handed_out, true);
    for (struct ring *ring; !error && (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        error = aur_uring_watch(ring);
        ring_unlock(ring);
    }
    if (error && !before)
        atomic_store(&engine->events.handed_out, false);
    lock_drop(&engine->setup);
    return -error;
}

/* What is gathered now would otherwise wait for a call that an event loop makes only when told to.
 */
int auraio_get_poll_fd(auraio_engine_t *engine)
{
    int error = engine ? engine_check(engine) : EINVAL;

    if (!error)
        error = hand_out(engine);
    if (!error && engine->options.single_thread)
        error = signal_from_ring(engine);
    if (error)
        return aur_fail(error);
    engine_new_epoch(engine);
    aur_flush_all(engine);
    aur_events_kick(&engine->events);
    return engine->events.epoll_fd;
}
