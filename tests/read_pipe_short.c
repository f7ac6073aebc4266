/* SPDX-License-Identifier: Apache-2.0 */
/* A pipe gives what it has: a short read is reported, not continued, and an empty
 * O_NONBLOCK pipe answers EAGAIN. */
#include "outcome.h"

static void what_it_has(auraio_engine_t *engine)
{
    unsigned char buf[4096], first[4], second[4];
    const struct iovec iov[] = {{first, 4}, {second, 4}};
    struct seen seen = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0 || write(ends[1], "0123456789", 10) != 10)
        bail("pipe: %s", strerror(errno));
    is(outcome(engine, auraio_read(engine, ends[0], auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       10, "a read of 4096 gives the 10 bytes there are");
    ok(memcmp(buf, "0123456789", 10) == 0, "the right ones");
    is(seen.error, 0, "without an error");
    is(write(ends[1], "abcdef", 6), 6, "six more");
    is(outcome(engine, auraio_readv(engine, ends[0], iov, 2, 0, see, &seen), &seen), 6,
       "readv of 8 gives 6");
    ok(memcmp(first, "abcd", 4) == 0 && memcmp(second, "ef", 2) == 0, "element by element");
    close(ends[1]);
    is(outcome(engine, auraio_read(engine, ends[0], auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       0, "without a writer it is at its end");
    close(ends[0]);
}

static void waits_for_data(auraio_engine_t *engine)
{
    unsigned char buf[100];
    struct seen seen = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    auraio_request_t *req =
        auraio_read(engine, ends[0], auraio_buf(buf), sizeof buf, 0, see, &seen);
    is(auraio_wait(engine, 100), 0, "a read of an empty pipe waits");
    ok(auraio_request_pending(req), "and is pending");
    is(write(ends[1], "late", 4), 4, "a writer comes");
    is(outcome(engine, req, &seen), 4, "the read gives what was written");
    ok(memcmp(buf, "late", 4) == 0, "the right bytes");
    close(ends[0]);
    close(ends[1]);
}

static void nonblocking(auraio_engine_t *engine)
{
    unsigned char buf[100];
    const struct iovec iov = {buf, sizeof buf};
    struct seen seen = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        bail("pipe: %s", strerror(errno));
    is(outcome(engine, auraio_read(engine, ends[0], auraio_buf(buf), 100, 0, see, &seen), &seen),
       -EAGAIN, "read of an empty O_NONBLOCK pipe");
    is(outcome(engine, auraio_readv(engine, ends[0], &iov, 1, 0, see, &seen), &seen), -EAGAIN,
       "readv of it");
    is(write(ends[1], "now", 3), 3, "some data");
    is(outcome(engine, auraio_read(engine, ends[0], auraio_buf(buf), 100, 0, see, &seen), &seen), 3,
       "are read at once");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);

    what_it_has(engine);
    waits_for_data(engine);
    nonblocking(engine);
    auraio_destroy(engine);
    return done();
}
