/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library, used as its manual page shows: a callback asks for the next operation.
 *
 * default is an engine as it comes, but without control, so that its depth is that of the others;
 * adaptive has control; single has one thread own it; threads is the backend for kernels without
 * io_uring. --batch N submits N at a time, --rings N sets ring_count.
 *
 * calls is submit_calls and wait_calls of the statistics. They leave out the calls that only fetch
 * completions which the kernel has put off, so with those it is too small.
 */
#include "load.h"
#include "submitter.h"

#include <auraio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT, SINGLE, THREADS, ADAPTIVE };

static auraio_engine_t *engine;
static auraio_callback_t on_done;
static _Thread_local struct worker *self;
static atomic_int slots_in_use;
static atomic_bool all_submitted; /* with SUBMIT_WAIT */

static auraio_op_t *gathered; /* load.batch of them */
static int gathered_count;

static void submit_other(struct slot *slot)
{
    auraio_request_t *request;

    if (slot->kind == WRITE_BLOCK)
        request = auraio_write(engine, load.fd, auraio_buf(slot->buf), load.block, slot->offset,
                               on_done, slot);
    else
        request = auraio_fsync(engine, load.fd, AURAIO_FSYNC_DEFAULT, on_done, slot);
    if (!request)
        load_fail("submission", errno);
}

static inline void submit(struct slot *slot)
{
    if (slot->kind != READ_BLOCK)
        submit_other(slot);
    else if (!auraio_read(engine, load.fd, auraio_buf(slot->buf), load.block, slot->offset, on_done,
                          slot))
        load_fail("submission", errno);
}

static void retire(void)
{
    atomic_fetch_sub_explicit(&slots_in_use, 1, memory_order_relaxed);
}

static void on_done_go_on(auraio_request_t *request, ssize_t result, void *user_data)
{
    struct worker *worker = self;
    struct slot *slot = user_data;

    (void)request;
    worker_done(worker, slot, result);
    if (worker_next(worker, slot))
        submit(slot);
    else
        retire();
}

static void on_done_release(auraio_request_t *request, ssize_t result, void *user_data)
{
    struct slot *slot = user_data;

    (void)request;
    worker_done(self, slot, result);
    slot_release(slot);
}

static void submit_gathered(void)
{
    ssize_t n = auraio_submit(engine, gathered, (size_t)gathered_count, NULL);

    if (n != gathered_count)
        load_fail("auraio_submit", n < 0 ? errno : EAGAIN);
    gathered_count = 0;
}

/* What never changes was set by make_batch. */
static void gather(struct slot *slot)
{
    static const uint32_t types[] = {AURAIO_OP_READ, AURAIO_OP_WRITE, AURAIO_OP_FSYNC};
    auraio_op_t *op = &gathered[gathered_count++];

    op->type = types[slot->kind];
    op->offset = slot->offset;
    op->buf = auraio_buf(slot->buf);
    op->user_data = slot;
    if (gathered_count == load.batch)
        submit_gathered();
}

/* After the last operation nobody gathers any more: then an incomplete batch goes too. */
static void on_done_gather(auraio_request_t *request, ssize_t result, void *user_data)
{
    struct worker *worker = self;
    struct slot *slot = user_data;

    (void)request;
    worker_done(worker, slot, result);
    if (worker_next(worker, slot)) {
        gather(slot);
        return;
    }
    retire();
    if (gathered_count)
        submit_gathered();
}

static void wait_for_some(void)
{
    if (auraio_wait(engine, -1) < 0)
        load_fail("auraio_wait", errno);
}

/* The other thread may sleep, or be about to. */
static void wake_other(void)
{
    if (auraio_wakeup(engine) < 0)
        load_fail("auraio_wakeup", errno);
}

/* One thread, or one of two that begin every other slot. */
static void submit_and_wait(struct worker *worker)
{
    int index = (int)(worker - load.workers);

    self = worker;
    for (int i = index; i < load.depth; i += load.worker_count) {
        struct slot *slot = &load.slots[i];
        if (!worker_next(worker, slot))
            retire();
        else if (gathered)
            gather(slot);
        else
            submit(slot);
    }
    if (gathered_count && worker->begun < load.depth)
        submit_gathered(); /* fewer operations than slots */
    while (atomic_load_explicit(&slots_in_use, memory_order_relaxed) > 0)
        wait_for_some();
    if (load.worker_count > 1)
        wake_other();
}

static void submit_or_wait(struct worker *worker)
{
    self = worker;
    if (worker != load.workers) {
        while (!atomic_load(&all_submitted))
            wait_for_some();
        return;
    }
    submit_and_compute(worker, submit);
    atomic_store(&all_submitted, true);
    wake_other();
}

static void make_engine(void)
{
    auraio_options_t options;

    auraio_options_init(&options);
    options.disable_adaptive = load.flags != ADAPTIVE;
    options.single_thread = load.flags == SINGLE;
    options.backend = load.flags == THREADS ? AURAIO_BACKEND_THREADS : AURAIO_BACKEND_URING;
    options.ring_count = load.rings;
    if (load.depth > options.queue_depth)
        options.queue_depth = load.depth;
    engine = auraio_create_with_options(&options);
    if (!engine && errno == EINVAL)
        load_fail("auraio_create_with_options", errno);
    if (!engine)
        load_skip("auraio_create_with_options", errno);
}

static void make_batch(void)
{
    on_done = on_done_gather;
    gathered = calloc((size_t)load.batch, sizeof *gathered);
    if (!gathered)
        load_fail("memory", ENOMEM);
    for (int i = 0; i < load.batch; i++) {
        gathered[i].fd = load.fd;
        gathered[i].len = load.block;
        gathered[i].callback = on_done;
    }
}

int main(int argc, char **argv)
{
    static const char *const flags[] = {"default", "single", "threads", "adaptive", NULL};
    static const struct contestant contestant = {flags, true, true, true};
    auraio_stats_t stats;

    load_open(argc, argv, &contestant);
    if (load.threading != ONE_THREAD && (load.flags == SINGLE || load.batch > 1))
        load_fail("--threads goes with neither --flags single nor --batch", 0);
    make_engine();
    on_done = load.threading == SUBMIT_WAIT ? on_done_release : on_done_go_on;
    if (load.batch > 1)
        make_batch();
    slots_in_use = load.depth;
    if (load.threading == SUBMIT_WAIT)
        load_run(2, submit_or_wait);
    else
        load_run(load.threading == BOTH ? 2 : 1, submit_and_wait);
    if (auraio_get_stats(engine, &stats) < 0)
        load_fail("auraio_get_stats", errno);
    load_close(stats.submit_calls + stats.wait_calls);
    auraio_destroy(engine);
    free(gathered);
    return 0;
}
