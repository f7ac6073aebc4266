/* SPDX-License-Identifier: Apache-2.0 */
/* After many plain reads of one descriptor, when the library takes its short way, everything is
 * still refused, cancelled and timed out as ever. */
#include "support.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BYTES = 1 << 16, WARM = 64, DEADLINE_MS = 30 };

static auraio_engine_t *engine;
static int fd, pipe_fds[2];
static int last_error; /* auraio_request_error() of the last read */
static char buf[4096];

static ssize_t one_read(int from, int64_t offset, int timeout_ms, bool cancel)
{
    struct seen seen = {0};
    auraio_op_t op = {.type = AURAIO_OP_READ,
                      .fd = from,
                      .offset = offset,
                      .len = 16,
                      .buf = auraio_buf(buf),
                      .timeout_ms = timeout_ms,
                      .callback = see,
                      .user_data = &seen};
    auraio_request_t *req = NULL;

    if (auraio_submit(engine, &op, 1, &req) != 1)
        bail("submission: %s", strerror(errno));
    if (cancel)
        auraio_cancel(engine, req);
    wait_seen(engine, &seen);
    last_error = seen.error;
    return seen.result;
}

/* Keeps the ring in use and the way open. */
static void warm(void)
{
    for (int i = 0; i < WARM; i++) {
        ssize_t result = one_read(fd, 0, 0, false);
        if (result != 16)
            bail("a read gave %zd", result);
    }
}

static bool is_refused(int from, size_t len, int64_t offset, auraio_buf_t to)
{
    errno = 0;
    return !auraio_read(engine, from, to, len, offset, NULL, NULL) && errno == EINVAL;
}

static void refused(void)
{
    auraio_op_t op = {.type = AURAIO_OP_READ, .fd = -1, .len = 1, .buf = auraio_buf(buf)};

    ok(is_refused(-1, 16, 0, auraio_buf(buf)), "a read of descriptor -1 is refused");
    errno = 0;
    is(auraio_submit(engine, &op, 1, NULL), -1, "in a batch too");
    is(errno, EINVAL, "... with EINVAL");
    ok(is_refused(fd, 0, 0, auraio_buf(buf)), "no bytes");
    ok(is_refused(fd, 16, -1, auraio_buf(buf)), "an offset below 0");
    ok(is_refused(fd, 16, INT64_MAX - 8, auraio_buf(buf)), "an end beyond all offsets");
    ok(is_refused(fd, 16, 0, auraio_buf(NULL)), "no memory");
}

/* The slot of what timed out or was cancelled is the next one's. */
static void nothing_is_inherited(void)
{
    int timed_out = 0, cancelled = 0, whole = 0;

    for (int i = 0; i < 4; i++) {
        timed_out += one_read(pipe_fds[0], 0, DEADLINE_MS, false) == -ETIME;
        cancelled += one_read(pipe_fds[0], 0, 0, true) == -ECANCELED;
        whole += one_read(fd, 0, 0, false) == 16;
    }
    is(timed_out, 4, "reads of an empty pipe run out of time");
    is(cancelled, 4, "those without a deadline are cancelled, not timed out");
    is(whole, 4, "and reads in their place are whole");
}

static void short_ones(void)
{
    is(one_read(fd, BYTES - 8, 0, false), 8, "a read over the end of the file is short");
    is(last_error, 0, "... which is no error");
    is(one_read(fd, BYTES, 0, false), 0, "a read at the end gives 0");
}

int main(void)
{
    fd = scratch_file("file", BYTES, 0);
    if (pipe(pipe_fds))
        bail("pipe: %s", strerror(errno));
    engine = test_engine(NULL);
    auraio_request_t *kept = auraio_read(engine, pipe_fds[0], auraio_buf(buf), 1, 0, NULL, NULL);
    ok(kept != NULL, "one operation keeps the ring in use");
    warm();
    refused();
    warm();
    nothing_is_inherited();
    warm();
    short_ones();
    is(auraio_cancel(engine, kept), 0, "the first one is cancelled");
    auraio_drain(engine, 60000);
    auraio_destroy(engine);
    return done();
}
