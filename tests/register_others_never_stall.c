/* SPDX-License-Identifier: Apache-2.0 */
/* While one thread registers and unregisters a large set of buffers, again and again, others that
 * do not use it are not held up: were they for as long as all its pages take to be pinned or let
 * go, each round would show it. On a busy machine reads take long in any case: it is looked how
 * many do while the first thread only computes. */
#include "threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 20, BLOCK_BYTES = 4096, BUFFERS = 64, STALL_MS = 10 };
#define BUFFER_BYTES ((size_t)1 << 20)

static auraio_engine_t *engine;
static int fd;
enum doing { NEITHER, COMPUTES, REGISTERS, UNREGISTERS, DOINGS };

static _Atomic int over, doing, reads, stalls[DOINGS], wrong;

/* That this thread was ready to run and had no CPU, so far; 0 where the kernel does not tell. */
static double without_cpu_ms(int schedstat)
{
    char text[128] = {0};
    unsigned long long ran, waited = 0;

    if (pread(schedstat, text, sizeof(text) - 1, 0) <= 0 ||
        sscanf(text, "%llu %llu", &ran, &waited) != 2)
        return 0;
    return (double)waited / 1e6;
}

static void *read_plain(void *arg)
{
    static _Thread_local unsigned char buf[BLOCK_BYTES];
    int schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);

    (void)arg;
    while (!atomic_load(&over)) {
        struct seen seen = {0};
        int what = atomic_load(&doing);
        double began_ms = now_ms() - without_cpu_ms(schedstat);
        ssize_t n = outcome(
            engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen), &seen);
        if (now_ms() - without_cpu_ms(schedstat) - began_ms > STALL_MS)
            atomic_fetch_add(&stalls[what == NEITHER ? atomic_load(&doing) : what], 1);
        atomic_fetch_add(&wrong, n != BLOCK_BYTES);
        atomic_fetch_add(&reads, 1);
    }
    close(schedstat);
    return NULL;
}

/* Through a buffer of the set: its bytes are the file's. */
static bool reads_fixed(unsigned char *memory, int i)
{
    struct seen seen = {0};
    size_t at = (size_t)(i % BUFFERS) * BUFFER_BYTES;

    memset(memory + at, 1, BLOCK_BYTES);
    return outcome(engine,
                   auraio_read(engine, fd, auraio_buf_fixed(i % BUFFERS, 0), BLOCK_BYTES, 0, see,
                               &seen),
                   &seen) == BLOCK_BYTES &&
           matches_pattern(memory + at, BLOCK_BYTES, 0);
}

int main(void)
{
    size_t all = BUFFERS * BUFFER_BYTES;
    unsigned char *memory =
        mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec iovs[BUFFERS];
    int registered = 0, unregistered = 0, right = 0;
    double register_ms = 0, unregister_ms = 0;
    pthread_t reader;

    need_others_while_asleep();
    if (memory == MAP_FAILED)
        bail("no memory");
    memset(memory, 1, all);
    for (int i = 0; i < BUFFERS; i++)
        iovs[i] = (struct iovec){memory + (size_t)i * BUFFER_BYTES, BUFFER_BYTES};
    fd = scratch_file("file", BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    start_threads(&reader, 1, read_plain, NULL);
    reaches(&reads, 100);
    for (int i = 0; i < ROUNDS; i++) {
        int before = atomic_load(&reads);
        double began_ms = now_ms();
        atomic_store(&doing, REGISTERS);
        registered += auraio_register_buffers(engine, iovs, BUFFERS) == 0;
        register_ms += now_ms() - began_ms;
        atomic_store(&doing, NEITHER);
        reaches(&reads, before + 10);
        right += reads_fixed(memory, i * 13);
        began_ms = now_ms();
        atomic_store(&doing, UNREGISTERS);
        unregistered += auraio_unregister_buffers(engine) == 0;
        atomic_store(&doing, NEITHER);
        unregister_ms += now_ms() - began_ms;
        atomic_store(&doing, COMPUTES);
        memset(memory, 1, all);
        atomic_store(&doing, NEITHER);
    }
    atomic_store(&over, 1);
    join_threads(&reader, 1);
    is(registered, ROUNDS, "%d times registered", ROUNDS);
    is(unregistered, ROUNDS, "and unregistered");
    is(right, ROUNDS, "what was read through it is right");
    is(atomic_load(&wrong), 0, "all reads beside it were right");
    for (int i = REGISTERS; i < DOINGS; i++)
        ok(atomic_load(&stalls[i]) < ROUNDS / 2 + 2 * atomic_load(&stalls[COMPUTES]),
           "%s: few took more than %d ms (%d of %d, and %d else)",
           i == REGISTERS ? "registered" : "unregistered", STALL_MS, atomic_load(&stalls[i]),
           atomic_load(&reads), atomic_load(&stalls[COMPUTES]));
    note("to register took %.2f ms, to unregister %.2f", register_ms / ROUNDS,
         unregister_ms / ROUNDS);
    auraio_destroy(engine);
    munmap(memory, all);
    return done();
}
