/* SPDX-License-Identifier: Apache-2.0 */
/* run goes on until stop, which may come from a callback, from another thread, or before the run
 * has begun; a stop ends one run and no later one. */
#include "slow.h"
#include "threads.h"

enum { CHAIN = 1000, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;
static int links;

static void link_or_stop(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    if (++links < CHAIN)
        auraio_nop(engine, link_or_stop, user_data);
    else
        *(int *)user_data = auraio_stop(engine);
}

static void *stop_later(void *arg)
{
    sleep_ms(50);
    *(int *)arg = auraio_stop(engine);
    return NULL;
}

static void runs(const char *what)
{
    double began_ms = now_ms();

    is(auraio_run(engine), 0, "run ends after %s", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "in time");
}

int main(void)
{
    struct slow slow;
    pthread_t thread;
    int stopped = -2;

    need_others_while_asleep();
    engine = test_engine(NULL);
    is(auraio_stop(engine), 0, "stop");
    runs("a stop before it");

    ok(auraio_nop(engine, link_or_stop, &stopped), "a row of operations");
    runs("a callback's stop");
    is(links, CHAIN, "the whole row has run");
    is(stopped, 0, "the stop succeeded");

    stopped = -2;
    slow_start(engine, &slow);
    double began_ms = now_ms();
    start_threads(&thread, 1, stop_later, &stopped);
    runs("another thread's stop");
    join_threads(&thread, 1);
    ok(now_ms() - began_ms >= 45, "not before it");
    is(stopped, 0, "the stop succeeded");
    is(slow.seen.calls, 0, "what is in flight is still in flight");

    is(auraio_stop(engine), 0, "stop while nobody runs");
    is(auraio_stop(engine), 0, "and once more");
    runs("both");
    began_ms = now_ms();
    start_threads(&thread, 1, stop_later, &stopped);
    runs("a third one");
    ok(now_ms() - began_ms >= 45, "not at once because of the first two");
    join_threads(&thread, 1);

    start_threads(&thread, 1, stop_later, &stopped);
    began_ms = now_ms();
    is(auraio_wait(engine, 60000), 0, "a stop ends a wait too");
    ok(now_ms() - began_ms < GENEROUS_MS, "at once");
    join_threads(&thread, 1);
    is(slow_finish(engine, &slow), 1, "the slow one completes");
    auraio_destroy(engine);
    return done();
}
