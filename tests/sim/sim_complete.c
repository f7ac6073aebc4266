/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an operation that is done to its CQE: chains go on or break, cooperative
 * rings keep the CQE until the thread enters the kernel, a full queue keeps it on
 * the overflow list.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>

unsigned sim_cq_ready(const struct sim_ring *ring)
{
    return ring->posted - atomic_load_explicit(ring->cq_head, memory_order_acquire);
}

void sim_op_add(struct sim_op *op)
{
    struct sim_ring *ring = op->ring;

    op->older = ring->ops;
    if (ring->ops)
        ring->ops->newer = op;
    ring->ops = op;
    ring->n_ops++;
    sim.counts.in_flight++;
    if (!sim_opcode_is_data(op->opcode) || !op->file || op->file->kind != SIM_FILE)
        return;
    unsigned minor = op->file->inode->minor, limit = sim.devices[minor].limit;
    unsigned n = ++sim.counts.data_in_flight[minor];
    op->counted = true;
    if (n > sim.counts.data_peak[minor])
        sim.counts.data_peak[minor] = n;
    if (limit && n > limit)
        sim_fail("%u data operations in flight on device %u, the limit is %u", n, minor, limit);
    if (++ring->n_data > sim.ring_limit && sim.ring_limit)
        sim_fail("%u data operations in flight on ring %u, it holds %u", ring->n_data, ring->id,
                 sim.ring_limit);
}

/* Out of the kernel's hands: the buffer is the caller's again. */
static void leave(struct sim_op *op)
{
    struct sim_ring *ring = op->ring;

    if (op->newer)
        op->newer->older = op->older;
    else
        ring->ops = op->older;
    if (op->older)
        op->older->newer = op->newer;
    op->older = op->newer = NULL;
    ring->n_ops--;
    sim.counts.in_flight--;
    if (op->counted) {
        sim.counts.data_in_flight[op->file->inode->minor]--;
        ring->n_data--;
        op->counted = false;
    }
}

void sim_op_free(struct sim_op *op)
{
    if (op->file)
        sim_obj_put(op->file);
    if (op->iov != &op->one)
        free(op->iov);
    free(op->path);
    free(op->path2);
    free(op);
}

static void write_cqe(struct sim_ring *ring, struct sim_op *op)
{
    struct io_uring_cqe *cqe = &ring->cqes[ring->posted & (ring->cq_entries - 1)];

    cqe->user_data = op->user_data;
    cqe->res = op->result;
    cqe->flags = 0;
    ring->posted++;
    atomic_store_explicit(ring->cq_tail, ring->posted, memory_order_release);
    sim_op_free(op);
}

static void set_sq_flag(struct sim_ring *ring, unsigned flag)
{
    atomic_fetch_or_explicit(ring->sq_flags, flag, memory_order_release);
}

static void clear_sq_flag(struct sim_ring *ring, unsigned flag)
{
    atomic_fetch_and_explicit(ring->sq_flags, ~flag, memory_order_release);
}

static void tell(struct sim_ring *ring)
{
    bool muted =
        atomic_load_explicit(ring->cq_flags, memory_order_acquire) & IORING_CQ_EVENTFD_DISABLED;

    if (ring->event && !muted)
        sim_event_add(ring->event);
    if (ring->obj)
        sim_obj_notify(ring->obj);
}

static void post(struct sim_ring *ring, struct sim_op *op)
{
    sim.counts.cqes++;
    sim.calls_idle = 0;
    leave(op);
    sim_trace("ring %u: %llx completes with %d", ring->id, (unsigned long long)op->user_data,
              op->result);
    if (!ring->obj || (op->sqe_flags & IOSQE_CQE_SKIP_SUCCESS && op->result >= 0)) {
        sim_op_free(op);
        return;
    }
    if (ring->overflow || sim_cq_ready(ring) >= ring->cq_entries ||
        sim_chance(&sim.rand, sim.config.overflow_ppm)) {
        sim.counts.overflowed++;
        op->next = NULL;
        *ring->overflow_end = op;
        ring->overflow_end = &op->next;
        set_sq_flag(ring, IORING_SQ_CQ_OVERFLOW);
    } else {
        write_cqe(ring, op);
    }
    tell(ring);
}

void sim_flush_overflow(struct sim_ring *ring)
{
    while (ring->overflow && sim_cq_ready(ring) < ring->cq_entries) {
        struct sim_op *op = ring->overflow;
        ring->overflow = op->next;
        write_cqe(ring, op);
    }
    if (!ring->overflow) {
        ring->overflow_end = &ring->overflow;
        clear_sq_flag(ring, IORING_SQ_CQ_OVERFLOW);
    }
}

void sim_run_work(struct sim_ring *ring)
{
    clear_sq_flag(ring, IORING_SQ_TASKRUN);
    while (ring->work) {
        struct sim_op *op = ring->work;
        ring->work = op->next;
        if (!ring->work)
            ring->work_end = &ring->work;
        op->next = NULL;
        post(ring, op);
    }
}

/* A short transfer breaks a chain as an error does. */
static bool succeeded(const struct sim_op *op)
{
    return op->result >= 0 && (!sim_opcode_is_data(op->opcode) || op->result == op->length);
}

static void hand_over(struct sim_op *op)
{
    struct sim_ring *ring = op->ring;

    if (!(ring->flags & (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN))) {
        post(ring, op);
        return;
    }
    op->next = NULL;
    *ring->work_end = op;
    ring->work_end = &op->next;
    if (ring->flags & IORING_SETUP_TASKRUN_FLAG)
        set_sq_flag(ring, IORING_SQ_TASKRUN);
    /* Deferred work wakes whoever polls; cooperative work is run by the sleeper itself. */
    if (ring->flags & IORING_SETUP_DEFER_TASKRUN)
        tell(ring);
}

void sim_op_done(struct sim_op *op, int result)
{
    struct sim_op *next = op->link;

    op->link = NULL;
    op->result = result;
    op->state = OP_DONE;
    bool go_on = succeeded(op) || op->sqe_flags & IOSQE_IO_HARDLINK;
    hand_over(op);
    while (next && !go_on) {
        struct sim_op *cancelled = next;
        next = cancelled->link;
        cancelled->link = NULL;
        cancelled->result = -ECANCELED;
        cancelled->state = OP_DONE;
        hand_over(cancelled);
    }
    if (next)
        sim_start(next);
}
