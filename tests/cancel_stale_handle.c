/* SPDX-License-Identifier: Apache-2.0 */
/* A handle whose slot serves another operation by now reaches nothing: neither a cancel nor a
 * query touches the other operation. */
#include "slow.h"

/* Fewer than a slot has generations: on 32-bit systems it is 512. */
enum { REUSES = sizeof(void *) > 4 ? 1000 : 500 };

static auraio_engine_t *engine;
static auraio_request_t *stale[REUSES];

/* How many of the stale handles behave as such. */
static int all_stale(void)
{
    int good = 0;

    for (int i = 0; i < REUSES; i++) {
        errno = 0;
        good += auraio_cancel(engine, stale[i]) == -1 && errno == EALREADY &&
                !auraio_request_pending(stale[i]) && auraio_request_fd(stale[i]) == -1 &&
                auraio_request_user_data(stale[i]) == NULL &&
                auraio_request_op_type(stale[i]) == (auraio_op_type_t)-1;
    }
    return good;
}

int main(void)
{
    auraio_options_t options;
    struct slow slow;
    int completed = 0, distinct = 0;

    test_options(&options);
    options.queue_depth = 1; /* so that all have the same slot */
    options.ring_count = 1;
    engine = test_engine(&options);
    for (int i = 0; i < REUSES; i++) {
        struct seen seen = {0};
        stale[i] = auraio_nop(engine, see, &seen);
        completed += outcome(engine, stale[i], &seen) == 0;
        distinct += i == 0 || stale[i] != stale[i - 1];
    }
    is(completed, REUSES, "operations, one after the other");
    is(distinct, REUSES, "none has its predecessor's handle");
    is(all_stale(), REUSES, "all their handles are stale");

    slow_start(engine, &slow);
    is(all_stale(), REUSES, "also while another operation is in flight");
    is(auraio_wait(engine, 50), 0, "which is unharmed");
    ok(auraio_request_pending(slow.req), "and pending");
    is(slow_finish(engine, &slow), 1, "it completes with its own result");
    is(all_stale(), REUSES, "nothing has changed for them");
    auraio_destroy(engine);
    return done();
}
