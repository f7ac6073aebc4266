/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who sleeps, and who wakes whom. At most one thread of an engine sleeps in the
 * kernel, the one that has the seat; other waiters sleep on a condition until the
 * seat is free. tests/model/events.pml is this protocol in Promela, checked over
 * all interleavings: change both together.
 *
 * sleeper   what it means                       who must do what
 * AWAKE     nobody sleeps in the kernel         nothing
 * PREPARING the seat's holder visits the rings  submit: send at once; kick if a ring became active
 * EPOLL     sleeps in epoll_wait                submit: the same, but for a ring epoll watches
 * IN_RING+i sleeps in io_uring_enter on ring i  as PREPARING
 *
 * Whoever finishes an operation outside the kernel's queues (a worker, a cancel)
 * kicks unless AWAKE. The order that makes it safe: the sleeper stores PREPARING,
 * then takes the lock of every active ring; the others change a ring under its
 * lock (or make it active, sequentially consistent), then load sleeper.
 *
 * Two kicks may reach the wrong thread, and are put back: one that a poller takes
 * off the event descriptor while somebody else goes to sleep (aur_events_clear),
 * and the armed poll's completion, when it is reaped from a ring that somebody
 * else sleeps in (aur_uring_wake_again).
 */
#ifndef AUR_EVENTS_H
#define AUR_EVENTS_H

#include "spin.h"

#include <auraio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ring;

enum { SLEEPER_AWAKE, SLEEPER_PREPARING, SLEEPER_EPOLL, SLEEPER_IN_RING };

#define RING_WORDS 32 /* bits for 2048 rings */

struct events {
    int event_fd, epoll_fd, timer_fd; /* fixed from creation to destroy */

    _Atomic bool lost; /* somebody closed our descriptors: their numbers are not touched again */

    _Atomic int sleeper;          /* AWAKE unless the seat is taken; its holder's to set */
    _Atomic bool handed_out;      /* the poll fd is in use: its readers count as sleepers */
    _Atomic bool ring_signals;    /* a ring writes to event_fd itself: see backend_uring_make.c */
    _Atomic bool refusal_is_told; /* of epoll, to watch a ring */
    _Atomic bool signalled;       /* event_fd was written to: set after the write */
    _Atomic uint64_t active[RING_WORDS]; /* rings with operations; cleared under the ring's lock */
    _Atomic unsigned activations;        /* how often a ring became active */
    _Atomic int late;                    /* how many rings are late */

    _Atomic uint64_t wake_seq;  /* what ends waits, and in its upper half wake-ups alone */
    _Atomic uint64_t wake_seen; /* of it, what a wait has answered: never beyond it */
    _Atomic unsigned stop_seq, stop_seen; /* likewise for run */
    _Atomic int inside;                   /* threads in poll, wait, run, drain */

    _Atomic bool seat_taken;
    struct spin spin;     /* the seat's holder's */
    pthread_mutex_t lock; /* of the followers, who sleep until the seat is free */
    pthread_cond_t seat_free;
    _Atomic int followers;

    pthread_mutex_t timer_lock;
    _Atomic uint64_t timer_at; /* when timer_fd fires; UINT64_MAX: not armed */
};

int aur_events_init(struct events *events); /* 0 or negative errno */
void aur_events_free(auraio_engine_t *engine);

/* Wakes the sleeper in the kernel, whichever place it is in. Async-signal-safe. */
void aur_events_kick(struct events *events);
/* Takes a kick back before the state is looked at. */
void aur_events_clear(struct events *events);

static inline void events_clear(struct events *events)
{
    if (atomic_load_explicit(&events->ring_signals, memory_order_relaxed) ||
        atomic_load_explicit(&events->signalled, memory_order_relaxed))
        aur_events_clear(events);
}

#define WAKE_UP ((uint64_t)1 << 32 | 1) /* every thread answers it: see wakeup.c */
#define WAKE_STOP 1                     /* one is enough */
void aur_events_wake_all(struct events *events, uint64_t what); /* async-signal-safe */

static inline uint32_t wakeups_of(uint64_t seq)
{
    return (uint32_t)(seq >> 32);
}

/* wake_seq as far as this thread has answered it; from now on it knows the engine. */
uint64_t aur_wakeup_answered(const auraio_engine_t *engine);
/* This thread has answered all up to seq. */
void aur_wakeup_answer(auraio_engine_t *engine, uint64_t seq);

void aur_events_deadline(struct events *events, uint64_t at_ns); /* timer_fd fires by then */
void aur_events_rearm(auraio_engine_t *engine);

/* A submission is sent before its call returns. Asked under the ring's lock. */
static inline bool events_send_now(const struct events *events)
{
    return atomic_load(&events->sleeper) != SLEEPER_AWAKE ||
           atomic_load_explicit(&events->handed_out, memory_order_relaxed);
}

void aur_events_activate(struct events *events, struct ring *ring); /* lock held */
/*
 * Takes what has come to rings that are not active: the completion of an armed poll, or of
 * a cancel. Who polls does not look there, and epoll would tell of it for ever.
 */
void aur_events_reap_late(auraio_engine_t *engine);

/* Something finished outside the kernel's queues. */
static inline void events_finished_outside(struct events *events)
{
    if (events_send_now(events))
        aur_events_kick(events);
}

/*
 * Sends what is gathered and sleeps until something may have happened or the
 * deadline; returns at once when something is ready. May return early.
 */
enum sleep_for { FOR_CALLBACKS, FOR_ROOM /* finished operations are left to others */ };
void aur_events_sleep(auraio_engine_t *engine, uint64_t deadline_ns, enum sleep_for what,
                      uint64_t wakes_seen); /* wake_seq as the caller has answered it */

/* A waiter that was woken leaves: hands on what it was woken for. */
void aur_events_leave(struct events *events);

#endif
