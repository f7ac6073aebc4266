/* SPDX-License-Identifier: Apache-2.0 */
/* A device that fails before anything moved: the error is the result, and the next
 * operation is not harmed by it. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 8192 };

static void nth_fails(auraio_engine_t *engine, struct faultfs *fs, int fd, int nth, int error)
{
    unsigned char buf[BYTES];
    struct seen seen = {0};

    faultfs_calm(fs);
    atomic_store(&fs->orders->error, error);
    atomic_store(&fs->orders->error_after, nth);
    atomic_store(&fs->orders->error_calls, 1);
    for (int i = 0; i < nth + 2; i++) {
        bool writes = i % 2;
        int64_t offset = (int64_t)i * BYTES;
        memset(buf, 0x66, sizeof buf);
        auraio_request_t *req =
            writes ? auraio_write(engine, fd, auraio_buf(buf), BYTES, offset, see, &seen)
                   : auraio_read(engine, fd, auraio_buf(buf), BYTES, offset, see, &seen);
        is(outcome(engine, req, &seen), i == nth ? -error : BYTES, "%s %d of %d",
           writes ? "write" : "read", i, nth + 2);
        ok(i == nth || writes || matches_pattern(buf, BYTES, (uint64_t)offset), "its bytes");
    }
}

int main(void)
{
    static const int errors[] = {EIO, ENOSPC, EROFS, ETIMEDOUT, EDQUOT, ESTALE};
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0);

    for (int i = 0; i < 6; i++)
        nth_fails(engine, fs, fd, i, errors[i]);
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
