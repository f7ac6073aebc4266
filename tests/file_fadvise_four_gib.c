/* SPDX-License-Identifier: Apache-2.0 */
/* The length of an advice does not fit where io_uring has it: 4 GiB is not taken for 0, which would
 * mean up to the end of the file. */
#include "outcome.h"

#include <sys/mman.h>

enum { BEYOND_BYTES = 65536, MOST_TRIES = 20 };
#define RANGE_BYTES (INT64_C(4) << 30)

/* Pages of the file beyond the range that lie in memory. */
static int cached_beyond(int fd)
{
    unsigned char pages[BEYOND_BYTES / 4096] = {0};
    int n = 0;
    void *map = mmap(NULL, BEYOND_BYTES, PROT_READ, MAP_SHARED, fd, RANGE_BYTES);

    if (map == MAP_FAILED || mincore(map, BEYOND_BYTES, pages) != 0)
        return -1;
    munmap(map, BEYOND_BYTES);
    for (size_t i = 0; i < sizeof pages; i++)
        n += pages[i] & 1;
    return n;
}

static void read_beyond(int fd)
{
    static unsigned char buf[BEYOND_BYTES];

    if (pread(fd, buf, sizeof buf, RANGE_BYTES) != (ssize_t)sizeof buf)
        bail("read beyond the range: %s", strerror(errno));
}

int main(void)
{
    int fd = scratch_file("file", 0, 0);
    struct seen seen = {0};

    if (ftruncate(fd, RANGE_BYTES + BEYOND_BYTES) != 0)
        skip_all("no file of more than 4 GiB here: %s", strerror(errno));
    read_beyond(fd);
    int before = cached_beyond(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (before <= 0 || cached_beyond(fd) >= before)
        skip_all("POSIX_FADV_DONTNEED drops nothing here");
    auraio_engine_t *engine = test_engine(NULL);
    int after = -1, good = 0, tries = 0;
    do { /* again where somebody else needed the memory just then */
        read_beyond(fd);
        before = cached_beyond(fd);
        good += outcome(engine,
                        auraio_fadvise(engine, fd, 0, RANGE_BYTES, POSIX_FADV_DONTNEED, see, &seen),
                        &seen) == 0;
        after = cached_beyond(fd);
    } while (++tries < MOST_TRIES && after != before);
    is(good, tries, "the first 4 GiB of a file are not needed");
    is(after, before, "what lies beyond stays in memory");
    is(outcome(engine,
               auraio_fadvise(engine, fd, 0, RANGE_BYTES + BEYOND_BYTES, POSIX_FADV_DONTNEED, see,
                              &seen),
               &seen),
       0, "all of it is not needed");
    ok(cached_beyond(fd) < before, "what lies beyond is dropped");
    auraio_destroy(engine);
    return done();
}
