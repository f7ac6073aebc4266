/* SPDX-License-Identifier: Apache-2.0 */
/* A wake-up from another thread ends the wait in progress, or the next one, and only that. */
#include "slow.h"
#include "threads.h"

enum { ROUNDS = 200, SHORT_MS = 50, LEAST_MS = 45, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static _Atomic int woken;

static void *wake_later(void *delay_ms)
{
    sleep_ms(*(int *)delay_ms);
    atomic_fetch_add(&woken, auraio_wakeup(engine) == 0);
    return NULL;
}

static void during_a_wait(int delay_ms, int rounds)
{
    int zero = 0;

    atomic_store(&woken, 0);
    double began_ms = now_ms();
    for (int i = 0; i < rounds; i++) {
        pthread_t thread;
        start_threads(&thread, 1, wake_later, &delay_ms);
        zero += auraio_wait(engine, -1) == 0;
        join_threads(&thread, 1);
    }
    is(zero, rounds, "%d waits without a limit ended, a wake-up %d ms later", rounds, delay_ms);
    is(atomic_load(&woken), rounds, "each wake-up succeeded");
    ok(now_ms() - began_ms < GENEROUS_MS + rounds * (delay_ms + 10), "in time");
}

int main(void)
{
    struct slow slow;

    need_others_while_asleep();
    engine = test_engine(NULL);
    slow_start(engine, &slow);
    during_a_wait(SHORT_MS, 3);
    during_a_wait(0, ROUNDS);

    is(auraio_wakeup(engine), 0, "a wake-up while nobody waits");
    double began_ms = now_ms();
    is(auraio_wait(engine, 60000), 0, "ends the next wait");
    ok(now_ms() - began_ms < GENEROUS_MS, "at once");
    began_ms = now_ms();
    is(auraio_wait(engine, SHORT_MS), 0, "the one after that");
    ok(now_ms() - began_ms >= LEAST_MS, "lasts its time");
    is(slow.seen.calls, 0, "the operation in flight knows nothing of it");
    is(slow_finish(engine, &slow), 1, "and completes");
    auraio_destroy(engine);
    return done();
}
