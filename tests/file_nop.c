/* SPDX-License-Identifier: Apache-2.0 */
/* A nop goes the way of every operation and gives 0. */
#include "outcome.h"

enum { MANY = 200 };

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    static struct seen seen[MANY];
    int handles = 0, once = 0;

    auraio_request_t *req = auraio_nop(engine, see, seen);
    is(auraio_request_op_type(req), AURAIO_OP_NOP, "its handle tells what it is");
    ok(auraio_request_user_data(req) == seen, "and its user data");
    is(outcome(engine, req, seen), 0, "it gives 0");
    ok(!auraio_request_pending(req), "and is no longer pending");

    for (int i = 0; i < MANY; i++)
        handles += auraio_nop(engine, see, &seen[i]) != NULL;
    is(handles, MANY, "%d of them are taken", MANY);
    is(auraio_drain(engine, 60000), MANY, "and completed");
    for (int i = 0; i < MANY; i++)
        once += seen[i].calls == 1 && seen[i].result == 0;
    is(once, MANY, "each once, with 0");
    ok(!auraio_nop(NULL, see, seen) && errno == EINVAL, "without an engine it is refused");
    auraio_destroy(engine);
    return done();
}
