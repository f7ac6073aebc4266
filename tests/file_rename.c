/* SPDX-License-Identifier: Apache-2.0 */
/* renameat moves, replaces, exchanges and refuses as renameat2(2) does. */
#include "outcome.h"

#include <sys/stat.h>

static auraio_engine_t *engine;
static int dir, sub;

static ssize_t renamed(int olddir, const char *old, int newdir, const char *new, unsigned flags)
{
    struct seen seen = {0};

    return outcome(engine, auraio_renameat(engine, olddir, old, newdir, new, flags, see, &seen),
                   &seen);
}

static ino_t inode(int at, const char *name)
{
    struct stat st;

    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino : 0;
}

static void moves(void)
{
    close(scratch_file("a", 10, 0));
    close(scratch_file("b", 20, 0));
    ino_t a = inode(dir, "a"), b = inode(dir, "b");

    is(renamed(dir, "a", dir, "c", 0), 0, "to a new name");
    ok(inode(dir, "c") == a && !inode(dir, "a"), "it is there and no longer here");
    is(renamed(dir, "c", sub, "c", 0), 0, "to another directory");
    ok(inode(sub, "c") == a && !inode(dir, "c"), "it is there and no longer here");
    is(renamed(sub, "c", dir, "b", 0), 0, "over an existing file");
    ok(inode(dir, "b") == a && !inode(sub, "c"), "which it replaces");

    close(scratch_file("d", 30, 0));
    ino_t d = inode(dir, "d");
    ssize_t wanted = plain(renameat2(dir, "b", dir, "d", RENAME_EXCHANGE));
    is(renamed(dir, "b", dir, "d", RENAME_EXCHANGE), wanted, "an exchange: %zd", wanted);
    ok(inode(dir, "b") == a && inode(dir, "d") == d, "two exchanges leave all as it was");
    ok(b != a, "the files were two");
}

static void fails(const char *what, int olddir, const char *old, int newdir, const char *new,
                  unsigned flags)
{
    ssize_t wanted = plain(renameat2(olddir, old, newdir, new, flags));

    ok(wanted < 0, "renameat2(2) refuses %s", what);
    is(verdict(renamed(olddir, old, newdir, new, flags)), wanted, "so does the library, with %zd",
       wanted);
}

int main(void)
{
    dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (mkdirat(dir, "sub", 0700) != 0)
        bail("mkdirat: %s", strerror(errno));
    sub = openat(dir, "sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int closed = closed_fd(dir);
    close(scratch_file("sub/kept", 1, 0));
    engine = test_engine(NULL);

    moves();
    fails("an existing file with RENAME_NOREPLACE", dir, "b", dir, "d", RENAME_NOREPLACE);
    fails("a missing file", dir, "missing", dir, "x", 0);
    fails("a missing directory", dir, "b", dir, "missing/x", 0);
    fails("a file over a directory", dir, "b", dir, "sub", 0);
    fails("a directory over a file", dir, "sub", dir, "b", 0);
    fails("a directory into itself", dir, "sub", sub, "inside", 0);
    fails("a closed directory", closed, "b", dir, "x", 0);
    fails("a closed new directory", dir, "b", closed, "x", 0);
    fails("unknown flags", dir, "b", dir, "x", 0x100);
    auraio_destroy(engine);
    return done();
}
