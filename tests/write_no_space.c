/* SPDX-License-Identifier: Apache-2.0 */
/* A file system that fills up in the middle of a write: the count that fitted and ENOSPC,
 * then ENOSPC. On a small tmpfs in a mount namespace of the test's own. */
#include "outcome.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { FS_BYTES = 1 << 20, ELEMENTS = 8 };

static unsigned char buf[2 * FS_BYTES];

static char mount_point[PATH_MAX];

static int file_on_small_fs(void)
{
    char file[PATH_MAX + 8];

    if (geteuid() != 0)
        skip_all("mounting a tmpfs needs root");
    mkdir(scratch_path(mount_point, "small"), 0700);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", mount_point, "tmpfs", 0, "size=1m") != 0)
        skip_all("no tmpfs can be mounted: %s", strerror(errno));
    snprintf(file, sizeof file, "%s/file", mount_point);
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        bail("open %s: %s", file, strerror(errno));
    return fd;
}

/* How much plain writes can put there. */
static ssize_t fill_plainly(int fd)
{
    ssize_t total = 0, n;

    while ((n = pwrite(fd, buf, sizeof buf - (size_t)total, total)) > 0)
        total += n;
    is(n < 0 ? errno : 0, ENOSPC, "plain writes end with ENOSPC after %zd bytes", total);
    is(ftruncate(fd, 0), 0, "emptied");
    return total;
}

int main(void)
{
    struct seen seen = {0};
    struct iovec iov[ELEMENTS];
    int fd = file_on_small_fs();
    ssize_t fits = fill_plainly(fd);
    auraio_engine_t *engine = test_engine(NULL);
    unsigned char *back = malloc(sizeof buf);

    fill_pattern(buf, sizeof buf, 0);
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), &seen),
       fits, "a write of twice the room gives what fits");
    is(seen.error, ENOSPC, "and tells ENOSPC");
    is(pread(fd, back, sizeof buf, 0), fits, "so much is there");
    ok(matches_pattern(back, (size_t)fits, 0), "and right");
    is(outcome(engine, auraio_write(engine, fd, auraio_buf(buf), 4096, fits, see, &seen), &seen),
       -ENOSPC, "the next write gives ENOSPC");

    is(ftruncate(fd, 0), 0, "emptied");
    for (size_t i = 0; i < ELEMENTS; i++)
        iov[i] = (struct iovec){buf + i * (sizeof buf / ELEMENTS), sizeof buf / ELEMENTS};
    is(outcome(engine, auraio_writev(engine, fd, iov, ELEMENTS, 0, see, &seen), &seen), fits,
       "a writev of twice the room gives what fits");
    is(seen.error, ENOSPC, "and tells ENOSPC");
    is(pread(fd, back, sizeof buf, 0), fits, "so much is there");
    ok(matches_pattern(back, (size_t)fits, 0), "and right");
    is(outcome(engine, auraio_fallocate(engine, fd, 0, 0, 2 * FS_BYTES, see, &seen), &seen),
       -ENOSPC, "fallocate beyond the room gives ENOSPC");
    auraio_destroy(engine);
    free(back);
    close(fd);
    is(umount2(mount_point, MNT_DETACH), 0, "unmounted");
    return done();
}
