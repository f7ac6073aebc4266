/* SPDX-License-Identifier: Apache-2.0 */
/* fsync and fdatasync, by the flag and by the operation's type, succeed and fail as the
 * system calls do. */
#include "outcome.h"

static auraio_engine_t *engine;

static ssize_t synced(int fd, auraio_fsync_flags_t flags)
{
    struct seen seen = {0};

    return outcome(engine, auraio_fsync(engine, fd, flags, see, &seen), &seen);
}

static ssize_t synced_by_type(int fd, auraio_op_type_t type)
{
    struct seen seen = {0};
    auraio_op_t op = simple_op(type, fd, &seen);

    return outcome_of(engine, &op, &seen);
}

static void same(const char *what, int fd)
{
    ssize_t full = plain(fsync(fd)), data = plain(fdatasync(fd));

    is(synced(fd, AURAIO_FSYNC_DEFAULT), full, "fsync of %s: %zd", what, full);
    is(synced(fd, AURAIO_FSYNC_DATASYNC), data, "fdatasync of %s: %zd", what, data);
    is(synced_by_type(fd, AURAIO_OP_FSYNC), full, "AURAIO_OP_FSYNC");
    is(synced_by_type(fd, AURAIO_OP_FDATASYNC), data, "AURAIO_OP_FDATASYNC");
}

int main(void)
{
    struct seen seen = {0};
    char path[PATH_MAX];
    int fd = scratch_file("file", 100000, 0), closed = closed_fd(fd), ends[2];
    int read_only = open(scratch_path(path, "file"), O_RDONLY | O_CLOEXEC);
    int directory = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    engine = test_engine(NULL);
    same("a file", fd);
    same("a descriptor for reading only", read_only);
    same("a directory", directory);
    same("a closed descriptor", closed);
    same("a pipe", ends[1]);
    is(outcome(engine, auraio_fsync(engine, fd, (auraio_fsync_flags_t)2, see, &seen), &seen),
       REFUSED(EINVAL), "an unknown flag is refused at the call");
    is(outcome(engine, auraio_fsync(NULL, fd, AURAIO_FSYNC_DEFAULT, see, &seen), &seen),
       REFUSED(EINVAL), "so is no engine");
    is(seen.calls, 0, "no callback ran for these");
    auraio_destroy(engine);
    return done();
}
