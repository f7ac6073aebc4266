/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring's life: set up, mapped, checked, closed. Its memory is laid out as the
 * kernel lays it out, at offsets told in the parameters; the two regions are
 * exactly as long as promised, so that ASan sees an access beyond.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ENTRIES 32768U
#define KNOWN_SETUP                                                                                \
    (IORING_SETUP_SQPOLL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL |    \
     IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |          \
     IORING_SETUP_DEFER_TASKRUN)
#define FEATURES                                                                                   \
    (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE |                    \
     IORING_FEAT_RW_CUR_POS | IORING_FEAT_CUR_PERSONALITY | IORING_FEAT_FAST_POLL |                \
     IORING_FEAT_POLL_32BITS | IORING_FEAT_SQPOLL_NONFIXED | IORING_FEAT_EXT_ARG |                 \
     IORING_FEAT_NATIVE_WORKERS | IORING_FEAT_RSRC_TAGS | IORING_FEAT_CQE_SKIP |                   \
     IORING_FEAT_LINKED_FILE)

/* Where things lie in the first region; heads and tails on cache lines of their own. */
enum {
    SQ_HEAD = 0,
    SQ_TAIL = 64,
    CQ_HEAD = 128,
    CQ_TAIL = 192,
    SQ_MASK = 256,
    SQ_ENTRIES = 260,
    SQ_FLAGS = 264,
    SQ_DROPPED = 268,
    CQ_MASK = 272,
    CQ_ENTRIES = 276,
    CQ_OVERFLOW = 280,
    CQ_FLAGS = 284,
    CQES = 320
};

static unsigned power_of_two(unsigned n)
{
    unsigned p = 1;

    while (p < n)
        p *= 2;
    return p;
}

static unsigned *word(const struct sim_ring *ring, unsigned offset)
{
    return (unsigned *)(void *)(ring->rings + offset);
}

/* The rules of io_uring_setup(2) for flags that stand on others. */
static int check_flags(unsigned flags)
{
    if (flags & ~KNOWN_SETUP || flags & sim.config.setup_flags_refused)
        return -EINVAL;
    if (flags & IORING_SETUP_TASKRUN_FLAG &&
        !(flags & (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN)))
        return -EINVAL;
    if (flags & IORING_SETUP_DEFER_TASKRUN && !(flags & IORING_SETUP_SINGLE_ISSUER))
        return -EINVAL;
    if (flags & IORING_SETUP_SQPOLL) {
        if (flags &
            (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_DEFER_TASKRUN))
            return -EINVAL;
        if (!sim.config.sqpoll_allowed)
            return -EPERM;
    }
    return 0;
}

/* Entries of one queue: beyond the most there can be is an error unless CLAMP is set. */
static int size_queue(unsigned *entries, unsigned most, bool clamp)
{
    if (!*entries || (*entries > most && !clamp))
        return -EINVAL;
    *entries = power_of_two(*entries > most ? most : *entries);
    return 0;
}

static int size_ring(struct sim_ring *ring, unsigned entries, const struct io_uring_params *p)
{
    bool clamp = p->flags & IORING_SETUP_CLAMP;
    unsigned sq_cap = sim.config.sq_cap, cq_cap = sim.config.cq_cap;

    ring->sq_entries = entries;
    if (size_queue(&ring->sq_entries, MAX_ENTRIES, clamp))
        return -EINVAL;
    if (sq_cap && ring->sq_entries > sq_cap)
        ring->sq_entries = sq_cap;
    ring->cq_entries = p->flags & IORING_SETUP_CQSIZE ? p->cq_entries : 2 * ring->sq_entries;
    if (size_queue(&ring->cq_entries, 2 * MAX_ENTRIES, clamp))
        return -EINVAL;
    if (ring->cq_entries < ring->sq_entries)
        return -EINVAL;
    if (cq_cap && ring->cq_entries > cq_cap)
        ring->cq_entries = cq_cap;
    ring->rings_len =
        CQES + ring->cq_entries * sizeof(struct io_uring_cqe) + ring->sq_entries * sizeof(unsigned);
    ring->sqes_len = ring->sq_entries * sizeof(struct io_uring_sqe);
    size_t locked = ring->rings_len + ring->sqes_len;
    for (struct sim_ring *r = sim.rings; r; r = r->next)
        locked += r->rings_len + r->sqes_len;
    return sim.config.memlock_bytes && locked > sim.config.memlock_bytes ? -ENOMEM : 0;
}

static void lay_out(struct sim_ring *ring, struct io_uring_params *p)
{
    unsigned array = (unsigned)(CQES + ring->cq_entries * sizeof(struct io_uring_cqe));

    p->sq_entries = ring->sq_entries;
    p->cq_entries = ring->cq_entries;
    p->features = FEATURES & ~sim.config.features_missing;
    p->sq_off = (struct io_sqring_offsets){.head = SQ_HEAD,
                                           .tail = SQ_TAIL,
                                           .ring_mask = SQ_MASK,
                                           .ring_entries = SQ_ENTRIES,
                                           .flags = SQ_FLAGS,
                                           .dropped = SQ_DROPPED,
                                           .array = array};
    p->cq_off = (struct io_cqring_offsets){.head = CQ_HEAD,
                                           .tail = CQ_TAIL,
                                           .ring_mask = CQ_MASK,
                                           .ring_entries = CQ_ENTRIES,
                                           .overflow = CQ_OVERFLOW,
                                           .cqes = CQES,
                                           .flags = CQ_FLAGS};
    ring->features = p->features;
    ring->rings = sim_xalloc(1, ring->rings_len);
    ring->sqes = sim_xalloc(1, ring->sqes_len);
    ring->sq_head = (_Atomic unsigned *)word(ring, SQ_HEAD);
    ring->sq_tail = (_Atomic unsigned *)word(ring, SQ_TAIL);
    ring->sq_flags = (_Atomic unsigned *)word(ring, SQ_FLAGS);
    ring->cq_head = (_Atomic unsigned *)word(ring, CQ_HEAD);
    ring->cq_tail = (_Atomic unsigned *)word(ring, CQ_TAIL);
    ring->cq_flags = (_Atomic unsigned *)word(ring, CQ_FLAGS);
    ring->sq_array = word(ring, array);
    ring->cqes = (struct io_uring_cqe *)(void *)(ring->rings + CQES);
    *word(ring, SQ_MASK) = ring->sq_entries - 1;
    *word(ring, SQ_ENTRIES) = ring->sq_entries;
    *word(ring, CQ_MASK) = ring->cq_entries - 1;
    *word(ring, CQ_ENTRIES) = ring->cq_entries;
}

static int refused_by_schedule(void)
{
    return sim.config.setup_errno && (int)sim.setups >= sim.config.setup_works_first
               ? -sim.config.setup_errno
               : 0;
}

int sim_kern_setup(unsigned entries, struct io_uring_params *params)
{
    struct sim_ring sized = {.flags = params->flags};
    int error;

    sim_kernel_call(20000);
    if (params->resv[0] || params->resv[1] || params->resv[2])
        return -EINVAL;
    if ((error = refused_by_schedule()) || (error = check_flags(params->flags)) ||
        (error = size_ring(&sized, entries, params)))
        return error;

    struct sim_ring *ring = sim_xalloc(1, sizeof *ring);
    *ring = sized;
    ring->id = sim.setups++;
    lay_out(ring, params);
    ring->work_end = &ring->work;
    ring->overflow_end = &ring->overflow;
    ring->idle_ns = (params->sq_thread_idle ? params->sq_thread_idle : 1000) * SIM_MS;
    ring->idle_at_ns = sim.now_ns + ring->idle_ns;
    ring->obj = sim_obj_new(SIM_RING);
    ring->obj->ring = ring;
    ring->next = sim.rings;
    sim.rings = ring;
    int fd = sim_fd_new(ring->obj, true);
    sim_trace("ring %u is %d: sq %u cq %u flags %#x", ring->id, fd, ring->sq_entries,
              ring->cq_entries, ring->flags);
    return fd;
}

void *sim_kern_mmap(size_t len, int fd, uint64_t offset, int *error)
{
    struct sim_obj *obj = sim_fd_get(fd);

    sim_kernel_call(2000);
    *error = sim.config.mmap_errno;
    if (*error)
        return NULL;
    if (!obj || obj->kind != SIM_RING) {
        *error = EBADF;
        return NULL;
    }
    struct sim_ring *ring = obj->ring;
    bool sqes = offset == IORING_OFF_SQES;
    if (!sqes && offset != IORING_OFF_SQ_RING && offset != IORING_OFF_CQ_RING)
        sim_fail("mmap at offset %llu", (unsigned long long)offset);
    if (!len || len > (sqes ? ring->sqes_len : ring->rings_len)) {
        *error = EINVAL;
        return NULL;
    }
    *(sqes ? &ring->sqes_mapped : &ring->rings_mapped) += 1;
    return sqes ? (void *)ring->sqes : (void *)ring->rings;
}

/* What is in flight writes into memory that its owner now takes for its own. */
static void check_abandoned(const struct sim_ring *ring, const char *how)
{
    if (sim.config.may_abandon)
        return;
    for (const struct sim_op *op = ring->ops; op; op = op->older) {
        if (op->opcode != IORING_OP_POLL_ADD && op->opcode != IORING_OP_TIMEOUT)
            sim_fail("ring %u is %s with %u operations in flight (opcode %u)", ring->id, how,
                     ring->n_ops, op->opcode);
    }
}

static void free_ring(struct sim_ring *ring)
{
    struct sim_ring **p = &sim.rings;

    while (*p != ring)
        p = &(*p)->next;
    *p = ring->next;
    free(ring->rings);
    free(ring->sqes);
    free(ring);
}

/* Operations given up on purpose keep the memory of their ring until the end. */
static void let_go(struct sim_ring *ring)
{
    if (!ring->obj && !ring->n_ops && !ring->rings_mapped && !ring->sqes_mapped)
        free_ring(ring);
}

void sim_kern_munmap(void *addr, size_t len)
{
    sim_kernel_call(2000);
    for (struct sim_ring *ring = sim.rings; ring; ring = ring->next) {
        bool sqes = addr == ring->sqes;
        int *mapped = sqes ? &ring->sqes_mapped : &ring->rings_mapped;
        if ((!sqes && addr != ring->rings) || !*mapped)
            continue;
        if (len > (sqes ? ring->sqes_len : ring->rings_len))
            sim_fail("ring %u: %zu bytes unmapped, more than were mapped", ring->id, len);
        check_abandoned(ring, "unmapped");
        --*mapped;
        let_go(ring);
        return;
    }
    sim_fail("munmap of what was not mapped");
}

void sim_ring_closed(struct sim_ring *ring)
{
    sim_trace("ring %u closed", ring->id);
    check_abandoned(ring, "closed");
    ring->obj = NULL;
    for (struct sim_op *op = ring->ops, *older; op; op = older) {
        older = op->older;
        if (op->state == OP_POLLING) {
            sim_poll_disarm(op);
            sim_op_done(op, -ECANCELED);
        }
    }
    sim_run_work(ring);
    while (ring->overflow) {
        struct sim_op *op = ring->overflow;
        ring->overflow = op->next;
        sim_op_free(op);
    }
    sim_unregister_all(ring);
    let_go(ring);
}

void sim_rings_sweep(bool all)
{
    for (struct sim_ring *ring = sim.rings, *next; ring; ring = next) {
        next = ring->next;
        while (all && ring->ops) {
            struct sim_op *op = ring->ops;
            ring->ops = op->older;
            ring->n_ops--;
            sim_op_free(op);
        }
        let_go(ring);
    }
}

/* What user space may write is in range, what is the kernel's is as the kernel left it. */
void sim_ring_check(struct sim_ring *ring)
{
    unsigned sq_tail = atomic_load_explicit(ring->sq_tail, memory_order_acquire);
    unsigned cq_head = atomic_load_explicit(ring->cq_head, memory_order_acquire);

    if (atomic_load_explicit(ring->sq_head, memory_order_relaxed) != ring->taken ||
        atomic_load_explicit(ring->cq_tail, memory_order_relaxed) != ring->posted)
        sim_fail("ring %u: the kernel's head or tail was written", ring->id);
    if (sq_tail - ring->taken > ring->sq_entries)
        sim_fail("ring %u: the submission tail lapped the head by %u", ring->id,
                 sq_tail - ring->taken);
    if (ring->posted - cq_head > ring->cq_entries)
        sim_fail("ring %u: the completion head passed the tail", ring->id);
    if (*word(ring, SQ_MASK) != ring->sq_entries - 1 ||
        *word(ring, CQ_MASK) != ring->cq_entries - 1)
        sim_fail("ring %u: a mask was written", ring->id);
}
