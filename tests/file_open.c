/* SPDX-License-Identifier: Apache-2.0 */
/* openat gives a descriptor that works, with the flags and the mode asked for, or the
 * errno of openat(2). */
#include "outcome.h"

#include <sys/stat.h>

static auraio_engine_t *engine;
static int dir;

static ssize_t opened(int dirfd, const char *path, int flags, mode_t mode)
{
    struct seen seen = {0};

    return outcome(engine, auraio_openat(engine, dirfd, path, flags, mode, see, &seen), &seen);
}

static void succeeds(void)
{
    char path[PATH_MAX], byte = 0;
    struct stat st;

    umask(027);
    int fd = (int)opened(dir, "new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ok(fd >= 0, "a new file is created (%d)", fd);
    is(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "O_CLOEXEC is honoured");
    is(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "it is open for reading and writing");
    is(write(fd, "x", 1), 1, "and can be written to");
    is(fstat(fd, &st), 0, "it can be looked at");
    is(st.st_mode & 0777, 0640, "its mode went through the umask");
    close(fd);

    fd = (int)opened(dir, "new", O_RDONLY, 0);
    ok(fd >= 0, "it is opened again");
    is(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0, "without O_CLOEXEC");
    is(pread(fd, &byte, 1, 0), 1, "it can be read");
    is(byte, 'x', "and has what was written");
    close(fd);

    fd = (int)opened(AT_FDCWD, scratch_path(path, "new"), O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
    ok(fd >= 0, "by a path from the current directory");
    is(lseek(fd, 0, SEEK_END), 0, "O_TRUNC emptied it");
    close(fd);

    fd = (int)opened(AT_FDCWD, scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    ok(fd >= 0, "a directory");
    is(faccessat(fd, "new", F_OK, 0), 0, "serves as one");
    close(fd);
}

static void fails(const char *what, int dirfd, const char *path, int flags)
{
    ssize_t wanted = plain(openat(dirfd, path, flags | O_CLOEXEC, 0600));

    ok(wanted < 0, "openat(2) refuses %s", what);
    is(opened(dirfd, path, flags | O_CLOEXEC, 0600), wanted, "so does the library, with %zd",
       wanted);
}

int main(void)
{
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1; /* the descriptors of others would be counted when they are made */
    engine = test_engine(&options);
    dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = scratch_file("file", 10, 0), closed = closed_fd(file);
    char long_name[300];

    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    succeeds();
    is(symlinkat("file", dir, "link"), 0, "a symbolic link");
    fails("a missing file", dir, "missing", O_RDONLY);
    fails("an existing file with O_EXCL", dir, "file", O_RDWR | O_CREAT | O_EXCL);
    fails("a file as a directory", dir, "file/inside", O_RDONLY);
    fails("a directory for writing", dir, ".", O_RDWR);
    fails("a file with O_DIRECTORY", dir, "file", O_RDONLY | O_DIRECTORY);
    fails("a link with O_NOFOLLOW", dir, "link", O_RDONLY | O_NOFOLLOW);
    fails("an empty path", dir, "", O_RDONLY);
    fails("a name too long", dir, long_name, O_RDONLY);
    fails("a closed directory", closed, "file", O_RDONLY);
    fails("a file in place of the directory", file, "file", O_RDONLY);

    int before = count_fds();
    is(opened(dir, "missing", O_RDONLY, 0), -ENOENT, "one more failure");
    is(count_fds(), before, "leaves no descriptor behind");
    auraio_destroy(engine);
    return done();
}
