/* SPDX-License-Identifier: Apache-2.0 */
/* What was written is in the file, in its place and nowhere else. */
#include "outcome.h"

#include <sys/stat.h>

static void roundtrip(auraio_engine_t *engine, size_t bytes, int64_t offset)
{
    struct seen seen = {0};
    int fd = scratch_file("file", 0, 0);
    unsigned char *out = malloc(bytes), *in = malloc(bytes), *before = malloc((size_t)offset + 1);
    struct stat st;

    fill_pattern(out, bytes, 1000);
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(out), bytes, offset, see, &seen), &seen),
       bytes, "%zu bytes written at %lld", bytes, (long long)offset);
    is(seen.error, 0, "without an error");
    is(fstat(fd, &st), 0, "the file is there");
    is(st.st_size, offset + (int64_t)bytes, "the file ends with them");
    is(pread(fd, in, bytes, offset), bytes, "pread finds them");
    ok(memcmp(in, out, bytes) == 0, "unchanged");
    is(pread(fd, before, (size_t)offset, 0), offset, "what lies before");
    ok(all_bytes_are(before, (size_t)offset, 0), "is a hole");

    memset(in, 0, bytes);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(in), bytes, offset, see, &seen), &seen),
       bytes, "the library reads them back");
    ok(memcmp(in, out, bytes) == 0, "unchanged");
    close(fd);
    free(before);
    free(in);
    free(out);
}

static void overwrites_only_its_range(auraio_engine_t *engine)
{
    unsigned char patch[1000], all[10000];
    struct seen seen = {0};
    int fd = scratch_file("patched", sizeof all, 0);

    memset(patch, 0x5A, sizeof patch);
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(patch), 1000, 4500, see, &seen), &seen),
       1000, "a write into the middle");
    is(pread(fd, all, sizeof all, 0), sizeof all, "keeps the size");
    ok(matches_pattern(all, 4500, 0), "keeps what is before");
    ok(all_bytes_are(all + 4500, 1000, 0x5A), "changes its range");
    ok(matches_pattern(all + 5500, 4500, 5500), "keeps what is behind");
    close(fd);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);

    roundtrip(engine, 1, 0);
    roundtrip(engine, 4096, 4096);
    roundtrip(engine, 12345, 777);
    roundtrip(engine, 5 << 20, 3);
    overwrites_only_its_range(engine);
    auraio_destroy(engine);
    return done();
}
