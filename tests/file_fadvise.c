/* SPDX-License-Identifier: Apache-2.0 */
/* fadvise reaches the page cache, and fails as posix_fadvise(2) does. */
#include "outcome.h"

#include <sys/mman.h>

enum { FILE_BYTES = 1 << 20 };

static auraio_engine_t *engine;

static ssize_t advised(int fd, int64_t offset, int64_t len, int advice)
{
    struct seen seen = {0};

    return verdict(
        outcome(engine, auraio_fadvise(engine, fd, offset, len, advice, see, &seen), &seen));
}

static void same(const char *what, int fd, int64_t offset, int64_t len, int advice)
{
    ssize_t wanted = -posix_fadvise(fd, offset, len, advice);

    is(advised(fd, offset, len, advice), wanted, "%s: %zd", what, wanted);
}

static size_t cached_pages(int fd)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = FILE_BYTES / page, n = 0;
    unsigned char *resident = calloc(pages, 1);
    void *map = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);

    if (map == MAP_FAILED || mincore(map, FILE_BYTES, resident) != 0)
        bail("mincore: %s", strerror(errno));
    for (size_t i = 0; i < pages; i++)
        n += resident[i] & 1;
    munmap(map, FILE_BYTES);
    free(resident);
    return n;
}

static void empties_the_cache(int fd)
{
    fsync(fd);
    size_t before = cached_pages(fd);
    posix_fadvise(fd, 0, FILE_BYTES / 2, POSIX_FADV_DONTNEED);
    size_t half = cached_pages(fd);
    is(advised(fd, 0, FILE_BYTES, POSIX_FADV_DONTNEED), 0, "DONTNEED");
    size_t after = cached_pages(fd);
    if (half < before) /* the kernel keeps the few that a CPU's own list holds */
        ok(after < before / 4, "empties the cache (%zu of %zu pages left)", after, before);
    else
        skip("empties the cache", "posix_fadvise does not here");
}

int main(void)
{
    int fd = scratch_file("file", FILE_BYTES, 0), closed = closed_fd(fd), ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    engine = test_engine(NULL);
    empties_the_cache(fd);
    same("WILLNEED", fd, 0, FILE_BYTES, POSIX_FADV_WILLNEED);
    same("SEQUENTIAL", fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    same("RANDOM", fd, 4096, 4096, POSIX_FADV_RANDOM);
    same("NORMAL", fd, 0, 0, POSIX_FADV_NORMAL);
    same("an unknown advice", fd, 0, 0, 77);
    same("a negative length", fd, 0, -1, POSIX_FADV_NORMAL);
    same("a closed descriptor", closed, 0, 0, POSIX_FADV_NORMAL);
    same("a pipe", ends[0], 0, 0, POSIX_FADV_NORMAL);
    auraio_destroy(engine);
    return done();
}
