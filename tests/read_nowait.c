/* SPDX-License-Identifier: Apache-2.0 */
/* RWF_NOWAIT asks for EAGAIN instead of waiting: then it is an answer for the callback. */
#include "outcome.h"

#include <sys/uio.h>

enum { FILE_BYTES = 65536 };

static ssize_t read_nowait(auraio_engine_t *engine, int fd, void *buf)
{
    struct seen seen = {0};
    auraio_op_t op = transfer_op(AURAIO_OP_READ, fd, buf, FILE_BYTES, 0, &seen);

    op.rw_flags = RWF_NOWAIT;
    return outcome_of(engine, &op, &seen);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    static unsigned char buf[FILE_BYTES];
    const struct iovec iov = {buf, sizeof buf};
    int fd = scratch_file("cached", FILE_BYTES, 0), ends[2];

    ssize_t wanted = plain(preadv2(fd, &iov, 1, 0, RWF_NOWAIT));
    if (wanted != FILE_BYTES)
        skip_all("preadv2 with RWF_NOWAIT of cached data gives %zd here", wanted);
    ssize_t cached = 0;
    for (int tries = 0; tries < 100 && cached != FILE_BYTES; tries++) {
        if (pread(fd, buf, sizeof buf, 0) != FILE_BYTES) /* memory may be short: cached again */
            bail("pread: %s", strerror(errno));
        memset(buf, 0, sizeof buf);
        cached = read_nowait(engine, fd, buf);
    }
    is(cached, FILE_BYTES, "cached data are read");
    ok(matches_pattern(buf, FILE_BYTES, 0), "they are right");

    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    memset(buf, 0, sizeof buf);
    ssize_t cold = read_nowait(engine, fd, buf);
    ok(cold == -EAGAIN || (cold > 0 && cold <= FILE_BYTES),
       "cold data give EAGAIN, or what was quick enough (%zd)", cold);
    ok(cold < 0 || matches_pattern(buf, (size_t)cold, 0), "what came is right");

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    wanted = plain(preadv2(ends[0], &iov, 1, -1, RWF_NOWAIT));
    is(read_nowait(engine, ends[0], buf), wanted, "an empty pipe gives %zd", wanted);
    is(write(ends[1], "abc", 3), 3, "three bytes");
    if (wanted == -EAGAIN)
        is(read_nowait(engine, ends[0], buf), 3, "are read");
    auraio_destroy(engine);
    return done();
}
