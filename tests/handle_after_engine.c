/* SPDX-License-Identifier: Apache-2.0 */
/* Handles outlive their engine harmlessly, however many engines come after it. */
#include "outcome.h"

enum { ENGINES = 50, EACH = 20, LATER = 200 };

static auraio_request_t *reqs[ENGINES][EACH];
static struct seen seen[ENGINES][EACH];

static int stale_ones(auraio_engine_t *engine)
{
    int n = 0;

    for (int i = 0; i < ENGINES; i++)
        for (int k = 0; k < EACH; k++) {
            auraio_request_t *req = reqs[i][k];
            errno = 0;
            n += !auraio_request_pending(req) && auraio_request_fd(req) == -1 &&
                 !auraio_request_user_data(req) && auraio_request_error(req) == 0 &&
                 auraio_request_op_type(req) == (auraio_op_type_t)-1 &&
                 (!engine ||
                  (auraio_cancel(engine, req) == -1 && (errno == EINVAL || errno == EALREADY)));
        }
    return n;
}

int main(void)
{
    int accepted = 0, once = 0, always = 0;
    auraio_options_t options;

    test_options(&options);
    options.queue_depth = EACH;
    for (int i = 0; i < ENGINES; i++) {
        auraio_engine_t *engine = test_engine(&options);
        for (int k = 0; k < EACH; k++) {
            reqs[i][k] = auraio_nop(engine, see, &seen[i][k]);
            accepted += reqs[i][k] != NULL;
        }
        auraio_destroy(engine);
    }
    for (int i = 0; i < ENGINES; i++)
        for (int k = 0; k < EACH; k++)
            once += seen[i][k].calls == 1 && seen[i][k].req == reqs[i][k];
    is(accepted, ENGINES * EACH, "operations of engines that are gone");
    is(once, ENGINES * EACH, "each callback was given its handle");
    is(stale_ones(NULL), ENGINES * EACH, "all handles are stale");
    for (int i = 0; i < LATER; i++) {
        auraio_engine_t *engine = test_engine(&options);
        struct seen later = {0};
        auraio_request_t *req = auraio_nop(engine, see, &later);
        always += req && stale_ones(i % 20 ? NULL : engine) == ENGINES * EACH &&
                  wait_seen(engine, &later) && later.result == 0;
        auraio_destroy(engine);
    }
    is(always, LATER, "and stay so while other engines come, work and go");
    return done();
}
