/* SPDX-License-Identifier: Apache-2.0 */
/* When several threads drain, the last operation ends all their drains, though only one of them
 * processes it. */
#include "slow.h"
#include "threads.h"

enum { MOST = 8, ROUNDS = 50 };

static auraio_engine_t *engine;
static _Atomic int inside, processed, bad;

static void *drain(void *arg)
{
    (void)arg;
    atomic_fetch_add(&inside, 1);
    int n = auraio_drain(engine, -1);
    if (n < 0)
        atomic_fetch_add(&bad, 1);
    else
        atomic_fetch_add(&processed, n);
    return NULL;
}

int main(void)
{
    pthread_t threads[MOST];

    need_others_while_asleep();
    engine = test_engine(NULL);
    for (int n = 2; n <= MOST; n++) {
        int once = 0;
        atomic_store(&processed, 0);
        atomic_store(&bad, 0);
        for (int i = 0; i < ROUNDS; i++) {
            struct slow slow;
            slow_start(engine, &slow);
            atomic_store(&inside, 0);
            start_threads(threads, n, drain, NULL);
            reaches(&inside, i % 3 ? n : 1);
            if (i % 2)
                sleep_ms(1);
            slow_end(&slow);
            join_threads(threads, n);
            once += slow.seen.calls == 1 && slow.seen.result == 1;
            slow_close(&slow);
        }
        is(once, ROUNDS, "%d threads: each operation's callback ran once", n);
        is(atomic_load(&processed), ROUNDS, "it was counted by one drain alone");
        is(atomic_load(&bad), 0, "no drain failed");
    }
    auraio_destroy(engine);
    return done();
}
