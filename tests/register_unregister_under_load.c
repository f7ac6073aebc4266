/* SPDX-License-Identifier: Apache-2.0 */
/* A set comes and goes while threads use it: what was accepted gives the right bytes, the rest is
 * refused with ENOENT or EBUSY, and nobody else is disturbed. */
#include "threads.h"

enum { THREADS = 3, ROUNDS = 60, BLOCK_BYTES = 4096 };

static auraio_engine_t *engine;
static unsigned char memory[THREADS][BLOCK_BYTES], plain_memory[THREADS][BLOCK_BYTES];
static _Atomic int over, next_thread, fixed_reads, refused, wrong, plain_reads;
static int fd;

static void read_fixed(int own)
{
    struct seen seen = {0};
    size_t offset = (size_t)own * BLOCK_BYTES;

    memset(memory[own], 0, BLOCK_BYTES);
    ssize_t n = outcome(engine,
                        auraio_read(engine, auraio_fixed_file(0), auraio_buf_fixed(0, offset),
                                    BLOCK_BYTES, (int64_t)offset, see, &seen),
                        &seen);
    if (n == REFUSED(ENOENT) || n == REFUSED(EBUSY))
        atomic_fetch_add(&refused, 1);
    else if (n == BLOCK_BYTES && matches_pattern(memory[own], BLOCK_BYTES, offset))
        atomic_fetch_add(&fixed_reads, 1);
    else
        atomic_fetch_add(&wrong, 1);
}

static void *use(void *arg)
{
    int own = atomic_fetch_add(&next_thread, 1);

    (void)arg;
    while (!atomic_load(&over)) {
        struct seen seen = {0};
        read_fixed(own);
        ssize_t n = outcome(
            engine,
            auraio_read(engine, fd, auraio_buf(plain_memory[own]), BLOCK_BYTES, 0, see, &seen),
            &seen);
        atomic_fetch_add(n == BLOCK_BYTES ? &plain_reads : &wrong, 1);
    }
    return NULL;
}

int main(void)
{
    const struct iovec iov = {memory, sizeof memory};
    int registered = 0, unregistered = 0;
    pthread_t threads[THREADS];

    need_others_while_asleep();
    fd = scratch_file("file", THREADS * BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    start_threads(threads, THREADS, use, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        int before = atomic_load(&fixed_reads);
        registered += auraio_register_buffers(engine, &iov, 1) == 0 &&
                      auraio_register_files(engine, &fd, 1) == 0;
        reaches(&fixed_reads, before + 3);
        unregistered +=
            auraio_unregister_buffers(engine) == 0 && auraio_unregister_files(engine) == 0;
    }
    atomic_store(&over, 1);
    join_threads(threads, THREADS);
    is(registered, ROUNDS, "the sets were registered %d times", ROUNDS);
    is(unregistered, ROUNDS, "and unregistered under load");
    is(atomic_load(&wrong), 0, "no operation was wrong");
    ok(atomic_load(&fixed_reads) >= 3 * ROUNDS, "%d went through the sets",
       atomic_load(&fixed_reads));
    ok(atomic_load(&plain_reads) > 0, "%d beside them", atomic_load(&plain_reads));
    note("%d were refused", atomic_load(&refused));
    auraio_destroy(engine);
    return done();
}
