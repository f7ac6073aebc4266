/* SPDX-License-Identifier: Apache-2.0 */
/* A link of a chain that has not started is cancelled together with those behind it; what is
 * before it runs on. */
#include "slow.h"

enum { LINKS = 4 };

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    struct seen seen[LINKS] = {0};
    auraio_op_t ops[LINKS];
    auraio_request_t *reqs[LINKS];
    struct slow slow;

    slow_open(&slow);
    ops[0] = transfer_op(AURAIO_OP_READ, slow.out, &slow.byte, 1, 0, &seen[0]);
    for (int i = 1; i < LINKS; i++)
        ops[i] = simple_op(AURAIO_OP_NOP, -1, &seen[i]);
    for (int i = 0; i < LINKS - 1; i++)
        ops[i].flags = AURAIO_OPF_LINK;
    is(auraio_submit(engine, ops, LINKS, reqs), LINKS, "a chain whose first link does not end");
    is(auraio_wait(engine, 50), 0, "it stands still");
    is(auraio_pending_count(engine), LINKS, "all of it");
    is(auraio_cancel(engine, reqs[2]), 0, "the third link is cancelled");
    slow_end(&slow);
    ok(auraio_drain(engine, 60000) >= 0, "the chain ends");
    for (int i = 0; i < LINKS; i++)
        is(seen[i].calls, 1, "the callback of link %d has run once", i);
    is(seen[0].result, 1, "the first has read its byte");
    is(seen[1].result, 0, "the second has run");
    is(seen[2].result, -ECANCELED, "the third has not");
    is(seen[3].result, -ECANCELED, "nor the one behind it");
    slow_close(&slow);
    auraio_destroy(engine);
    return done();
}
