/* SPDX-License-Identifier: Apache-2.0 */
/* Once the poll fd was handed out nothing is gathered: a loop that waits for it would otherwise
 * wait for what was never sent. What was sent shows at the other end of a pipe. */
#include "outcome.h"

#include <poll.h>

enum { GENEROUS_MS = 60000, ROUNDS = 100 };

static int readable(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};

    return poll(&pfd, 1, GENEROUS_MS) == 1;
}

int main(void)
{
    auraio_options_t options;
    struct seen early = {0};
    int ends[2], sent = 0, told = 0, once = 0;
    char byte;

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    test_options(&options);
    options.batch_threshold = 0;
    options.ring_count = on_single() ? 1 : 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);

    ok(auraio_write(engine, ends[1], auraio_buf("e"), 1, 0, see, &early), "gathered before");
    int fd = auraio_get_poll_fd(engine);
    ok(fd >= 0, "the poll fd");
    for (int i = 0; i < ROUNDS; i++) {
        struct seen seen = {0};
        if (!auraio_write(engine, ends[1], auraio_buf("w"), 1, 0, see, &seen))
            break;
        sent += readable(ends[0]) && read(ends[0], &byte, 1) == 1;
        told += readable(fd);
        once += wait_seen(engine, &seen) && seen.result == 1;
    }
    is(sent, ROUNDS, "each submission is sent before its call returns");
    is(told, ROUNDS, "and its completion makes the fd readable");
    is(once, ROUNDS, "each completes once");
    ok(early.calls == 1 || wait_seen(engine, &early), "what was gathered before completes too");
    auraio_destroy(engine);
    return done();
}
