/* SPDX-License-Identifier: Apache-2.0 */
/* NULL instead of an engine: EINVAL from every function, or nothing at all where that is what it
 * promises. */
#include "outcome.h"

#include <sys/stat.h>

static bool invalid(bool failed)
{
    bool right = failed && errno == EINVAL;

    errno = 0;
    return right;
}

static void operations(void)
{
    unsigned char byte;
    const struct iovec iov = {&byte, 1};
    auraio_op_t op = {.type = AURAIO_OP_NOP};
    struct statx st;

    ok(invalid(!auraio_read(NULL, 0, auraio_buf(&byte), 1, 0, NULL, NULL)), "read");
    ok(invalid(!auraio_write(NULL, 0, auraio_buf(&byte), 1, 0, NULL, NULL)), "write");
    ok(invalid(!auraio_readv(NULL, 0, &iov, 1, 0, NULL, NULL)), "readv");
    ok(invalid(!auraio_writev(NULL, 0, &iov, 1, 0, NULL, NULL)), "writev");
    ok(invalid(!auraio_fsync(NULL, 0, AURAIO_FSYNC_DEFAULT, NULL, NULL)), "fsync");
    ok(invalid(!auraio_openat(NULL, AT_FDCWD, "x", 0, 0, NULL, NULL)), "openat");
    ok(invalid(!auraio_close(NULL, 0, NULL, NULL)), "close");
    ok(invalid(!auraio_statx(NULL, AT_FDCWD, "x", 0, 0, &st, NULL, NULL)), "statx");
    ok(invalid(!auraio_fallocate(NULL, 0, 0, 0, 1, NULL, NULL)), "fallocate");
    ok(invalid(!auraio_ftruncate(NULL, 0, 0, NULL, NULL)), "ftruncate");
    ok(invalid(!auraio_sync_file_range(NULL, 0, 0, 0, 0, NULL, NULL)), "sync_file_range");
    ok(invalid(!auraio_fadvise(NULL, 0, 0, 0, 0, NULL, NULL)), "fadvise");
    ok(invalid(!auraio_renameat(NULL, AT_FDCWD, "x", AT_FDCWD, "y", 0, NULL, NULL)), "renameat");
    ok(invalid(!auraio_unlinkat(NULL, AT_FDCWD, "x", 0, NULL, NULL)), "unlinkat");
    ok(invalid(!auraio_mkdirat(NULL, AT_FDCWD, "x", 0, NULL, NULL)), "mkdirat");
    ok(invalid(!auraio_nop(NULL, NULL, NULL)), "nop");
    ok(invalid(auraio_submit(NULL, &op, 1, NULL) == -1), "submit");
    ok(invalid(auraio_submit(NULL, &op, 0, NULL) == -1), "submit of nothing");
}

static void waiting(void)
{
    ok(invalid(auraio_poll(NULL) == -1), "poll");
    ok(invalid(auraio_wait(NULL, 0) == -1), "wait");
    ok(invalid(auraio_wait_n(NULL, 1, 0) == -1), "wait_n");
    ok(invalid(auraio_wakeup(NULL) == -1), "wakeup");
    ok(invalid(auraio_run(NULL) == -1), "run");
    ok(invalid(auraio_stop(NULL) == -1), "stop");
    ok(invalid(auraio_drain(NULL, 0) == -1), "drain");
    ok(invalid(auraio_flush(NULL) == -1), "flush");
    ok(invalid(auraio_pending_count(NULL) == -1), "pending_count");
    ok(invalid(auraio_get_poll_fd(NULL) == -1), "get_poll_fd");
    ok(invalid(auraio_cancel(NULL, NULL) == -1), "cancel");
    ok(invalid(auraio_cancel_fd(NULL, 0) == -1), "cancel_fd");
    ok(invalid(auraio_get_fatal_error(NULL) == -1), "get_fatal_error");
}

static void sets_and_settings(void)
{
    unsigned char byte;
    const struct iovec iov = {&byte, 1};
    const int fd = 0;

    ok(invalid(auraio_register_buffers(NULL, &iov, 1) == -1), "register_buffers");
    ok(invalid(auraio_unregister_buffers(NULL) == -1), "unregister_buffers");
    ok(invalid(auraio_request_unregister_buffers(NULL) == -1), "request_unregister_buffers");
    ok(invalid(auraio_register_files(NULL, &fd, 1) == -1), "register_files");
    ok(invalid(auraio_update_file(NULL, 0, 0) == -1), "update_file");
    ok(invalid(auraio_unregister_files(NULL) == -1), "unregister_files");
    ok(invalid(auraio_request_unregister_files(NULL) == -1), "request_unregister_files");
    ok(invalid(auraio_set_max_p99_latency(NULL, 1) == -1), "set_max_p99_latency");
    ok(invalid(auraio_set_min_in_flight(NULL, 1) == -1), "set_min_in_flight");
    ok(invalid(auraio_set_max_in_flight(NULL, 1) == -1), "set_max_in_flight");
    ok(invalid(auraio_set_batch_threshold(NULL, 1) == -1), "set_batch_threshold");
}

int main(void)
{
    int on_stack = 0;

    operations();
    waiting();
    sets_and_settings();
    ok(invalid(!auraio_buffer_alloc(NULL, 4096)), "buffer_alloc");
    auraio_buffer_free(NULL, NULL);
    auraio_buffer_free(NULL, &on_stack);
    is(auraio_buffer_size(NULL, &on_stack), 0, "buffer_size");
    is(auraio_get_ring_count(NULL), 0, "get_ring_count");
    is(auraio_destroy_timeout(NULL, 0), 0, "destroy_timeout");
    auraio_destroy(NULL);
    return done();
}
