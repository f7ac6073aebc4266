/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a file is no error: a read across it is short, one at or behind it gives 0. */
#include "outcome.h"

enum { FILE_BYTES = 10000 };

static void expect(auraio_engine_t *engine, int fd, size_t len, int64_t offset, ssize_t wanted)
{
    static unsigned char buf[65536];
    struct seen seen = {0};

    memset(buf, 0xEE, sizeof buf);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), len, offset, see, &seen), &seen),
       wanted, "%zu bytes at %lld of a file of %d", len, (long long)offset, FILE_BYTES);
    is(seen.error, 0, "request_error tells of none");
    ok(matches_pattern(buf, (size_t)wanted, (uint64_t)offset), "what there was is right");
    ok(all_bytes_are(buf + wanted, sizeof buf - (size_t)wanted, 0xEE), "the rest is untouched");
}

static void expect_vectored(auraio_engine_t *engine, int fd)
{
    unsigned char a[3000], b[3000], c[3000];
    const struct iovec iov[] = {{a, sizeof a}, {b, sizeof b}, {c, sizeof c}};
    struct seen seen = {0};

    memset(c, 0xEE, sizeof c);
    is(outcome(engine, auraio_readv(engine, fd, iov, 3, 5000, see, &seen), &seen), 5000,
       "readv across the end gives what there was");
    ok(matches_pattern(a, 3000, 5000) && matches_pattern(b, 2000, 8000), "and it is right");
    ok(all_bytes_are(c, sizeof c, 0xEE), "the element behind the end is untouched");
    is(outcome(engine, auraio_readv(engine, fd, iov, 3, FILE_BYTES, see, &seen), &seen), 0,
       "readv at the end gives 0");
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int fd = scratch_file("file", FILE_BYTES, 0), empty = scratch_file("empty", 0, 0);

    expect(engine, fd, 20000, 0, FILE_BYTES);
    expect(engine, fd, 4096, FILE_BYTES - 1, 1);
    expect(engine, fd, 4096, FILE_BYTES, 0);
    expect(engine, fd, 1, FILE_BYTES + 1, 0);
    expect(engine, fd, 65536, (int64_t)1 << 40, 0);
    expect(engine, empty, 4096, 0, 0);
    expect_vectored(engine, fd);
    auraio_destroy(engine);
    return done();
}
