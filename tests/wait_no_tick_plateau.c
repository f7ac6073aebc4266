/* SPDX-License-Identifier: Apache-2.0 */
/* Completions do not wait for the scheduler's tick, which is 4 ms: neither where the submitter
 * computes without a system call while another thread waits, nor in a loop that only polls, at
 * whatever depth. What is asserted is that a round comes in which most are soon: a busy machine has
 * one in the end, and at the tick there would be none.
 */
#include "child.h"
#include "threads.h"

enum { OPERATIONS = 200, PATIENCE_MS = 60000, SOON_US = 1000, BLOCK_BYTES = 4096, MOST_DEPTH = 64 };
enum { SHALLOW = 4 }; /* a deeper queue would measure how fast workers, or instruments, are */

static auraio_engine_t *engine;
static int fd;

struct reading {
    unsigned char buf[BLOCK_BYTES];
    double began_ms;
};

static struct reading readings[MOST_DEPTH];
static _Atomic int finished, soon, wrong, over;
static int most;

static void start(struct reading *reading);

static void note_latency(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct reading *reading = user_data;

    (void)req;
    atomic_fetch_add(&soon, (now_ms() - reading->began_ms) * 1000 < SOON_US);
    atomic_fetch_add(&wrong, result != BLOCK_BYTES);
    if (atomic_fetch_add(&finished, 1) + 1 < most)
        start(reading);
}

static void start(struct reading *reading)
{
    reading->began_ms = now_ms();
    if (!auraio_read(engine, fd, auraio_buf(reading->buf), BLOCK_BYTES, 0, note_latency, reading))
        bail("a read was refused: %s", strerror(errno));
}

static void begin(int n)
{
    atomic_store(&finished, 0);
    atomic_store(&soon, 0);
    most = n;
}

static bool most_were_soon(void)
{
    int n = atomic_load(&finished);

    return n >= OPERATIONS && atomic_load(&soon) > n / 2;
}

static void until_most_are_soon(const char *what, int depth, void (*round)(int))
{
    double end_ms = now_ms() + PATIENCE_MS;
    int rounds = 0;

    do {
        round(depth);
        rounds++;
    } while (!most_were_soon() && now_ms() < end_ms);
    ok(most_were_soon(), "%s, depth %d: most of %d within %d us", what, depth,
       atomic_load(&finished), SOON_US);
    note("%d were not, in round %d", atomic_load(&finished) - atomic_load(&soon), rounds);
}

static void *wait_always(void *arg)
{
    (void)arg;
    while (!atomic_load(&over))
        auraio_wait(engine, -1);
    return NULL;
}

/* One operation at a time; until it is called back this thread looks at a word in memory. */
static void look_at_memory(int unused)
{
    (void)unused;
    begin(0); /* callbacks start nothing */
    for (int i = 0; i < OPERATIONS; i++) {
        start(&readings[0]);
        double began_ms = now_ms();
        while (atomic_load(&finished) <= i)
            if (now_ms() - began_ms > 60000)
                bail("an operation does not come");
    }
}

static void busy_submitter(void)
{
    pthread_t waiter;

    start_threads(&waiter, 1, wait_always, NULL);
    until_most_are_soon("the submitter is busy, another thread waits", 1, look_at_memory);
    atomic_store(&over, 1);
    auraio_wakeup(engine);
    join_threads(&waiter, 1);
}

static void poll_only(int depth)
{
    begin(OPERATIONS);
    for (int i = 0; i < depth; i++)
        start(&readings[i]);
    for (double began_ms = now_ms(); auraio_pending_count(engine) && now_ms() - began_ms < 60000;)
        auraio_poll(engine);
}

int main(void)
{
    need_others_while_asleep();
    fd = scratch_file("file", BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    bool slow = on_threads() || UNDER_ASAN || UNDER_TSAN || under_valgrind();
    for (int depth = 1; depth <= (slow ? SHALLOW : MOST_DEPTH); depth *= 4)
        until_most_are_soon("a loop that polls", depth, poll_only);
    if (!on_single())
        busy_submitter();
    is(atomic_load(&wrong), 0, "all have read their bytes");
    auraio_destroy(engine);
    return done();
}
