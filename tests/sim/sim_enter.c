/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io_uring_enter: taking submissions (all, or a part, or none), running what
 * waits for the thread, sleeping until enough completions are there.
 */
#include "sim_internal.h"

#include <errno.h>
#include <string.h>

#define KNOWN_ENTER                                                                                \
    (IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP | IORING_ENTER_SQ_WAIT |                      \
     IORING_ENTER_EXT_ARG | IORING_ENTER_REGISTERED_RING)
#define COST_NS 1000
#define COST_SQE_NS 200

static struct {
    uint64_t at_call; /* of sim.counts.enters; 0: none */
    int error;
    uint64_t for_ns, until_ns;
} scheduled;

void sim_fail_enter(unsigned nth, int error, uint64_t for_ns)
{
    scheduled.at_call = nth ? sim.counts.enters + nth : 0;
    scheduled.error = error;
    scheduled.for_ns = for_ns;
    scheduled.until_ns = 0;
}

static int scheduled_error(void)
{
    if (!scheduled.at_call || sim.counts.enters < scheduled.at_call)
        return 0;
    if (!scheduled.for_ns)
        return sim.counts.enters == scheduled.at_call ? scheduled.error : 0;
    if (!scheduled.until_ns)
        scheduled.until_ns = sim.now_ns + scheduled.for_ns;
    return sim.now_ns < scheduled.until_ns ? scheduled.error : 0;
}

static int enter_error(void)
{
    static const int errors[] = {-EAGAIN, -EBUSY, -EINTR, -ENOMEM};
    int error = -scheduled_error();

    if (!error && sim_chance(&sim.rand, sim.config.enter_error_ppm))
        error = errors[sim_below(&sim.rand, 4)];
    if (error)
        sim.counts.enter_errors++;
    return error;
}

/* An operation refused in preparation completes with the error; its chain breaks there. */
static struct sim_op *take(struct sim_ring *ring, int *error)
{
    unsigned index = ring->sq_array[ring->taken & (ring->sq_entries - 1)];

    if (index >= ring->sq_entries)
        sim_fail("ring %u: SQ array holds %u", ring->id, index);
    struct io_uring_sqe *sqe = &ring->sqes[index];
    struct sim_op *op = sim_xalloc(1, sizeof *op);
    op->ring = ring;
    op->iov = &op->one;
    *error = sim_prepare(op, sqe);
    sim_trace("ring %u: takes %llx opcode %u fd %d: %d", ring->id,
              (unsigned long long)op->user_data, op->opcode, sqe->fd, *error);
    /* The library may use the place again once it was taken, not before. */
    memset(sqe, SIM_POISON, sizeof *sqe);
    ring->taken++;
    atomic_store_explicit(ring->sq_head, ring->taken, memory_order_release);
    sim.counts.sqes++;
    sim.calls_idle = 0;
    sim_op_add(op);
    return op;
}

/* A chain whose members were not all fit to start fails as a whole. */
static void start_chain(struct sim_op *head, struct sim_op *broken, int error)
{
    if (!broken) {
        sim_start(head);
        return;
    }
    for (struct sim_op *op = head, *next; op; op = next) {
        next = op->link;
        op->link = NULL;
        sim_op_done(op, op == broken ? error : -ECANCELED);
    }
}

/* n SQEs at most; the number taken. What is linked beyond the last is cut off, as in the kernel. */
static unsigned submit(struct sim_ring *ring, unsigned n)
{
    unsigned tail = atomic_load_explicit(ring->sq_tail, memory_order_acquire), taken = 0;
    struct sim_op *head = NULL, *last = NULL, *broken = NULL;
    int error, broken_error = 0;

    if (n > tail - ring->taken)
        n = tail - ring->taken;
    while (taken < n) {
        struct sim_op *op = take(ring, &error);
        taken++;
        if (last)
            last->link = op;
        else
            head = op;
        last = op;
        op->state = OP_LINKED;
        if (error && !broken) {
            broken = op;
            broken_error = error;
        }
        bool linked = op->sqe_flags & (IOSQE_IO_LINK | IOSQE_IO_HARDLINK);
        if (!linked || taken == n) {
            start_chain(head, broken, broken_error);
            bool stop = broken && !(ring->flags & IORING_SETUP_SUBMIT_ALL);
            head = last = broken = NULL;
            if (stop)
                break;
        }
    }
    return taken;
}

/* The kernel's own thread: it takes what it sees, and sleeps after a while without work. */
void sim_sqpoll(struct sim_ring *ring)
{
    if (!(ring->flags & IORING_SETUP_SQPOLL) || !ring->obj)
        return;
    unsigned flags = atomic_load_explicit(ring->sq_flags, memory_order_relaxed);
    if (flags & IORING_SQ_NEED_WAKEUP)
        return;
    if (submit(ring, ring->sq_entries))
        ring->idle_at_ns = sim.now_ns + ring->idle_ns;
    else if (sim.now_ns >= ring->idle_at_ns)
        atomic_fetch_or_explicit(ring->sq_flags, IORING_SQ_NEED_WAKEUP, memory_order_release);
}

static void wake_sqpoll(struct sim_ring *ring)
{
    atomic_fetch_and_explicit(ring->sq_flags, ~IORING_SQ_NEED_WAKEUP, memory_order_release);
    ring->idle_at_ns = sim.now_ns + ring->idle_ns;
    sim_sqpoll(ring);
}

struct waiting {
    struct sim_ring *ring;
    unsigned n;
};

static bool enough(void *arg)
{
    struct waiting *w = arg;

    sim_run_work(w->ring);
    sim_flush_overflow(w->ring);
    return sim_cq_ready(w->ring) >= w->n;
}

static int deadline_of(unsigned flags, const void *arg, size_t size, uint64_t *deadline)
{
    const struct io_uring_getevents_arg *ext = arg;

    *deadline = SIM_NEVER;
    if (!(flags & IORING_ENTER_EXT_ARG))
        return 0;
    if (sim.config.features_missing & IORING_FEAT_EXT_ARG || size != sizeof *ext || ext->pad)
        return -EINVAL;
    const struct __kernel_timespec *ts = (const void *)(uintptr_t)ext->ts;
    if (ts) {
        if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= 1000000000)
            return -EINVAL;
        *deadline = sim.now_ns + (uint64_t)ts->tv_sec * 1000000000 + (uint64_t)ts->tv_nsec;
    }
    return 0;
}

static struct sim_ring *ring_of(int fd, unsigned flags)
{
    if (flags & IORING_ENTER_REGISTERED_RING)
        return fd >= 0 && fd < 16 ? sim.registered_rings[fd] : NULL;
    struct sim_obj *obj = sim_fd_get(fd);
    return obj && obj->kind == SIM_RING ? obj->ring : NULL;
}

/* How many of n are taken this time: all, unless the kernel runs out of memory on the way. */
static unsigned part_of(unsigned n)
{
    return sim_chance(&sim.rand, sim.config.enter_partial_ppm) ? (unsigned)sim_below(&sim.rand, n)
                                                               : n;
}

int sim_kern_enter(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                   const void *arg, size_t arg_size)
{
    struct sim_ring *ring = ring_of(fd, flags);
    struct waiting waiting = {ring, min_complete};
    unsigned taken = 0;
    uint64_t deadline;
    int error;

    sim.counts.enters++;
    sim_kernel_call(COST_NS + (uint64_t)to_submit * COST_SQE_NS);
    if (flags & ~KNOWN_ENTER)
        sim_fail("io_uring_enter with unknown flags %#x", flags);
    if (!ring)
        return -EBADF;
    sim_trace("enter ring %u: %u to submit, wait for %u, flags %#x", ring->id, to_submit,
              min_complete, flags);
    if ((error = deadline_of(flags, arg, arg_size, &deadline)) || (error = enter_error()))
        return error;
    if (ring->flags & IORING_SETUP_SQPOLL) {
        if (flags & IORING_ENTER_SQ_WAKEUP)
            wake_sqpoll(ring);
        taken = to_submit;
    } else if (to_submit) {
        unsigned part = part_of(to_submit);
        if (!part)
            return -EAGAIN;
        taken = submit(ring, part);
        if (taken != to_submit)
            return (int)taken;
    }
    if (!(flags & IORING_ENTER_GETEVENTS))
        return (int)taken;
    if (waiting.n > ring->cq_entries)
        waiting.n = ring->cq_entries;
    if (!sim_wait(enough, &waiting, deadline, "io_uring_enter"))
        return taken ? (int)taken : -ETIME;
    return (int)taken;
}
