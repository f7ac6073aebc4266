/* SPDX-License-Identifier: Apache-2.0 */
/* Short-lived threads, many of them at a time, each submitting and waiting for its own before it
 * exits: descriptors and threads stay as they are. */
#include "threads.h"

enum { ROUNDS = 30, THREADS = 8, BLOCK_BYTES = 4096 };

static auraio_engine_t *engine;
static _Atomic int right;
static int fd;

static void *read_once(void *arg)
{
    unsigned char *buf = auraio_buffer_alloc(engine, BLOCK_BYTES);
    struct seen seen = {0};

    (void)arg;
    ssize_t n = outcome(
        engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen), &seen);
    atomic_fetch_add(&right, n == BLOCK_BYTES && matches_pattern(buf, BLOCK_BYTES, 0));
    auraio_buffer_free(engine, buf);
    return NULL;
}

static void rounds(int n)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < n; i++) {
        start_threads(threads, THREADS, read_once, NULL);
        join_threads(threads, THREADS);
    }
}

int main(void)
{
    auraio_options_t options;
    need_others_while_asleep();
    int all = rounds_of_race(ROUNDS * THREADS) / THREADS;

    fd = scratch_file("file", BLOCK_BYTES, 0);
    test_options(&options);
    options.ring_count =
        2; /* however many CPUs there are: rings that come later have descriptors */
    options.backend_threads = 8;
    engine = test_engine(&options);
    rounds(5);
    int fds = count_fds(), threads = count_threads();
    rounds(all);
    is(atomic_load(&right), (all + 5) * THREADS, "every thread's read was right");
    ok(count_fds() <= fds + 2, "descriptors are flat (%d, %d)", fds, count_fds());
    ok(count_threads() <= threads + 16, "threads too (%d, %d)", threads, count_threads());
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
