/* SPDX-License-Identifier: Apache-2.0 */
/* Every function that is no operation, with arguments that cannot be right: EINVAL, outputs
 * zeroed, and nothing has changed. */
#include "slow.h"

static auraio_engine_t *engine;

#define INVALID(call)                                                                              \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long long got = (long long)(call);                                                         \
        ok(got == -1 && errno == EINVAL, "%s (%lld, errno %d)", #call, got, errno);                \
    } while (0)

static void waiting(void)
{
    INVALID(auraio_wait(engine, -2));
    INVALID(auraio_wait(engine, INT_MIN));
    INVALID(auraio_wait_n(engine, 0, 0));
    INVALID(auraio_wait_n(engine, -1, 0));
    INVALID(auraio_wait_n(engine, 1, -2));
    INVALID(auraio_drain(engine, -2));
    INVALID(auraio_destroy_timeout(engine, -1));
    INVALID(auraio_destroy_timeout(engine, INT_MIN));
    INVALID(auraio_cancel(engine, NULL));
    INVALID(auraio_submit(engine, NULL, 1, NULL));
    is(auraio_submit(engine, NULL, 0, NULL), 0, "nothing to submit is no error");
}

static void sets(void)
{
    unsigned char bytes[8];
    const struct iovec good = {bytes, sizeof bytes}, empty = {bytes, 0}, nowhere = {NULL, 8};
    const int fd = 0, closed = 99999, negative = -2;

    INVALID(auraio_register_buffers(engine, NULL, 1));
    INVALID(auraio_register_buffers(engine, &good, 0));
    INVALID(auraio_register_buffers(engine, &good, -1));
    INVALID(auraio_register_buffers(engine, &empty, 1));
    INVALID(auraio_register_buffers(engine, &nowhere, 1));
    INVALID(auraio_register_files(engine, NULL, 1));
    INVALID(auraio_register_files(engine, &fd, 0));
    INVALID(auraio_register_files(engine, &fd, -1));
    errno = 0;
    is(auraio_register_files(engine, &closed, 1), -1, "a descriptor that is not open");
    is(errno, EBADF, "EBADF");
    is(auraio_register_files(engine, &negative, 1), -1, "a negative one that is not -1");
    errno = 0;
    is(auraio_unregister_buffers(engine), -1, "no buffer was registered");
    is(errno, ENOENT, "ENOENT");
    errno = 0;
    is(auraio_unregister_files(engine), -1, "no file was registered");
    is(errno, ENOENT, "ENOENT");
}

static void buffers(void)
{
    size_t mem = 1, offset = 1;
    int on_stack = 0;

    errno = 0;
    ok(!auraio_buffer_alloc(engine, 0) && errno == EINVAL, "a buffer of nothing");
    errno = 0;
    ok(!auraio_buffer_alloc(engine, SIZE_MAX) && errno == ENOMEM, "a buffer of everything");
    ok(!auraio_buffer_alloc(engine, SIZE_MAX / 2) && errno == ENOMEM, "of half of it");
    is(auraio_buffer_size(engine, NULL), 0, "the size of NULL");
    is(auraio_buffer_size(engine, &on_stack), 0, "of what is not the pool's");
    auraio_buffer_free(engine, &on_stack);
    auraio_buffer_free(engine, NULL);
    INVALID(auraio_file_alignment(0, NULL, &offset));
    INVALID(auraio_file_alignment(0, &mem, NULL));
    errno = 0;
    is(auraio_file_alignment(-1, &mem, &offset), -1, "the alignment of no descriptor");
    is(errno, EBADF, "EBADF");
    errno = 0;
    is(auraio_file_alignment(99999, &mem, &offset), -1, "the alignment of what is not open");
    is(errno, EBADF, "EBADF");
}

int main(void)
{
    struct slow slow;
    struct seen seen = {0};

    engine = test_engine(NULL);
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "an engine at work");
    slow_start(engine, &slow);
    int fds = count_fds();
    waiting();
    sets();
    buffers();
    is(auraio_pending_count(engine), 1, "what was pending is pending");
    is(slow.seen.calls, 0, "its callback has not run");
    is(count_fds(), fds, "no descriptor is left behind");
    is(slow_finish(engine, &slow), 1, "it completes");
    auraio_destroy(engine);
    return done();
}
