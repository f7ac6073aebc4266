/* SPDX-License-Identifier: Apache-2.0 */
/* unlinkat removes files and, with AT_REMOVEDIR, directories, or fails as unlinkat(2). */
#include "outcome.h"

#include <sys/stat.h>

static auraio_engine_t *engine;
static int dir;

static ssize_t removed(int dirfd, const char *path, int flags)
{
    struct seen seen = {0};

    return outcome(engine, auraio_unlinkat(engine, dirfd, path, flags, see, &seen), &seen);
}

static void fails(const char *what, int dirfd, const char *path, int flags)
{
    ssize_t wanted = plain(unlinkat(dirfd, path, flags));

    ok(wanted < 0, "unlinkat(2) refuses %s", what);
    is(verdict(removed(dirfd, path, flags)), wanted, "so does the library, with %zd", wanted);
}

int main(void)
{
    char path[PATH_MAX];
    struct stat st;

    dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int closed = closed_fd(dir), fd = scratch_file("file", 10, 0);
    if (mkdirat(dir, "empty", 0700) != 0 || mkdirat(dir, "full", 0700) != 0)
        bail("mkdirat: %s", strerror(errno));
    close(scratch_file("full/file", 10, 0));
    is(symlinkat("full", dir, "link"), 0, "a symbolic link");
    engine = test_engine(NULL);

    fails("a missing file", dir, "missing", 0);
    fails("a directory without AT_REMOVEDIR", dir, "empty", 0);
    fails("a file with AT_REMOVEDIR", dir, "file", AT_REMOVEDIR);
    fails("a directory that is not empty", dir, "full", AT_REMOVEDIR);
    fails("a closed directory", closed, "file", 0);
    fails("unknown flags", dir, "file", 0x10000);
    fails("an empty path", dir, "", 0);

    is(removed(dir, "file", 0), 0, "a file");
    is(faccessat(dir, "file", F_OK, 0), -1, "is gone");
    is(fstat(fd, &st), 0, "its descriptor is not");
    is(st.st_nlink, 0, "but has no name");
    is(removed(dir, "link", 0), 0, "a symbolic link");
    is(faccessat(dir, "full/file", F_OK, 0), 0, "what it points to stays");
    is(removed(dir, "empty", AT_REMOVEDIR), 0, "an empty directory");
    is(faccessat(dir, "empty", F_OK, 0), -1, "is gone");
    is(removed(AT_FDCWD, scratch_path(path, "full/file"), 0), 0, "a file by its path");
    is(removed(dir, "full", AT_REMOVEDIR), 0, "then its directory");
    auraio_destroy(engine);
    return done();
}
