/* SPDX-License-Identifier: Apache-2.0 */
/* Two to eight threads wait and poll for one last operation: one of them gets it as soon as it is
 * there, and a wake-up ends the waits of all the others. */
#include "slow.h"
#include "threads.h"

#include <sched.h>

enum { MOST = 8, ROUNDS = 40, GENEROUS_MS = 60000 };

static auraio_engine_t *engine;
static _Atomic int inside, outside, over, processed, bad;

static void account(int n)
{
    if (n < 0)
        atomic_fetch_add(&bad, 1);
    else
        atomic_fetch_add(&processed, n);
}

static void *wait_or_poll(void *arg)
{
    bool polls = atomic_fetch_add(&inside, 1) % 3 == 2;

    (void)arg;
    if (!polls)
        account(auraio_wait(engine, -1));
    while (polls && !atomic_load(&over)) {
        account(auraio_poll(engine));
        sched_yield();
    }
    atomic_fetch_add(&outside, 1);
    return NULL;
}

static bool round_of(int n, int i)
{
    pthread_t threads[MOST];
    struct slow slow;

    atomic_store(&inside, 0);
    atomic_store(&outside, 0);
    atomic_store(&over, 0);
    atomic_store(&processed, 0);
    slow_start(engine, &slow);
    start_threads(threads, n, wait_or_poll, NULL);
    reaches(&inside, i % 3 ? n : 1);
    if (i % 2)
        sleep_ms(1);
    double began_ms = now_ms();
    slow_end(&slow);
    while (!atomic_load(&slow.seen.calls) && now_ms() - began_ms < GENEROUS_MS)
        sched_yield();
    bool came = atomic_load(&slow.seen.calls) == 1;
    atomic_store(&over, 1);
    while (atomic_load(&outside) < n) { /* some may only now be on their way into the wait */
        auraio_wakeup(engine);
        sleep_ms(1);
    }
    join_threads(threads, n);
    slow_close(&slow);
    return came && slow.seen.calls == 1 && atomic_load(&processed) == 1;
}

int main(void)
{
    int all = 1 + (rounds_of_race(ROUNDS * (MOST - 1)) - 1) / (MOST - 1);

    need_others_while_asleep();
    engine = test_engine(NULL);
    for (int n = 2; n <= MOST; n++) {
        int good = 0;
        for (int i = 0; i < all; i++)
            good += round_of(n, i);
        is(good, all, "%d threads: the operation came at once, and to one of them", n);
    }
    is(atomic_load(&bad), 0, "no call failed");
    auraio_destroy(engine);
    return done();
}
