/* SPDX-License-Identifier: Apache-2.0 */
/* statx tells what statx(2) tells, and fails as it fails. */
#include "outcome.h"

#include <sys/stat.h>

static auraio_engine_t *engine;

static bool alike(const struct statx *a, const struct statx *b)
{
    return a->stx_mask == b->stx_mask && a->stx_ino == b->stx_ino && a->stx_mode == b->stx_mode &&
           a->stx_size == b->stx_size && a->stx_blocks == b->stx_blocks &&
           a->stx_nlink == b->stx_nlink && a->stx_uid == b->stx_uid &&
           a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor &&
           a->stx_mtime.tv_sec == b->stx_mtime.tv_sec && a->stx_blksize == b->stx_blksize;
}

static ssize_t looked_at(int dirfd, const char *path, int flags, unsigned mask, struct statx *out)
{
    struct seen seen = {0};

    return outcome(engine, auraio_statx(engine, dirfd, path, flags, mask, out, see, &seen), &seen);
}

static void same(const char *what, int dirfd, const char *path, int flags, unsigned mask)
{
    struct statx wanted = {0}, got = {0};
    ssize_t result = plain(statx(dirfd, path, flags, mask, &wanted));

    is(looked_at(dirfd, path, flags, mask, &got), result, "%s: %zd", what, result);
    ok(alike(&got, &wanted), "and the same facts");
}

int main(void)
{
    struct statx out;
    char path[PATH_MAX];
    int file = scratch_file("file", 12345, 0), closed = closed_fd(file);
    int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    fsync(file);
    is(symlinkat("file", dir, "link"), 0, "a symbolic link");
    engine = test_engine(NULL);

    is(looked_at(dir, "file", 0, STATX_SIZE, &out), 0, "a file");
    is(out.stx_size, 12345, "its size");
    same("a file in a directory", dir, "file", 0, STATX_BASIC_STATS);
    same("by a path", AT_FDCWD, scratch_path(path, "file"), 0, STATX_BASIC_STATS | STATX_BTIME);
    same("a descriptor", file, "", AT_EMPTY_PATH, STATX_BASIC_STATS);
    same("a link, followed", dir, "link", 0, STATX_BASIC_STATS);
    same("a link itself", dir, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS);
    same("a directory", dir, ".", AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE);

    same("a missing file", dir, "missing", 0, STATX_BASIC_STATS);
    same("a file as a directory", dir, "file/inside", 0, STATX_BASIC_STATS);
    same("an empty path", dir, "", 0, STATX_BASIC_STATS);
    same("a closed directory", closed, "file", 0, STATX_BASIC_STATS);
    is(verdict(looked_at(dir, "file", 0x40000000, STATX_BASIC_STATS, &out)), -EINVAL,
       "an unknown flag");
    auraio_destroy(engine);
    return done();
}
