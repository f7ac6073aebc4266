/* SPDX-License-Identifier: Apache-2.0 */
/* The disk of known knee is what its control file says, and leaves nothing behind. */
#include "simdisk/simdisk.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 4096, DISK_BYTES = 1 << 20, READERS = 8, READS = 10, MOST_TRIES = 100 };

static struct simdisk *disk;
static unsigned char *block;

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* How long n reads, one after the other, take. */
static double time_reads(int fd, int n)
{
    double began = seconds();

    for (int i = 0; i < n; i++) {
        off_t offset = (off_t)i * BLOCK % DISK_BYTES;
        if (pread(fd, block, BLOCK, offset) != BLOCK ||
            !simdisk_has(block, BLOCK, (uint64_t)offset))
            bail("a read failed or was wrong: %s", strerror(errno));
    }
    return seconds() - began;
}

static bool refused(const char *lines)
{
    return simdisk_set(disk, "%s", lines) == -1 && errno == EINVAL;
}

struct reader {
    pthread_t thread;
    int fd;
    unsigned char *into;
    bool good;
};

static void *read_in_thread(void *argument)
{
    struct reader *reader = argument;

    reader->good = true;
    for (int i = 0; i < READS; i++)
        reader->good = pread(reader->fd, reader->into, BLOCK, 0) == BLOCK && reader->good;
    return NULL;
}

static bool read_in_threads(int fd)
{
    struct reader readers[READERS];
    bool good = true;

    for (int i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.fd = fd, .into = block + (size_t)i * BLOCK};
        if (pthread_create(&readers[i].thread, NULL, read_in_thread, &readers[i]) != 0)
            bail("pthread_create");
    }
    for (int i = 0; i < READERS; i++)
        good = pthread_join(readers[i].thread, NULL) == 0 && readers[i].good && good;
    return good;
}

static void check_lines(void)
{
    ok(refused("channels 0\n"), "no channels are refused");
    ok(refused("channels 8\nservice_us fast\n"), "a bad line refuses the good one before it");
    is((int)simdisk_get(disk, "channels"), 4, "which has changed nothing");
    ok(refused("load 4\n"), "a neighbour on all channels is refused");
    ok(refused("distribution lognormal\n"), "a lognormal distribution needs its sigma");
    ok(refused("channels 2 2\n") && refused("depth 3\n"), "so are too many words and other names");
    is(simdisk_set(disk, "distribution lognormal 0.3\n\nwobble 5\nload 3\nforget"), 0,
       "several lines are taken at once, the last without its end");
    is((int)simdisk_get(disk, "load"), 3, "and can be read");
    is(simdisk_set(disk, "distribution fixed\nwobble 0\nload 0"), 0, "and taken back");
}

static void check_times(int fd)
{
    ok(time_reads(fd, 20) >= .020, "20 reads of 1 ms, one after the other, take at least 20 ms");
    is((int)simdisk_get(disk, "requests"), 20, "and are counted");
    is(simdisk_set(disk, "forget\nservice_us 2000"), 0, "the service time is changed");
    double began = seconds();
    ok(read_in_threads(fd), "eight threads read ten times each");
    ok(seconds() - began >= .040, "which takes four channels at least 40 ms");
    /* On a busy machine they may come one by one. */
    for (int tries = 0; simdisk_get(disk, "most_waiting") < 1 && tries < MOST_TRIES; tries++)
        if (!read_in_threads(fd))
            bail("a read failed");
    is((int)simdisk_get(disk, "most_in_service"), 4, "four were served at once");
    ok(simdisk_get(disk, "most_waiting") >= 1, "and others waited");
    began = seconds();
    is(simdisk_set(disk, "service_us 100\nstall_ms 1000"), 0, "the disk is stalled for a second");
    time_reads(fd, 1);
    ok(seconds() - began >= .900, "a read waits for the end of that");
    ok(time_reads(fd, 10) < 10, "and the next ones do not");
}

int main(void)
{
    char path[PATH_MAX];

    disk = simdisk_start(DISK_BYTES, "channels 4\nservice_us 1000\n");
    if (!disk)
        skip_all("FUSE is not to be had here");
    block = mmap(NULL, READERS * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    snprintf(path, sizeof path, "%s", simdisk_path(disk));
    int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    if (block == MAP_FAILED || fd < 0)
        bail("open %s: %s", path, strerror(errno));
    check_lines();
    check_times(fd);
    is(pread(fd, block, BLOCK, DISK_BYTES), 0, "nothing is read at the end");
    is(pwrite(fd, block, BLOCK, 0), BLOCK, "a write is taken");
    ok(time_reads(fd, 1) < 10, "and dropped: the content is as before");
    close(fd);
    simdisk_stop(disk);
    ok(access(path, F_OK) != 0 && waitpid(-1, NULL, WNOHANG) == -1,
       "when it is stopped, nothing is left");
    ok(!simdisk_start(DISK_BYTES, "channels none"), "it does not start with bad lines");
    return done();
}
