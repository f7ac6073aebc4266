/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of every type, waiting of every kind, sets and statistics: what an engine has to
 * serve in a child process, whatever is denied to it. */
#ifndef EVERYTHING_H
#define EVERYTHING_H

#include "child.h"
#include "slow.h"

#include <poll.h>
#include <sys/stat.h>

enum { EVERYTHING_BYTES = 8192 };

#define GIVES(call, wanted) EXPECT(outcome(engine, call, &seen) == (wanted))

static inline int every_transfer(auraio_engine_t *engine, int fd)
{
    unsigned char buf[EVERYTHING_BYTES];
    const struct iovec iov[] = {{buf, 100}, {buf + 100, EVERYTHING_BYTES - 100}};
    struct seen seen = {0};

    fill_pattern(buf, sizeof buf, 0);
    GIVES(auraio_write(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), sizeof buf);
    GIVES(auraio_writev(engine, fd, iov, 2, sizeof buf, see, &seen), sizeof buf);
    memset(buf, 0, sizeof buf);
    GIVES(auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen), sizeof buf);
    EXPECT(matches_pattern(buf, sizeof buf, 0));
    memset(buf, 0, sizeof buf);
    GIVES(auraio_readv(engine, fd, iov, 2, sizeof buf, see, &seen), sizeof buf);
    EXPECT(matches_pattern(buf, sizeof buf, 0));
    return 0;
}

static inline int every_other_operation(auraio_engine_t *engine, int fd)
{
    char one[PATH_MAX], two[PATH_MAX];
    struct seen seen = {0};
    struct statx st;

    scratch_path(one, "one");
    scratch_path(two, "two");
    GIVES(auraio_fsync(engine, fd, AURAIO_FSYNC_DEFAULT, see, &seen), 0);
    GIVES(auraio_fsync(engine, fd, AURAIO_FSYNC_DATASYNC, see, &seen), 0);
    GIVES(auraio_fallocate(engine, fd, 0, 0, 3 * EVERYTHING_BYTES, see, &seen), 0);
    GIVES(auraio_ftruncate(engine, fd, EVERYTHING_BYTES, see, &seen), 0);
    GIVES(auraio_sync_file_range(engine, fd, 0, 0, 0, see, &seen), 0);
    GIVES(auraio_fadvise(engine, fd, 0, 0, POSIX_FADV_NORMAL, see, &seen), 0);
    GIVES(auraio_mkdirat(engine, AT_FDCWD, one, 0700, see, &seen), 0);
    GIVES(auraio_renameat(engine, AT_FDCWD, one, AT_FDCWD, two, 0, see, &seen), 0);
    GIVES(auraio_statx(engine, AT_FDCWD, two, 0, STATX_TYPE, &st, see, &seen), 0);
    EXPECT(S_ISDIR(st.stx_mode));
    GIVES(auraio_unlinkat(engine, AT_FDCWD, two, AT_REMOVEDIR, see, &seen), 0);
    ssize_t opened = outcome(
        engine, auraio_openat(engine, AT_FDCWD, one, O_CREAT | O_RDWR, 0600, see, &seen), &seen);
    EXPECT(opened >= 0 && fcntl((int)opened, F_GETFD) >= 0);
    GIVES(auraio_close(engine, (int)opened, see, &seen), 0);
    EXPECT(fcntl((int)opened, F_GETFD) == -1);
    GIVES(auraio_unlinkat(engine, AT_FDCWD, one, 0, see, &seen), 0);
    GIVES(auraio_nop(engine, see, &seen), 0);
    GIVES(auraio_unlinkat(engine, AT_FDCWD, one, 0, see, &seen), -ENOENT);
    return 0;
}

static inline int every_wait(auraio_engine_t *engine)
{
    struct pollfd pfd = {.fd = auraio_get_poll_fd(engine), .events = POLLIN};
    struct slow slow, held;
    struct seen seen = {0};

    EXPECT(auraio_nop(engine, see, &seen) && poll(&pfd, 1, 10000) == 1);
    EXPECT(wait_seen(engine, &seen));
    slow_start(engine, &slow);
    double began_ms = now_ms();
    EXPECT(auraio_wait(engine, 50) == 0 && now_ms() - began_ms >= 45);
    EXPECT(auraio_drain(engine, 10) == -1 && errno == ETIMEDOUT);
    EXPECT(auraio_wakeup(engine) == 0 && auraio_wait(engine, -1) == 0);
    EXPECT(auraio_set_max_in_flight(engine, 1) == 0);
    slow_start(engine, &held);
    EXPECT(auraio_cancel(engine, held.req) == 0);
    EXPECT(outcome(engine, held.req, &held.seen) == -ECANCELED);
    EXPECT(slow_finish(engine, &slow) == 1);
    EXPECT(auraio_drain(engine, 10000) == 0);
    slow_close(&held);
    return 0;
}

static inline int every_set(auraio_engine_t *engine, int fd)
{
    static unsigned char memory[EVERYTHING_BYTES];
    const struct iovec iov = {memory, sizeof memory};
    struct seen seen = {0};
    auraio_stats_t stats;

    EXPECT(auraio_register_buffers(engine, &iov, 1) == 0);
    EXPECT(auraio_register_files(engine, &fd, 1) == 0);
    GIVES(auraio_read(engine, auraio_fixed_file(0), auraio_buf_fixed_idx(0), sizeof memory, 0, see,
                      &seen),
          sizeof memory);
    EXPECT(matches_pattern(memory, sizeof memory, 0));
    EXPECT(auraio_update_file(engine, 0, -1) == 0);
    EXPECT(auraio_unregister_files(engine) == 0);
    EXPECT(auraio_unregister_buffers(engine) == 0);
    EXPECT(auraio_get_stats(engine, &stats) == 0 && stats.ops_completed > 20);
    EXPECT(auraio_get_fatal_error(engine) == 0);
    return 0;
}

/* 0 or CHILD_FAILED. fd is a scratch file that may be written to. */
static inline int serves_everything(auraio_engine_t *engine, int fd)
{
    return every_transfer(engine, fd) || every_other_operation(engine, fd) || every_wait(engine) ||
                   every_set(engine, fd)
               ? CHILD_FAILED
               : 0;
}

#endif
