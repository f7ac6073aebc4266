/* SPDX-License-Identifier: Apache-2.0 */
/* sync_file_range succeeds and fails as sync_file_range(2) does. */
#include "outcome.h"

static auraio_engine_t *engine;

static void same(const char *what, int fd, int64_t offset, int64_t nbytes, unsigned flags)
{
    struct seen seen = {0};
    ssize_t wanted = plain(sync_file_range(fd, offset, nbytes, flags));
    auraio_request_t *req = auraio_sync_file_range(engine, fd, offset, nbytes, flags, see, &seen);

    is(verdict(outcome(engine, req, &seen)), wanted, "%s: %zd", what, wanted);
}

int main(void)
{
    const unsigned all =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    int fd = scratch_file("file", 100000, 0), closed = closed_fd(fd), ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    engine = test_engine(NULL);
    same("a range", fd, 4096, 8192, all);
    same("up to the end", fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    same("nothing", fd, 0, 4096, 0);
    same("behind the end", fd, 1 << 20, 4096, all);
    same("an unknown flag", fd, 0, 4096, 0x100);
    same("a negative offset", fd, -1, 4096, all);
    same("a negative length", fd, 0, -1, all);
    same("a closed descriptor", closed, 0, 4096, all);
    same("a pipe", ends[1], 0, 4096, all);
    auraio_destroy(engine);
    return done();
}
