/* SPDX-License-Identifier: Apache-2.0 */
/* EINTR and EAGAIN of a regular file are no answers: the operation is done again, from
 * where it was, and the callback sees nothing of it. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 10000 };

static void repeated(auraio_engine_t *engine, struct faultfs *fs, int fd, int out, int error,
                     int after, int calls)
{
    unsigned char buf[BYTES];
    const struct iovec iov[] = {{buf, 3333}, {buf + 3333, BYTES - 3333}};
    struct seen seen = {0};

    faultfs_calm(fs);
    memset(buf, 0, sizeof buf);
    atomic_store(&fs->orders->error, error);
    atomic_store(&fs->orders->error_after, after);
    atomic_store(&fs->orders->error_calls, calls);
    atomic_store(&fs->orders->most_bytes, 2000);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BYTES, 500, see, &seen), &seen),
       BYTES, "read, errno %d %d times after %d", error, calls, after);
    is(seen.error, 0, "no error");
    ok(matches_pattern(buf, BYTES, 500), "the right bytes");
    is(atomic_load(&fs->orders->error_calls), 0, "all the faults were met");

    atomic_store(&fs->orders->error_after, after);
    atomic_store(&fs->orders->error_calls, calls);
    is(outcome(engine, auraio_writev(engine, out, iov, 2, 50000, see, &seen), &seen), BYTES,
       "writev, the same");
    ok(matches_pattern(fs->orders->data + 50000, BYTES, 500), "the device has the right bytes");
    is(atomic_load(&fs->orders->error_calls), 0, "all the faults were met");
}

int main(void)
{
    static const int errors[] = {EINTR, EAGAIN};
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0), out = faultfs_open_for_short_writes(fs);

    for (int i = 0; i < 2; i++) {
        repeated(engine, fs, fd, out, errors[i], 0, 1);
        repeated(engine, fs, fd, out, errors[i], 2, 1);
        repeated(engine, fs, fd, out, errors[i], 0, 7);
    }
    auraio_destroy(engine);
    close(fd);
    close(out);
    faultfs_stop(fs);
    return done();
}
