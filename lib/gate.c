/* SPDX-License-Identifier: Apache-2.0 */
#include "gate.h"

#include "engine.h"

#define TURNS 16 /* completions of a ring until it passes the odd place on */

static int in_flight(const struct ring_target *at)
{
    return (int)(READ(at->started) - READ(at->ended));
}

static void note(struct ring_target *at)
{
    AUR_ASSERT(!at->gated || at->places >= in_flight(at));
    at->stop = at->gated ? READ(at->ended) + (uint64_t)at->places : UINT64_MAX;
}

void aur_gate_begin(struct ring_target *at, struct target *target)
{
    at->target = target;
    at->gated = target_is_gated(target);
    note(at);
}

/* Rings beside this one that want places: that hold something back, or had to refuse. */
static int others_want(const struct ring *ring, const struct ring_target *at)
{
    int refused = atomic_load(&at->target->refused);

    return atomic_load(&at->target->waiting) - (at->held.head != NULL) +
           (refused && refused != ring->index + 1);
}

/* As many as each ring may have while n want some: together they use all places. */
static int fair_part(const struct target *target, int n)
{
    return (READ(target->limit) + n - 1) / n;
}

/* Beyond its part a ring takes no place that others want. */
static bool take_place(struct ring *ring, struct ring_target *at)
{
    int others = others_want(ring, at);

    if (others > 0 && in_flight(at) >= fair_part(at->target, others + 1))
        return false;
    if (!target_take(at->target))
        return false;
    COUNT(at->places, 1);
    note(at);
    return true;
}

bool aur_gate_pass(struct ring *ring, struct ring_target *at)
{
    int own = ring->index + 1;

    if (at->held.head || (READ(at->started) >= at->stop && !take_place(ring, at)))
        return false;
    if (at->gated && READ(at->target->refused) == own)
        atomic_compare_exchange_strong(&at->target->refused, &own, 0);
    return true;
}

/* n places leave the ring; who waits for them is helped when the lock is dropped. */
static void give_places(struct ring *ring, struct ring_target *at, int n)
{
    COUNT(at->places, -n);
    note(at);
    if (target_give(at->target, n))
        ring->helping |= 1ull << at->target->index;
}

void aur_gate_unhold(struct ring *ring, struct slot *slot)
{
    struct ring_target *at = slot->at;

    AUR_ASSERT(ring_is_locked(ring) && slot_state(slot) == SLOT_HELD);
    bool was_held = aur_list_remove(&at->held, slot);
    AUR_ASSERT(was_held && atomic_load(&at->target->queued) > 0);
    (void)was_held;
    if (!at->held.head)
        atomic_fetch_sub(&at->target->waiting, 1);
    atomic_fetch_sub(&at->target->queued, 1);
    COUNT(ring->count->queued, UINT64_MAX);
}

void aur_gate_hold(struct ring *ring, struct slot *slot)
{
    struct ring_target *at = slot->at;

    slot_set_state(slot, SLOT_HELD);
    ring->at_limit = true;
    if (!at->held.head)
        atomic_fetch_add(&at->target->waiting, 1);
    list_push(&at->held, slot);
    COUNT(ring->count->queued, 1u);
    atomic_fetch_add(&at->target->queued, 1);
    aur_gate_start_held(ring, at);
}

/* In places that the ring has, and in others if it may take some. */
static void start_held(struct ring *ring, struct ring_target *at, bool take)
{
    /* Something that fails at once ends in here: the loop below goes on. */
    if (at->starting)
        return;
    at->starting = true;
    while (at->held.head && (READ(at->started) < at->stop || (take && take_place(ring, at)))) {
        struct slot *slot = at->held.head;
        aur_gate_unhold(ring, slot);
        aur_ring_start_accepted(ring, slot);
    }
    at->starting = false;
}

void aur_gate_start_held(struct ring *ring, struct ring_target *at)
{
    start_held(ring, at, true);
}

/* The first ring to refuse is served first; the tick forgets one that does not come back. */
void aur_gate_refuse(struct ring *ring, struct ring_target *at)
{
    int nobody = 0;

    at->refused = true;
    atomic_compare_exchange_strong(&at->target->refused, &nobody, ring->index + 1);
}

/* What a ring keeps while others want places; one too many for equal parts goes round. */
static int kept_part(struct ring_target *at, int n)
{
    bool passes_on = ++at->turns % TURNS == 0;

    return passes_on ? READ(at->target->limit) / n : fair_part(at->target, n);
}

/* How many of its free places a ring is to give back. */
static int surplus(const struct ring *ring, struct ring_target *at)
{
    const struct target *target = at->target;
    int idle = READ(at->places) - in_flight(at), others = others_want(ring, at);
    int over = atomic_load(&target->taken) - READ(target->limit), give = over > 0 ? over : 0;
    bool all_wait = !at->held.head && atomic_load(&target->waiting) > 0;

    if (others > 0) {
        int part = all_wait ? 0 : kept_part(at, others + 1) - in_flight(at);
        int to_others = idle - (part > 0 ? part : 0);
        give = to_others > give ? to_others : give;
    }
    return give < idle ? give : idle;
}

void aur_gate_settle(struct ring *ring, struct ring_target *at, uint64_t n)
{
    AUR_ASSERT(ring_is_locked(ring));
    note(at);
    if (at->refused || atomic_load(&at->target->queued) > 0)
        COUNT(at->bound, n);
    at->refused = false;
    int give = surplus(ring, at);
    if (give > 0)
        give_places(ring, at, give);
    if (at->held.head)
        start_held(ring, at, give <= 0); /* what was given is for others, as long as they want it */
    if (READ(at->places) > in_flight(at))
        ring->loose |= 1ull << at->target->index;
}

void aur_gate_trim(struct ring *ring)
{
    for (; ring->loose; ring->loose &= ring->loose - 1) {
        struct ring_target *at = &ring->at[1 + __builtin_ctzll(ring->loose)];
        int idle = READ(at->places) - in_flight(at);
        if (at->gated && idle > 0)
            give_places(ring, at, idle);
    }
}

/* True: something was started. */
static bool help_ring(struct ring *ring, struct target *target)
{
    struct ring_target *at = ring_at(ring, target);

    ring_lock(ring);
    ring_touch(ring, thread_id());
    uint64_t before = READ(at->started);
    if (at->held.head) {
        aur_gate_start_held(ring, at);
        aur_ring_flush(ring);
    }
    bool ended = ring_has_ready(ring), started = READ(at->started) != before;
    ring_unlock(ring);
    if (ended) /* at once, and not seen by who sleeps */
        events_finished_outside(&ring->engine->events);
    return started;
}

/* The rings after number first, then that one, round and round: while there are places for them. */
static void help_from(auraio_engine_t *engine, struct target *target, int first)
{
    bool started = true;

    while (started) {
        started = false;
        for (int i = 1; i <= engine->ring_max; i++) {
            if (!atomic_load(&target->queued) || target_is_full(target))
                return;
            struct ring *ring = engine_ring_made(engine, (first + i) % engine->ring_max);
            if (ring)
                started |= help_ring(ring, target);
        }
    }
}

void aur_gate_help(struct ring *ring, uint64_t targets)
{
    for (; targets; targets &= targets - 1)
        help_from(ring->engine, ring->engine->targets.table[__builtin_ctzll(targets)], ring->index);
}

/* The ring's gate comes up, counting what is in flight already and no more, or goes. */
static void follow(struct ring *ring, struct target *target)
{
    struct ring_target *at = ring_at(ring, target);

    ring_lock(ring);
    ring_touch(ring, thread_id());
    at->gated = target_is_gated(target);
    if (at->gated) {
        int more = in_flight(at) - READ(at->places);
        COUNT(at->places, more);
        atomic_fetch_add(&target->taken, more);
    }
    note(at);
    aur_gate_start_held(ring, at);
    aur_ring_flush(ring);
    ring_unlock(ring);
}

/* Ring after ring: one visited early may have held back for places that a later one gave up. */
void aur_gate_set_limit(auraio_engine_t *engine, struct target *target, int limit)
{
    int before = atomic_exchange(&target->limit, limit), i = 0;

    if (before == limit)
        return;
    bool raised = !limit || (before && limit > before);
    atomic_fetch_add(raised ? &target->limit_raised : &target->limit_lowered, 1);
    if (before && limit > before && !atomic_load(&target->queued))
        return;
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        follow(ring, target);
    help_from(engine, target, 0);
}
