/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong in the kernel is told to the callback with pread's errno. */
#include "outcome.h"

#include <sys/mman.h>
#include <sys/socket.h>

static void same(auraio_engine_t *engine, const char *what, int fd, void *buf, int64_t offset)
{
    struct seen seen = {0};
    const struct iovec iov = {buf, 4096};
    ssize_t wanted = plain(pread(fd, buf, 4096, offset));

    is(verdict(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 4096, offset, see, &seen),
                       &seen)),
       wanted, "read, %s: %zd", what, wanted);
    is(verdict(outcome(engine, auraio_readv(engine, fd, &iov, 1, offset, see, &seen), &seen)),
       wanted, "readv, %s: %zd", what, wanted);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    unsigned char buf[4096];
    char path[PATH_MAX];
    int file = scratch_file("file", 8192, 0), closed = closed_fd(file);
    int write_only = open(scratch_path(path, "file"), O_WRONLY | O_CLOEXEC);
    int directory = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int path_only = open(path, O_PATH | O_CLOEXEC);
    void *no_access = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    same(engine, "a good one", file, buf, 4096);
    same(engine, "a closed descriptor", closed, buf, 0);
    same(engine, "a descriptor for writing only", write_only, buf, 0);
    same(engine, "an O_PATH descriptor", path_only, buf, 0);
    same(engine, "a directory", directory, buf, 0);
    same(engine, "memory without access", file, no_access, 0);
    same(engine, "memory for reading only", file, read_only, 0);
    same(engine, "an offset near the greatest", file, buf, INT64_MAX - 100);
    auraio_destroy(engine);
    return done();
}
