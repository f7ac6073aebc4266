/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot holds one operation from its acceptance until its callback has
 * returned. Its state names its owner:
 *
 *   FREE      the ring's free list, or the stack of returned slots
 *   CHAINED   the operation before it in its chain
 *   HELD      the ring's queue of the target that has no room
 *   STARTED   the kernel or a worker; the caller's buffer with it
 *   READY     the ring's list of finished operations
 *   JUDGED    the thread that took it from there: deliver it, or run it again
 *   DELIVERED the same thread, which runs its callback
 *
 * All transitions but the last two (JUDGED to DELIVERED to FREE, made by the
 * delivering thread) happen under the ring's lock.
 */
#ifndef AUR_SLOT_H
#define AUR_SLOT_H

#include <auraio.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ring;
struct target;
struct fixed_file;

enum slot_state {
    SLOT_FREE,
    SLOT_CHAINED,
    SLOT_HELD,
    SLOT_STARTED,
    SLOT_READY,
    SLOT_JUDGED,
    SLOT_DELIVERED
};

struct slot {
    auraio_op_t op; /* as accepted; buf.u.ptr is the address also when the buffer is registered */
    struct slot *next;       /* in whichever list or queue its state says */
    struct slot *chain;      /* what starts when this one has succeeded in full; else NULL */
    struct ring *ring;       /* where it lies, for workers */
    struct target *target;   /* data operations only; else NULL */
    struct fixed_file *file; /* a reference, when the descriptor is a registered one */
    uint64_t started_ns;     /* hand-over to the kernel or to a worker */
    uint64_t deadline_ns;    /* 0: none */
    size_t total;            /* bytes asked for */
    size_t done;             /* bytes moved by earlier parts of the transfer */
    ssize_t result;          /* of the last part, from READY on */
    _Atomic uint32_t generation;
    uint32_t index;
    _Atomic uint8_t state;
    uint8_t retries;
    uint16_t buffer;      /* index + 1 of its registered buffer; 0: none */
    _Atomic bool cancel;  /* asked for, by the caller or the deadline; set under the lock */
    _Atomic bool expired; /* ... by the deadline */
    bool cancel_waits;    /* ... and still to be put to the kernel */
    bool token;           /* counts in its target's in-flight limit */
    bool faulted;         /* repeated once after -EFAULT */
    bool on_worker;       /* started on the thread backend */
    bool force_worker;
    bool stream; /* may never be ready: a worker waits so that it sees a cancel */
};

/* Every operation that the in-flight limit concerns. */
static inline bool op_is_data(uint32_t type)
{
    return type <= AURAIO_OP_WRITEV;
}

static inline bool op_is_vectored(uint32_t type)
{
    return type == AURAIO_OP_READV || type == AURAIO_OP_WRITEV;
}

/* What is left of a transfer, as one call can take it: no data copied. */
struct part {
    const struct iovec *iov; /* the caller's array, or &single */
    int iovcnt;
    struct iovec single;
    int64_t offset;
};

void aur_slot_part(const struct slot *slot, struct part *part);

#endif
