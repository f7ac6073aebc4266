/* SPDX-License-Identifier: Apache-2.0 */
/* Destroy comes back when operations do not end: what can be stopped is cancelled and called
 * back, what cannot (a system call that a worker sits in) is abandoned, and that is reported. */
#include "slow.h"

#include <sys/stat.h>

enum { WAIT_MS = 2000, GENEROUS_MS = 30000 };

struct end {
    int returned, error;
    double took_ms;
};

static struct end destroy(auraio_engine_t *engine)
{
    double began_ms = now_ms();
    struct end end;

    errno = 0;
    end.returned = auraio_destroy_timeout(engine, WAIT_MS);
    end.error = errno;
    end.took_ms = now_ms() - began_ms;
    ok(end.took_ms >= WAIT_MS - 5, "it is waited for");
    ok(end.took_ms < GENEROUS_MS, "but not for ever (%.0f ms)", end.took_ms);
    return end;
}

static void read_of_a_pipe(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    struct slow slow;

    slow_start(engine, &slow);
    is(auraio_wait(engine, 50), 0, "a read of a pipe does not end by itself");
    is(destroy(engine).returned, 0, "it is stopped");
    is(slow.seen.calls, 1, "its callback runs");
    is(slow.seen.result, -ECANCELED, "with -ECANCELED");
    ok(!auraio_request_pending(slow.req), "its handle is stale");
    slow_close(&slow);
}

/* Without O_CREAT io_uring opens it at once, as if with O_NONBLOCK.
 * Nobody ever comes to the FIFO's other end: what is abandoned stays there until the exit. */
static void open_of_a_fifo(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    static struct seen seen;
    static char path[PATH_MAX];

    if (mkfifo(scratch_path(path, "fifo"), 0600) != 0) {
        skip("open of a FIFO", "there are none: %s", strerror(errno));
        auraio_destroy(engine);
        return;
    }
    auraio_request_t *req =
        auraio_openat(engine, AT_FDCWD, path, O_RDONLY | O_CREAT, 0600, see, &seen);
    is(auraio_wait(engine, 50), 0, "an open of a FIFO does not end by itself");
    struct end end = destroy(engine);
    ok(!auraio_request_pending(req), "its handle is stale");
    if (end.returned == 0) {
        ok(!on_threads(), "it was stopped");
        is(seen.calls, 1, "so its callback has run");
        is(seen.result, -ECANCELED, "with -ECANCELED");
    } else {
        is(end.error, ETIMEDOUT, "it is abandoned, and that is told");
        is(seen.calls, 0, "its callback does not run");
    }
}

int main(void)
{
    read_of_a_pipe();
    open_of_a_fifo();
    return done();
}
