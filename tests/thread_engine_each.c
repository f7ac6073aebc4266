/* SPDX-License-Identifier: Apache-2.0 */
/* Threads make engines of their own, work with them and destroy them, all at the same time. */
#include "threads.h"

enum { THREADS = 4, ROUNDS = 50, DEPTH = 16, BLOCK_BYTES = 512 };

static _Atomic int right, created;
static int fd;

static void *make_and_destroy(void *arg)
{
    auraio_options_t options;

    (void)arg;
    test_options(&options);
    options.backend_threads = 2;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned char bufs[DEPTH][BLOCK_BYTES];
        struct seen seen[DEPTH] = {0};
        auraio_engine_t *engine = auraio_create_with_options(&options);
        if (!engine)
            continue;
        atomic_fetch_add(&created, 1);
        for (int k = 0; k < DEPTH; k++)
            auraio_read(engine, fd, auraio_buf(bufs[k]), BLOCK_BYTES, (int64_t)k * BLOCK_BYTES, see,
                        &seen[k]);
        if (i % 2)
            auraio_drain(engine, 60000);
        auraio_destroy(engine);
        for (int k = 0; k < DEPTH; k++)
            atomic_fetch_add(&right,
                             seen[k].calls == 1 && seen[k].result == BLOCK_BYTES &&
                                 matches_pattern(bufs[k], BLOCK_BYTES, (uint64_t)k * BLOCK_BYTES));
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    fd = scratch_file("file", DEPTH * BLOCK_BYTES, 0);
    auraio_destroy(test_engine(NULL));
    int fds = count_fds(), tasks = threads_now();
    start_threads(threads, THREADS, make_and_destroy, NULL);
    join_threads(threads, THREADS);
    is(atomic_load(&created), THREADS * ROUNDS, "engines were made");
    is(atomic_load(&right), THREADS * ROUNDS * DEPTH, "every read of every engine was right");
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(tasks), tasks, "no thread either");
    return done();
}
