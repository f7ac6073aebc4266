/* SPDX-License-Identifier: Apache-2.0 */
/* A registered file is named by its slot and lives as long as its registration: the caller may
 * close its descriptor, and use its number for another file. */
#include "outcome.h"

enum { BLOCK_BYTES = 4096 };

static auraio_engine_t *engine;
static unsigned char buf[BLOCK_BYTES];
static struct seen seen;

static ssize_t read_from(int fd, size_t len)
{
    memset(buf, 0, sizeof buf);
    return outcome(engine, auraio_read(engine, fd, auraio_buf(buf), len, 0, see, &seen), &seen);
}

static int file_full_of(const char *name, unsigned char value)
{
    int fd = scratch_file(name, 0, 0);

    memset(buf, value, sizeof buf);
    if (write(fd, buf, sizeof buf) != sizeof buf)
        bail("write: %s", strerror(errno));
    return fd;
}

static void other_operations(int fixed)
{
    const struct iovec iov[] = {{buf, 100}, {buf + 100, 28}};

    is(outcome(engine, auraio_readv(engine, fixed, iov, 2, 0, see, &seen), &seen), 128, "readv");
    is(outcome(engine, auraio_write(engine, fixed, auraio_buf("xyz"), 3, 0, see, &seen), &seen), 3,
       "write");
    is(outcome(engine, auraio_fsync(engine, fixed, AURAIO_FSYNC_DATASYNC, see, &seen), &seen), 0,
       "fsync");
    is(outcome(engine, auraio_ftruncate(engine, fixed, 64, see, &seen), &seen), 0, "ftruncate");
    is(outcome(engine, auraio_fallocate(engine, fixed, 0, 0, 8192, see, &seen), &seen), 0,
       "fallocate");
    is(outcome(engine, auraio_fadvise(engine, fixed, 0, 0, POSIX_FADV_NORMAL, see, &seen), &seen),
       0, "fadvise");
    is(outcome(engine, auraio_sync_file_range(engine, fixed, 0, 0, 0, see, &seen), &seen), 0,
       "sync_file_range");
    is(read_from(fixed, 3), 3, "a read");
    ok(memcmp(buf, "xyz", 3) == 0, "of what was written");
}

int main(void)
{
    int a = file_full_of("a", 'a'), b = file_full_of("b", 'b'), fds[] = {a, -1, b};

    engine = test_engine(NULL);
    is(auraio_register_files(engine, fds, 3), 0, "two files and an empty slot are registered");
    is(read_from(auraio_fixed_file(0), BLOCK_BYTES), BLOCK_BYTES, "a read of file 0");
    ok(all_bytes_are(buf, BLOCK_BYTES, 'a'), "gives what is in it");
    is(read_from(auraio_fixed_file(2), BLOCK_BYTES), BLOCK_BYTES, "a read of file 2");
    ok(all_bytes_are(buf, BLOCK_BYTES, 'b'), "gives what is in it");
    is(verdict(read_from(auraio_fixed_file(1), 1)), -EBADF, "the empty slot is EBADF");
    is(read_from(auraio_fixed_file(3), 1), REFUSED(EINVAL), "there is no slot 3");

    int c = file_full_of("c", 'c');
    is(dup2(c, a), a, "the number of file 0 now belongs to another file");
    is(read_from(auraio_fixed_file(0), BLOCK_BYTES), BLOCK_BYTES, "its slot");
    ok(all_bytes_are(buf, BLOCK_BYTES, 'a'), "still names the old one");
    is(read_from(a, BLOCK_BYTES), BLOCK_BYTES, "the number");
    ok(all_bytes_are(buf, BLOCK_BYTES, 'c'), "names the new one");
    close(a);
    is(read_from(auraio_fixed_file(0), BLOCK_BYTES), BLOCK_BYTES, "the number is closed, the slot");
    ok(all_bytes_are(buf, BLOCK_BYTES, 'a'), "is as before");
    is(read_from(a, 1), -EBADF, "the number alone is nothing");

    is(auraio_update_file(engine, 1, c), 0, "the empty slot is filled");
    is(read_from(auraio_fixed_file(1), 1), 1, "a read of it");
    is(buf[0], 'c', "gives what is in it");
    is(auraio_update_file(engine, 0, -1), 0, "a slot is emptied");
    is(verdict(read_from(auraio_fixed_file(0), 1)), -EBADF, "now it is EBADF");
    other_operations(auraio_fixed_file(2));
    is(auraio_unregister_files(engine), 0, "they are unregistered");
    is(read_from(auraio_fixed_file(2), 1), REFUSED(ENOENT), "no file is registered");
    auraio_destroy(engine);
    return done();
}
