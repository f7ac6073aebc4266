/* SPDX-License-Identifier: Apache-2.0 */
/* A wait that nothing ends takes as long as it was told to, and returns 0. */
#include "slow.h"

enum { SHORT_MS = 50, LEAST_MS = 45, GENEROUS_MS = 30000 };

static auraio_engine_t *engine;

static void lasts(int returned, double began_ms, const char *what)
{
    double took_ms = now_ms() - began_ms;

    is(returned, 0, "%s returns 0", what);
    ok(took_ms >= LEAST_MS, "not before its time");
    ok(took_ms < GENEROUS_MS, "and soon after it (%.0f ms)", took_ms);
}

static void is_quick(int returned, double began_ms, const char *what)
{
    is(returned, 0, "%s returns 0", what);
    ok(now_ms() - began_ms < GENEROUS_MS, "at once");
}

int main(void)
{
    struct slow slow;
    struct seen seen = {0};

    engine = test_engine(NULL);
    double began_ms = now_ms();
    if (on_single())
        is_quick(auraio_wait(engine, -1), began_ms, "a wait for nothing of the only thread");
    else
        lasts(auraio_wait(engine, SHORT_MS), began_ms, "a wait for nothing");
    began_ms = now_ms();
    is_quick(auraio_wait(engine, 0), began_ms, "a wait of 0 ms");

    slow_start(engine, &slow);
    began_ms = now_ms();
    lasts(auraio_wait(engine, SHORT_MS), began_ms, "a wait for what does not come");
    began_ms = now_ms();
    is_quick(auraio_wait(engine, 0), began_ms, "a wait of 0 ms");
    began_ms = now_ms();
    is_quick(auraio_poll(engine), began_ms, "a poll");

    ok(auraio_nop(engine, see, &seen), "another operation");
    began_ms = now_ms();
    is(auraio_wait(engine, 60000), 1, "a long wait ends with it");
    ok(now_ms() - began_ms < GENEROUS_MS, "without waiting for the slow one");
    is(seen.calls, 1, "its callback has run");
    is(slow_finish(engine, &slow), 1, "the slow one completes");
    auraio_destroy(engine);
    return done();
}
