/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ring: its slots, its kernel instances, its queues of held-back operations
 * and its list of finished ones. A ring is made on first use and lives as long
 * as its engine.
 *
 * Everything is guarded by the lock, except where an atomic says otherwise; a
 * single_thread engine's ring is used by one thread and takes no lock.
 */
#ifndef AUR_RING_H
#define AUR_RING_H

#include "handle.h"
#include "histogram.h"
#include "lock.h"
#include "segment.h"
#include "slot.h"
#include "target.h"
#include "thread.h"
#include "uring.h"

#define RING_SPARE_SLOTS                                                                           \
    64                   /* for operations whose callback is running: one per delivering thread */
#define RING_REAP_MAX 64 /* completions one thread takes at once, so that others get some */
#define NO_DEADLINE UINT64_MAX

struct list {
    struct slot *head, *tail;
};

/* A target as one ring sees it. Counters have a single writer, who has the lock; readers need none.
 */
struct ring_target {
    struct target *target; /* NULL: operations that no limit concerns; fixed once it is set */
    struct list held;      /* in order of arrival */
    _Atomic uint64_t started, ended, bytes; /* in parts of a transfer */
    uint64_t stop;                          /* ended <= started <= stop; UINT64_MAX: no gate */
    _Atomic int places; /* of the target, those that this ring has: gated, no less than in flight */
    bool gated;         /* the target has a limit, as far as this ring knows */
    bool starting;      /* aur_gate_start_held is on the stack */
    uint8_t turns;      /* of the odd place */
    bool refused;       /* a submission, since the last completion */
    _Atomic uint64_t bound; /* operations that ended while something waited or was refused */
};

/*
 * What the short way knows of a descriptor: where it is counted. An entry that knows
 * nothing has a number that is looked for in another one.
 */
struct known {
    int fd;
    struct ring_target *at;
};
#define KNOWN_FDS 16
#define KNOWN_NONE(i) (!(i))

struct ring {
    struct lock lock;
    bool locking; /* false: single_thread, the lock is never taken */
    bool active;  /* its bit stands in the engine's set of active rings */
    /* Not active, but a completion of the library's own is to come; written under the lock. */
    _Atomic bool late;
    bool plain; /* one instance, no SQPOLL, nothing unplaced, no cancel waits: the short ways */
    bool coop;  /* uring is cooperative and belongs to coop_thread alone */
    uint16_t index;
    uint32_t coop_thread;
    unsigned on_workers; /* STARTED ones that workers have, or that came back from one */
    auraio_engine_t *engine;
    uint64_t epoch;      /* the engine's for which known is true; 0: for none */
    struct uring *uring; /* takes new work; NULL: the thread backend does */
    struct known known[KNOWN_FDS];
    _Atomic uint64_t features; /* AURAIO_FEATURE_ bits of uring, 0 with threads; for statistics */
    struct uring *draining;    /* those it replaced, each until the kernel owes it nothing */
    uint64_t kernel_ops;       /* bit t: uring serves auraio_op_type_t t; 0 without one */

    struct slot *slots;
    int depth;         /* operations it may hold */
    int granted;       /* ... and have in the kernel at once */
    int fresh;         /* slots from here on were never used: untouched memory */
    int free_count;    /* fresh and on the list, never negative; RING_SPARE_SLOTS stay, see take */
    struct slot *free; /* FREE and clear slots, last used first */
    _Atomic(struct slot *) returned; /* freed by delivering threads; taken whole under the lock */
    _Atomic bool keeper;             /* a thread that delivers keeps slots for a while */
    _Atomic(struct slot *) worked;   /* finished by workers, newest first; likewise */

    struct slot *ready; /* finished, not yet taken for delivery; undefined when there are none */
    struct slot **ready_end; /* where the next one goes: &ready, or the last one's next */
    _Atomic bool has_undone;
    struct list undone;   /* STARTED, no worker is to be had: the next poller makes the calls */
    struct list unplaced; /* STARTED, but the submission queue was full */
    struct ring_target at[1 + TARGET_MAX]; /* the first: what is not a transfer; then by target */
    uint64_t helping; /* bits of targets with room, and operations that other rings hold back */
    uint64_t loose;   /* bits of targets whose places wait for what callbacks submit */

    bool at_limit;          /* a batch is full, or the last place of a target taken: to be sent */
    bool cancels_wait;      /* a slot's cancel found no place in the submission queue */
    uint64_t next_deadline; /* no deadline of a live operation is earlier */
    int ask_countdown;      /* operations until a descriptor's target is asked for again */

    /*
     * How many operations were accepted nobody counts: it is how often one was started
     * (see ring_target) and waits, less how often one was started again.
     */
    struct segment_ring *count;
    struct histogram histogram;
    uint64_t reaped_ns, reaped_waits; /* when completions were last found, after how many waits */
    unsigned quick; /* completions that came alone, beyond one in QUICK_NS: see look_at_clock */

    /* The last closed window, written by the tick: see stats.c. */
    struct lock window_lock;
    auraio_histogram_t *window_start, *window;
    uint64_t window_bytes;
    _Atomic double throughput_bps, p99_ms;
};

/* 0 or an errno value; *refused when it is the kernel's. Setup lock held. */
int aur_ring_create(auraio_engine_t *engine, int index, struct ring **out, bool *refused);
void aur_ring_free(struct ring *ring);
void aur_ring_end(struct ring *ring); /* the same, of one that has nothing pending */
void aur_ring_use(struct ring *ring, struct uring *uring); /* for new work; NULL: threads */

static inline struct ring_target *ring_at(struct ring *ring, const struct target *target)
{
    return &ring->at[1 + target->index];
}

HOT void ring_lock(struct ring *ring)
{
    if (ring->locking)
        lock_take(&ring->lock);
}

HOT bool ring_try_lock(struct ring *ring)
{
    return !ring->locking || lock_try(&ring->lock);
}

HOT void ring_unlock(struct ring *ring)
{
    if (ring->locking)
        lock_drop(&ring->lock);
}

/* For assertions; whose the lock is nobody recorded. */
static inline bool ring_is_locked(const struct ring *ring)
{
    return !ring->locking || lock_is_held(&ring->lock);
}

static inline void list_push(struct list *list, struct slot *slot)
{
    slot->next = NULL;
    if (list->tail)
        list->tail->next = slot;
    else
        list->head = slot;
    list->tail = slot;
}

static inline struct slot *list_pop(struct list *list)
{
    struct slot *slot = list->head;

    if (slot && !(list->head = slot->next))
        list->tail = NULL;
    return slot;
}

static inline bool ring_has_ready(const struct ring *ring)
{
    return ring->ready_end != &ring->ready;
}

static inline void ring_push_ready(struct ring *ring, struct slot *slot)
{
    *ring->ready_end = slot;
    ring->ready_end = &slot->next;
}

static inline struct slot *ring_take_ready(struct ring *ring)
{
    *ring->ready_end = NULL;
    ring->ready_end = &ring->ready;
    return ring->ready;
}

/* Takes a slot out of the middle; false when it is not there. */
bool aur_list_remove(struct list *list, struct slot *slot);

/* A counter with one writer: no locked instruction. */
#define COUNT(counter, n)                                                                          \
    atomic_store_explicit(&(counter),                                                              \
                          atomic_load_explicit(&(counter), memory_order_relaxed) + (n),            \
                          memory_order_relaxed)
#define READ(counter) atomic_load_explicit(&(counter), memory_order_relaxed)

/* Accepted operations whose callback has not begun. */
int aur_ring_pending(const struct ring *ring);
/* Those of them that the kernel or a worker has. */
int aur_ring_in_flight(const struct ring *ring);
int aur_ring_in_flight_at(const struct ring *ring, const struct ring_target *at);
/* They are most just before some are collected. Lock held. */
void aur_ring_note_peak(struct ring *ring);
void aur_ring_note_in_flight(struct ring *ring); /* for readers of the segment; lock held */

static inline uint64_t ring_completed(const struct ring *ring)
{
    uint64_t n = 0;

    for (int i = 0; i < CLASSES; i++)
        n += atomic_load_explicit(&ring->count->completed[i], memory_order_acquire);
    return n;
}

/*
 * Ready for the calling thread: a cooperative ring that a second thread touches is
 * replaced by a plain one. Called with the lock held.
 */
void aur_ring_touch_slow(struct ring *ring);

static inline void ring_touch(struct ring *ring, uint32_t thread)
{
    if (ring->coop && ring->coop_thread != thread)
        aur_ring_touch_slow(ring);
}

/*
 * Room for n operations. The callback that runs on this thread may put one in the
 * place of its own, which is still taken: that is what the spare slots are for.
 */
bool aur_ring_has_room_slow(struct ring *ring, int n, const struct running *running);

static inline bool ring_has_room(struct ring *ring, int n, const struct running *running)
{
    return ring->free_count - RING_SPARE_SLOTS >= n || aur_ring_has_room_slow(ring, n, running);
}

struct slot *aur_ring_fresh_slot(struct ring *ring);

/* There is room. */
static inline struct slot *ring_take_slot(struct ring *ring)
{
    struct slot *slot = ring->free;

    AUR_ASSERT(ring_is_locked(ring) && ring->free_count > 0);
    ring->free_count--;
    if (!slot)
        return aur_ring_fresh_slot(ring);
    AUR_ASSERT(slot_state(slot) == SLOT_FREE && slot_is_clear(slot));
    ring->free = slot->next;
    return slot;
}

HOT void slot_begin(struct slot *slot)
{
    AUR_ASSERT(slot_state(slot) == SLOT_FREE && slot_is_clear(slot));
    slot_forget_cancel(slot);
    slot_set_state(slot, SLOT_STARTED);
}

/* Its operation is over, and its handle with it. */
HOT void slot_retire(struct slot *slot)
{
    AUR_ASSERT(!slot->buffer && !slot->file); /* what was registered has been given back */
    slot_set_state(slot, SLOT_FREE);
    atomic_store_explicit(&slot->handle, handle_next(slot_handle(slot)), memory_order_release);
}

/*
 * n slots, linked from first to last, are free again. Only who has the lock may clear
 * one, so what is not clean comes alone. With locking no lock is needed.
 */
static inline void ring_return_slots(struct ring *ring, struct slot *first, struct slot *last,
                                     size_t n)
{
    first->group_last = last;
    first->group_size = n;
    last->next = atomic_load_explicit(&ring->returned, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&ring->returned, &last->next, first,
                                                  memory_order_release, memory_order_relaxed))
        ;
}

/* Slots to be given back together. */
struct returned {
    struct slot *first, *last;
    size_t count;
};

static inline void ring_return_all(struct ring *ring, struct returned *returned)
{
    if (!returned->count)
        return;
    ring_return_slots(ring, returned->first, returned->last, returned->count);
    returned->first = NULL;
    returned->count = 0;
}

static inline void ring_return_slot(struct ring *ring, struct slot *slot)
{
    slot_retire(slot);
    ring_return_slots(ring, slot, slot, 1);
}

/* As ring_return_slots, but straight to the free list. Lock held. */
static inline void ring_free_slots(struct ring *ring, struct slot *first, struct slot *last,
                                   size_t n)
{
    AUR_ASSERT(ring_is_locked(ring) && slot_state(first) == SLOT_FREE);
    ring->free_count += (int)n;
    AUR_ASSERT(ring->free_count <= ring->depth + RING_SPARE_SLOTS);
    AUR_ASSERT(n == 1 || !first->unclean);
    if (__builtin_expect(first->unclean, 0))
        slot_clear(first);
    AUR_ASSERT(slot_is_clear(first) && slot_is_clear(last));
    last->next = ring->free;
    ring->free = first;
}

/* Puts what was returned on the free list. Lock held. */
void aur_ring_collect_returned(struct ring *ring);

static inline void ring_collect_returned(struct ring *ring)
{
    if (READ(ring->returned))
        aur_ring_collect_returned(ring);
}

/*
 * Gate, then start or hold; for operations already accepted, be it that they waited
 * or that they go on. Lock held.
 */
void aur_ring_begin(struct ring *ring, struct slot *slot);
void aur_ring_start(struct ring *ring, struct slot *slot);          /* past the gate, at once */
void aur_ring_start_later(struct ring *ring, struct slot *slot);    /* no place: waits for one */
void aur_ring_start_accepted(struct ring *ring, struct slot *slot); /* one that waited */

/* The kernel or a worker is done with a slot. Lock held; now_ns = time of the reaping, 0: it never
 * ran. */
void aur_ring_finished(struct ring *ring, struct slot *slot, ssize_t result, uint64_t now_ns);
void aur_ring_sample(struct ring *ring, struct slot *slot, uint64_t now_ns); /* its latency */
/* Finished without having been started. Lock held. */
void aur_ring_finish_unstarted(struct ring *ring, struct slot *slot, ssize_t result);

static inline bool ring_is_plain(const struct ring *ring)
{
    return ring->uring && !(ring->uring->setup_flags & IORING_SETUP_SQPOLL) && !ring->draining &&
           !ring->unplaced.head && !ring->cancels_wait;
}

/* To be called when something has changed that plain says. */
static inline void ring_note_plain(struct ring *ring)
{
    ring->plain = ring_is_plain(ring);
    if (!ring->plain)
        ring->epoch = 0;
}

static inline struct known *ring_known(struct ring *ring, int fd)
{
    return &ring->known[(unsigned)fd % KNOWN_FDS];
}

/* Nothing is gathered, as far as can be seen at a glance: most rings, most of the time. */
static inline bool ring_is_sent(const struct ring *ring)
{
    return ring->plain && !uring_unsent(ring->uring);
}

int aur_ring_flush(struct ring *ring); /* lock held; 0 or negative errno for a ring that failed */
bool aur_ring_reap(struct ring *ring); /* lock held; true: there are more completions */
/* The same by who runs no callbacks: others are told. Lock held; true: something ended. */
bool aur_ring_reap_for_others(struct ring *ring);
unsigned aur_ring_unsent(const struct ring *ring);
void aur_ring_expire(struct ring *ring, uint64_t now_ns); /* lock held */

/* Takes its turn again: after a part of a transfer, or an error that is not the caller's. */
void aur_ring_run_again(struct ring *ring, struct slot *slot); /* no lock held */

/* Makes the calls for which there was no worker. No lock held. */
void aur_ring_do_undone(struct ring *ring);

/*
 * Sends what is gathered if told to, collects what has finished and runs its
 * callbacks: how many. No lock held.
 */
int aur_ring_poll(struct ring *ring, bool send);
enum { ORPHANED = -1 }; /* what it returns in a child that a callback forked */

/*
 * The short way of the same, for a ring with one completion and nothing else out of the
 * ordinary; then sends what its callback submitted if told to. LONG_WAY: nothing has
 * happened, the ring is to be looked at in full. No lock held.
 */
int aur_ring_poll_one(struct ring *ring, bool send);
enum { LONG_WAY = -2 };

#endif
