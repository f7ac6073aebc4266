/* SPDX-License-Identifier: Apache-2.0 */
/* rw_flags reach the kernel: each is taken or refused as pwritev2(2) takes or refuses it. */
#include "outcome.h"

#include <sys/uio.h>

/* Newer than the oldest headers this is built with. */
enum { FLAG_ATOMIC = 0x40, FLAG_DONTCACHE = 0x80, FLAG_NOBODY_KNOWS = 0x40000000 };

static void same(auraio_engine_t *engine, int fd, int flags, const char *name)
{
    static unsigned char buf[4096], back[4096];
    const struct iovec iov = {buf, sizeof buf};
    struct seen seen = {0};
    ssize_t wanted = plain(pwritev2(fd, &iov, 1, 4096, flags));

    memset(buf, 0x44 + (flags & 0x3f), sizeof buf);
    auraio_op_t op = transfer_op(AURAIO_OP_WRITE, fd, buf, sizeof buf, 0, &seen);
    op.rw_flags = flags;
    ssize_t got = outcome_of(engine, &op, &seen);
    if (wanted >= 0) {
        is(got, wanted, "write with %s: %zd", name, wanted);
        is(pread(fd, back, sizeof back, 0), sizeof back, "it is there");
        ok(memcmp(back, buf, sizeof buf) == 0, "as it was written");
    } else {
        ok(verdict(got) == wanted || verdict(got) == -EINVAL,
           "write with %s is refused as pwritev2 does (%zd, %zd)", name, got, wanted);
    }

    op = vectored_op(AURAIO_OP_WRITEV, fd, &iov, 1, 0, &seen);
    op.rw_flags = flags;
    is(outcome_of(engine, &op, &seen), got, "writev with it ends alike");
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int fd = scratch_file("file", 16384, 0);

    same(engine, fd, 0, "no flag");
    same(engine, fd, RWF_DSYNC, "RWF_DSYNC");
    same(engine, fd, RWF_SYNC | RWF_DSYNC, "RWF_SYNC");
    same(engine, fd, FLAG_ATOMIC, "RWF_ATOMIC");
    same(engine, fd, FLAG_DONTCACHE, "RWF_DONTCACHE");
    same(engine, fd, FLAG_NOBODY_KNOWS, "a flag nobody knows");
    auraio_destroy(engine);
    return done();
}
