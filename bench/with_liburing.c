/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop one writes by hand on liburing: one system call hands over what the last completions
 * asked for and waits for the next ones.
 *
 * --flags says how the ring is set up: plain has no flags, coop COOP_TASKRUN, defer SINGLE_ISSUER
 * and DEFER_TASKRUN, best is defer with the ring's descriptor registered.
 *
 * Two threads share a plain ring. Each of its queues has a mutex; who waits for completions holds
 * the one of the completion queue, takes what is there, and works on it without.
 */
#include "load.h"
#include "submitter.h"

#include <liburing.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { PLAIN, COOP, DEFER, BEST };
enum { TAKEN_MOST = 64 };

static struct io_uring ring;
static pthread_mutex_t submitting = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t completing = PTHREAD_MUTEX_INITIALIZER;
static atomic_int slots_in_use;

static struct io_uring_sqe *free_sqe(void)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

    if (!sqe)
        load_fail("submission queue is full", 0);
    return sqe;
}

static void prepare(struct slot *slot)
{
    struct io_uring_sqe *sqe = free_sqe();

    switch (slot->kind) {
    case READ_BLOCK:
        io_uring_prep_read(sqe, load.fd, slot->buf, (unsigned)load.block, (uint64_t)slot->offset);
        break;
    case WRITE_BLOCK:
        io_uring_prep_write(sqe, load.fd, slot->buf, (unsigned)load.block, (uint64_t)slot->offset);
        break;
    case SYNC_FILE:
        io_uring_prep_fsync(sqe, load.fd, 0);
        break;
    }
    io_uring_sqe_set_data(sqe, slot);
}

/* A slot has one entry of the submission queue at most, and the queue one for each. */
static void run_alone(struct worker *worker)
{
    int in_use = 0;

    while (in_use < load.depth && worker_next(worker, &load.slots[in_use]))
        prepare(&load.slots[in_use++]);
    while (in_use > 0) {
        struct io_uring_cqe *cqe;
        unsigned head, seen = 0;
        int error = io_uring_submit_and_wait(&ring, 1);

        worker->calls++;
        if (error < 0 && error != -EINTR)
            load_fail("io_uring_submit_and_wait", -error);
        io_uring_for_each_cqe(&ring, head, cqe)
        {
            struct slot *slot = io_uring_cqe_get_data(cqe);
            worker_done(worker, slot, cqe->res);
            if (worker_next(worker, slot))
                prepare(slot);
            else
                in_use--;
            seen++;
        }
        io_uring_cq_advance(&ring, seen);
    }
}

static void lock(pthread_mutex_t *mutex)
{
    int error = pthread_mutex_lock(mutex);

    if (error)
        load_fail("pthread_mutex_lock", error);
}

static void unlock(pthread_mutex_t *mutex)
{
    int error = pthread_mutex_unlock(mutex);

    if (error)
        load_fail("pthread_mutex_unlock", error);
}

/* Mutex of the submission queue held. */
static void submit_prepared(struct worker *worker)
{
    int n = io_uring_submit(&ring);

    worker->calls++;
    if (n < 0)
        load_fail("io_uring_submit", -n);
}

/* Makes a thread return from its wait with nothing. */
static void wake_other(struct worker *worker)
{
    lock(&submitting);
    struct io_uring_sqe *sqe = free_sqe();
    io_uring_prep_nop(sqe);
    io_uring_sqe_set_data(sqe, NULL);
    submit_prepared(worker);
    unlock(&submitting);
}

/* A completion, out of the queue. */
struct taken {
    struct slot *slot;
    int result;
};

/* Waits unless the last slot has been given up; returns how many it took. */
static int take_completions(struct worker *worker, struct taken *taken)
{
    struct io_uring_cqe *cqes[TAKEN_MOST];
    int error = 0;
    unsigned n = 0;

    lock(&completing);
    if (atomic_load_explicit(&slots_in_use, memory_order_relaxed) > 0) {
        worker->calls += io_uring_cq_ready(&ring) == 0;
        error = io_uring_wait_cqe(&ring, &cqes[0]);
        n = io_uring_peek_batch_cqe(&ring, cqes, TAKEN_MOST);
    }
    if (error < 0 && error != -EINTR)
        load_fail("io_uring_wait_cqe", -error);
    for (unsigned i = 0; i < n; i++) {
        taken[i].slot = io_uring_cqe_get_data(cqes[i]);
        taken[i].result = cqes[i]->res;
    }
    io_uring_cq_advance(&ring, n);
    unlock(&completing);
    return (int)n;
}

/* Does what follows the completions; slots that go on are left in taken, returns their number. */
static int finish(struct worker *worker, struct taken *taken, int n)
{
    int kept = 0;

    for (int i = 0; i < n; i++) {
        struct slot *slot = taken[i].slot;
        if (!slot)
            continue;
        worker_done(worker, slot, taken[i].result);
        if (load.threading == SUBMIT_WAIT)
            slot_release(slot);
        else if (worker_next(worker, slot))
            taken[kept++].slot = slot;
        else
            atomic_fetch_sub_explicit(&slots_in_use, 1, memory_order_relaxed);
    }
    return kept;
}

static void submit_taken(struct worker *worker, const struct taken *taken, int n)
{
    lock(&submitting);
    for (int i = 0; i < n; i++)
        prepare(taken[i].slot);
    submit_prepared(worker);
    unlock(&submitting);
}

/* Until no slot is in use. */
static void complete(struct worker *worker)
{
    struct taken taken[TAKEN_MOST];

    while (atomic_load_explicit(&slots_in_use, memory_order_relaxed) > 0) {
        int n = finish(worker, taken, take_completions(worker, taken));
        if (n > 0)
            submit_taken(worker, taken, n);
    }
}

/* Each of the two threads begins every other slot. */
static void submit_and_wait(struct worker *worker)
{
    for (int i = (int)(worker - load.workers); i < load.depth; i += load.worker_count) {
        struct taken first = {&load.slots[i], 0};
        if (worker_next(worker, first.slot))
            submit_taken(worker, &first, 1);
        else
            atomic_fetch_sub_explicit(&slots_in_use, 1, memory_order_relaxed);
    }
    complete(worker);
    wake_other(worker);
}

static void submit(struct slot *slot)
{
    struct taken one = {slot, 0};

    submit_taken(load.workers, &one, 1);
}

static void submit_or_wait(struct worker *worker)
{
    if (worker != load.workers) {
        complete(worker);
        return;
    }
    submit_and_compute(worker, submit);
    atomic_store_explicit(&slots_in_use, 0, memory_order_relaxed);
    wake_other(worker);
}

static void make_ring(void)
{
    static const unsigned setup[] = {
        [PLAIN] = 0,
        [COOP] = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
        [DEFER] = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        [BEST] = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    };
    int error = io_uring_queue_init((unsigned)load.depth, &ring, setup[load.flags]);

    if (error < 0)
        load_skip("io_uring_queue_init", -error);
    if (load.flags == BEST && (error = io_uring_register_ring_fd(&ring)) < 0)
        load_skip("io_uring_register_ring_fd", -error);
}

int main(int argc, char **argv)
{
    static const char *const flags[] = {"plain", "coop", "defer", "best", NULL};
    static const struct contestant contestant = {flags, false, false, true};

    load_open(argc, argv, &contestant);
    if (load.threading != ONE_THREAD && load.flags != PLAIN)
        load_fail("--threads goes with --flags plain", 0);
    make_ring();
    slots_in_use = load.depth;
    if (load.threading == ONE_THREAD)
        load_run(1, run_alone);
    else
        load_run(2, load.threading == BOTH ? submit_and_wait : submit_or_wait);
    load_close(0);
    io_uring_queue_exit(&ring);
    return 0;
}
