/* SPDX-License-Identifier: Apache-2.0 */
/* A cancel of an operation that sits in a system call (a FIFO is opened, and nobody has its other
 * end) asks only: it is stopped, or reports its own result when that comes. */
#include "threads.h"

#include <sys/stat.h>

enum { SOON_MS = 300 };

int main(void)
{
    auraio_options_t options;
    struct seen opened = {0}, seen = {0};
    char path[PATH_MAX];
    int writer = -1;

    /* without O_CREAT io_uring opens it at once, as if with O_NONBLOCK */
    if (mkfifo(scratch_path(path, "fifo"), 0600) != 0)
        skip_all("no FIFO in the scratch directory: %s", strerror(errno));
    test_options(&options);
    options.ring_count = 1;
    auraio_engine_t *engine = test_engine(&options);
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "an engine at work");
    int fds = count_fds();
    auraio_request_t *req =
        auraio_openat(engine, AT_FDCWD, path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600, see, &opened);
    ok(req, "a FIFO is being opened");
    is(auraio_wait(engine, 50), 0, "and cannot be");
    is(auraio_cancel(engine, req), 0, "a cancel asks it to stop");
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "other operations pass");
    for (double end_ms = now_ms() + SOON_MS; !opened.calls && now_ms() < end_ms;)
        auraio_wait(engine, 20);
    if (!opened.calls) {
        ok(auraio_request_pending(req), "it could not be stopped, and is pending");
        /* For both, so that this does not wait for who may have been stopped by now. */
        writer = open(path, O_RDWR | O_CLOEXEC);
        ok(writer >= 0, "now somebody comes to the other end");
    }
    ssize_t result = outcome(engine, req, &opened);
    ok(result == -ECANCELED || result >= 0, "it was stopped, or is open (%zd)", result);
    is(count_fds(), fds + (writer >= 0) + (result >= 0), "what was stopped is not open");
    ok(!auraio_request_pending(req), "and pending no more");
    auraio_poll(engine);
    is(opened.calls, 0, "its callback has run once");
    if (result >= 0)
        close((int)result);
    auraio_destroy(engine);
    return done();
}
