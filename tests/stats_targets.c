/* SPDX-License-Identifier: Apache-2.0 */
/* There is one target for each device that was used, in the order of their appearance, named by
 * its numbers. */
#include "slow.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static auraio_engine_t *engine;
static unsigned char byte;
static struct seen seen;

static ssize_t read_from(int fd)
{
    return outcome(engine, auraio_read(engine, fd, auraio_buf(&byte), 1, 0, see, &seen), &seen);
}

static void is_target(int i, int fd, const char *what)
{
    auraio_target_stats_t target;
    struct stat st;

    memset(&target, 0xa5, sizeof target);
    is(auraio_get_target_stats(engine, i, &target), 0, "%s is target %d", what, i);
    fstat(fd, &st);
    is(target.dev_major, major(st.st_dev), "%s: its major number", what);
    is(target.dev_minor, minor(st.st_dev), "%s: its minor number", what);
    ok(strcmp(auraio_phase_name((int)target.phase), "UNKNOWN") != 0, "%s: its phase is %s", what,
       auraio_phase_name((int)target.phase));
    is(target.in_flight + target.queued, 0, "%s: nothing is in flight", what);
    ok(!target.reserved0 &&
           all_bytes_are((unsigned char *)target.reserved, sizeof target.reserved, 0),
       "%s: what is reserved is zero", what);
}

/* A file on another device than the scratch directory; -1 when there is none. */
static int file_elsewhere(int fd)
{
    int shm = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct stat here, there;

    if (shm < 0 || fstat(fd, &here) || fstat(shm, &there) || here.st_dev == there.st_dev)
        return -1;
    return write(shm, "x", 1) == 1 ? shm : -1;
}

/* A descriptor is looked up at its number modulo 1024. */
static void one_place_for_two(int fd, int elsewhere)
{
    struct rlimit limit;
    int high = -1;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > 2048) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        high = dup2(elsewhere, fd + 1024);
    }
    if (high < 0) {
        skip("descriptors 1024 apart", "not to be had: %s", strerror(errno));
        return;
    }
    engine = test_engine(NULL);
    for (int i = 0; i < 3; i++)
        is(read_from(fd) + read_from(high), 2, "descriptors 1024 apart are read in turns");
    is(auraio_get_target_count(engine), 2, "and have a target each");
    auraio_destroy(engine);
    close(high);
}

int main(void)
{
    int fd = scratch_file("file", 1, 0), again = scratch_file("again", 1, 0), n = 1;
    int elsewhere = file_elsewhere(fd);
    struct slow slow;

    engine = test_engine(NULL);
    is(auraio_get_target_count(engine), 0, "no target yet");
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "nop");
    is(auraio_get_target_count(engine), 0, "has none");
    is(read_from(fd), 1, "a read");
    is(auraio_get_target_count(engine), 1, "makes one");
    is(read_from(again), 1, "a read of another file of that device");
    is(auraio_get_target_count(engine), 1, "makes no other");
    if (elsewhere >= 0) {
        is(read_from(elsewhere), 1, "a read of another device");
        is(auraio_get_target_count(engine), ++n, "makes a second one");
        is_target(1, elsewhere, "shared memory");
    } else {
        skip("another device", "no second file system to write to");
    }
    slow_start(engine, &slow);
    is(slow_finish(engine, &slow), 1, "a read of a pipe");
    is(auraio_get_target_count(engine), ++n, "makes one more");
    is_target(0, fd, "the scratch directory");
    auraio_target_stats_t target;
    is(auraio_get_target_stats(engine, n, &target), -1, "there is none behind the last");
    auraio_destroy(engine);
    if (elsewhere >= 0)
        one_place_for_two(fd, elsewhere);
    return done();
}
