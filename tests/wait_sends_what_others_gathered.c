/* SPDX-License-Identifier: Apache-2.0 */
/* A wait that would block sends first what all threads have gathered, of threads that sit still
 * and of threads that have exited. */
#include "threads.h"

enum { THREADS = 4, EACH = 5 };

static auraio_engine_t *engine;
static struct seen seen[THREADS][EACH];
static _Atomic int next_thread, submitted, stay;

static void *gather(void *arg)
{
    struct seen *own = seen[atomic_fetch_add(&next_thread, 1)];
    int accepted = 0;

    for (int i = 0; i < EACH; i++)
        accepted += auraio_nop(engine, see, &own[i]) != NULL;
    atomic_fetch_add(&submitted, accepted);
    while (atomic_load((_Atomic int *)arg))
        sleep_ms(1);
    return NULL;
}

static void round_of(int stays)
{
    pthread_t threads[THREADS];
    int once = 0, total = 0, n = 1;

    memset(seen, 0, sizeof seen);
    atomic_store(&next_thread, 0);
    atomic_store(&submitted, 0);
    atomic_store(&stay, stays);
    start_threads(threads, THREADS, gather, &stay);
    if (!stays)
        join_threads(threads, THREADS);
    ok(reaches(&submitted, THREADS * EACH), "%d threads have gathered", THREADS);
    while (total < THREADS * EACH && n > 0)
        total += n = auraio_wait(engine, 10000);
    is(total, THREADS * EACH, "waits send and complete all of it");
    atomic_store(&stay, 0);
    if (stays)
        join_threads(threads, THREADS);
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < EACH; k++)
            once += seen[i][k].calls == 1;
    is(once, THREADS * EACH, "every callback has run once");
}

int main(void)
{
    auraio_options_t options;

    test_options(&options);
    options.batch_threshold = 0;
    options.ring_count = 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    engine = test_engine(&options);
    note("the threads stay");
    round_of(1);
    note("the threads exit");
    round_of(0);
    auraio_destroy(engine);
    return done();
}
