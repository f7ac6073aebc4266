/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that has used an engine, its operations and its buffers, exits after the engine was
 * destroyed by another, or works on with the next one. */
#include "threads.h"

enum { ROUNDS = 24, THREADS = 3, BLOCK_BYTES = 8192 };

static auraio_engine_t *engine;
static _Atomic int used, destroyed, right;
static int fd;

static void use_engine(void)
{
    struct seen seen = {0};

    for (int i = 0; i < 3; i++) {
        unsigned char *buf = auraio_buffer_alloc(engine, BLOCK_BYTES);
        ssize_t n = outcome(
            engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen), &seen);
        atomic_fetch_add(&right, n == BLOCK_BYTES);
        auraio_buffer_free(engine, buf);
    }
}

static void *outlive(void *arg)
{
    (void)arg;
    use_engine();
    int round = atomic_fetch_add(&used, 1) / THREADS;
    reaches(&destroyed, round + 1);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    need_others_while_asleep();
    fd = scratch_file("file", BLOCK_BYTES, 0);
    auraio_destroy(test_engine(NULL));
    int fds = count_fds(), tasks = threads_now();
    for (int i = 0; i < ROUNDS; i++) {
        engine = test_engine(NULL);
        start_threads(threads, THREADS, outlive, NULL);
        reaches(&used, (i + 1) * THREADS);
        auraio_destroy(engine);
        if (i % 2 == 0) { /* an engine of the same address and number, perhaps */
            engine = test_engine(NULL);
            use_engine();
            auraio_destroy(engine);
        }
        atomic_fetch_add(&destroyed, 1);
        join_threads(threads, THREADS);
    }
    is(atomic_load(&right), 3 * ROUNDS * THREADS + 3 * ROUNDS / 2, "all reads were right");
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(tasks), tasks, "no thread either");
    return done();
}
