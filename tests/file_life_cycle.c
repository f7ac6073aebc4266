/* SPDX-License-Identifier: Apache-2.0 */
/* The whole life of a file without one system call of the program's own, and nothing
 * left open at the end. */
#include "outcome.h"
#include "threads.h"

#include <sys/stat.h>

static auraio_engine_t *engine;
static struct seen seen;

static void good(const auraio_request_t *req, ssize_t wanted, const char *what)
{
    is(outcome(engine, req, &seen), wanted, "%s", what);
}

static void live(int dir, int round)
{
    static unsigned char out[20000], in[20000];
    struct statx st;

    fill_pattern(out, sizeof out, (uint64_t)round);
    good(auraio_mkdirat(engine, dir, "home", 0700, see, &seen), 0, "mkdirat");
    int fd = (int)outcome(engine,
                          auraio_openat(engine, dir, "home/young",
                                        O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, see, &seen),
                          &seen);
    ok(fd >= 0, "openat (%d)", fd);
    good(auraio_fallocate(engine, fd, 0, 0, 30000, see, &seen), 0, "fallocate");
    good(auraio_fadvise(engine, fd, 0, 0, POSIX_FADV_SEQUENTIAL, see, &seen), 0, "fadvise");
    good(auraio_write(engine, fd, auraio_buf(out), sizeof out, 0, see, &seen), sizeof out, "write");
    good(auraio_sync_file_range(engine, fd, 0, 0, SYNC_FILE_RANGE_WRITE, see, &seen), 0,
         "sync_file_range");
    good(auraio_fsync(engine, fd, AURAIO_FSYNC_DATASYNC, see, &seen), 0, "fdatasync");
    good(auraio_ftruncate(engine, fd, 15000, see, &seen), 0, "ftruncate");
    good(auraio_renameat(engine, dir, "home/young", dir, "home/old", 0, see, &seen), 0, "renameat");
    good(auraio_statx(engine, dir, "home/old", 0, STATX_SIZE, &st, see, &seen), 0, "statx");
    is(st.stx_size, 15000, "its size");
    good(auraio_read(engine, fd, auraio_buf(in), sizeof in, 0, see, &seen), 15000, "read");
    ok(matches_pattern(in, 15000, (uint64_t)round), "its bytes");
    good(auraio_close(engine, fd, see, &seen), 0, "close");
    good(auraio_unlinkat(engine, dir, "home/old", 0, see, &seen), 0, "unlinkat");
    good(auraio_unlinkat(engine, dir, "home", AT_REMOVEDIR, see, &seen), 0, "and its directory");
}

int main(void)
{
    int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    engine = test_engine(NULL); /* a first one may leave things with the C runtime */
    live(dir, 0);
    auraio_destroy(engine);
    int fds = count_fds(), threads = threads_now();

    engine = test_engine(NULL);
    for (int round = 1; round < 5; round++)
        live(dir, round);
    auraio_destroy(engine);
    is(count_fds(), fds, "as many descriptors as before");
    is(threads_left(threads), threads, "as many threads as before");
    return done();
}
