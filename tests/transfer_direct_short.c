/* SPDX-License-Identifier: Apache-2.0 */
/* With O_DIRECT a short count that is no multiple of the block ends the transfer: from
 * there no aligned request could go on. */
#include "faultfs.h"
#include "outcome.h"

int main(void)
{
    static _Alignas(4096) unsigned char buf[65536];
    const struct iovec iov[] = {{buf, 8192}, {buf + 8192, 8192}};
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    struct seen seen = {0};
    int fd = faultfs_open(fs, O_DIRECT);

    atomic_store(&fs->orders->most_bytes, 5001);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 65536, 0, see, &seen), &seen), 5001,
       "read");
    is(seen.error, 0, "without an error");
    ok(matches_pattern(buf, 5001, 0), "the right bytes");
    is(outcome(engine, auraio_readv(engine, fd, iov, 2, 0, see, &seen), &seen), 5001, "readv");
    is(atomic_load(&fs->orders->reads), 2, "the device was asked once for each");

    /* fuse makes EIO of such a write when io_uring asks for it */
    ssize_t wanted = on_threads() ? 5001 : -EIO;
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), 65536, 0, see, &seen), &seen),
       wanted, "write");
    is(outcome(engine, auraio_writev(engine, fd, iov, 2, 0, see, &seen), &seen), wanted, "writev");
    is(atomic_load(&fs->orders->writes), 2, "the device was asked once for each");
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
