/* SPDX-License-Identifier: Apache-2.0 */
/* A stop ends the run it was meant for and nothing else: the wait that comes after sleeps. */
#include "slow.h"
#include "threads.h"

enum { WAIT_MS = 300 };

static auraio_engine_t *engine;

static void *stop_soon(void *unused)
{
    sleep_ms(100);
    auraio_stop(engine);
    return unused;
}

static void is_slept(const char *what)
{
    double began_ms = now_ms();

    is(auraio_wait(engine, WAIT_MS), 0, "%s: a wait has nothing to deliver", what);
    double took_ms = now_ms() - began_ms;
    ok(took_ms >= WAIT_MS - 5, "%s: it sleeps (%.0f of %d ms)", what, took_ms, WAIT_MS);
}

int main(void)
{
    struct slow slow;
    pthread_t thread;

    engine = test_engine(NULL);
    slow_start(engine, &slow);
    is(auraio_stop(engine), 0, "stop before run");
    is(auraio_run(engine), 0, "run returns at once");
    is_slept("stopped before");
    start_threads(&thread, 1, stop_soon, NULL);
    is(auraio_run(engine), 0, "run is stopped by another thread");
    join_threads(&thread, 1);
    is_slept("stopped by another");
    is(auraio_wakeup(engine), 0, "wakeup");
    is(auraio_wait(engine, 10000), 0, "which does end a wait");
    is(slow_finish(engine, &slow), 1, "what was in flight completes");
    auraio_destroy(engine);
    return done();
}
