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
    at->stop = at->gated ? READ(at->ended) + (uint64_t)at->places : UINT64_MAX;
}

void aur_gate_begin(struct ring_target *at, struct target *target)
{
    at->target = target;
    at->gated = target_is_gated(target);
    note(at);
}

static bool take_place(struct ring_target *at)
{
    if (!target_take(at->target))
        return false;
    at->places++;
    note(at);
    return true;
}

bool aur_gate_pass(struct ring_target *at)
{
    return !at->held.head && (READ(at->started) < at->stop || take_place(at));
}

/* n places leave the ring; who waits for them is helped when the lock is dropped. */
static void give_places(struct ring *ring, struct ring_target *at, int n)
{
    at->places -= n;
    note(at);
    if (target_give(at->target, n))
        ring->helping |= 1ull << at->target->index;
}

void aur_gate_unhold(struct ring *ring, struct slot *slot)
{
    struct ring_target *at = slot->at;

    aur_list_remove(&at->held, slot);
    if (!at->held.head)
        atomic_fetch_sub(&at->target->waiting, 1);
    atomic_fetch_sub(&at->target->queued, 1);
    COUNT(ring->count.queued, -1);
}

void aur_gate_hold(struct ring *ring, struct slot *slot)
{
    struct ring_target *at = slot->at;

    slot_set_state(slot, SLOT_HELD);
    ring->at_limit = true;
    if (!at->held.head)
        atomic_fetch_add(&at->target->waiting, 1);
    list_push(&at->held, slot);
    COUNT(ring->count.queued, 1);
    atomic_fetch_add(&at->target->queued, 1);
    aur_gate_start_held(ring, at);
}

/* As many as each ring may have while several wait: together they use all places. */
static int fair_part(const struct target *target, int waiting)
{
    return (READ(target->limit) + waiting - 1) / (waiting > 1 ? waiting : 1);
}

/* Beyond its part a ring takes no place that others wait for. */
static bool may_take(const struct ring_target *at)
{
    int waiting = atomic_load(&at->target->waiting);

    return waiting < 2 || in_flight(at) < fair_part(at->target, waiting);
}

/* In places that the ring has, and in others if it may take some. */
static void start_held(struct ring *ring, struct ring_target *at, bool take)
{
    /* Something that fails at once ends in here: the loop below goes on. */
    if (at->starting)
        return;
    at->starting = true;
    while (at->held.head &&
           (READ(at->started) < at->stop || (take && may_take(at) && take_place(at)))) {
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

void aur_gate_refuse(struct ring *ring, struct ring_target *at)
{
    at->refused = true;
    atomic_store(&at->target->refused, ring->index + 1);
}

/* True, once, when another ring was refused a place. */
static bool was_refused_elsewhere(const struct ring *ring, struct target *target)
{
    int index = atomic_load(&target->refused);

    return index && index != ring->index + 1 &&
           atomic_compare_exchange_strong(&target->refused, &index, 0);
}

/* What a ring keeps while others wait; a place too many for equal parts goes round. */
static int kept_part(struct ring_target *at, int waiting)
{
    bool passes_on = ++at->turns % TURNS == 0;

    return passes_on ? READ(at->target->limit) / waiting : fair_part(at->target, waiting);
}

/* How many of its free places a ring is to give back. */
static int surplus(const struct ring *ring, struct ring_target *at)
{
    struct target *target = at->target;
    bool waits = at->held.head, refused = was_refused_elsewhere(ring, target);
    int idle = at->places - in_flight(at), waiting = atomic_load(&target->waiting) + refused;
    int over = atomic_load(&target->taken) - READ(target->limit), give = over > 0 ? over : 0;

    if (waiting > waits) {
        int part = waits || refused ? kept_part(at, waiting + !waits) - in_flight(at) : 0;
        int others = idle - (part > 0 ? part : 0);
        give = others > give ? others : give;
    }
    return give < idle ? give : idle;
}

void aur_gate_settle(struct ring *ring, struct ring_target *at, uint64_t n)
{
    note(at);
    if (at->refused || atomic_load(&at->target->queued) > 0)
        COUNT(at->bound, n);
    at->refused = false;
    int give = surplus(ring, at);
    if (give > 0)
        give_places(ring, at, give);
    if (at->held.head)
        start_held(ring, at, give <= 0); /* what was given is for others, as long as they want it */
    if (in_flight(at) == 0 && at->places > 0)
        ring->loose |= 1ull << at->target->index;
}

void aur_gate_trim(struct ring *ring)
{
    for (; ring->loose; ring->loose &= ring->loose - 1) {
        struct ring_target *at = &ring->at[1 + __builtin_ctzll(ring->loose)];
        if (at->gated && at->places > 0 && in_flight(at) == 0)
            give_places(ring, at, at->places);
    }
}

static void help_ring(struct ring *ring, struct target *target)
{
    struct ring_target *at = ring_at(ring, target);

    ring_lock(ring);
    ring_touch(ring, thread_id());
    if (at->held.head) {
        aur_gate_start_held(ring, at);
        aur_ring_flush(ring);
    }
    ring_unlock(ring);
}

/* The rings after this one, then this one, while there are places and somebody waits. */
static void help_with(struct ring *ring, struct target *target)
{
    auraio_engine_t *engine = ring->engine;

    for (int i = 1; i <= engine->ring_max && atomic_load(&target->queued) > 0; i++) {
        struct ring *other = engine_ring_made(engine, (ring->index + i) % engine->ring_max);
        if (other)
            help_ring(other, target);
        if (target_is_full(target))
            break;
    }
}

void aur_gate_help(struct ring *ring, uint64_t targets)
{
    for (; targets; targets &= targets - 1)
        help_with(ring, ring->engine->targets.table[__builtin_ctzll(targets)]);
}

/* The ring's gate comes up, counting what is in flight already, or goes. */
static void follow(struct ring *ring, struct target *target)
{
    struct ring_target *at = ring_at(ring, target);

    ring_lock(ring);
    ring_touch(ring, thread_id());
    at->gated = target_is_gated(target);
    if (at->gated) {
        int more = in_flight(at) - at->places;
        at->places += more;
        atomic_fetch_add(&target->taken, more);
    }
    note(at);
    aur_gate_start_held(ring, at);
    aur_ring_flush(ring);
    ring_unlock(ring);
}

void aur_gate_set_limit(auraio_engine_t *engine, struct target *target, int limit)
{
    int before = atomic_exchange(&target->limit, limit), i = 0;

    if (before == limit)
        return;
    atomic_fetch_add(&target->limit_changes, 1);
    if (before && limit && (limit < before || !atomic_load(&target->queued)))
        return;
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        follow(ring, target);
}
