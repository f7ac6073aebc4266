/* SPDX-License-Identifier: Apache-2.0 */
/* A handle of another engine, of one that is gone, or of none at all is refused. */
#include "slow.h"

static bool refused(auraio_engine_t *engine, auraio_request_t *req, int wanted)
{
    errno = 0;
    bool minus_one = auraio_cancel(engine, req) == -1;
    return minus_one && (errno == wanted || errno == EINVAL);
}

int main(void)
{
    auraio_engine_t *one = test_engine(NULL), *two = test_engine(NULL);
    struct slow slow;
    int good = 0, rubbish = 0;

    slow_start(one, &slow);
    ok(refused(two, slow.req, EINVAL), "another engine's handle");
    ok(refused(one, NULL, EINVAL), "NULL");
    ok(refused(NULL, slow.req, EINVAL), "no engine");
    for (uintptr_t bits = 1; bits; bits <<= 1, rubbish++)
        good += refused(one, (auraio_request_t *)bits, EALREADY);
    for (uintptr_t bits = 1; bits; bits <<= 1, rubbish++) /* one bit off */
        good += refused(one, (auraio_request_t *)((uintptr_t)slow.req ^ bits), EALREADY);
    for (uintptr_t n = 1; n <= 1000; n++, rubbish++)
        good += refused(one, (auraio_request_t *)(n * (uintptr_t)0x9e3779b97f4a7c15), EALREADY);
    good += refused(one, (auraio_request_t *)UINTPTR_MAX, EALREADY);
    is(good, rubbish + 1, "rubbish");
    is(auraio_wait(one, 50), 0, "the operation in flight knows nothing of it");
    is(slow_finish(one, &slow), 1, "and completes");
    auraio_destroy(one);
    ok(refused(two, slow.req, EALREADY), "the handle of an engine that is gone");
    auraio_engine_t *three = test_engine(NULL);
    ok(refused(three, slow.req, EALREADY), "also for an engine that came after it");
    auraio_destroy(two);
    auraio_destroy(three);
    return done();
}
