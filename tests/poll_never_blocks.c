/* SPDX-License-Identifier: Apache-2.0 */
/* poll takes what has completed and returns, whatever is in flight. */
#include "slow.h"

enum { POLLS = 10000, OPERATIONS = 100, GENEROUS_MS = 60000 };

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    struct seen seen[OPERATIONS] = {0};
    struct slow slow;
    int taken = 0, accepted = 0, total = 0, once = 0;

    is(auraio_poll(engine), 0, "nothing to poll for");
    slow_start(engine, &slow);
    double began_ms = now_ms();
    for (int i = 0; i < POLLS; i++)
        taken += auraio_poll(engine);
    is(taken, 0, "%d polls while nothing completes", POLLS);
    ok(now_ms() - began_ms < GENEROUS_MS, "do not block (%.0f ms)", now_ms() - began_ms);

    for (int i = 0; i < OPERATIONS; i++)
        accepted += auraio_nop(engine, see, &seen[i]) != NULL;
    is(accepted, OPERATIONS, "operations that do complete");
    for (began_ms = now_ms(); total < OPERATIONS && now_ms() - began_ms < GENEROUS_MS;)
        total += auraio_poll(engine);
    is(total, OPERATIONS, "polls alone take them all");
    for (int i = 0; i < OPERATIONS; i++)
        once += seen[i].calls == 1 && seen[i].result == 0;
    is(once, OPERATIONS, "each callback has run once");
    is(auraio_pending_count(engine), 1, "the slow one is still there");
    slow_end(&slow);
    for (began_ms = now_ms(); !slow.seen.calls && now_ms() - began_ms < GENEROUS_MS;)
        total += auraio_poll(engine);
    is(total, OPERATIONS + 1, "polls take it when it completes");
    slow_close(&slow);
    auraio_destroy(engine);
    return done();
}
