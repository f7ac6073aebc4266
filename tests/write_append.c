/* SPDX-License-Identifier: Apache-2.0 */
/* RWF_APPEND through rw_flags, and O_APPEND, write at the end whatever the offset says. */
#include "outcome.h"

#include <sys/uio.h>

static off_t size_of(int fd)
{
    return lseek(fd, 0, SEEK_END);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    unsigned char chunk[50], all[400];
    const struct iovec iov[] = {{chunk, 20}, {chunk + 20, 30}};
    struct seen seen = {0};
    char path[PATH_MAX];
    int fd = scratch_file("file", 100, 0);

    memset(chunk, 0x11, sizeof chunk);
    auraio_op_t op = transfer_op(AURAIO_OP_WRITE, fd, chunk, 50, 0, &seen);
    op.rw_flags = RWF_APPEND;
    is(outcome_of(engine, &op, &seen), 50, "a write with RWF_APPEND at offset 0");
    is(size_of(fd), 150, "made the file longer");

    memset(chunk, 0x22, sizeof chunk);
    op = vectored_op(AURAIO_OP_WRITEV, fd, iov, 2, 10, &seen);
    op.rw_flags = RWF_APPEND;
    is(outcome_of(engine, &op, &seen), 50, "so did a writev");
    is(size_of(fd), 200, "by as much");

    int appending = open(scratch_path(path, "file"), O_WRONLY | O_APPEND | O_CLOEXEC);
    memset(chunk, 0x33, sizeof chunk);
    is(outcome(engine, auraio_write(engine, appending, auraio_buf(chunk), 50, 0, see, &seen),
               &seen),
       50, "a write through an O_APPEND descriptor");
    is(size_of(fd), 250, "appends, as pwrite(2) does on Linux");

    is(pread(fd, all, sizeof all, 0), 250, "the file");
    ok(matches_pattern(all, 100, 0), "begins as it was");
    ok(all_bytes_are(all + 100, 50, 0x11), "then has the first");
    ok(all_bytes_are(all + 150, 50, 0x22), "the second");
    ok(all_bytes_are(all + 200, 50, 0x33), "and the third");
    auraio_destroy(engine);
    return done();
}
