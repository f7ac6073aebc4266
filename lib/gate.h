/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate of one ring for one target. A target with a limit has that many places.
 * A ring takes one when it needs one and keeps it over a completion, so that in the
 * usual loop, where a callback submits the next operation, nothing is shared between
 * rings. It gives places back when somebody else wants them, when its callbacks have
 * returned without using them, and when the limit was lowered. What finds no place is
 * held back in a queue of the ring.
 *
 * No operation waits for ever: a ring that has places has operations in flight, or a
 * thread in its callbacks, and either looks for who waits when it comes to its end.
 * "Counted as queued, then tried for a place" and "place given, then looked for who is
 * queued" are sequentially consistent: one of the two sees the other.
 *
 * All with the ring's lock held unless it says otherwise.
 */
#ifndef AUR_GATE_H
#define AUR_GATE_H

#include "ring.h"

/* The ring has a place; what is held back comes first. */
static inline bool gate_is_open(const struct ring_target *at)
{
    return READ(at->started) < at->stop && !at->held.head;
}

/* The ring meets the target. */
void aur_gate_begin(struct ring_target *at, struct target *target);
/* True: it may start, if need be in a place that was taken just now. */
bool aur_gate_pass(struct ring *ring, struct ring_target *at);
void aur_gate_hold(struct ring *ring, struct slot *slot);
void aur_gate_unhold(struct ring *ring, struct slot *slot); /* taken out of the queue */
void aur_gate_start_held(struct ring *ring, struct ring_target *at);

/* A submission is refused for want of a place: it will be tried again. */
void aur_gate_refuse(struct ring *ring, struct ring_target *at);

/* n operations have ended: their places go to what waits, here or elsewhere. */
void aur_gate_settle(struct ring *ring, struct ring_target *at, uint64_t n);
/* No callback is to come that would use the places kept: they are given back. */
void aur_gate_trim(struct ring *ring);

/* Starts what other rings hold back for the targets whose bits are set. No lock held. */
void aur_gate_help(struct ring *ring, uint64_t targets);

/* A target's limit, 0 for none, with all that follows. Only engine.limits held. */
void aur_gate_set_limit(auraio_engine_t *engine, struct target *target, int limit);

#endif
