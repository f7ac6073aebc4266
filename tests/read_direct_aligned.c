/* SPDX-License-Identifier: Apache-2.0 */
/* O_DIRECT reads and writes with the alignment that auraio_file_alignment tells. */
#include "outcome.h"

enum { FILE_BYTES = 1 << 20 };

static void reads(auraio_engine_t *engine, int fd, unsigned char *buf, size_t offset_alignment)
{
    struct seen seen = {0};
    size_t n = offset_alignment;

    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), FILE_BYTES, 0, see, &seen), &seen),
       FILE_BYTES, "the whole file");
    ok(matches_pattern(buf, FILE_BYTES, 0), "its bytes are right");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf + 3 * n), n, (int64_t)n, see, &seen),
               &seen),
       n, "one aligned unit");
    ok(matches_pattern(buf + 3 * n, n, n), "its bytes are right");
}

static void writes(auraio_engine_t *engine, int fd, unsigned char *buf, size_t offset_alignment)
{
    struct seen seen = {0};
    size_t n = offset_alignment;
    unsigned char *back = auraio_buffer_alloc(engine, FILE_BYTES);

    memset(buf, 0x5A, n);
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), n, (int64_t)n, see, &seen), &seen),
       n, "a write of one aligned unit");
    is(pread(fd, back, FILE_BYTES, 0), FILE_BYTES, "the file keeps its size");
    ok(matches_pattern(back, n, 0), "the unit before it is as it was");
    ok(all_bytes_are(back + n, n, 0x5A), "the unit is there");
    ok(matches_pattern(back + 2 * n, FILE_BYTES - 2 * n, 2 * n), "all behind it is as it was");
    auraio_buffer_free(engine, back);
}

/* The last block of such a file is shorter than a block: the count is not aligned, and a
 * continuation from there would fail with EINVAL. */
static void ends_with_a_part_of_a_block(auraio_engine_t *engine, unsigned char *buf)
{
    struct seen seen = {0};
    int fd = direct_file("odd", 10001);

    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 65536, 0, see, &seen), &seen),
       10001, "a read over an odd end gives the count");
    is(seen.error, 0, "and no error");
    ok(matches_pattern(buf, 10001, 0), "and the bytes");
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 65536, 65536, see, &seen), &seen),
       0, "a read behind it gives 0");
    close(fd);
}

/* There is no direct I/O on a pipe. */
static void is_safe_without_direct(void)
{
    size_t memory = 0, offset = 0;
    int ends[2];

    if (pipe(ends) != 0)
        bail("pipe: %s", strerror(errno));
    is(auraio_file_alignment(ends[0], &memory, &offset), 0, "the alignment of a pipe is told");
    ok(memory == 4096 && offset == 4096, "one that suits every file");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int fd = direct_file("direct", FILE_BYTES);
    unsigned char *buf = auraio_buffer_alloc(engine, FILE_BYTES);
    size_t memory, offset;

    if (!buf)
        bail("no buffer: %s", strerror(errno));
    is(auraio_file_alignment(fd, &memory, &offset), 0, "the file's alignment is told");
    ok((uintptr_t)buf % memory == 0, "a buffer of the pool has the alignment (%zu)", memory);
    ok(offset >= 512 && offset <= 65536 && (offset & (offset - 1)) == 0,
       "the alignment of offsets is a power of two (%zu)", offset);
    is_safe_without_direct();
    reads(engine, fd, buf, offset);
    writes(engine, fd, buf, offset);
    ends_with_a_part_of_a_block(engine, buf);
    auraio_buffer_free(engine, buf);
    auraio_destroy(engine);
    return done();
}
