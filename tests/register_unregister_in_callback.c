/* SPDX-License-Identifier: Apache-2.0 */
/* A callback may unregister: it does not wait for the drain, which a later poll, wait or drain
 * finishes. After that the memory is free and a new set may be registered. */
#include "slow.h"

static auraio_engine_t *engine;
static unsigned char memory[4096];
static const struct iovec iov = {memory, sizeof memory};
static int buffers_returned = -2, files_returned = -2, again_errno;

static void unregister(auraio_request_t *req, ssize_t result, void *user_data)
{
    buffers_returned = auraio_unregister_buffers(engine);
    files_returned = auraio_unregister_files(engine);
    errno = 0;
    if (auraio_register_buffers(engine, &iov, 1) == -1)
        again_errno = errno;
    see(req, result, user_data);
}

int main(void)
{
    struct slow slow;
    struct seen seen = {0};
    int fd = scratch_file("file", 4096, 0);

    engine = test_engine(NULL);
    for (int round = 0; round < 3; round++) {
        memset(&seen, 0, sizeof seen);
        is(auraio_register_buffers(engine, &iov, 1), 0, "a buffer is registered");
        is(auraio_register_files(engine, &fd, 1), 0, "a file is registered");
        slow_open(&slow);
        slow.req = auraio_read(engine, slow.out, auraio_buf_fixed_idx(0), 1, 0, see, &slow.seen);
        ok(auraio_read(engine, auraio_fixed_file(0), auraio_buf_fixed(0, 8), 8, 0, unregister,
                       &seen),
           "a read whose callback unregisters both");
        ok(wait_seen(engine, &seen), "it has run");
        is(buffers_returned, 0, "unregister_buffers did not wait");
        is(files_returned, 0, "nor did unregister_files");
        is(again_errno, EBUSY, "the buffers are still in use");
        errno = 0;
        is(auraio_register_buffers(engine, &iov, 1), -1, "also after it");
        is(errno, EBUSY, "EBUSY");
        is(slow_finish(engine, &slow), 1, "their last operation ends");
        ok(auraio_drain(engine, 60000) >= 0, "a drain finishes the rest");
    }
    is(auraio_register_buffers(engine, &iov, 1), 0, "a new set");
    is(auraio_request_unregister_buffers(engine), 0, "is asked to go");
    is(auraio_poll(engine), 0, "a poll finishes it");
    errno = 0;
    is(auraio_unregister_buffers(engine), -1, "nothing is registered");
    is(errno, ENOENT, "ENOENT");
    auraio_destroy(engine);
    return done();
}
