/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of 100 000 operations, fewer on workers, each submitted by the callback of the one before
 * it: the stack stays flat and so does the number of operations in flight. */
#include "outcome.h"

enum { OPERATIONS = 100000, ON_WORKERS = 20000, MOST_STACK_BYTES = 8192 };

static auraio_engine_t *engine;
static unsigned char buf[512];
static uintptr_t lowest = UINTPTR_MAX, highest;
static int fd, most, calls, wrong, outside;

static void submit_next(void);

static void again(auraio_request_t *req, ssize_t result, void *user_data)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    (void)req;
    (void)user_data;
    if (here < lowest)
        lowest = here;
    if (here > highest)
        highest = here;
    wrong += result != (calls % 2 ? 0 : (ssize_t)sizeof buf);
    outside += !auraio_in_callback();
    if (++calls < most)
        submit_next();
}

static void submit_next(void)
{
    const auraio_request_t *req =
        calls % 2 ? auraio_nop(engine, again, NULL)
                  : auraio_read(engine, fd, auraio_buf(buf), sizeof buf, calls % 4096, again, NULL);

    if (!req)
        bail("submission %d: %s", calls, strerror(errno));
}

int main(void)
{
    engine = test_engine(NULL);
    fd = scratch_file("file", 8192, 0);
    most = on_threads() ? ON_WORKERS : OPERATIONS;
    submit_next();
    for (double end_ms = now_ms() + 500000; calls < most && now_ms() < end_ms;)
        if (auraio_wait(engine, 1000) < 0)
            break;
    is(calls, most, "every operation completed");
    is(wrong, 0, "each with its result");
    is(outside, 0, "every callback knew that it was one");
    ok(highest - lowest < MOST_STACK_BYTES, "the stack moved by %zu bytes",
       (size_t)(highest - lowest));
    is(auraio_pending_count(engine), 0, "nothing is left in flight");
    ok(!auraio_in_callback(), "the program is not in a callback");
    auraio_destroy(engine);
    return done();
}
