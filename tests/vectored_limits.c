/* SPDX-License-Identifier: Apache-2.0 */
/* The number of elements is 1 to IOV_MAX; anything else is refused at the call. */
#include "outcome.h"

#include <limits.h>

static auraio_engine_t *engine;
static struct seen seen;

static void expect(int fd, const struct iovec *iov, int iovcnt, int64_t offset, ssize_t wanted,
                   const char *what)
{
    is(outcome(engine, auraio_readv(engine, fd, iov, iovcnt, offset, see, &seen), &seen), wanted,
       "readv, %s", what);
    is(outcome(engine, auraio_writev(engine, fd, iov, iovcnt, offset, see, &seen), &seen), wanted,
       "writev, %s", what);
}

int main(void)
{
    static struct iovec iov[IOV_MAX + 1];
    static unsigned char byte[IOV_MAX + 1];
    int fd = scratch_file("file", IOV_MAX + 1, 0);

    engine = test_engine(NULL);
    for (int i = 0; i <= IOV_MAX; i++)
        iov[i] = (struct iovec){byte + i, 1};
    expect(fd, iov, 1, 0, 1, "one element");
    expect(fd, iov, IOV_MAX, 0, IOV_MAX, "IOV_MAX elements");
    expect(fd, iov, IOV_MAX + 1, 0, REFUSED(EINVAL), "one more than IOV_MAX");
    expect(fd, iov, INT_MAX, 0, REFUSED(EINVAL), "the greatest count");
    expect(fd, iov, 0, 0, REFUSED(EINVAL), "no element");
    expect(fd, iov, -1, 0, REFUSED(EINVAL), "a negative count");
    expect(fd, NULL, 1, 0, REFUSED(EINVAL), "no array");
    expect(fd, iov, 1, -1, REFUSED(EINVAL), "a negative offset");
    expect(-1, iov, 1, 0, REFUSED(EINVAL), "a negative descriptor");
    is(auraio_pending_count(engine), 0, "nothing is in flight");
    is(seen.calls, 0, "no callback ran that should not have");

    /* Sums that overflow ssize_t: readv(2) says EINVAL; early or late is the library's choice. */
    iov[0].iov_len = iov[1].iov_len = (size_t)SSIZE_MAX;
    is(verdict(outcome(engine, auraio_readv(engine, fd, iov, 2, 0, see, &seen), &seen)), -EINVAL,
       "lengths whose sum overflows");
    for (int i = 0; i < 3; i++)
        iov[i] = (struct iovec){NULL, 0};
    ssize_t nothing =
        verdict(outcome(engine, auraio_readv(engine, fd, iov, 3, 0, see, &seen), &seen));
    ok(nothing == 0 || nothing == -EINVAL, "empty elements alone: 0 or EINVAL (%zd)", nothing);
    auraio_destroy(engine);
    return done();
}
