/* SPDX-License-Identifier: Apache-2.0 */
/* fallocate reserves, keeps the size and punches holes as fallocate(2) does. */
#include "outcome.h"

#include <linux/falloc.h>
#include <sys/stat.h>

static auraio_engine_t *engine;

static ssize_t allocated(int fd, int mode, int64_t offset, int64_t len)
{
    struct seen seen = {0};

    return outcome(engine, auraio_fallocate(engine, fd, mode, offset, len, see, &seen), &seen);
}

static void fails(const char *what, int fd, int mode, int64_t offset, int64_t len)
{
    ssize_t wanted = plain(fallocate(fd, mode, offset, len));

    ok(wanted < 0, "fallocate(2) refuses %s", what);
    is(verdict(allocated(fd, mode, offset, len)), wanted, "so does the library, with %zd", wanted);
}

static void punches(int fd)
{
    static unsigned char buf[65536];
    struct stat st;

    is(allocated(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 16384), 0, "a hole");
    is(pread(fd, buf, sizeof buf, 0), sizeof buf, "the file keeps its size");
    ok(matches_pattern(buf, 8192, 0), "before the hole it is as it was");
    ok(all_bytes_are(buf + 8192, 16384, 0), "the hole reads as zero");
    ok(matches_pattern(buf + 24576, sizeof buf - 24576, 24576), "so it is behind it");
    is(fstat(fd, &st), 0, "it can be looked at");
}

int main(void)
{
    struct stat st;
    char path[PATH_MAX];
    int fd = scratch_file("file", 65536, 0), empty = scratch_file("empty", 0, 0), ends[2];
    int probe = scratch_file("probe", 65536, 0), closed = closed_fd(fd);
    int read_only = open(scratch_path(path, "file"), O_RDONLY | O_CLOEXEC);

    if (fallocate(probe, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 16384) != 0)
        skip_all("this file system has no fallocate: %s", strerror(errno));
    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    engine = test_engine(NULL);

    is(allocated(empty, 0, 0, 100000), 0, "100000 bytes");
    is(fstat(empty, &st), 0, "the file");
    is(st.st_size, 100000, "is so long");
    ok(st.st_blocks * 512 >= 100000, "and has its blocks");
    is(allocated(empty, FALLOC_FL_KEEP_SIZE, 0, 1 << 20), 0, "more, and the size kept");
    is(fstat(empty, &st), 0, "the file");
    is(st.st_size, 100000, "is as long as before");
    ok(st.st_blocks * 512 >= 1 << 20, "and has more blocks");
    punches(fd);

    fails("a length of zero", fd, 0, 0, 0);
    fails("a negative length", fd, 0, 0, -1);
    fails("a negative offset", fd, 0, -1, 10);
    fails("a closed descriptor", closed, 0, 0, 10);
    fails("a descriptor for reading only", read_only, 0, 0, 10);
    fails("a pipe", ends[1], 0, 0, 10);
    fails("an unknown mode", fd, 0x4000, 0, 10);
    fails("a hole that does not keep the size", fd, FALLOC_FL_PUNCH_HOLE, 0, 10);
    fails("an end beyond the greatest file", fd, 0, INT64_MAX - 5, 10);
    auraio_destroy(engine);
    return done();
}
