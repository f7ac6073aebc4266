/* SPDX-License-Identifier: Apache-2.0 */
/* ftruncate makes files longer and shorter as ftruncate(2) does, also where the kernel's
 * io_uring has no such operation. */
#include "outcome.h"

static auraio_engine_t *engine;

static ssize_t truncated(int fd, int64_t length)
{
    struct seen seen = {0};

    return outcome(engine, auraio_ftruncate(engine, fd, length, see, &seen), &seen);
}

static void fails(const char *what, int fd, int64_t length)
{
    ssize_t wanted = plain(ftruncate(fd, length));

    ok(wanted < 0, "ftruncate(2) refuses %s", what);
    is(verdict(truncated(fd, length)), wanted, "so does the library, with %zd", wanted);
}

int main(void)
{
    unsigned char buf[200];
    char path[PATH_MAX];
    int fd = scratch_file("file", 100, 0), closed = closed_fd(fd), ends[2];
    int read_only = open(scratch_path(path, "file"), O_RDONLY | O_CLOEXEC);
    int directory = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    engine = test_engine(NULL);

    is(truncated(fd, 40), 0, "shorter");
    is(lseek(fd, 0, SEEK_END), 40, "it is");
    is(truncated(fd, 200), 0, "longer");
    is(pread(fd, buf, sizeof buf, 0), 200, "it is");
    ok(matches_pattern(buf, 40, 0), "it begins as it was");
    ok(all_bytes_are(buf + 40, 160, 0), "what was cut off did not come back");
    is(truncated(fd, (int64_t)5 << 30), 0, "5 GiB, sparse");
    is(lseek(fd, 0, SEEK_END), (int64_t)5 << 30, "it is");
    is(truncated(fd, 0), 0, "empty");
    is(lseek(fd, 0, SEEK_END), 0, "it is");

    fails("a negative length", fd, -1);
    fails("a closed descriptor", closed, 10);
    fails("a descriptor for reading only", read_only, 10);
    fails("a directory", directory, 10);
    fails("a pipe", ends[1], 10);
    auraio_destroy(engine);
    return done();
}
