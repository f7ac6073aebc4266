/* SPDX-License-Identifier: Apache-2.0 */
/* One read of 3 GiB: more than the 0x7ffff000 bytes that Linux moves in one call. */
#include "outcome.h"

#include <sys/mman.h>

static const size_t total = (size_t)3 << 30, kernel_most = 0x7ffff000;

static long available_mib(void)
{
    char line[128];
    long kib = 0;
    FILE *f = fopen("/proc/meminfo", "re");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %ld kB", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib / 1024;
}

int main(void)
{
    const size_t marks[] = {0, kernel_most - 1, kernel_most, (size_t)1 << 31, total - 1};
    struct seen seen = {0};
    int good = 0;

    if (sizeof(void *) < 8 || available_mib() < 6 * 1024)
        skip_all("less than 6 GiB of memory available");
    int fd = memfd_create("sparse", MFD_CLOEXEC); /* whose holes cost no page cache */
    unsigned char *buf = mmap(NULL, total, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (buf == MAP_FAILED || ftruncate(fd, (off_t)total) != 0)
        skip_all("no room for 3 GiB: %s", strerror(errno));
    madvise(buf, total, MADV_HUGEPAGE); /* or the faults take longer than the read */
    for (size_t i = 0; i < 5; i++)
        good += pwrite(fd, "\xA5", 1, (off_t)marks[i]) == 1;
    is(good, 5, "five marks are in the sparse file");
    for (size_t at = 12345; at < total; at += 1 << 20)
        buf[at] = 0xEE;

    auraio_engine_t *engine = test_engine(NULL);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), total, 0, see, &seen), &seen),
       total, "the read gives all of 3 GiB");
    is(seen.error, 0, "and no error");

    good = 0;
    for (size_t i = 0; i < 5; i++)
        good += buf[marks[i]] == 0xA5;
    is(good, 5, "the marks are where they were");
    good = 0;
    for (size_t at = 12345; at < total; at += 1 << 20)
        good += buf[at] == 0;
    is(good, total >> 20, "every megabyte was written to");
    auraio_destroy(engine);
    close(fd);
    return done();
}
