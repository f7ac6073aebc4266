/* SPDX-License-Identifier: Apache-2.0 */
/* Files in memory, where a read never waits for a device. */
#include "outcome.h"

#include <sys/statfs.h>

enum { BYTES = 300000, TMPFS = 0x01021994 };

int main(void)
{
    static unsigned char out[BYTES], in[BYTES];
    char name[] = "/dev/shm/auraio-test-XXXXXX";
    struct seen seen = {0};
    struct statfs sf;

    if (statfs("/dev/shm", &sf) != 0 || sf.f_type != TMPFS)
        skip_all("/dev/shm is no tmpfs");
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        skip_all("/dev/shm: %s", strerror(errno));
    unlink(name);

    auraio_engine_t *engine = test_engine(NULL);
    fill_pattern(out, BYTES, 0);
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(out), BYTES, 100, see, &seen), &seen),
       BYTES, "write");
    is(outcome(engine, auraio_fsync(engine, fd, AURAIO_FSYNC_DEFAULT, see, &seen), &seen), 0,
       "fsync");
    is(pread(fd, in, BYTES, 100), BYTES, "pread");
    ok(memcmp(in, out, BYTES) == 0, "finds what was written");
    memset(in, 0, BYTES);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(in), BYTES, 100, see, &seen), &seen),
       BYTES, "read");
    ok(memcmp(in, out, BYTES) == 0, "finds it as well");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(in), BYTES, BYTES, see, &seen), &seen),
       100, "read across the end");
    is(outcome(engine, auraio_ftruncate(engine, fd, 50, see, &seen), &seen), 0, "ftruncate");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(in), BYTES, 0, see, &seen), &seen), 50,
       "read of what is left");
    auraio_destroy(engine);
    return done();
}
