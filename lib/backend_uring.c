/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The io_uring backend of a ring: hands gathered SQEs over to the kernel, and knows what
 * its refusals mean. Called with the ring's lock held. SQEs are made in
 * backend_uring_place.c, instances in backend_uring_make.c, and completions become slots
 * again in backend_uring_reap.c.
 */
#include "backend_uring.h"

#include <errno.h>
#include <poll.h>

#define MANY 16          /* operations handed over at once */
#define ENTER_RETRIES 64 /* EINTR and partial submissions in a row */

/*
 * A batch begins, with n SQEs still in the queue: on their way, or none. With SQPOLL
 * nobody knows how many there are: the room is counted when it is needed.
 */
HOT void begin_batch(const struct ring *ring, struct uring *uring, unsigned n)
{
    unsigned room = uring_least(uring->sq_entries - n, READ(ring->engine->batch));

    uring->room =
        uring->setup_flags & IORING_SETUP_SQPOLL ? 0 : uring_least(room, uring_cq_room(uring));
}

/* One in eight of those that come and go one by one and quickly is measured. */
HOT bool is_left_out(const struct ring *ring, unsigned i)
{
    return ring->quick == QUICK_RUN && ((i ^ i / 8) & 7);
}

/*
 * The last n SQEs are about to be handed over; with SQPOLL what was published is long
 * taken. Of many that go together one in eight is measured, at places that change.
 */
HOT void stamp(struct ring *ring, struct uring *uring, unsigned n)
{
    if (n == 1 && is_left_out(ring, uring->sqe_tail - 1))
        return;
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
    COUNT(ring->count->submit_calls, 1u);
    note_in_flight(ring, uring);
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
        AUR_ASSERT(tag < UD_FIRST_SLOT || slot_is_out(slot_of(ring, tag), tag));
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

/* The kernel no longer lets us in: what it has not taken goes to workers, the rest drains. */
void aur_uring_refused(struct ring *ring, struct uring *uring, int error)
{
    aur_features_fall_back(ring->engine, "io_uring_enter", error);
    uring->refused = true;
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
 * n SQEs go to the kernel: how many it took. Where completions wait for this thread,
 * they are asked for in the same call.
 */
HOT int send_sqes(struct ring *ring, struct uring *uring, unsigned n)
{
    hand_over(ring, uring, n);
    int taken = uring_enter(uring, n, uring->setup_flags & IORING_SETUP_DEFER_TASKRUN);
    if (__builtin_expect(taken == (int)n, 1))
        begin_batch(ring, uring, 0);
    return taken;
}

/* It did not take all n. */
COLD int send_rest(struct ring *ring, struct uring *uring, unsigned n, int taken)
{
    for (int tries = 1; taken != (int)n && tries < ENTER_RETRIES; tries++) {
        uring->room = 0; /* counted anew */
        if (taken <= 0 && taken != -EINTR)
            return refused(ring, uring, taken);
        n = uring_unsent(uring);
        taken = n ? send_sqes(ring, uring, n) : 0;
    }
    return 0;
}

/* 0, also when the kernel has no room just now: what is left is sent later. */
__attribute__((noinline)) static int submit_sqes(struct ring *ring, struct uring *uring)
{
    unsigned n = uring_unsent(uring);
    int taken = n ? send_sqes(ring, uring, n) : 0;

    return __builtin_expect(taken == (int)n, 1) ? 0 : send_rest(ring, uring, n, taken);
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
        while (!error && ring->uring && ring->unplaced.head &&
               aur_uring_has_room(ring, ring->uring)) {
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
    AUR_ASSERT(ring_is_locked(ring) && ring->plain == ring_is_plain(ring));
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
void aur_uring_wake_again(struct ring *ring, struct uring *uring)
{
    if (is_slept_in(ring) && arm_wake(uring, ring->engine->events.event_fd))
        submit_sqes(ring, uring);
}

void aur_uring_cancel(struct ring *ring, struct slot *slot)
{
    AUR_ASSERT(slot_state(slot) == SLOT_STARTED && !slot->on_worker);
    slot->cancel_waits = true;
    ring->cancels_wait = true;
    ring_note_plain(ring);
    aur_ring_flush(ring);
}
