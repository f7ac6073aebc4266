/* SPDX-License-Identifier: Apache-2.0 */
/* A callback may submit, flush, cancel, allocate, free, wake, stop, and ask for statistics. */
#include "outcome.h"

static auraio_engine_t *engine;
static struct seen child, batch_child;
static int submitted, batch_submitted, flushed, woken, stopped, counted, pending, set, buffer_ok;
static int opened = -1;

static void open_done(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)user_data;
    opened = (int)result;
}

static void call_them(auraio_request_t *req, ssize_t result, void *user_data)
{
    auraio_op_t op = simple_op(AURAIO_OP_NOP, -1, &batch_child);
    auraio_stats_t stats;

    (void)req;
    (void)result;
    (void)user_data;
    submitted = auraio_nop(engine, see, &child) != NULL &&
                auraio_openat(engine, AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0, open_done,
                              NULL) != NULL;
    batch_submitted = (int)auraio_submit(engine, &op, 1, NULL);
    flushed = auraio_flush(engine);
    void *buffer = auraio_buffer_alloc(engine, 8192);
    buffer_ok = buffer && auraio_buffer_size(engine, buffer) >= 8192;
    auraio_buffer_free(engine, buffer);
    counted = auraio_get_stats(engine, &stats);
    pending = auraio_pending_count(engine);
    set = auraio_set_batch_threshold(engine, 2);
    woken = auraio_wakeup(engine);
    stopped = auraio_stop(engine);
}

int main(void)
{
    engine = test_engine(NULL);
    ok(auraio_nop(engine, call_them, NULL), "an operation whose callback calls them all");
    is(auraio_run(engine), 0, "its stop ends the run");
    is(submitted, 1, "submissions were accepted");
    is(batch_submitted, 1, "so was a batch");
    is(flushed, 0, "flush");
    is(buffer_ok, 1, "a buffer was had and given back");
    is(counted, 0, "statistics");
    is(pending, 3, "three operations were pending");
    is(set, 0, "a setter");
    is(woken, 0, "a wake-up");
    is(stopped, 0, "stop");
    ok(auraio_drain(engine, 60000) >= 0, "drain");
    is(child.calls, 1, "what the callback submitted has completed");
    is(batch_child.calls, 1, "the batch too");
    ok(opened >= 0 && fcntl(opened, F_GETFD) == FD_CLOEXEC, "a file was opened");
    auraio_destroy(engine);
    return done();
}
