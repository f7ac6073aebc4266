/* SPDX-License-Identifier: Apache-2.0 */
/* A blocked submission collects what has ended, to make room, but runs no callbacks: the poll fd
 * says that there are some. */
#include "threads.h"

#include <poll.h>

static auraio_engine_t *engine;
static int ready[2], empty[2];
static struct seen first, second;

static void *submit_both(void *unused)
{
    static char bytes[2];

    ok(auraio_read(engine, ready[0], auraio_buf(&bytes[0]), 1, 0, see, &first) != NULL,
       "a read that completes");
    ok(auraio_read(engine, empty[0], auraio_buf(&bytes[1]), 1, 0, see, &second) != NULL,
       "one that waits for its place, and then for data");
    return unused;
}

int main(void)
{
    auraio_options_t options;
    pthread_t thread;

    if (pipe2(ready, O_CLOEXEC) || pipe2(empty, O_CLOEXEC) || write(ready[1], "x", 1) != 1)
        bail("pipes: %s", strerror(errno));
    test_options(&options);
    options.ring_count = 1;
    options.overflow = AURAIO_OVERFLOW_BLOCK;
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time");
    struct pollfd poll_fd = {.fd = auraio_get_poll_fd(engine), .events = POLLIN};
    auraio_poll(engine);
    start_threads(&thread, 1, submit_both, NULL);
    join_threads(&thread, 1);
    is(poll(&poll_fd, 1, 10000), 1, "the poll fd is readable");
    is(auraio_poll(engine), 1, "there is one to deliver");
    is(atomic_load(&first.calls), 1, "the first");
    if (write(empty[1], "y", 1) != 1)
        bail("write: %s", strerror(errno));
    ok(auraio_drain(engine, 60000) >= 0, "the second completes");
    auraio_destroy(engine);
    return done();
}
