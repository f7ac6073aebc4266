/* SPDX-License-Identifier: Apache-2.0 */
/* A read of a whole file gives every byte of it and touches nothing behind the buffer. */
#include "outcome.h"

enum { GUARD_BYTES = 64 };

static void reads_whole(auraio_engine_t *engine, size_t bytes)
{
    struct seen seen = {0};
    int fd = scratch_file("whole", bytes, 0);
    unsigned char *buf = malloc(bytes + GUARD_BYTES);

    memset(buf, 0xEE, bytes + GUARD_BYTES);
    auraio_request_t *req = auraio_read(engine, fd, auraio_buf(buf), bytes, 0, see, &seen);
    is(outcome(engine, req, &seen), bytes, "a read of %zu bytes gives them all", bytes);
    is(seen.error, 0, "no error came with them");
    ok(seen.req == req, "the callback was given the handle");
    ok(matches_pattern(buf, bytes, 0), "the bytes are the file's");
    ok(all_bytes_are(buf + bytes, GUARD_BYTES, 0xEE), "memory behind the buffer is untouched");
    close(fd);
    free(buf);
}

static void reads_a_part(auraio_engine_t *engine, size_t bytes, int64_t offset)
{
    struct seen seen = {0};
    int fd = scratch_file("part", 100000, 0);
    unsigned char buf[20000 + GUARD_BYTES];

    memset(buf, 0xEE, sizeof buf);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), bytes, offset, see, &seen), &seen),
       bytes, "%zu bytes from offset %lld", bytes, (long long)offset);
    ok(matches_pattern(buf, bytes, (uint64_t)offset), "the bytes are those of that place");
    ok(all_bytes_are(buf + bytes, GUARD_BYTES, 0xEE), "memory behind the buffer is untouched");
    is(lseek(fd, 0, SEEK_CUR), 100000, "the file position did not move");
    close(fd);
}

int main(void)
{
    const size_t sizes[] = {1, 511, 4096, 65537, (1 << 20) + 3, 9 << 20};
    auraio_engine_t *engine = test_engine(NULL);

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        reads_whole(engine, sizes[i]);
    reads_a_part(engine, 1, 99999);
    reads_a_part(engine, 20000, 4095);
    reads_a_part(engine, 4096, 4096);
    auraio_destroy(engine);
    return done();
}
