/* SPDX-License-Identifier: Apache-2.0 */
/* A number that could be a descriptor but is not open is accepted, and every operation on it
 * reports -EBADF to its callback. */
#include "outcome.h"

#include <sys/stat.h>

enum { CLOSED = 99999 };

int main(void)
{
    static unsigned char buf[512];
    const struct iovec iov = {buf, sizeof buf};
    auraio_engine_t *e = test_engine(NULL);
    struct seen s = {0};
    struct statx st;

#define BAD(call) is(outcome(e, call, &s), -EBADF, "%s", #call)
    BAD(auraio_read(e, CLOSED, auraio_buf(buf), sizeof buf, 0, see, &s));
    BAD(auraio_write(e, CLOSED, auraio_buf(buf), sizeof buf, 0, see, &s));
    BAD(auraio_readv(e, CLOSED, &iov, 1, 0, see, &s));
    BAD(auraio_writev(e, CLOSED, &iov, 1, 0, see, &s));
    BAD(auraio_fsync(e, CLOSED, AURAIO_FSYNC_DEFAULT, see, &s));
    BAD(auraio_fsync(e, CLOSED, AURAIO_FSYNC_DATASYNC, see, &s));
    BAD(auraio_openat(e, CLOSED, "name", O_RDONLY, 0, see, &s));
    BAD(auraio_close(e, CLOSED, see, &s));
    BAD(auraio_statx(e, CLOSED, "name", 0, STATX_SIZE, &st, see, &s));
    BAD(auraio_fallocate(e, CLOSED, 0, 0, 1, see, &s));
    BAD(auraio_ftruncate(e, CLOSED, 0, see, &s));
    BAD(auraio_sync_file_range(e, CLOSED, 0, 0, 0, see, &s));
    BAD(auraio_fadvise(e, CLOSED, 0, 0, POSIX_FADV_NORMAL, see, &s));
    BAD(auraio_renameat(e, CLOSED, "a", CLOSED, "b", 0, see, &s));
    BAD(auraio_unlinkat(e, CLOSED, "name", 0, see, &s));
    BAD(auraio_mkdirat(e, CLOSED, "name", 0700, see, &s));
    is(outcome(e, auraio_nop(e, see, &s), &s), 0, "nop has no descriptor");
    is(auraio_pending_count(e), 0, "nothing is left");
    auraio_destroy(e);
    return done();
}
