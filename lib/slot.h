/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot holds one operation from its acceptance until its callback has
 * returned. Its state names its owner:
 *
 *   FREE      the ring's free list, or the stack of returned slots
 *   CHAINED   the operation before it in its chain
 *   HELD      the ring's queue of the target that has no room
 *   STARTED   the kernel or a worker; the caller's buffer with it
 *   READY     the ring's list of finished operations, then the thread that took it
 *             from there: it delivers the operation, or runs it again
 *   DELIVERED the same thread, which runs its callback
 *
 * All transitions but the last two (READY to DELIVERED to FREE, made by the
 * delivering thread) happen under the ring's lock. There are no others than
 * slot_may_become says.
 */
#ifndef AUR_SLOT_H
#define AUR_SLOT_H

#include "invariant.h"
#include "segment.h"

#include <auraio.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The short way, and what is done for each completion. */
#define HOT __attribute__((always_inline)) static inline
#define COLD __attribute__((noinline)) static

struct ring;
struct ring_target;
struct fixed_file;

enum slot_state { SLOT_FREE, SLOT_CHAINED, SLOT_HELD, SLOT_STARTED, SLOT_READY, SLOT_DELIVERED };

#define CACHE_LINE 64

/* To each state, those it is reached from: all ways of an operation, and no other. */
static inline bool slot_may_become(enum slot_state from, enum slot_state to)
{
    static const uint8_t sources[] = {
        /* its callback has returned; or it was not accepted after all */
        [SLOT_FREE] = 1 << SLOT_DELIVERED | 1 << SLOT_CHAINED | 1 << SLOT_FREE,
        [SLOT_CHAINED] = 1 << SLOT_FREE,
        /* READY: a transfer goes on, or is repeated */
        [SLOT_HELD] = 1 << SLOT_FREE | 1 << SLOT_CHAINED | 1 << SLOT_READY,
        [SLOT_STARTED] = 1 << SLOT_FREE | 1 << SLOT_CHAINED | 1 << SLOT_HELD | 1 << SLOT_READY,
        /* from the others than STARTED when it was cancelled */
        [SLOT_READY] = 1 << SLOT_STARTED | 1 << SLOT_HELD | 1 << SLOT_CHAINED | 1 << SLOT_READY,
        /* CHAINED: what was before it has failed */
        [SLOT_DELIVERED] = 1 << SLOT_READY | 1 << SLOT_CHAINED,
    };

    return sources[to] >> from & 1;
}

struct slot {
    /* As accepted; buf.u.ptr is the address also when the buffer is registered. */
    _Alignas(CACHE_LINE) auraio_op_t op;
    struct slot *next; /* in whichever list or queue its state says */
    struct ring *ring; /* where it lies, for workers */
    union {
        struct ring_target
            *at; /* the target of a read or write as its ring sees it; else "other" */
        struct slot *group_last; /* while it leads a group of returned ones */
    };
    union {
        size_t total;      /* bytes asked for; 0: not a transfer */
        size_t group_size; /* as group_last */
    };
    uint64_t started_ns;         /* hand-over to the kernel or to a worker; 0: not taken down */
    ssize_t result;              /* of the last part, from READY on */
    _Atomic uintptr_t handle;    /* of its operation; another one as soon as it is free */
    _Atomic uintptr_t cancelled; /* the last of them that was asked to stop; set under the lock */
    _Atomic uint8_t state;
    _Atomic bool expired; /* ... by its deadline; set under the lock */
    bool cancel_waits;    /* ... and still to be put to the kernel */

    /* From here on all is zero while the slot is free; unclean: something may not be. */
    struct slot *chain;      /* what starts when this one has succeeded in full; else NULL */
    struct fixed_file *file; /* a reference, when the descriptor is a registered one */
    uint64_t deadline_ns;    /* 0: none */
    size_t done;             /* bytes moved by earlier parts of the transfer */
    uint16_t buffer;         /* index + 1 of its registered buffer; 0: none */
    uint8_t retries;
    bool faulted;   /* repeated once after -EFAULT */
    bool on_worker; /* started on the thread backend */
    bool force_worker;
    bool holds;  /* a registered buffer or file, to be given back */
    bool stream; /* may never be ready: a worker waits so that it sees a cancel */
    bool unclean;
    char end;
};

#define SLOT_CLEARED 48 /* bytes from chain to end, in whole words */
_Static_assert(offsetof(struct slot, end) - offsetof(struct slot, chain) <= SLOT_CLEARED &&
                   offsetof(struct slot, chain) + SLOT_CLEARED <= sizeof(struct slot),
               "all that is cleared");

HOT void slot_clear(struct slot *slot)
{
    memset((char *)slot + offsetof(struct slot, chain), 0, SLOT_CLEARED);
}

/* As a plain operation leaves it, and as each is found on the free list. */
static inline bool slot_is_clear(const struct slot *slot)
{
    return !slot->chain && !slot->file && !slot->deadline_ns && !slot->done && !slot->buffer &&
           !slot->retries && !slot->faulted && !slot->on_worker && !slot->force_worker &&
           !slot->holds && !slot->stream && !slot->unclean;
}

HOT uintptr_t slot_handle(const struct slot *slot)
{
    return atomic_load_explicit(&slot->handle, memory_order_relaxed);
}

/* By the caller or its deadline. */
static inline bool slot_is_cancelled(const struct slot *slot)
{
    return atomic_load_explicit(&slot->cancelled, memory_order_acquire) == slot_handle(slot);
}

static inline enum slot_state slot_state(const struct slot *slot)
{
    return (enum slot_state)atomic_load_explicit(&slot->state, memory_order_relaxed);
}

static inline void slot_set_state(struct slot *slot, enum slot_state state)
{
    AUR_ASSERT(slot_may_become(slot_state(slot), state));
    atomic_store_explicit(&slot->state, state, memory_order_relaxed);
}

/* The kernel or a worker has had it since it was started, and nobody else. */
static inline bool slot_is_out(const struct slot *slot, uint64_t tag)
{
    return slot_state(slot) == SLOT_STARTED && slot_handle(slot) == tag;
}

/* What a late cancel of an earlier operation may have left. Lock held. */
HOT void slot_forget_cancel(struct slot *slot)
{
    atomic_store_explicit(&slot->cancelled, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->expired, false, memory_order_relaxed);
}

/* Every operation that the in-flight limit concerns. */
static inline bool op_is_data(uint32_t type)
{
    return type <= AURAIO_OP_WRITEV;
}

/* Which enum op_class it is counted in. */
HOT unsigned op_class(uint32_t type)
{
    static const uint8_t classes[] = {
        [AURAIO_OP_READ] = CLASS_READ,       [AURAIO_OP_WRITE] = CLASS_WRITE,
        [AURAIO_OP_READV] = CLASS_READ,      [AURAIO_OP_WRITEV] = CLASS_WRITE,
        [AURAIO_OP_FSYNC] = CLASS_SYNC,      [AURAIO_OP_FDATASYNC] = CLASS_SYNC,
        [AURAIO_OP_OPENAT] = CLASS_OTHER,    [AURAIO_OP_CLOSE] = CLASS_OTHER,
        [AURAIO_OP_STATX] = CLASS_OTHER,     [AURAIO_OP_FALLOCATE] = CLASS_OTHER,
        [AURAIO_OP_FTRUNCATE] = CLASS_OTHER, [AURAIO_OP_SYNC_FILE_RANGE] = CLASS_SYNC,
        [AURAIO_OP_FADVISE] = CLASS_OTHER,   [AURAIO_OP_RENAMEAT] = CLASS_OTHER,
        [AURAIO_OP_UNLINKAT] = CLASS_OTHER,  [AURAIO_OP_MKDIRAT] = CLASS_OTHER,
        [AURAIO_OP_NOP] = CLASS_OTHER,
    };

    return classes[type];
}

static inline bool op_is_vectored(uint32_t type)
{
    return type == AURAIO_OP_READV || type == AURAIO_OP_WRITEV;
}

/* MAX_RW_COUNT of the kernel, see read(2): INT_MAX cut to a page boundary. */
#define PART_MAX ((size_t)0x7ffff000)

/* What is left of a transfer, as one call can take it: no data copied. */
struct part {
    const struct iovec *iov; /* the caller's array, or &single */
    int iovcnt;
    struct iovec single;
    int64_t offset;
};

void aur_slot_part(const struct slot *slot, struct part *part);

#endif
