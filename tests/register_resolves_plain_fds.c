/* SPDX-License-Identifier: Apache-2.0 */
/* With resolve_registered_files a plain descriptor that is registered uses its slot; handles,
 * cancel_fd and other descriptors go by the number as it was given. */
#include "slow.h"

enum { BLOCK_BYTES = 4096 };

static unsigned char buf[BLOCK_BYTES];
static struct seen seen;

static ssize_t read_from(auraio_engine_t *engine, int fd)
{
    memset(buf, 0, sizeof buf);
    return outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                   &seen);
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0);
    auraio_options_t options;
    struct slow slow;

    test_options(&options);
    options.resolve_registered_files = true;
    auraio_engine_t *engine = test_engine(&options);
    is(read_from(engine, fd), BLOCK_BYTES, "nothing is registered yet");
    slow_open(&slow);
    const int fds[] = {fd, -1, slow.out};
    is(auraio_register_files(engine, fds, 3), 0, "two files are registered");
    is(read_from(engine, fd), BLOCK_BYTES, "a read by number");
    ok(matches_pattern(buf, BLOCK_BYTES, 0), "gives what is in the file");
    is(read_from(engine, auraio_fixed_file(0)), BLOCK_BYTES, "one by slot");
    ok(matches_pattern(buf, BLOCK_BYTES, 0), "the same");

    ok(slow_submit(engine, &slow), "a read that does not end, by number");
    is(auraio_request_fd(slow.req), slow.out, "its handle tells the number");
    is(auraio_cancel_fd(engine, auraio_fixed_file(2)), 0, "there is none by slot");
    is(auraio_cancel_fd(engine, slow.out), 1, "there is one by number");
    slow_end(&slow);
    ok(wait_seen(engine, &slow.seen), "it ends");

    int other = scratch_file("other", 0, 0);
    is(read_from(engine, other), 0, "a file that is not registered");
    is(auraio_update_file(engine, 1, other), 0, "is put in a slot");
    is(read_from(engine, other), 0, "and read again");
    is(auraio_update_file(engine, 0, -1), 0, "a slot is emptied");
    is(read_from(engine, fd), BLOCK_BYTES, "its file is read by its number still");
    is(auraio_unregister_files(engine), 0, "unregistered");
    is(read_from(engine, fd), BLOCK_BYTES, "and still");
    slow_close(&slow);
    auraio_destroy(engine);
    return done();
}
