/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that is found inside the engine when it is destroyed gets out of it unharmed. */
#include "threads.h"

enum { ROUNDS = 5, GENEROUS_MS = 60000 };

static auraio_engine_t *engine;
static _Atomic int entered, bad;

static void *wait_inside(void *arg)
{
    (void)arg;
    atomic_fetch_add(&entered, 1);
    errno = 0;
    if (auraio_wait(engine, 60000) < 0 && errno != ESHUTDOWN)
        atomic_fetch_add(&bad, 1);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    double began_ms = now_ms();

    need_others_while_asleep();
    auraio_destroy(test_engine(NULL));
    int fds = count_fds();
    for (int i = 0; i < ROUNDS; i++) {
        engine = test_engine(NULL);
        atomic_store(&entered, 0);
        start_threads(threads, 2, wait_inside, NULL);
        reaches(&entered, 2);
        others_fall_asleep(); /* inside: a later call would be forbidden */
        auraio_destroy(engine);
        join_threads(threads, 2);
    }
    is(atomic_load(&bad), 0, "every wait returned as a wait does");
    ok(now_ms() - began_ms < GENEROUS_MS, "in time");
    is(count_fds(), fds, "no descriptor is left behind");
    return done();
}
