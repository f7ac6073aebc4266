/* SPDX-License-Identifier: Apache-2.0 */
/* After a wait slept in a ring the poll that ends such sleeps is still armed there. A wake-up that
 * comes while nothing is in flight ends it; its completion is taken, so that later waits sleep and
 * the poll descriptor is not readable for ever. */
#include "kern.h"
#include "slow.h"
#include "threads.h"

#include <poll.h>

enum { WAIT_MS = 200, FEW = 10 };

static auraio_engine_t *engine;
static _Atomic int sleeps, looks;

static int enter_counted(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                         const void *arg, size_t arg_size)
{
    if (min_complete)
        atomic_fetch_add(&sleeps, 1);
    return aur_kern_real.uring_enter(fd, to_submit, min_complete, flags, arg, arg_size);
}

static int epoll_wait_counted(int epfd, uint64_t *data, int max, int timeout_ms)
{
    atomic_fetch_add(&looks, 1);
    return aur_kern_real.epoll_wait(epfd, data, max, timeout_ms);
}

/* When the wait sleeps; on the thread backend, which has no ring, it does so in epoll. */
static void *end_it(void *slow)
{
    reaches(on_threads() ? &looks : &sleeps, 1);
    slow_end(slow);
    return NULL;
}

static void *wake_up(void *unused)
{
    reaches(&looks, 1);
    auraio_wakeup(engine);
    return unused;
}

/* Before Linux 5.11 a wait with a limit does not sleep in a ring. */
static int wait_with(void *(*other)(void *), void *arg)
{
    pthread_t thread;

    atomic_store(&sleeps, 0);
    atomic_store(&looks, 0);
    start_threads(&thread, 1, other, arg);
    int n = auraio_wait(engine, -1);
    join_threads(&thread, 1);
    return n;
}

static void is_readable_once_too_often_at_most(void)
{
    struct pollfd pfd = {.fd = auraio_get_poll_fd(engine), .events = POLLIN};
    int readable = 1;

    for (int i = 0; i < FEW && readable; i++) {
        auraio_poll(engine);
        readable = poll(&pfd, 1, 0);
    }
    is(readable, 0, "the poll descriptor is not readable for ever");
}

int main(void)
{
    auraio_options_t options;
    struct slow slow;

    need_others_while_asleep();
    if (on_single())
        skip_all("with nothing in flight such an engine does not wait");
    aur_kern.uring_enter = enter_counted;
    aur_kern.epoll_wait = epoll_wait_counted;
    test_options(&options);
    options.ring_count = 1;
    engine = test_engine(&options);
    slow_start(engine, &slow);
    is(wait_with(end_it, &slow), 1, "a read ends a wait");
    slow_close(&slow);
    is(wait_with(wake_up, NULL), 0, "a wake-up ends one with nothing in flight");
    atomic_store(&looks, 0);
    is(auraio_wait(engine, WAIT_MS), 0, "the next one lasts");
    ok(atomic_load(&looks) <= FEW, "asleep (%d looks)", atomic_load(&looks));
    slow_start(engine, &slow);
    is(wait_with(end_it, &slow), 1, "another read ends a wait");
    slow_close(&slow);
    is(wait_with(wake_up, NULL), 0, "and another wake-up");
    is_readable_once_too_often_at_most();
    auraio_destroy(engine);
    return done();
}
