/* SPDX-License-Identifier: Apache-2.0 */
/* mkdirat makes a directory with the mode asked for, or fails as mkdirat(2). */
#include "outcome.h"

#include <sys/stat.h>

static auraio_engine_t *engine;

static ssize_t made(int dirfd, const char *path, mode_t mode)
{
    struct seen seen = {0};

    return outcome(engine, auraio_mkdirat(engine, dirfd, path, mode, see, &seen), &seen);
}

static void fails(const char *what, int dirfd, const char *path)
{
    ssize_t wanted = plain(mkdirat(dirfd, path, 0700));

    ok(wanted < 0, "mkdirat(2) refuses %s", what);
    is(verdict(made(dirfd, path, 0700)), wanted, "so does the library, with %zd", wanted);
}

int main(void)
{
    char path[PATH_MAX];
    struct stat st;
    int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), closed = closed_fd(dir);

    close(scratch_file("file", 1, 0));
    umask(022);
    engine = test_engine(NULL);
    is(made(dir, "new", 0777), 0, "a directory");
    is(fstatat(dir, "new", &st, 0), 0, "is there");
    ok(S_ISDIR(st.st_mode), "it is one");
    is(st.st_mode & 0777, 0755, "its mode went through the umask");
    is(made(dir, "new/inside", 0700), 0, "one inside it");
    is(made(AT_FDCWD, scratch_path(path, "new/inside/deeper"), 0700), 0, "one by a path");
    is(fstatat(dir, "new/inside/deeper", &st, 0), 0, "is there");

    fails("an existing directory", dir, "new");
    fails("an existing file", dir, "file");
    fails("a missing parent", dir, "missing/new");
    fails("a file as the parent", dir, "file/new");
    fails("a closed directory", closed, "other");
    fails("an empty path", dir, "");
    auraio_destroy(engine);
    return done();
}
