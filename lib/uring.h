/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One io_uring instance: its descriptor, its mapped queues, what the kernel
 * still owes. Knows nothing of slots or engines. Guarded by the lock of the ring
 * that owns it; only uring_wait's sleep happens outside it.
 */
#ifndef AUR_URING_H
#define AUR_URING_H

#include "invariant.h"
#include "kern.h"

#include <signal.h>
#include <stdatomic.h>

struct uring {
    struct uring *next; /* of the instances that a ring drains */
    int fd;
    unsigned setup_flags; /* IORING_SETUP_* in force */
    unsigned features;    /* IORING_FEAT_* */

    /* sq_head <= sq_tail <= sqe_tail <= sq_head + sq_entries, but for what is taken back */
    _Atomic unsigned *sq_head, *sq_tail, *sq_flags;
    unsigned sq_mask, sq_entries;
    unsigned sqe_tail; /* SQEs up to here are filled in; published by uring_publish */
    unsigned room;     /* SQEs that fit in for sure, in both queues: counted anew at 0 */
    struct io_uring_sqe *sqes;

    /* cq_tail - cq_head is no more than what the kernel owes */
    _Atomic unsigned *cq_head, *cq_tail;
    unsigned cq_mask, cq_entries;
    const struct io_uring_cqe *cqes;

    bool watched;       /* by the engine's epoll descriptor, itself or by its eventfd */
    bool in_epoll;      /* itself */
    bool wake_armed;    /* a poll on the engine's event descriptor is in the ring: never two */
    bool lost;          /* the descriptor is no longer ours: never closed, only unmapped */
    bool refused;       /* the kernel did not let us in, perhaps for good */
    bool has_files;     /* the engine's set is registered here */
    bool fixed_files;   /* ... and up to date */
    bool fixed_buffers; /* the engine's buffers are registered here */

    void *ring_map, *sqe_map;
    size_t ring_map_len, sqe_map_len;
};

/* user_data below UD_FIRST_SLOT is the library's own; all else is a handle */
enum { UD_IGNORE = 1, UD_WAKE = 2, UD_FIRST_SLOT = 3 };

/*
 * flags in order of preference; those the kernel refuses with EINVAL are dropped
 * one by one and those in force are in setup_flags. Queues are halved on ENOMEM.
 * 0 or negative errno.
 */
int aur_uring_open(struct uring *uring, unsigned sq_entries, unsigned cq_entries, unsigned flags,
                   unsigned sqpoll_idle_ms);
void aur_uring_close(struct uring *uring);

#define OWN_CQES 2 /* completions that are the library's own: the wake-up poll, a cancel */

/* NULL when the submission queue is full. The SQE is zeroed. */
struct io_uring_sqe *aur_uring_sqe(struct uring *uring);

/* Completions still to come, but for that of the armed poll: each SQE has one. */
static inline unsigned uring_owed(const struct uring *uring)
{
    return uring->sqe_tail - atomic_load_explicit(uring->cq_head, memory_order_relaxed) -
           uring->wake_armed;
}

/* No SQE is without its completion, be it the library's own. */
static inline bool uring_is_empty(const struct uring *uring)
{
    return uring->sqe_tail == atomic_load_explicit(uring->cq_head, memory_order_relaxed);
}

/* SQEs filled in that the kernel has not taken. */
static inline unsigned uring_unsent(const struct uring *uring)
{
    return uring->sqe_tail - atomic_load_explicit(uring->sq_head, memory_order_acquire);
}

/* Operations are placed only where the submission queue and that of completions hold them. */
static inline bool uring_fits(const struct uring *uring)
{
    return uring_unsent(uring) <= uring->sq_entries &&
           uring_owed(uring) <= uring->cq_entries - OWN_CQES;
}

/*
 * Those of them that wait for us. With SQPOLL what is published is its thread's
 * business, as long as that is awake.
 */
static inline unsigned uring_waiting(const struct uring *uring)
{
    bool asleep =
        atomic_load_explicit(uring->sq_flags, memory_order_relaxed) & IORING_SQ_NEED_WAKEUP;

    if (uring->setup_flags & IORING_SETUP_SQPOLL && !asleep)
        return uring->sqe_tail - atomic_load_explicit(uring->sq_tail, memory_order_relaxed);
    return uring_unsent(uring);
}

/* Lets the kernel see the SQEs: pairs with its acquire of the tail in io_uring_enter. */
static inline void uring_publish(struct uring *uring)
{
    atomic_store_explicit(uring->sq_tail, uring->sqe_tail, memory_order_release);
}

/*
 * Completions that only an entry into the kernel brings: task work that waits for
 * this thread (cooperative rings), or completions kept back by a full queue.
 */
static inline bool uring_needs_entry(const struct uring *uring)
{
    return atomic_load_explicit(uring->sq_flags, memory_order_relaxed) &
           (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

static inline bool uring_has_cqes(const struct uring *uring)
{
    return atomic_load_explicit(uring->cq_tail, memory_order_acquire) !=
           atomic_load_explicit(uring->cq_head, memory_order_relaxed);
}

int aur_uring_enter_sqpoll(struct uring *uring, unsigned to_submit, unsigned flags);

/* Sends published SQEs; the number taken or negative errno. */
static inline int uring_enter(struct uring *uring, unsigned to_submit, bool get_events)
{
    unsigned flags = get_events ? IORING_ENTER_GETEVENTS : 0;

    if (__builtin_expect(uring->setup_flags & IORING_SETUP_SQPOLL, 0))
        return aur_uring_enter_sqpoll(uring, to_submit, flags);
    return aur_kern.uring_enter(uring->fd, to_submit, 0, flags, NULL, _NSIG / 8);
}

/* Sleeps until a completion or the timeout (negative: none); needs EXT_ARG for the latter. */
int aur_uring_wait(struct uring *uring, unsigned to_submit, int64_t timeout_ns);

#endif
