/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong in the kernel is told to the callback with pwrite's errno. */
#include "outcome.h"

#include <sys/mman.h>

static void same(auraio_engine_t *engine, const char *what, int fd, void *buf, int64_t offset)
{
    struct seen seen = {0};
    const struct iovec iov = {buf, 4096};
    ssize_t wanted = plain(pwrite(fd, buf, 4096, offset));

    is(verdict(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), 4096, offset, see, &seen),
                       &seen)),
       wanted, "write, %s: %zd", what, wanted);
    is(verdict(outcome(engine, auraio_writev(engine, fd, &iov, 1, offset, see, &seen), &seen)),
       wanted, "writev, %s: %zd", what, wanted);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    unsigned char buf[4096] = {0}, back[4096];
    char path[PATH_MAX];
    int file = scratch_file("file", 8192, 0), closed = closed_fd(file);
    int read_only = open(scratch_path(path, "file"), O_RDONLY | O_CLOEXEC);
    int directory = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int path_only = open(path, O_PATH | O_CLOEXEC);
    void *no_access = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    same(engine, "a good one", file, buf, 4096);
    same(engine, "a closed descriptor", closed, buf, 0);
    same(engine, "a descriptor for reading only", read_only, buf, 0);
    same(engine, "an O_PATH descriptor", path_only, buf, 0);
    same(engine, "a directory", directory, buf, 0);
    same(engine, "memory without access", file, no_access, 0);
    same(engine, "an offset near the greatest", file, buf, INT64_MAX - 100);
    is(pread(file, back, 4096, 0), 4096, "the first block");
    ok(matches_pattern(back, 4096, 0), "was never written to");
    auraio_destroy(engine);
    return done();
}
