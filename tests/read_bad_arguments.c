/* SPDX-License-Identifier: Apache-2.0 */
/* A read or write that cannot be right is refused at the call, and its callback never runs. */
#include "outcome.h"

static auraio_engine_t *engine;
static struct seen seen;
static unsigned char buf[4096];

static void refused(const auraio_request_t *req, int error, int wanted, const char *what)
{
    ok(!req, "%s is refused", what);
    is(req ? 0 : error, wanted, "with errno %d", wanted);
}

static void both(auraio_engine_t *e, int fd, auraio_buf_t b, size_t len, int64_t offset, int wanted,
                 const char *what)
{
    errno = 0;
    const auraio_request_t *req = auraio_read(e, fd, b, len, offset, see, &seen);
    refused(req, errno, wanted, what);
    errno = 0;
    req = auraio_write(e, fd, b, len, offset, see, &seen);
    refused(req, errno, wanted, what);
}

int main(void)
{
    engine = test_engine(NULL);
    int fd = scratch_file("file", 4096, 0);
    auraio_buf_t good = auraio_buf(buf), odd = good;

    odd.type = (auraio_buf_type_t)7;
    both(NULL, fd, good, 4096, 0, EINVAL, "no engine");
    both(engine, -1, good, 4096, 0, EINVAL, "descriptor -1");
    both(engine, AT_FDCWD, good, 4096, 0, EINVAL, "AT_FDCWD as a file");
    both(engine, fd, good, 0, 0, EINVAL, "zero length");
    both(engine, fd, good, 4096, -1, EINVAL, "offset -1, the file position");
    both(engine, fd, good, 4096, INT64_MIN, EINVAL, "the smallest offset");
    both(engine, fd, auraio_buf(NULL), 4096, 0, EINVAL, "no buffer");
    both(engine, fd, odd, 4096, 0, EINVAL, "a buffer of an unknown type");
    both(engine, fd, auraio_buf_fixed(-1, 0), 4096, 0, EINVAL, "a negative buffer index");
    both(engine, fd, auraio_buf_fixed_idx(0), 4096, 0, ENOENT, "a buffer of no registered set");
    both(engine, auraio_fixed_file(0), good, 4096, 0, ENOENT, "a file of no registered set");

    is(auraio_pending_count(engine), 0, "nothing is in flight");
    is(auraio_poll(engine), 0, "nothing completes");
    is(seen.calls, 0, "no callback ran");
    is(outcome(engine, auraio_read(engine, fd, good, 4096, 0, see, &seen), &seen), 4096,
       "a good read passes");
    auraio_destroy(engine);
    return done();
}
