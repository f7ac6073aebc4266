/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The io_uring backend of a ring: SQEs from slots, completions to slots. Called
 * with the ring's lock held. An SQE carries its operation's handle, so a cancel can
 * only reach the operation it was meant for.
 */
#include "engine.h"
#include "gate.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define SQ_MAX 64         /* queue of submissions: locked memory is scarce, a batch is small */
#define OP_FTRUNCATE 55   /* IORING_OP_FTRUNCATE, Linux 6.9; liburing 2.3 does not know it */
#define WORKERS_PER_CPU 8 /* bound on io-wq's workers for files */
#define MANY 16           /* operations handed over at once */
#define ENTER_RETRIES 64  /* EINTR and partial submissions in a row */

static unsigned power_of_two(unsigned n)
{
    unsigned p = 1;

    while (p < n)
        p *= 2;
    return p;
}

/*
 * Has the engine's epoll descriptor look at it: 0 or negative errno. Done when somebody
 * sleeps there, because each completion of a ring that is watched costs something.
 */
static int watch(auraio_engine_t *engine, struct uring *uring)
{
    bool lost = uring->lost || READ(engine->events.lost);
    int error =
        uring->watched || lost ? 0 : aur_kern.epoll_add(engine->events.epoll_fd, uring->fd, 0);

    uring->watched |= error >= 0 && !lost;
    return error < 0 ? error : 0;
}

int aur_uring_watch(struct ring *ring)
{
    int error = ring->uring ? watch(ring->engine, ring->uring) : 0;

    for (struct uring *old = ring->draining; old && !error; old = old->next)
        error = watch(ring->engine, old);
    return error;
}

int aur_uring_make(auraio_engine_t *engine, bool coop, struct uring **out, bool *refused)
{
    const auraio_options_t *options = &engine->options;
    unsigned depth = (unsigned)options->queue_depth;
    unsigned sq = power_of_two(depth < SQ_MAX ? depth + 2 : SQ_MAX);
    unsigned cq = power_of_two(depth + depth / 4 + 16);
    unsigned flags = IORING_SETUP_SUBMIT_ALL;
    struct uring *uring = aur_kern.alloc(8, sizeof *uring);

    *refused = false;
    if (!uring)
        return -ENOMEM;
    sq = sq < SQ_MAX ? sq : SQ_MAX;
    if (options->enable_sqpoll)
        flags |= IORING_SETUP_SQPOLL;
    else if (options->single_thread)
        flags |=
            IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    else if (coop)
        flags |= IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    int error =
        aur_uring_open(uring, sq, cq > sq ? cq : sq, flags, (unsigned)options->sqpoll_idle_ms);
    if (!error && READ(engine->events.handed_out) && (error = watch(engine, uring)) < 0)
        aur_uring_close(uring);
    if (error < 0) {
        *refused = true;
        aur_kern.free(uring);
        return error;
    }
    if (options->enable_sqpoll && !(uring->setup_flags & IORING_SETUP_SQPOLL))
        aur_log(AURAIO_LOG_WARN, "the kernel refuses SQPOLL: carrying on without");
    if (engine->options.single_thread && READ(engine->events.handed_out))
        aur_uring_signal(engine, uring);
    unsigned bound = WORKERS_PER_CPU * (unsigned)engine->cpus;
    unsigned workers[2] = {bound, bound};
    aur_kern.uring_register(uring->fd, IORING_REGISTER_IOWQ_MAX_WORKERS, workers, 2);
    aur_registered_attach(engine, uring);
    *out = uring;
    return 0;
}

/*
 * A ring that defers its task work is not seen by epoll before somebody enters it,
 * but it does signal an event descriptor.
 */
void aur_uring_signal(auraio_engine_t *engine, struct uring *uring)
{
    int fd = engine->events.event_fd;

    if (uring->setup_flags & IORING_SETUP_DEFER_TASKRUN)
        aur_kern.uring_register(uring->fd, IORING_REGISTER_EVENTFD, &fd, 1);
}

void aur_uring_retire(auraio_engine_t *engine, struct uring *uring)
{
    uring->lost |= !aur_engine_owns(engine, uring->fd);
    if (uring->watched && !uring->lost)
        aur_kern.epoll_del(engine->events.epoll_fd, uring->fd);
    aur_uring_close(uring);
    aur_kern.free(uring);
}

static bool is_slept_in(const struct ring *ring)
{
    return atomic_load(&ring->engine->events.sleeper) == SLEEPER_IN_RING + ring->index;
}

static struct slot *slot_of(const struct ring *ring, uint64_t tag)
{
    return &ring->slots[handle_slot((uintptr_t)tag)];
}

static uint64_t address(const void *ptr)
{
    return (uint64_t)(uintptr_t)ptr;
}

static void prepare_transfer(const struct uring *uring, const struct slot *slot,
                             struct io_uring_sqe *sqe)
{
    const auraio_op_t *op = &slot->op;
    bool write = op->type == AURAIO_OP_WRITE || op->type == AURAIO_OP_WRITEV;
    struct part part;

    aur_slot_part(slot, &part);
    sqe->off = (uint64_t)part.offset;
    sqe->rw_flags = op->rw_flags;
    if (part.iov != &part.single) {
        sqe->opcode = write ? IORING_OP_WRITEV : IORING_OP_READV;
        sqe->addr = address(part.iov);
        sqe->len = (unsigned)part.iovcnt;
        return;
    }
    sqe->addr = address(part.single.iov_base);
    sqe->len = (unsigned)part.single.iov_len;
    if (slot->buffer && uring->fixed_buffers) {
        sqe->opcode = write ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED;
        sqe->buf_index = (uint16_t)(slot->buffer - 1);
    } else {
        sqe->opcode = write ? IORING_OP_WRITE : IORING_OP_READ;
    }
}

static void prepare_other(const auraio_op_t *op, struct io_uring_sqe *sqe)
{
    switch ((auraio_op_type_t)op->type) {
    case AURAIO_OP_FSYNC:
    case AURAIO_OP_FDATASYNC:
        io_uring_prep_fsync(sqe, op->fd,
                            op->type == AURAIO_OP_FDATASYNC ? IORING_FSYNC_DATASYNC : 0);
        break;
    case AURAIO_OP_OPENAT:
        io_uring_prep_openat(sqe, op->fd, op->args.openat.path, op->args.openat.flags,
                             op->args.openat.mode);
        break;
    case AURAIO_OP_CLOSE:
        io_uring_prep_close(sqe, op->fd);
        break;
    case AURAIO_OP_STATX:
        io_uring_prep_statx(sqe, op->fd, op->args.statx.path, op->args.statx.flags,
                            op->args.statx.mask, op->args.statx.out);
        break;
    case AURAIO_OP_FALLOCATE:
        io_uring_prep_fallocate(sqe, op->fd, op->args.fallocate.mode, op->offset,
                                op->args.fallocate.len);
        sqe->off = (uint64_t)op->offset;
        sqe->addr = (uint64_t)op->args.fallocate.len;
        break;
    case AURAIO_OP_FTRUNCATE:
        sqe->opcode = OP_FTRUNCATE;
        sqe->fd = op->fd;
        sqe->off = (uint64_t)op->args.ftruncate.length;
        break;
    case AURAIO_OP_SYNC_FILE_RANGE:
        /* a length the SQE cannot hold went to a worker */
        io_uring_prep_sync_file_range(sqe, op->fd, (unsigned)op->args.sync_file_range.nbytes, 0,
                                      (int)op->args.sync_file_range.flags);
        sqe->off = (uint64_t)op->offset;
        break;
    case AURAIO_OP_FADVISE:
        io_uring_prep_fadvise(sqe, op->fd, 0, (off_t)op->args.fadvise.len, op->args.fadvise.advice);
        sqe->off = (uint64_t)op->offset;
        break;
    case AURAIO_OP_RENAMEAT:
        io_uring_prep_renameat(sqe, op->fd, op->args.renameat.oldpath, op->args.renameat.newdirfd,
                               op->args.renameat.newpath, op->args.renameat.flags);
        break;
    case AURAIO_OP_UNLINKAT:
        io_uring_prep_unlinkat(sqe, op->fd, op->args.unlinkat.path, op->args.unlinkat.flags);
        break;
    case AURAIO_OP_MKDIRAT:
        io_uring_prep_mkdirat(sqe, op->fd, op->args.mkdirat.path, op->args.mkdirat.mode);
        break;
    default:
        io_uring_prep_nop(sqe);
    }
}

static void prepare(const struct uring *uring, const struct slot *slot, struct io_uring_sqe *sqe)
{
    if (op_is_data(slot->op.type)) {
        prepare_transfer(uring, slot, sqe);
        sqe->fd = slot->op.fd;
    } else {
        prepare_other(&slot->op, sqe);
    }
    sqe->ioprio = slot->op.ioprio;
    if (slot->file) {
        bool current = atomic_load_explicit(&slot->file->current, memory_order_acquire);
        bool fixed = uring->fixed_files && current;
        sqe->fd = fixed ? slot->file->index : slot->file->fd;
        sqe->flags = fixed ? IOSQE_FIXED_FILE : 0;
    }
    sqe->user_data = slot_handle(slot);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The completion queue must not overflow. */
static unsigned cq_room(const struct uring *uring)
{
    unsigned all = uring->cq_entries - OWN_CQES, owed = uring_owed(uring);

    return all > owed ? all - owed : 0;
}

/*
 * A batch begins, with n SQEs still in the queue: on their way, or none. With SQPOLL
 * nobody knows how many there are: the room is counted when it is needed.
 */
HOT void begin_batch(const struct ring *ring, struct uring *uring, unsigned n)
{
    unsigned room = least(uring->sq_entries - n, READ(ring->engine->batch));

    uring->room = uring->setup_flags & IORING_SETUP_SQPOLL ? 0 : least(room, cq_room(uring));
}

/* No more than both queues hold, and than a batch. */
static bool has_room(const struct ring *ring, struct uring *uring)
{
    unsigned room = least(uring->sq_entries - uring_unsent(uring), cq_room(uring));
    unsigned gathered = uring_waiting(uring), batch = READ(ring->engine->batch);

    uring->room = least(room, batch > gathered ? batch - gathered : 1);
    return room > 0;
}

/* Counts the room anew, and sends to make some; false: there is none. */
static bool find_room(struct ring *ring)
{
    if (has_room(ring, ring->uring))
        return true;
    aur_ring_flush(ring);
    return ring->uring && has_room(ring, ring->uring);
}

bool aur_uring_place(struct ring *ring, struct slot *slot)
{
    if (!ring->uring->room && !find_room(ring)) {
        aur_ring_start_later(ring, slot);
        return false;
    }
    struct uring *uring = ring->uring;
    struct io_uring_sqe *sqe = &uring->sqes[uring->sqe_tail++ & uring->sq_mask];
    memset(sqe, 0, sizeof *sqe);
    prepare(uring, slot, sqe);
    return !--uring->room;
}

/*
 * The last n SQEs are about to be handed over; with SQPOLL what was published is long
 * taken. Of many that go together one in eight is measured, at places that change.
 */
HOT void stamp(struct ring *ring, struct uring *uring, unsigned n)
{
    bool sqpoll = uring->setup_flags & IORING_SETUP_SQPOLL;
    unsigned i =
        sqpoll ? atomic_load_explicit(uring->sq_tail, memory_order_relaxed) : uring->sqe_tail - n;
    unsigned step = n < MANY ? 1 : 8;
    uint64_t now = aur_kern.now_ns();

    for (i += i / 8 & (step - 1); (int)(uring->sqe_tail - i) > 0; i += step) {
        uint64_t tag = uring->sqes[i & uring->sq_mask].user_data;
        if (tag >= UD_FIRST_SLOT)
            slot_of(ring, tag)->started_ns = now;
    }
}

/* To be followed by the call that sends the last n SQEs. */
HOT void hand_over(struct ring *ring, struct uring *uring, unsigned n)
{
    if (ring->ask_countdown > 0 && (ring->ask_countdown -= (int)n) <= 0)
        ring->epoch = 0; /* the next one asks */
    stamp(ring, uring, n);
    uring_publish(uring);
    COUNT(ring->count.submit_calls, 1);
}

unsigned aur_uring_gathered(struct ring *ring)
{
    unsigned n = uring_unsent(ring->uring);

    if (n) {
        hand_over(ring, ring->uring, n);
        begin_batch(ring, ring->uring, n);
    }
    return n;
}

/* Takes back what the kernel has not taken, and gives each operation to each(). */
static void take_back(struct ring *ring, struct uring *uring, int error,
                      void (*each)(struct ring *, struct slot *, int))
{
    unsigned head = atomic_load_explicit(uring->sq_head, memory_order_acquire);
    unsigned tail = uring->sqe_tail;

    uring->sqe_tail = head;
    uring_publish(uring);
    for (; head != tail; head++) {
        uint64_t tag = uring->sqes[head & uring->sq_mask].user_data;
        if (tag == UD_WAKE)
            uring->wake_armed = false;
        if (tag >= UD_FIRST_SLOT)
            each(ring, slot_of(ring, tag), error);
    }
    while (ring->unplaced.head)
        each(ring, list_pop(&ring->unplaced), error);
    ring_note_plain(ring);
}

static void give_to_worker(struct ring *ring, struct slot *slot, int error)
{
    (void)error;
    slot->unclean = slot->on_worker = true;
    aur_workers_start(ring, slot);
}

static void finish_failed(struct ring *ring, struct slot *slot, int error)
{
    aur_ring_finished(ring, slot, error, 0);
}

/* The instance takes no more work; its operations are collected until there are none. */
void aur_uring_drain(struct ring *ring)
{
    struct uring *uring = ring->uring;

    if (!uring)
        return;
    uring->next = ring->draining;
    ring->draining = uring;
    aur_ring_use(ring, NULL);
}

/* The kernel no longer lets us in: what it has not taken goes to workers, the rest drains. */
void aur_uring_refused(struct ring *ring, struct uring *uring, int error)
{
    aur_features_fall_back(ring->engine, "io_uring_enter", error);
    if (uring == ring->uring)
        aur_uring_drain(ring);
    take_back(ring, uring, error, give_to_worker);
}

/* A descriptor that somebody else closed, and perhaps opened again, is not touched any more. */
void aur_uring_failed(struct ring *ring, struct uring *uring, int error)
{
    uring->lost |= error == -EBADF || error == -EOPNOTSUPP || error == -ENXIO;
    aur_engine_fail(ring->engine, -error);
    take_back(ring, uring, error, finish_failed);
}

/* What a refusal to take SQEs means: 0 to try later, or -errno for good. */
__attribute__((noinline)) static int refused(struct ring *ring, struct uring *uring, int error)
{
    switch (-error) {
    case EBUSY:
    case EAGAIN:
    case ENOMEM:
    case 0:
        return 0;
    case EPERM:
    case EACCES:
    case ENOSYS:
        /* The sleeper may be sending the same: only when it is out can they be taken back. */
        if (is_slept_in(ring))
            aur_events_kick(&ring->engine->events);
        else
            aur_uring_refused(ring, uring, -error);
        return 0;
    default:
        aur_uring_failed(ring, uring, error);
        return error;
    }
}

/*
 * 0, also when the kernel has no room just now: what is left is sent later. Where
 * completions wait for this thread, they are asked for in the same call.
 */
__attribute__((noinline)) static int submit_sqes(struct ring *ring, struct uring *uring)
{
    for (int tries = 0; tries < ENTER_RETRIES; tries++) {
        unsigned n = uring_unsent(uring);
        int taken = 0;
        if (n) {
            hand_over(ring, uring, n);
            taken = uring_enter(uring, n, uring->setup_flags & IORING_SETUP_DEFER_TASKRUN);
        }
        if (taken == (int)n) {
            begin_batch(ring, uring, 0);
            return 0;
        }
        uring->room = 0; /* counted anew */
        if (taken <= 0 && taken != -EINTR)
            return refused(ring, uring, taken);
    }
    return 0;
}

static void ask_to_cancel(struct uring *uring, uint64_t tag)
{
    struct io_uring_sqe *sqe = uring ? aur_uring_sqe(uring) : NULL;

    if (!sqe)
        return;
    sqe->opcode = IORING_OP_ASYNC_CANCEL;
    sqe->fd = -1;
    sqe->addr = tag;
    sqe->user_data = UD_IGNORE;
}

static bool has_place(const struct uring *uring)
{
    return !uring || uring_unsent(uring) < uring->sq_entries;
}

static bool all_have_place(const struct ring *ring)
{
    bool place = has_place(ring->uring);

    for (const struct uring *old = ring->draining; old; old = old->next)
        place = place && has_place(old);
    return place;
}

/*
 * Cancels are rare: all slots are looked through for those that wait. Which of
 * several instances has the operation nobody recorded: the others answer ENOENT.
 * True: something is to be sent.
 */
static bool place_cancels(struct ring *ring)
{
    bool wait = false, placed = false;

    for (int i = 0; i < ring->fresh; i++) {
        struct slot *slot = &ring->slots[i];
        slot->cancel_waits = slot->cancel_waits && slot_state(slot) == SLOT_STARTED;
        if (!slot->cancel_waits)
            continue;
        if (!all_have_place(ring)) {
            wait = true;
            break;
        }
        ask_to_cancel(ring->uring, slot_handle(slot));
        for (struct uring *old = ring->draining; old; old = old->next)
            ask_to_cancel(old, slot_handle(slot));
        slot->cancel_waits = false;
        placed = true;
    }
    ring->cancels_wait = wait;
    return placed;
}

static int send_drained(struct ring *ring)
{
    int error = 0;

    for (struct uring *old = ring->draining; old && !error; old = old->next)
        error = submit_sqes(ring, old);
    return error;
}

/* With instances that drain, operations without a place or cancels to be asked for. */
__attribute__((noinline)) static int flush_all_kinds(struct ring *ring)
{
    bool placed = true;
    int error = 0;

    while (!error && placed) {
        placed = false;
        error = send_drained(ring);
        if (!error && ring->uring)
            error = submit_sqes(ring, ring->uring);
        while (!error && ring->uring && ring->unplaced.head && has_room(ring, ring->uring)) {
            aur_uring_place(ring, list_pop(&ring->unplaced));
            placed = true;
        }
        if (!error && ring->cancels_wait)
            placed |= place_cancels(ring);
    }
    ring_note_plain(ring);
    return error;
}

int aur_uring_flush(struct ring *ring)
{
    return ring->plain ? submit_sqes(ring, ring->uring) : flush_all_kinds(ring);
}

static bool arm_wake(struct uring *uring, int event_fd)
{
    if (uring->wake_armed)
        return true;
    struct io_uring_sqe *sqe = aur_uring_sqe(uring);
    if (!sqe)
        return false;
    io_uring_prep_poll_add(sqe, event_fd, POLLIN);
    sqe->user_data = UD_WAKE;
    uring->wake_armed = true;
    return true;
}

bool aur_uring_arm_wake(struct ring *ring)
{
    return arm_wake(ring->uring, ring->engine->events.event_fd);
}

/*
 * Somebody sleeps, or is about to, in the ring that this kick was meant to end,
 * and would not see it any more: the kick is put back.
 */
static void take_wake(struct ring *ring, struct uring *uring)
{
    uring->wake_armed = false;
    if (is_slept_in(ring) && arm_wake(uring, ring->engine->events.event_fd))
        submit_sqes(ring, uring);
}

/* What reap() has at hand; written back before anybody else may look. */
struct reaping {
    unsigned head;
    struct slot **link;
    struct ring_target *at;
    uint64_t ended, bytes; /* not yet counted at it */
};

/* A place in the queue is given back before what may need it: what was held back. */
HOT void write_back(struct ring *ring, struct uring *uring, struct reaping *r)
{
    atomic_store_explicit(uring->cq_head, r->head, memory_order_release);
    ring->ready_end = r->link;
    if (r->ended) {
        COUNT(r->at->ended, r->ended);
        COUNT(r->at->bytes, r->bytes);
        if (r->at->gated)
            aur_gate_settle(ring, r->at, r->ended);
    }
    r->ended = r->bytes = 0;
    r->link = ring->ready_end;
}

/* Up to end into the ready list. */
HOT void take_until(struct ring *ring, struct uring *uring, unsigned head, unsigned end,
                    uint64_t now_ns)
{
    struct reaping r = {head, ring->ready_end, NULL, 0, 0};

    while (r.head != end) {
        const struct io_uring_cqe *cqe = &uring->cqes[r.head++ & uring->cq_mask];
        uint64_t tag = cqe->user_data;
        int result = cqe->res;
        struct slot *slot = slot_of(ring, tag);
        if (__builtin_expect(tag < UD_FIRST_SLOT, 0)) {
            write_back(ring, uring, &r);
            if (tag == UD_WAKE)
                take_wake(ring, uring);
            r.link = ring->ready_end;
            continue;
        }
        if (__builtin_expect(r.at != slot->at, 0)) {
            if (r.ended)
                write_back(ring, uring, &r);
            r.at = slot->at;
        }
        r.ended++;
        if (result > 0)
            r.bytes += (uint64_t)result;
        slot->result = result;
        slot_set_state(slot, SLOT_READY);
        *r.link = slot;
        r.link = &slot->next;
        if (slot->started_ns)
            aur_ring_sample(ring, slot, now_ns);
    }
    write_back(ring, uring, &r);
}

/* So many are ready from head on. True: there are more than were taken. */
__attribute__((noinline)) static bool take_completions(struct ring *ring, struct uring *uring,
                                                       unsigned head, unsigned ready)
{
    uint64_t now_ns = aur_kern.now_ns();

    atomic_store_explicit(&ring->engine->last_reap_ns, now_ns, memory_order_relaxed);
    if ((int)uring_owed(uring) > READ(ring->count.peak_in_flight))
        aur_ring_note_peak(ring);
    take_until(ring, uring, head, head + (ready < RING_REAP_MAX ? ready : RING_REAP_MAX), now_ns);
    ring->reaped_ns = now_ns;
    ring->reaped_waits = READ(ring->engine->wait_calls);
    return ready > RING_REAP_MAX;
}

/* True: there are more. */
HOT bool reap(struct ring *ring, struct uring *uring)
{
    if (uring_needs_entry(uring) && !uring->lost)
        uring_enter(uring, 0, true);
    unsigned head = atomic_load_explicit(uring->cq_head, memory_order_relaxed);
    unsigned ready = atomic_load_explicit(uring->cq_tail, memory_order_acquire) - head;
    return ready && take_completions(ring, uring, head, ready);
}

/* The setup lock: nobody registers anything with them just now. */
void aur_ring_retire_drained(struct ring *ring, bool all)
{
    struct uring **link = &ring->draining;

    while (*link) {
        struct uring *old = *link;
        if (uring_owed(old) && !all) {
            link = &old->next;
            continue;
        }
        *link = old->next;
        aur_uring_retire(ring->engine, old);
    }
}

__attribute__((noinline)) static bool reap_all(struct ring *ring)
{
    bool more = ring->uring && reap(ring, ring->uring), done = false;

    for (struct uring *old = ring->draining; old; old = old->next) {
        more |= reap(ring, old);
        done |= !uring_owed(old);
    }
    if (done && !is_slept_in(ring) && lock_try(&ring->engine->setup)) {
        aur_ring_retire_drained(ring, false);
        ring_note_plain(ring);
        lock_drop(&ring->engine->setup);
    }
    return more;
}

bool aur_uring_reap(struct ring *ring)
{
    return ring->plain ? reap(ring, ring->uring) : reap_all(ring);
}

void aur_uring_cancel(struct ring *ring, struct slot *slot)
{
    slot->cancel_waits = true;
    ring->cancels_wait = true;
    ring_note_plain(ring);
    aur_ring_flush(ring);
}
