/* SPDX-License-Identifier: Apache-2.0 */
/* A wake-up is for every thread: one that was not in a wait has its next one ended, although
 * another thread's wait has answered the wake-up by then. */
#include "slow.h"
#include "threads.h"

enum { THREADS = 4, ROUNDS = 300, PATIENCE_MS = 60000, SHORT_MS = 50, LEAST_MS = 45 };

static auraio_engine_t *engine;
static _Atomic int round_now, reached, ready, over, bad;

static void *wait_once(void *result)
{
    *(int *)result = auraio_wait(engine, PATIENCE_MS);
    return NULL;
}

static void in_turn(void)
{
    pthread_t thread;
    int other = -1;

    is(auraio_wait(engine, 1), 0, "this thread has waited before");
    start_threads(&thread, 1, wait_once, &other);
    sleep_ms(SHORT_MS);
    is(auraio_wakeup(engine), 0, "a wake-up while another thread waits");
    join_threads(&thread, 1);
    is(other, 0, "ends its wait");
    double began_ms = now_ms();
    is(auraio_wait(engine, PATIENCE_MS), 0, "and the next one of this thread");
    ok(now_ms() - began_ms < PATIENCE_MS / 2, "at once");
    began_ms = now_ms();
    is(auraio_wait(engine, SHORT_MS), 0, "the one after that");
    ok(now_ms() - began_ms >= LEAST_MS, "lasts its time");
}

/* Looks, then waits without a limit: no round may be slept over. */
static void *follow_rounds(void *unused)
{
    int seen = 0;

    atomic_fetch_add(&bad, auraio_poll(engine) < 0); /* from now on it misses no wake-up */
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
        int now = atomic_load(&round_now);
        if (now != seen) {
            seen = now;
            atomic_fetch_add(&reached, 1);
            continue;
        }
        if (auraio_wait(engine, -1) < 0)
            atomic_fetch_add(&bad, 1);
    }
    return unused;
}

static void many_rounds(void)
{
    pthread_t threads[THREADS];
    int round = 0;
    bool all = true;

    start_threads(threads, THREADS, follow_rounds, NULL);
    ok(reaches(&ready, THREADS), "%d threads have polled", THREADS);
    while (round < ROUNDS && all) {
        atomic_store(&round_now, ++round);
        auraio_wakeup(engine);
        all = reaches(&reached, round * THREADS);
    }
    ok(all, "each of %d threads looked after each of %d wake-ups (%d)", THREADS, ROUNDS, round);
    atomic_store(&over, 1);
    auraio_wakeup(engine);
    if (!all)
        bail("a thread sleeps for ever");
    join_threads(threads, THREADS);
    is(atomic_load(&bad), 0, "no wait failed");
}

int main(void)
{
    struct slow slow;

    need_others_while_asleep();
    engine = test_engine(NULL);
    slow_start(engine, &slow);
    in_turn();
    many_rounds();
    is(slow_finish(engine, &slow), 1, "the operation in flight knows nothing of it");
    auraio_destroy(engine);
    return done();
}
