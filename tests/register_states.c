/* SPDX-License-Identifier: Apache-2.0 */
/* A set of buffers or files is unregistered, registered or draining, and each call on it is
 * answered accordingly. */
#include "slow.h"

enum { BUFFER_BYTES = 4096 };

static auraio_engine_t *engine;
static unsigned char memory[BUFFER_BYTES], plain_memory[BUFFER_BYTES];
static const struct iovec iov = {memory, BUFFER_BYTES};
static struct seen seen;
static int fd;

static ssize_t read_into(auraio_buf_t buf, size_t len)
{
    return outcome(engine, auraio_read(engine, fd, buf, len, 0, see, &seen), &seen);
}

static ssize_t read_from(int file)
{
    return outcome(engine, auraio_read(engine, file, auraio_buf(plain_memory), 1, 0, see, &seen),
                   &seen);
}

static void answers(int returned, int wanted, const char *what)
{
    ok(wanted ? returned == -1 && errno == wanted : returned == 0, "%s: %s", what,
       wanted ? strerror(wanted) : "done");
    errno = 0;
}

static void buffers(void)
{
    struct slow slow;

    answers(auraio_unregister_buffers(engine), ENOENT, "unregister nothing");
    answers(auraio_request_unregister_buffers(engine), ENOENT, "ask for it");
    is(read_into(auraio_buf_fixed_idx(0), 1), REFUSED(ENOENT), "a read into nothing");
    answers(auraio_register_buffers(engine, &iov, 1), 0, "register");
    answers(auraio_register_buffers(engine, &iov, 1), EBUSY, "register again");
    is(read_into(auraio_buf_fixed_idx(0), 1), 1, "a read");
    is(read_into(auraio_buf_fixed_idx(1), 1), REFUSED(EINVAL), "a read into one too many");
    is(read_into(auraio_buf_fixed(0, 1), BUFFER_BYTES), REFUSED(EOVERFLOW), "one too long");
    is(read_into(auraio_buf_fixed(0, BUFFER_BYTES), 1), REFUSED(EOVERFLOW), "one behind the end");
    is(read_into(auraio_buf_fixed(0, SIZE_MAX), 2), REFUSED(EOVERFLOW), "one that wraps around");
    is(read_into(auraio_buf_fixed(0, 2), SIZE_MAX / 2), REFUSED(EOVERFLOW), "a huge one");

    slow_open(&slow);
    slow.req = auraio_read(engine, slow.out, auraio_buf_fixed_idx(0), 1, 0, see, &slow.seen);
    ok(slow.req, "an operation on it that does not end");
    answers(auraio_request_unregister_buffers(engine), 0, "ask to unregister");
    is(read_into(auraio_buf_fixed_idx(0), 1), REFUSED(EBUSY), "draining: a read");
    answers(auraio_register_buffers(engine, &iov, 1), EBUSY, "draining: register");
    is(read_into(auraio_buf(plain_memory), 1), 1, "draining: a plain read passes");
    is(slow_finish(engine, &slow), 1, "the operation ends");
    auraio_poll(engine);
    is(read_into(auraio_buf_fixed_idx(0), 1), REFUSED(ENOENT), "it is unregistered");
    answers(auraio_register_buffers(engine, &iov, 1), 0, "register");
    is(read_into(auraio_buf_fixed_idx(0), 1), 1, "a read");
    answers(auraio_unregister_buffers(engine), 0, "unregister");
}

static void files(void)
{
    struct slow slow;

    answers(auraio_unregister_files(engine), ENOENT, "unregister nothing");
    answers(auraio_request_unregister_files(engine), ENOENT, "ask for it");
    answers(auraio_update_file(engine, 0, fd), ENOENT, "update nothing");
    is(read_from(auraio_fixed_file(0)), REFUSED(ENOENT), "a read of nothing");
    slow_open(&slow);
    const int fds[] = {fd, slow.out};
    answers(auraio_register_files(engine, fds, 2), 0, "register");
    answers(auraio_register_files(engine, fds, 2), EBUSY, "register again");
    is(read_from(auraio_fixed_file(0)), 1, "a read");
    answers(auraio_update_file(engine, 2, fd), EINVAL, "update one too many");
    answers(auraio_update_file(engine, -1, fd), EINVAL, "update a negative one");
    answers(auraio_update_file(engine, 0, 99999), EBADF, "update to what is not open");
    is(read_from(auraio_fixed_file(0)), 1, "a read of what it was");

    slow.req =
        auraio_read(engine, auraio_fixed_file(1), auraio_buf(&slow.byte), 1, 0, see, &slow.seen);
    is(auraio_request_fd(slow.req), auraio_fixed_file(1), "the handle tells the slot");
    answers(auraio_request_unregister_files(engine), 0, "ask to unregister");
    is(read_from(auraio_fixed_file(0)), REFUSED(EBUSY), "draining: a read");
    answers(auraio_register_files(engine, fds, 2), EBUSY, "draining: register");
    answers(auraio_update_file(engine, 0, fd), EBUSY, "draining: update");
    is(read_from(fd), 1, "draining: a plain read passes");
    is(slow_finish(engine, &slow), 1, "the operation ends");
    auraio_poll(engine);
    is(read_from(auraio_fixed_file(0)), REFUSED(ENOENT), "they are unregistered");
    answers(auraio_register_files(engine, fds, 1), 0, "register");
    answers(auraio_unregister_files(engine), 0, "unregister");
}

int main(void)
{
    fd = scratch_file("file", BUFFER_BYTES, 0);
    engine = test_engine(NULL);
    note("buffers");
    buffers();
    note("files");
    files();
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
