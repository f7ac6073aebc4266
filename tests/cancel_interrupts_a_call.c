/* SPDX-License-Identifier: Apache-2.0 */
/* A cancel interrupts a call that is under way. Where nothing has happened then, it is -ECANCELED;
 * a close has closed all the same and tells -EINTR, as close(2) does, and so does an unlink, which
 * may have taken the name away. */
#include "kern.h"
#include "outcome.h"

#include <fcntl.h>

enum { PATIENCE_MS = 60000, TIMEOUT_MS = 20 };

static auraio_engine_t *engine;
static int victim = -1;
static _Atomic bool began, interrupt;

/* Stays in the call until the test has it interrupted. */
static void be_interrupted(void)
{
    atomic_store(&began, true);
    for (double end_ms = now_ms() + PATIENCE_MS; !atomic_load(&interrupt) && now_ms() < end_ms;)
        usleep(500);
}

static int close_and_eintr(int fd)
{
    int result = aur_kern_real.close(fd);

    if (fd != victim)
        return result;
    be_interrupted();
    return -EINTR;
}

static int unlinkat_and_eintr(int dirfd, const char *path, int flags)
{
    (void)dirfd;
    (void)path;
    (void)flags;
    be_interrupted();
    return -EINTR;
}

static int fsync_and_eintr(int fd, bool data_only)
{
    (void)fd;
    (void)data_only;
    be_interrupted();
    return -EINTR;
}

static ssize_t interrupted(auraio_op_t op, bool by_deadline)
{
    struct seen seen = {0};
    auraio_request_t *req;

    op.callback = see;
    op.user_data = &seen;
    op.timeout_ms = by_deadline ? TIMEOUT_MS : 0;
    atomic_store(&began, false);
    atomic_store(&interrupt, false);
    if (auraio_submit(engine, &op, 1, &req) != 1)
        bail("submit: %s", strerror(errno));
    for (double end_ms = now_ms() + PATIENCE_MS; !atomic_load(&began) && now_ms() < end_ms;)
        usleep(500);
    if (by_deadline)
        auraio_wait(engine, 5 * TIMEOUT_MS);
    else
        is(auraio_cancel(engine, req), 0, "the cancel is accepted");
    atomic_store(&interrupt, true);
    return outcome(engine, req, &seen);
}

int main(void)
{
    auraio_options_t options;

    aur_kern.close = close_and_eintr;
    aur_kern.unlinkat = unlinkat_and_eintr;
    aur_kern.fsync = fsync_and_eintr;
    test_options(&options);
    options.backend = AURAIO_BACKEND_THREADS;
    engine = test_engine(&options);
    for (int by_deadline = 0; by_deadline < 2; by_deadline++) {
        const char *what = by_deadline ? "at its deadline" : "by a cancel";
        victim = scratch_file("file", 1, 0);
        auraio_op_t op = {.type = AURAIO_OP_CLOSE, .fd = victim};
        is(interrupted(op, by_deadline), -EINTR, "a close that is interrupted %s", what);
        ok(fcntl(victim, F_GETFD) < 0 && errno == EBADF, "has closed the descriptor");
        op = (auraio_op_t){.type = AURAIO_OP_UNLINKAT, .fd = AT_FDCWD, .args.unlinkat.path = "x"};
        is(interrupted(op, by_deadline), -EINTR, "an unlink, %s", what);
        int fd = scratch_file("other", 1, 0);
        op = (auraio_op_t){.type = AURAIO_OP_FSYNC, .fd = fd};
        is(interrupted(op, by_deadline), by_deadline ? -ETIME : -ECANCELED, "a sync, %s", what);
        close(fd);
    }
    auraio_destroy(engine);
    return done();
}
