/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring's life and an operation's way through it: take a slot, pass the gate or
 * be held, start, finish, be delivered by deliver.c. All under the ring's lock
 * unless a comment says otherwise.
 */
#include "engine.h"
#include "gate.h"

#include <errno.h>
#include <string.h>

#define SHARE_UNKNOWN 10 /* of a latency that counts at most one such part is uncertain */
#define RETRY_NS 1000000 /* after a submission for which the kernel had no room */

int aur_ring_create(auraio_engine_t *engine, int index, struct ring **out, bool *refused)
{
    const auraio_options_t *options = &engine->options;
    struct ring *ring = aur_kern.alloc(64, sizeof *ring);
    int error = 0;

    if (!ring)
        return ENOMEM;
    ring->engine = engine;
    ring->index = (uint16_t)index;
    ring->ready_end = &ring->ready;
    ring->locking = !options->single_thread;
    ring->depth = options->queue_depth;
    ring->next_deadline = NO_DEADLINE;
    ring->at[0].stop = UINT64_MAX;
    ring->ask_countdown = 1;
    if (aur_features_backend(engine) == AURAIO_BACKEND_URING) {
        ring->coop = !options->single_thread && !options->enable_sqpoll;
        ring->coop_thread = thread_id();
        error = -aur_uring_make(engine, ring->coop, &ring->uring, refused);
    }
    if (!error && ring->uring) {
        ring->granted = (int)ring->uring->cq_entries - OWN_CQES;
        aur_ring_use(ring, ring->uring);
    }
    if (!ring->uring || ring->granted > ring->depth)
        ring->granted = ring->depth;
    if (!error) {
        ring->free_count = ring->depth + RING_SPARE_SLOTS;
        /* Not cleared, so that those never used take no memory. */
        ring->slots =
            aur_kern.alloc_raw(CACHE_LINE, (size_t)ring->free_count * sizeof *ring->slots);
        ring->window_start = aur_kern.alloc(8, sizeof *ring->window_start);
        ring->window = aur_kern.alloc(8, sizeof *ring->window);
        if (!ring->slots || !ring->window_start || !ring->window ||
            !(ring->count = aur_publish_ring(engine, ring)))
            error = ENOMEM;
    }
    if (error) {
        aur_ring_free(ring);
        return error;
    }
    *out = ring;
    return 0;
}

void aur_ring_use(struct ring *ring, struct uring *uring)
{
    ring->uring = uring;
    ring->kernel_ops = uring ? ring->engine->features.available >> AURAIO_FEATURE_OP_FIRST : 0;
    ring_note_plain(ring);
    aur_features_note(ring);
}

/* Nothing is pending: each slot is free, on the list or never used, and in no other. */
static inline bool is_at_rest(const struct ring *ring)
{
    int free = ring->depth + RING_SPARE_SLOTS - ring->fresh;

    for (const struct slot *slot = ring->free; slot; slot = slot->next)
        free += slot_state(slot) == SLOT_FREE && slot_is_clear(slot);
    return free == ring->free_count && free == ring->depth + RING_SPARE_SLOTS &&
           !ring->on_workers && !ring->unplaced.head && !ring->undone.head &&
           !ring_has_ready(ring) && !READ(ring->worked);
}

void aur_ring_end(struct ring *ring)
{
    ring_lock(ring);
    aur_ring_collect_returned(ring);
    AUR_ASSERT(is_at_rest(ring));
    ring_unlock(ring);
    aur_ring_free(ring);
}

void aur_ring_free(struct ring *ring)
{
    if (ring->uring)
        aur_uring_retire(ring->engine, ring->uring);
    aur_ring_retire_drained(ring, true);
    aur_kern.free(ring->slots);
    aur_kern.free(ring->window_start);
    aur_kern.free(ring->window);
    aur_publish_free_ring(ring->engine, ring->count);
    aur_kern.free(ring);
}

bool aur_list_remove(struct list *list, struct slot *slot)
{
    struct slot *before = NULL;

    for (struct slot *s = list->head; s; before = s, s = s->next) {
        if (s != slot)
            continue;
        if (before)
            before->next = s->next;
        else
            list->head = s->next;
        if (list->tail == s)
            list->tail = before;
        return true;
    }
    return false;
}

/*
 * The lock is dropped on the way: making a kernel instance needs the setup lock,
 * which comes before it. Callers touch right after taking the lock.
 */
void aur_ring_touch_slow(struct ring *ring)
{
    auraio_engine_t *engine = ring->engine;
    struct uring *plain = NULL;
    bool refused;

    ring_unlock(ring);
    lock_take(&engine->setup);
    ring_lock(ring);
    if (ring->coop && ring->uring) {
        int error = aur_uring_make(engine, false, &plain, &refused);
        if (error) {
            aur_log(AURAIO_LOG_WARN,
                    "ring %d stays cooperative, completions may be late: no second instance: %s",
                    ring->index, strerror(-error));
        } else {
            aur_ring_flush(ring);
            aur_uring_drain(ring); /* unless the flush was refused and did it */
            aur_ring_use(ring, plain);
        }
    }
    ring->coop = false;
    lock_drop(&engine->setup);
    events_finished_outside(&engine->events); /* a sleeper in the old instance moves */
}

#define SNAPSHOT_TRIES 16

/* A reader without the lock may see starts of long after the ends it saw. */
static int clipped(const struct ring *ring, int64_t n)
{
    if (n < 0)
        return 0;
    return n < ring->depth ? (int)n : ring->depth;
}

/* Nothing ended in between: the starts are of the same moment. */
int aur_ring_in_flight_at(const struct ring *ring, const struct ring_target *at)
{
    uint64_t started = 0, ended = 0, before = UINT64_MAX;

    for (int i = 0; i < SNAPSHOT_TRIES && ended != before; i++) {
        before = atomic_load_explicit(&at->ended, memory_order_acquire);
        started = atomic_load_explicit(&at->started, memory_order_acquire);
        ended = atomic_load_explicit(&at->ended, memory_order_acquire);
    }
    return clipped(ring, (int64_t)(started - before));
}

/*
 * Without the lock it may be more than there is, never less: completed is read
 * first, and a start is counted before the waiting ends.
 */
int aur_ring_pending(const struct ring *ring)
{
    uint64_t completed = ring_completed(ring);
    int64_t n =
        (int64_t)(atomic_load_explicit(&ring->count->unstarted, memory_order_acquire) - completed);

    for (int i = 0; i <= READ(ring->engine->targets.count); i++)
        n += (int64_t)atomic_load_explicit(&ring->at[i].started, memory_order_acquire);
    return clipped(ring, n);
}

int aur_ring_in_flight(const struct ring *ring)
{
    int64_t n = 0;

    for (int i = 0; i <= READ(ring->engine->targets.count); i++)
        n += aur_ring_in_flight_at(ring, &ring->at[i]);
    return clipped(ring, n);
}

void aur_ring_note_peak(struct ring *ring)
{
    uint64_t now = (uint64_t)aur_ring_in_flight(ring);

    if (now > READ(ring->count->peak_in_flight))
        atomic_store_explicit(&ring->count->peak_in_flight, now, memory_order_relaxed);
}

void aur_ring_note_in_flight(struct ring *ring)
{
    atomic_store_explicit(&ring->count->in_flight, (uint64_t)aur_ring_in_flight(ring),
                          memory_order_relaxed);
}

void aur_ring_collect_returned(struct ring *ring)
{
    struct slot *first = atomic_exchange_explicit(&ring->returned, NULL, memory_order_acquire);

    while (first) {
        struct slot *last = first->group_last, *next = last->next;
        ring_free_slots(ring, first, last, first->group_size);
        first = next;
    }
}

bool aur_ring_has_room_slow(struct ring *ring, int n, const struct running *running)
{
    int own = running && running->ring == ring && !running->place_used;

    if (running && running->ring == ring)
        ring_return_all(ring, running->returned);
    aur_ring_collect_returned(ring);
    int usual = ring->free_count - RING_SPARE_SLOTS; /* negative: other callbacks used theirs */
    return n <= (usual > 0 ? usual : 0) + own && n <= ring->free_count;
}

struct slot *aur_ring_fresh_slot(struct ring *ring)
{
    struct slot *slot;

    if (ring->fresh == ring->depth + RING_SPARE_SLOTS) {
        aur_ring_collect_returned(ring);
        slot = ring->free;
        AUR_ASSERT(slot_state(slot) == SLOT_FREE && slot_is_clear(slot));
        ring->free = slot->next;
        return slot;
    }
    uint32_t index = (uint32_t)ring->fresh++;
    slot = &ring->slots[index];
    memset(slot, 0, sizeof *slot);
    slot->ring = ring;
    /* Not where the slot of an earlier engine with this number began. */
    atomic_store_explicit(
        &slot->handle,
        handle_make((uint32_t)ring->engine->serial * 97, ring->engine->id, ring->index, index),
        memory_order_relaxed);
    return slot;
}

/* The submission queue is full, or the flush that should have made room was refused for good. */
void aur_ring_start_later(struct ring *ring, struct slot *slot)
{
    if (ring->uring) {
        list_push(&ring->unplaced, slot);
        ring_note_plain(ring);
        return;
    }
    slot->on_worker = true;
    aur_workers_start(ring, slot);
}

void aur_ring_start(struct ring *ring, struct slot *slot)
{
    int error = atomic_load_explicit(&ring->engine->fatal, memory_order_relaxed);

    AUR_ASSERT(ring_is_locked(ring) && slot->ring == ring);
    slot_set_state(slot, SLOT_STARTED);
    COUNT(slot->at->started, 1);
    AUR_ASSERT(READ(slot->at->started) <= slot->at->stop);
    if (error) {
        aur_ring_finished(ring, slot, -error, 0);
        return;
    }
    slot->on_worker =
        !ring->uring || slot->force_worker || !(ring->kernel_ops >> slot->op.type & 1);
    if (slot->on_worker) {
        aur_workers_start(ring, slot);
        aur_ring_note_in_flight(ring);
    } else if (ring->unplaced.head)
        aur_ring_start_later(ring, slot);
    else
        ring->at_limit |= aur_uring_place(ring, slot);
}

/* Started before it is no longer counted as waiting: see aur_ring_pending. */
void aur_ring_start_accepted(struct ring *ring, struct slot *slot)
{
    aur_ring_start(ring, slot);
    atomic_store_explicit(&ring->count->unstarted, READ(ring->count->unstarted) - 1,
                          memory_order_release);
}

void aur_ring_begin(struct ring *ring, struct slot *slot)
{
    if (slot->at->target && !aur_gate_pass(ring, slot->at))
        aur_gate_hold(ring, slot);
    else
        aur_ring_start_accepted(ring, slot);
}

static void note_over(auraio_engine_t *engine, struct target *target, uint64_t ns)
{
    double ceiling_ns = READ(engine->max_p99_ms) * 1e6;

    if (ceiling_ns <= 0)
        return;
    for (int i = 0; i < 3; i++)
        if ((double)ns > ceiling_ns * (1 - i * 0.1))
            atomic_fetch_add_explicit(&target->over[i], 1, memory_order_relaxed);
}

/*
 * When the operation ended is known as well as somebody looked: it was since the last
 * look, unless somebody slept and was woken by it.
 */
static bool is_well_known(const struct ring *ring, uint64_t latency_ns, uint64_t now_ns)
{
    uint64_t looked = READ(ring->engine->looked_ns);

    if (looked < ring->reaped_ns)
        looked = ring->reaped_ns;
    return ring->reaped_waits != READ(ring->engine->wait_calls) ||
           (now_ns - looked) * SHARE_UNKNOWN <= latency_ns;
}

/* Bucket k ends at 2^k us, the last one never. */
static void count_latency(struct segment_ring *count, unsigned class, uint64_t ns)
{
    uint64_t us = (ns - 1) / 1000;
    unsigned k = 63u ^ (unsigned)__builtin_clzll(us << 1 | 1);

    if (class >= LATENCY_CLASSES)
        return;
    COUNT(count->latency[class].sum_ns, ns);
    COUNT(count->latency[class].buckets[k < SEGMENT_BUCKETS ? k : SEGMENT_BUCKETS - 1], 1u);
}

void aur_ring_sample(struct ring *ring, struct slot *slot, uint64_t now_ns)
{
    struct target *target = slot->at->target;

    if (now_ns <= slot->started_ns)
        now_ns = 0;
    if (now_ns)
        count_latency(ring->count, op_class(slot->op.type), now_ns - slot->started_ns);
    if (target && now_ns) {
        uint64_t ns = now_ns - slot->started_ns;
        histogram_add(&ring->histogram, ns);
        unsigned bucket = latency_bucket(ns);
        atomic_fetch_add_explicit(&target->latency[bucket], 1, memory_order_relaxed);
        if (is_well_known(ring, ns, now_ns)) {
            atomic_fetch_add_explicit(&target->known[bucket], 1, memory_order_relaxed);
            note_over(ring->engine, target, ns);
        }
    }
    slot->started_ns = 0;
}

void aur_ring_finished(struct ring *ring, struct slot *slot, ssize_t result, uint64_t now_ns)
{
    AUR_ASSERT(ring_is_locked(ring) && slot_state(slot) == SLOT_STARTED);
    COUNT(slot->at->ended, 1);
    AUR_ASSERT(READ(slot->at->ended) <= READ(slot->at->started));
    if (slot->on_worker) {
        AUR_ASSERT(ring->on_workers > 0);
        slot->on_worker = false;
        ring->on_workers--;
    }
    if (result > 0) {
        COUNT(slot->at->bytes, (uint64_t)result);
        if (op_is_data(slot->op.type))
            COUNT(ring->count->bytes[slot->op.type & 1], (uint64_t)result);
    }
    slot->result = result;
    slot_set_state(slot, SLOT_READY);
    ring_push_ready(ring, slot);
    if (slot->started_ns)
        aur_ring_sample(ring, slot, now_ns);
    if (slot->at->gated)
        aur_gate_settle(ring, slot->at, 1);
}

void aur_ring_finish_unstarted(struct ring *ring, struct slot *slot, ssize_t result)
{
    AUR_ASSERT(ring_is_locked(ring) && slot_state(slot) != SLOT_STARTED);
    slot->result = result;
    slot_set_state(slot, SLOT_READY);
    ring_push_ready(ring, slot);
    aur_events_activate(&ring->engine->events, ring);
    events_finished_outside(&ring->engine->events);
}

/* The kernel had no room: who sleeps or has an event loop is called back to try again. */
COLD void send_later(struct ring *ring)
{
    if (aur_ring_unsent(ring) && events_send_now(&ring->engine->events))
        aur_events_deadline(&ring->engine->events, aur_kern.now_ns() + RETRY_NS);
}

int aur_ring_flush(struct ring *ring)
{
    if (ring_is_sent(ring) || (!ring->uring && !ring->draining))
        return 0;
    int error = aur_uring_flush(ring);
    if (!ring_is_sent(ring))
        send_later(ring);
    return error;
}

unsigned aur_ring_unsent(const struct ring *ring)
{
    unsigned n = ring->uring ? uring_waiting(ring->uring) : 0;

    for (const struct uring *old = ring->draining; old; old = old->next)
        n += uring_waiting(old);
    return n + (ring->unplaced.head != NULL);
}

bool aur_ring_reap(struct ring *ring)
{
    bool more = aur_uring_reap(ring);

    if (atomic_load(&ring->worked)) /* in order with the sleeper's word: see events.h */
        aur_workers_reap(ring);
    if (__builtin_expect(ring->next_deadline != NO_DEADLINE, 0))
        aur_ring_expire(ring, aur_kern.now_ns());
    return more;
}

/* What it takes out of the kernel's queues is in ready, where no sleeper and no poll fd sees it. */
bool aur_ring_reap_for_others(struct ring *ring)
{
    struct slot **end = ring->ready_end;

    aur_ring_reap(ring);
    if (ring->ready_end == end)
        return false;
    events_finished_outside(&ring->engine->events);
    return true;
}
