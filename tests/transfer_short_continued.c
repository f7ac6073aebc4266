/* SPDX-License-Identifier: Apache-2.0 */
/* A device that moves less than it was asked for: the callback gets the full count, once. */
#include "faultfs.h"
#include "outcome.h"

static void continued(auraio_engine_t *engine, struct faultfs *fs, int fd, int out, unsigned most,
                      size_t bytes)
{
    static _Alignas(4096) unsigned char buf[65536];
    struct seen seen = {0};
    auraio_stats_t before, after;

    faultfs_calm(fs);
    memset(buf, 0, sizeof buf);
    atomic_store(&fs->orders->most_bytes, most);
    auraio_get_stats(engine, &before);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), bytes, 4096, see, &seen), &seen),
       bytes, "read of %zu, at most %u at a time", bytes, most);
    is(seen.error, 0, "no error");
    ok(matches_pattern(buf, bytes, 4096), "the right bytes");
    ok(fs->orders->reads >= (int)(bytes / most), "the device was asked %d times",
       fs->orders->reads);

    is(outcome(engine, auraio_write(engine, out, auraio_buf(buf), bytes, 131072, see, &seen),
               &seen),
       bytes, "write of the same");
    ok(matches_pattern(fs->orders->data + 131072, bytes, 4096), "the device has the right bytes");
    ok(matches_pattern(fs->orders->data + 131072 + bytes, 4096, 131072 + bytes), "and no more");
    is(auraio_get_stats(engine, &after), 0, "the statistics");
    is(after.ops_completed - before.ops_completed, 2, "count two operations");
    is(after.bytes_transferred - before.bytes_transferred, 2 * (long long)bytes, "and their bytes");
}

/* An end of file in the middle of a continuation. */
static void ends(auraio_engine_t *engine, struct faultfs *fs, int fd)
{
    static unsigned char buf[65536];
    struct seen seen = {0};

    faultfs_calm(fs);
    atomic_store(&fs->orders->most_bytes, 700);
    is(outcome(engine,
               auraio_read(engine, fd, auraio_buf(buf), sizeof buf, (int64_t)FAULTFS_BYTES - 5000,
                           see, &seen),
               &seen),
       5000, "a read across the end, 700 at a time, gives what there was");
    is(seen.error, 0, "no error");
    ok(matches_pattern(buf, 5000, FAULTFS_BYTES - 5000), "the right bytes");
}

int main(void)
{
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0), direct = faultfs_open(fs, O_DIRECT);
    int out = faultfs_open_for_short_writes(fs);

    continued(engine, fs, fd, out, 1000, 5000);
    continued(engine, fs, fd, out, 4999, 5000);
    continued(engine, fs, fd, out, 1, 100);
    continued(engine, fs, fd, out, 4096, 65536);
    continued(engine, fs, direct, out, 4096, 65536);
    ends(engine, fs, fd);
    auraio_destroy(engine);
    close(fd);
    close(direct);
    close(out);
    faultfs_stop(fs);
    return done();
}
