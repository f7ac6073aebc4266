/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel has no room for a submission once: the operation is carried out all the same, though
 * its submitter goes away and everybody else sleeps, in a wait or on the poll descriptor. */
#include "kern.h"
#include "threads.h"

#include <poll.h>

enum { SOON_MS = 30000, LONG_MS = 60000 };

static _Thread_local bool is_submitter;
static _Atomic int busy;
static auraio_engine_t *engine;

static int enter_when_not_busy(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                               const void *arg, size_t size)
{
    if (is_submitter && to_submit && atomic_exchange(&busy, 0))
        return -EAGAIN;
    return aur_kern_real.uring_enter(fd, to_submit, min_complete, flags, arg, size);
}

static void *wait_long(void *arg)
{
    *(_Atomic int *)arg = auraio_wait(engine, LONG_MS);
    return NULL;
}

static auraio_engine_t *engine_of_one_ring(void)
{
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1;
    return test_engine(&options);
}

/* A read that waits keeps the ring in use: the sleeper is in it, and need not be called there. */
static void with_a_sleeper(void)
{
    _Atomic int delivered = -1;
    struct seen seen = {0}, waiting = {0};
    pthread_t thread;
    char byte;
    int fds[2];

    engine = engine_of_one_ring();
    if (pipe(fds))
        bail("no pipe");
    ok(auraio_read(engine, fds[0], auraio_buf(&byte), 1, 0, see, &waiting) != NULL, "a read waits");
    start_threads(&thread, 1, wait_long, &delivered);
    sleep_ms(200);
    atomic_store(&busy, 1);
    double began_ms = now_ms();
    ok(auraio_nop(engine, see, &seen) != NULL, "while another thread sleeps");
    join_threads(&thread, 1);
    is(atomic_load(&busy), 0, "... the kernel has refused once");
    is(delivered, 1, "... the sleeper delivers it");
    is(seen.result, 0, "... as done");
    ok(now_ms() - began_ms < SOON_MS, "... soon (%.0f ms)", now_ms() - began_ms);
    close(fds[1]);
    ok(wait_seen(engine, &waiting), "the read that waited ends");
    auraio_destroy(engine);
    close(fds[0]);
}

static void with_an_event_loop(void)
{
    struct seen seen = {0};

    engine = engine_of_one_ring();
    struct pollfd pfd = {.fd = auraio_get_poll_fd(engine), .events = POLLIN};
    atomic_store(&busy, 1);
    ok(auraio_nop(engine, see, &seen) != NULL, "with the poll descriptor in use");
    is(atomic_load(&busy), 0, "... the kernel has refused once");
    while (!seen.calls && poll(&pfd, 1, SOON_MS) == 1)
        auraio_poll(engine);
    is(seen.calls, 1, "... the descriptor calls until it is done");
    auraio_destroy(engine);
}

int main(void)
{
    is_submitter = true;
    aur_kern.uring_enter = enter_when_not_busy;
    with_a_sleeper();
    with_an_event_loop();
    return done();
}
