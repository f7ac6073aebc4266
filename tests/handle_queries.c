/* SPDX-License-Identifier: Apache-2.0 */
/* What a handle tells: of an operation in flight or held back, inside its callback, after it. */
#include "slow.h"

struct told {
    int calls, fd;
    bool pending, in_callback;
    void *user_data;
    auraio_op_type_t type;
    auraio_request_t *req;
};

static void ask_inside(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct told *told = user_data;

    (void)result;
    told->calls++;
    told->pending = auraio_request_pending(req);
    told->in_callback = auraio_in_callback();
    told->fd = auraio_request_fd(req);
    told->user_data = auraio_request_user_data(req);
    told->type = auraio_request_op_type(req);
    told->req = req;
}

static void is_alive(const auraio_request_t *req, int fd, void *user_data, auraio_op_type_t type)
{
    ok(req, "a handle");
    ok(auraio_request_pending(req), "pending");
    is(auraio_request_fd(req), fd, "its descriptor");
    ok(auraio_request_user_data(req) == user_data, "its user data");
    is(auraio_request_op_type(req), type, "its type");
}

static void is_stale(const auraio_request_t *req)
{
    ok(!auraio_request_pending(req), "not pending");
    is(auraio_request_fd(req), -1, "no descriptor");
    ok(!auraio_request_user_data(req), "no user data");
    ok(auraio_request_op_type(req) == (auraio_op_type_t)-1, "no type");
    is(auraio_request_error(req), 0, "no error");
}

int main(void)
{
    struct told told = {.pending = true};
    struct slow slow, held;
    auraio_options_t options;

    test_options(&options);
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    auraio_set_max_in_flight(engine, 1);
    slow_start(engine, &slow);
    note("in flight");
    is_alive(slow.req, slow.out, &slow.seen, AURAIO_OP_READ);
    slow_start(engine, &held);
    note("held back");
    is_alive(held.req, held.out, &held.seen, AURAIO_OP_READ);

    auraio_request_t *req =
        auraio_fsync(engine, scratch_file("file", 1, 0), AURAIO_FSYNC_DATASYNC, ask_inside, &told);
    int fd = auraio_request_fd(req);
    for (double end_ms = now_ms() + 60000; !told.calls && now_ms() < end_ms;)
        auraio_wait(engine, 100);
    note("inside its callback");
    ok(told.req == req, "the handle is the one that submission returned");
    ok(!told.pending, "not pending");
    ok(told.in_callback, "in a callback");
    ok(told.fd == fd && fd >= 0, "its descriptor");
    ok(told.user_data == &told, "its user data");
    is(told.type, AURAIO_OP_FDATASYNC, "its type");
    note("after its callback");
    is_stale(req);
    note("no handle at all");
    is_stale(NULL);
    ok(!auraio_in_callback(), "not in a callback");
    is(slow_finish(engine, &slow), 1, "the slow one completes");
    is(slow_finish(engine, &held), 1, "and the one held back");
    is_stale(held.req);
    auraio_destroy(engine);
    return done();
}
