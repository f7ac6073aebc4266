/* SPDX-License-Identifier: Apache-2.0 */
/* Cancelling again, or too late, changes nothing: one callback, and EALREADY when it has run. */
#include "slow.h"

static auraio_engine_t *engine;

static void again_and_again(struct slow *slow, const char *what)
{
    int bad = 0;

    is(auraio_cancel(engine, slow->req), 0, "%s is cancelled", what);
    for (int i = 0; i < 10; i++)
        bad += auraio_cancel(engine, slow->req) != 0 && errno != EALREADY;
    is(bad, 0, "again: asked for, or EALREADY");
    ok(wait_seen(engine, &slow->seen), "its callback runs");
    for (int i = 0; i < 3; i++) {
        errno = 0;
        is(auraio_cancel(engine, slow->req), -1, "too late");
        is(errno, EALREADY, "EALREADY");
    }
    auraio_poll(engine);
    is(slow->seen.calls, 1, "the callback has run once");
    slow_close(slow);
}

int main(void)
{
    auraio_options_t options;
    struct slow first, second, third;
    struct seen seen = {0};

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    slow_start(engine, &first);
    again_and_again(&first, "one in flight");

    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time");
    slow_start(engine, &second);
    slow_start(engine, &third);
    again_and_again(&third, "one held back");
    is(slow_finish(engine, &second), 1, "the one before it completes");

    auraio_request_t *req = auraio_nop(engine, see, &seen);
    ok(wait_seen(engine, &seen), "an operation completes");
    errno = 0;
    is(auraio_cancel(engine, req), -1, "it cannot be cancelled any more");
    is(errno, EALREADY, "EALREADY");
    is(seen.result, 0, "its result stands");
    auraio_destroy(engine);
    return done();
}
