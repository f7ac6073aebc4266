/* SPDX-License-Identifier: Apache-2.0 */
/* What O_DIRECT refuses is told to the callback, as pread(2) and pwrite(2) tell it. */
#include "outcome.h"

enum { FILE_BYTES = 65536 };

static int refusals;

static void same_as_plain(auraio_engine_t *engine, int fd, unsigned char *buf, size_t len,
                          int64_t offset)
{
    struct seen seen = {0};
    ssize_t wanted = plain(pread(fd, buf, len, offset));

    refusals += wanted == -EINVAL;
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), len, offset, see, &seen), &seen),
       wanted, "read: memory + %u, %zu bytes at %lld gives %zd", (unsigned)((uintptr_t)buf % 4096),
       len, (long long)offset, wanted);

    wanted = plain(pwrite(fd, buf, len, offset));
    refusals += wanted == -EINVAL;
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), len, offset, see, &seen), &seen),
       wanted, "write: the same gives %zd", wanted);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int fd = direct_file("direct", FILE_BYTES);
    unsigned char *buf = auraio_buffer_alloc(engine, FILE_BYTES);

    same_as_plain(engine, fd, buf, 4096, 4096);
    same_as_plain(engine, fd, buf + 1, 4096, 0);
    same_as_plain(engine, fd, buf + 511, 4096, 0);
    same_as_plain(engine, fd, buf, 4095, 0);
    same_as_plain(engine, fd, buf, 1, 0);
    same_as_plain(engine, fd, buf, 4096, 1);
    same_as_plain(engine, fd, buf, 4096, 513);
    same_as_plain(engine, fd, buf + 3, 77, 99);
    if (refusals)
        note("%d of 16 were refused with EINVAL", refusals);
    else
        skip("unaligned O_DIRECT is refused", "this file system takes it");
    auraio_buffer_free(engine, buf);
    auraio_destroy(engine);
    return done();
}
