/* SPDX-License-Identifier: Apache-2.0 */
/* A cancel stops an operation in flight that waits for something; others in flight know nothing
 * of it. */
#include "slow.h"

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    struct slow slow, other;

    slow_start(engine, &other);
    slow_start(engine, &slow);
    is(auraio_wait(engine, 50), 0, "two operations that do not end by themselves");
    is(auraio_cancel(engine, slow.req), 0, "one is cancelled");
    is(outcome(engine, slow.req, &slow.seen), -ECANCELED, "it was really stopped");
    ok(!auraio_request_pending(slow.req), "it is pending no more");
    is(auraio_poll(engine), 0, "nothing else comes");
    is(slow.seen.calls, 0, "its callback has run once");
    is(other.seen.calls, 0, "the other one's has not");
    slow_close(&slow);
    is(slow_finish(engine, &other), 1, "it was left alone");
    auraio_destroy(engine);
    return done();
}
