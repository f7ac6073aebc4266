/* SPDX-License-Identifier: Apache-2.0 */
/* wait_n returns when it has processed as many as it was asked for, or with fewer when its time
 * is up; what all calls return adds up to what was submitted. */
#include "slow.h"

enum { OPERATIONS = 100, SHORT_MS = 50, LEAST_MS = 45, GENEROUS_MS = 5000 };

static auraio_engine_t *engine;
static struct seen seen[OPERATIONS];

static int submit_nops(int n)
{
    int accepted = 0;

    for (int i = 0; i < n; i++)
        accepted += auraio_nop(engine, see, &seen[i]) != NULL;
    return accepted;
}

static int seen_once(int n)
{
    int once = 0;

    for (int i = 0; i < n; i++)
        once += atomic_exchange(&seen[i].calls, 0) == 1;
    return once;
}

int main(void)
{
    struct slow slow;

    engine = test_engine(NULL);
    is(submit_nops(8), 8, "8 operations");
    is(auraio_wait_n(engine, 8, -1), 8, "all 8 are waited for");
    is(seen_once(8), 8, "each callback has run once");

    is(submit_nops(OPERATIONS), OPERATIONS, "%d operations", OPERATIONS);
    int total = 0, calls = 0, n = 1;
    while (total < OPERATIONS && n > 0) {
        int min = OPERATIONS - total < 7 ? OPERATIONS - total : 7;
        n = auraio_wait_n(engine, min, 60000);
        calls += n < min;
        total += n;
    }
    is(total, OPERATIONS, "waited for by sevens, they add up");
    is(calls, 0, "no wait returned with less than it was to wait for");
    is(seen_once(OPERATIONS), OPERATIONS, "each callback has run once");

    slow_start(engine, &slow);
    is(submit_nops(3), 3, "3 operations and one that does not end");
    double began_ms = now_ms();
    int come = auraio_wait_n(engine, 4, SHORT_MS);
    ok(come >= 0 && come <= 3, "of 4 that are asked for, no more than 3 come (%d)", come);
    double took_ms = now_ms() - began_ms;
    ok(took_ms >= LEAST_MS && took_ms < GENEROUS_MS, "after the whole time (%.0f ms)", took_ms);
    come += come < 3 ? auraio_wait_n(engine, 3 - come, -1) : 0;
    is(come, 3, "and 3 in the end");
    is(seen_once(3), 3, "each callback has run once");
    is(slow_finish(engine, &slow), 1, "the last one completes");

    is(submit_nops(3), 3, "3 operations");
    come = auraio_wait_n(engine, INT_MAX, SHORT_MS);
    come += come >= 0 && come < 3 ? auraio_wait_n(engine, 3 - come, -1) : 0;
    is(come, 3, "as many as come within the time, and the others later");
    is(seen_once(3), 3, "each callback has run once");
    if (on_single()) {
        is(submit_nops(3), 3, "3 operations");
        is(auraio_wait_n(engine, INT_MAX, -1), 3, "without a limit: until none is in flight");
    }
    auraio_destroy(engine);
    return done();
}
