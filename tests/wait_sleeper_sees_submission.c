/* SPDX-License-Identifier: Apache-2.0 */
/* A thread sleeps in a wait, with nothing in flight; what another thread submits then reaches it
 * at once, though that thread neither polls nor flushes, and gathers without a limit. */
#include "threads.h"

enum { ROUNDS = 500, GENEROUS_MS = 60000 };

static auraio_engine_t *engine;
static _Atomic int finished, over, processed;

static void count(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    atomic_fetch_add(&finished, 1);
}

static void *wait_always(void *arg)
{
    (void)arg;
    while (!atomic_load(&over)) {
        int n = auraio_wait(engine, -1);
        if (n > 0)
            atomic_fetch_add(&processed, n);
    }
    return NULL;
}

/* The submitter is busy without a system call, as a thread that computes is. */
static bool finishes(int n)
{
    double end_ms = now_ms() + GENEROUS_MS;

    while (atomic_load(&finished) < n)
        if (now_ms() > end_ms)
            return false;
    return true;
}

static void rounds(int threshold)
{
    int good = 0;
    pthread_t waiter;

    atomic_store(&finished, 0);
    atomic_store(&processed, 0);
    atomic_store(&over, 0);
    is(auraio_set_batch_threshold(engine, threshold), 0, "threshold %d", threshold);
    start_threads(&waiter, 1, wait_always, NULL);
    sleep_ms(100);
    double began_ms = now_ms();
    for (int i = 0; i < ROUNDS; i++) {
        good += auraio_nop(engine, count, NULL) && finishes(i + 1);
        if (i % 8 == 0)
            sleep_ms(1); /* long enough for the waiter to fall asleep again */
    }
    is(good, ROUNDS, "each operation came without the submitter's help");
    note("%.3f ms each", (now_ms() - began_ms) / ROUNDS);
    atomic_store(&over, 1);
    auraio_wakeup(engine);
    join_threads(&waiter, 1);
    is(atomic_load(&processed), ROUNDS, "to the waiter alone");
}

int main(void)
{
    need_others_while_asleep();
    engine = test_engine(NULL);
    rounds(-1);
    rounds(0);
    rounds(100);
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
