/* SPDX-License-Identifier: Apache-2.0 */
/* Destroy takes no new operations, lets those in flight and those held back complete, and runs
 * their callbacks before it returns. */
#include "threads.h"

enum { OPERATIONS = 64, BLOCK_BYTES = 4096 };

static unsigned char bufs[OPERATIONS][BLOCK_BYTES];
static int calls[OPERATIONS], right, in_callback, shut_submit, shut_cancel;
static auraio_engine_t *engine;
static int fd;

static void finished(auraio_request_t *req, ssize_t result, void *user_data)
{
    int *call = user_data;
    size_t i = (size_t)(call - calls);

    ++*call;
    right += result == BLOCK_BYTES && matches_pattern(bufs[i], BLOCK_BYTES, i * BLOCK_BYTES);
    in_callback += auraio_in_callback();
    errno = 0;
    shut_submit += !auraio_nop(engine, NULL, NULL) && errno == ESHUTDOWN;
    errno = 0;
    shut_cancel += auraio_cancel_fd(engine, fd) == -1 && errno == ESHUTDOWN;
    errno = 0;
    shut_cancel += auraio_cancel(engine, req) == -1 && errno == ESHUTDOWN;
}

int main(void)
{
    auraio_options_t options;
    int accepted = 0, once = 0;

    fd = scratch_file("file", OPERATIONS * BLOCK_BYTES, 0);
    auraio_destroy(test_engine(NULL));
    int fds = count_fds(), threads = threads_now();
    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 4), 0, "at most 4 in flight");
    for (int i = 0; i < OPERATIONS; i++)
        accepted += auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES,
                                (int64_t)i * BLOCK_BYTES, finished, &calls[i]) != NULL;
    is(accepted, OPERATIONS, "%d reads are accepted", OPERATIONS);
    is(auraio_destroy_timeout(engine, 60000), 0, "destroy");
    for (int i = 0; i < OPERATIONS; i++)
        once += calls[i] == 1;
    is(once, OPERATIONS, "each callback has run once");
    is(right, OPERATIONS, "with what the file holds");
    is(in_callback, OPERATIONS, "as a callback");
    is(shut_submit, OPERATIONS, "a submission from it failed with ESHUTDOWN");
    is(shut_cancel, 2 * OPERATIONS, "so did both cancels");
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(threads), threads, "no thread either");
    return done();
}
