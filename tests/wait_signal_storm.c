/* SPDX-License-Identifier: Apache-2.0 */
/* A thousand signals a second end no wait early and lose no operation; their handlers run on the
 * application's thread, never on one of the library's. */
#include "slow.h"
#include "threads.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { OPERATIONS = 5000, DEPTH = 32, BLOCK_BYTES = 4096, WAIT_MS = 300, LEAST_MS = 295 };

static unsigned char bufs[DEPTH][BLOCK_BYTES];
static struct seen seen[DEPTH];
static volatile sig_atomic_t handled, elsewhere;
static pid_t own_thread;

static void handle(int number)
{
    (void)number;
    handled++;
    elsewhere += (pid_t)syscall(SYS_gettid) != own_thread;
}

/* us between the signals, 0 ends them. One clock runs always, the other while the CPU is used. */
static void storm(long us)
{
    struct sigaction action = {.sa_handler = handle}; /* without SA_RESTART */
    struct itimerval timer = {{0, us}, {0, us}};

    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    setitimer(ITIMER_PROF, &timer, NULL);
}

/* Reads of DEPTH blocks at a time; how many were accepted and gave what the file holds. */
static int read_all(auraio_engine_t *engine, int fd)
{
    int right = 0;

    for (int i = 0; i < OPERATIONS; i += DEPTH) {
        for (int k = 0; k < DEPTH; k++) {
            memset(&seen[k], 0, sizeof seen[k]);
            if (!auraio_read(engine, fd, auraio_buf(bufs[k]), BLOCK_BYTES, (int64_t)k * BLOCK_BYTES,
                             see, &seen[k]))
                return right;
        }
        for (int k = 0; k < DEPTH; k++)
            right += wait_seen(engine, &seen[k]) && seen[k].result == BLOCK_BYTES &&
                     matches_pattern(bufs[k], BLOCK_BYTES, (uint64_t)k * BLOCK_BYTES);
    }
    return right;
}

int main(void)
{
    int fd = scratch_file("file", DEPTH * BLOCK_BYTES, 0), early = 0, zero = 0;
    int rounds = (OPERATIONS + DEPTH - 1) / DEPTH;
    auraio_engine_t *engine;
    struct slow slow;

    need_others_while_asleep();
    engine = test_engine(NULL);
    own_thread = (pid_t)syscall(SYS_gettid);
    storm(1000);
    is(read_all(engine, fd), rounds * DEPTH, "every read under the storm is right");
    is(auraio_pending_count(engine), 0, "nothing is left");

    slow_start(engine, &slow);
    for (int i = 0; i < 3; i++) {
        double began_ms = now_ms();
        zero += auraio_wait(engine, WAIT_MS) == 0;
        early += now_ms() - began_ms < LEAST_MS;
    }
    is(zero, 3, "waits for what does not come return 0");
    is(early, 0, "none before its time");
    for (double end_ms = now_ms() + 60000; handled <= 20 && now_ms() < end_ms;)
        auraio_wait(engine, 10); /* signals that nobody took in time are one */
    is(slow_finish(engine, &slow), 1, "the slow one completes");
    storm(0);
    ok(handled > 20, "there was a storm (%d signals)", (int)handled);
    is(elsewhere, 0, "no handler ran on a thread of the library");
    auraio_destroy(engine);
    return done();
}
