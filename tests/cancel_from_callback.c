/* SPDX-License-Identifier: Apache-2.0 */
/* A callback cancels other operations, by handle and by descriptor; its own is complete. */
#include "slow.h"

static auraio_engine_t *engine;
static struct slow by_handle, by_fd;
static int asked = -2, asked_fd = -2, own = -2, own_error;

static void cancel_others(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)result;
    (void)user_data;
    asked = auraio_cancel(engine, by_handle.req);
    asked_fd = auraio_cancel_fd(engine, by_fd.out);
    errno = 0;
    own = auraio_cancel(engine, req);
    own_error = errno;
}

int main(void)
{
    auraio_options_t options;
    struct slow held, first;

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time");
    slow_start(engine, &first);
    slow_start(engine, &by_handle);
    slow_start(engine, &by_fd);
    slow_start(engine, &held);
    ok(auraio_nop(engine, cancel_others, NULL), "an operation whose callback cancels");
    for (double end_ms = now_ms() + 60000;
         (!by_fd.seen.calls || !by_handle.seen.calls) && now_ms() < end_ms;)
        auraio_wait(engine, 100);
    is(asked, 0, "a cancel by handle");
    is(asked_fd, 1, "one by descriptor");
    is(own, -1, "its own operation cannot be cancelled");
    is(own_error, EALREADY, "EALREADY");
    is(by_handle.seen.calls, 1, "the first callback has run");
    is(by_handle.seen.result, -ECANCELED, "with -ECANCELED");
    is(by_fd.seen.calls, 1, "the second callback has run");
    is(by_fd.seen.result, -ECANCELED, "with -ECANCELED");
    is(first.seen.calls + held.seen.calls, 0, "no other has");
    is(slow_finish(engine, &first), 1, "they complete");
    is(slow_finish(engine, &held), 1, "with their own results");
    slow_close(&by_handle);
    slow_close(&by_fd);
    auraio_destroy(engine);
    return done();
}
