/* SPDX-License-Identifier: Apache-2.0 */
/* Character devices and files of /proc answer as they answer pread(2) and pwrite(2). */
#include "outcome.h"

/* Files of /proc are regular and have no size. */
static void is_read_to_its_end(auraio_engine_t *engine)
{
    static char wanted[4096], got[4096];
    struct seen seen = {0};
    int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
    ssize_t n = pread(fd, wanted, sizeof wanted, 0);

    ok(n > 0, "pread reads a file of /proc");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(got), sizeof got, 0, see, &seen), &seen),
       n, "the engine reads as much");
    ok(n > 0 && memcmp(got, wanted, (size_t)n) == 0, "and the same");
    close(fd);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    static unsigned char buf[4096]; /* /dev/zero may be interrupted after each page */
    struct seen seen = {0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);

    if (null < 0 || zero < 0 || full < 0)
        skip_all("a device is missing: %s", strerror(errno));
    memset(buf, 0xEE, sizeof buf);
    is(outcome(engine, auraio_read(engine, null, auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       0, "/dev/null is empty");
    ok(all_bytes_are(buf, sizeof buf, 0xEE), "the buffer is untouched");
    is(outcome(engine, auraio_read(engine, zero, auraio_buf(buf), sizeof buf, 5, see, &seen),
               &seen),
       sizeof buf, "/dev/zero is not");
    ok(all_bytes_are(buf, sizeof buf, 0), "it gave zeros");
    is(outcome(engine, auraio_write(engine, null, auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       sizeof buf, "/dev/null takes everything");
    is(outcome(engine, auraio_write(engine, full, auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       -ENOSPC, "/dev/full takes nothing");
    is_read_to_its_end(engine);
    auraio_destroy(engine);
    return done();
}
