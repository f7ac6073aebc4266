/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting up, mapping, entering and closing one io_uring instance. The layout of
 * the shared memory is the kernel's (io_uring_setup(2)); the offsets come from it.
 */
#include "uring.h"

#include <errno.h>
#include <string.h>

#define MIN_ENTRIES 8 /* below this a ring is not worth its descriptor */

static int map_queues(struct uring *uring, const struct io_uring_params *p)
{
    size_t sq_len = p->sq_off.array + p->sq_entries * sizeof(unsigned);
    size_t cq_len = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    int error = 0;

    uring->ring_map_len = sq_len > cq_len ? sq_len : cq_len;
    uring->ring_map = aur_kern.mmap(uring->ring_map_len, uring->fd, IORING_OFF_SQ_RING, &error);
    if (!uring->ring_map)
        return -error;
    uring->sqe_map_len = p->sq_entries * sizeof(struct io_uring_sqe);
    uring->sqe_map = aur_kern.mmap(uring->sqe_map_len, uring->fd, IORING_OFF_SQES, &error);
    if (!uring->sqe_map)
        return -error;

    char *base = uring->ring_map;
    uring->sq_head = (_Atomic unsigned *)(void *)(base + p->sq_off.head);
    uring->sq_tail = (_Atomic unsigned *)(void *)(base + p->sq_off.tail);
    uring->sq_flags = (_Atomic unsigned *)(void *)(base + p->sq_off.flags);
    uring->sq_entries = p->sq_entries;
    uring->sq_mask = p->sq_entries - 1;
    uring->sqes = uring->sqe_map;
    uring->cq_head = (_Atomic unsigned *)(void *)(base + p->cq_off.head);
    uring->cq_tail = (_Atomic unsigned *)(void *)(base + p->cq_off.tail);
    uring->cq_entries = p->cq_entries;
    uring->cq_mask = p->cq_entries - 1;
    uring->cqes = (const struct io_uring_cqe *)(void *)(base + p->cq_off.cqes);

    /* SQE i always stands in place i: the indirection is filled in once. */
    unsigned *array = (unsigned *)(void *)(base + p->sq_off.array);
    for (unsigned i = 0; i < p->sq_entries; i++)
        array[i] = i;
    return 0;
}

/* A flag that stands on another goes when that one is refused. */
static unsigned without(unsigned flags, unsigned dropped)
{
    flags &= ~dropped;
    if (!(flags & IORING_SETUP_SINGLE_ISSUER))
        flags &= ~IORING_SETUP_DEFER_TASKRUN;
    if (!(flags & (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN)))
        flags &= ~IORING_SETUP_TASKRUN_FLAG;
    if (!(flags & IORING_SETUP_TASKRUN_FLAG))
        flags &= ~IORING_SETUP_COOP_TASKRUN;
    return flags;
}

/* The newest flags first: an older kernel loses them in that order. */
static const unsigned droppable[] = {IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER,
                                     IORING_SETUP_TASKRUN_FLAG,  IORING_SETUP_COOP_TASKRUN,
                                     IORING_SETUP_SUBMIT_ALL,    IORING_SETUP_SQPOLL};

/* SQPOLL excludes cooperative task running; refused for want of a right or at all, it goes. */
static int setup(unsigned sq, unsigned cq, unsigned flags, unsigned idle_ms,
                 struct io_uring_params *p)
{
    size_t next = 0;

    for (;;) {
        memset(p, 0, sizeof *p);
        p->flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
        p->cq_entries = cq;
        p->sq_thread_idle = flags & IORING_SETUP_SQPOLL ? idle_ms : 0;
        int fd = aur_kern.uring_setup(sq, p);
        if (fd >= 0 && flags & IORING_SETUP_SQPOLL &&
            !(p->features & IORING_FEAT_SQPOLL_NONFIXED)) {
            aur_kern.close(fd); /* Linux 5.10: such a thread serves registered files alone */
            flags &= ~IORING_SETUP_SQPOLL;
        } else if (fd == -ENOMEM && sq > MIN_ENTRIES) {
            sq /= 2;
            cq = cq / 2 > sq ? cq / 2 : sq;
        } else if ((fd == -EPERM || fd == -EACCES) && (flags & IORING_SETUP_SQPOLL)) {
            flags &= ~IORING_SETUP_SQPOLL;
        } else if (fd == -EINVAL && next < sizeof droppable / sizeof *droppable) {
            while (next < sizeof droppable / sizeof *droppable && !(flags & droppable[next]))
                next++;
            if (next == sizeof droppable / sizeof *droppable)
                return fd;
            flags = without(flags, droppable[next++]);
        } else {
            return fd;
        }
    }
}

int aur_uring_open(struct uring *uring, unsigned sq_entries, unsigned cq_entries, unsigned flags,
                   unsigned sqpoll_idle_ms)
{
    struct io_uring_params p;

    memset(uring, 0, sizeof *uring);
    uring->fd = setup(sq_entries, cq_entries, flags, sqpoll_idle_ms, &p);
    if (uring->fd < 0)
        return uring->fd;
    uring->setup_flags = p.flags & ~(unsigned)(IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP);
    uring->features = p.features;
    int error = p.features & IORING_FEAT_SINGLE_MMAP && p.features & IORING_FEAT_NODROP
                    ? map_queues(uring, &p)
                    : -ENOSYS;
    if (error)
        aur_uring_close(uring);
    return error;
}

void aur_uring_close(struct uring *uring)
{
    if (uring->sqe_map)
        aur_kern.munmap(uring->sqe_map, uring->sqe_map_len);
    if (uring->ring_map)
        aur_kern.munmap(uring->ring_map, uring->ring_map_len);
    if (!uring->lost)
        aur_kern.close(uring->fd);
    uring->sqe_map = uring->ring_map = NULL;
    uring->fd = -1;
}

struct io_uring_sqe *aur_uring_sqe(struct uring *uring)
{
    if (uring_unsent(uring) >= uring->sq_entries)
        return NULL;
    struct io_uring_sqe *sqe = &uring->sqes[uring->sqe_tail++ & uring->sq_mask];
    uring->room = 0; /* counted anew */
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

int aur_uring_enter_sqpoll(struct uring *uring, unsigned to_submit, unsigned flags)
{
    /* The kernel's thread publishes its sleep before it looks at the tail a last time. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(uring->sq_flags, memory_order_relaxed) & IORING_SQ_NEED_WAKEUP)
        flags |= IORING_ENTER_SQ_WAKEUP;
    if (!flags)
        return (int)to_submit;
    return aur_kern.uring_enter(uring->fd, to_submit, 0, flags, NULL, _NSIG / 8);
}

int aur_uring_wait(struct uring *uring, unsigned to_submit, int64_t timeout_ns)
{
    struct __kernel_timespec ts = {.tv_sec = timeout_ns / 1000000000,
                                   .tv_nsec = timeout_ns % 1000000000};
    struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&ts};
    unsigned flags = IORING_ENTER_GETEVENTS;

    if (uring->setup_flags & IORING_SETUP_SQPOLL)
        flags |= IORING_ENTER_SQ_WAKEUP;
    if (timeout_ns < 0)
        return aur_kern.uring_enter(uring->fd, to_submit, 1, flags, NULL, _NSIG / 8);
    return aur_kern.uring_enter(uring->fd, to_submit, 1, flags | IORING_ENTER_EXT_ARG, &arg,
                                sizeof arg);
}
