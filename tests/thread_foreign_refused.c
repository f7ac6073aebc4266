/* SPDX-License-Identifier: Apache-2.0 */
/* A single_thread engine belongs to the first thread that submits: calls of others get EPERM and
 * harm nothing. Wake-up, stop, buffers and statistics are open to all. */
#include "slow.h"
#include "threads.h"

static auraio_engine_t *engine;
static struct slow slow;
static _Atomic int calls, refused, allowed, destroyed;

static void is_refused(bool failed)
{
    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&refused, failed && errno == EPERM);
    if (!failed || errno != EPERM)
        note("call %d: %s, errno %d", atomic_load(&calls), failed ? "failed" : "passed", errno);
    errno = 0;
}

static void *intrude(void *arg)
{
    const struct iovec iov = {&slow.byte, 1};
    auraio_op_t op = {.type = AURAIO_OP_NOP};
    struct seen *never = arg;

    is_refused(!auraio_nop(engine, see, never));
    is_refused(!auraio_read(engine, slow.out, auraio_buf(&slow.byte), 1, 0, see, never));
    is_refused(auraio_submit(engine, &op, 1, NULL) == -1);
    is_refused(auraio_poll(engine) == -1);
    is_refused(auraio_wait(engine, 10) == -1);
    is_refused(auraio_wait_n(engine, 2, 10) == -1);
    auraio_stop(engine); /* so that a run which is not refused ends */
    is_refused(auraio_run(engine) == -1);
    is_refused(auraio_drain(engine, 10) == -1);
    is_refused(auraio_flush(engine) == -1);
    is_refused(auraio_cancel(engine, slow.req) == -1);
    is_refused(auraio_cancel_fd(engine, slow.out) == -1);
    is_refused(auraio_register_buffers(engine, &iov, 1) == -1);
    is_refused(auraio_register_files(engine, &slow.out, 1) == -1);
    return NULL;
}

static void *use_what_is_open(void *arg)
{
    auraio_buffer_stats_t buffers;
    auraio_ring_stats_t ring;
    auraio_features_t features;
    auraio_stats_t stats;
    int good = 0;

    (void)arg;
    good += auraio_get_stats(engine, &stats) == 0;
    good += auraio_get_ring_count(engine) == 1;
    good += auraio_get_ring_stats(engine, 0, &ring) == 0;
    good += auraio_get_buffer_stats(engine, &buffers) == 0;
    good += auraio_get_features(engine, &features) == 0;
    good += auraio_get_fatal_error(engine) == 0;
    void *buffer = auraio_buffer_alloc(engine, 4096);
    good += buffer && auraio_buffer_size(engine, buffer) >= 4096;
    auraio_buffer_free(engine, buffer);
    good += auraio_wakeup(engine) == 0;
    atomic_store(&allowed, good);
    return NULL;
}

static void *destroy_it(void *arg)
{
    (void)arg;
    atomic_store(&destroyed, auraio_destroy_timeout(engine, 1000));
    return NULL;
}

static void with(auraio_backend_t backend, const char *what)
{
    auraio_options_t options;
    pthread_t thread;
    struct seen never = {0}, seen = {0};

    auraio_options_init(&options);
    options.backend = backend;
    options.single_thread = true;
    if (!(engine = auraio_create_with_options(&options))) {
        skip(what, "no engine: %s", strerror(errno));
        return;
    }
    atomic_store(&calls, 0);
    atomic_store(&refused, 0);
    slow_start(engine, &slow);
    start_threads(&thread, 1, intrude, &never);
    join_threads(&thread, 1);
    is(atomic_load(&refused), atomic_load(&calls), "%s: every call of another is EPERM", what);
    is(auraio_pending_count(engine), 1, "%s: nothing was added or taken away", what);
    start_threads(&thread, 1, use_what_is_open, NULL);
    join_threads(&thread, 1);
    is(atomic_load(&allowed), 8, "%s: what is open to all is", what);
    is(auraio_wait(engine, 10000), 0, "%s: its wake-up has ended the owner's wait", what);
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "%s: the owner works on", what);
    is(slow_finish(engine, &slow), 1, "%s: its operation completes", what);
    is(never.calls, 0, "%s: no callback of the other thread ran", what);
    start_threads(&thread, 1, destroy_it, NULL);
    join_threads(&thread, 1);
    is(atomic_load(&destroyed), 0, "%s: another may destroy it when nothing is pending", what);
}

int main(void)
{
    with(AURAIO_BACKEND_URING, "io_uring");
    with(AURAIO_BACKEND_THREADS, "threads");
    return done();
}
