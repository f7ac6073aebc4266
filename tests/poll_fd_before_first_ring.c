/* SPDX-License-Identifier: Apache-2.0 */
/* The poll fd of an engine that has not been used yet tells of rings that come later, and of
 * operations that end without the kernel: cancelled while they are held back. */
#include "slow.h"

#include <poll.h>

enum { GENEROUS_MS = 60000, RINGS = 3 };

static int readable(int fd)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};

    return poll(&pfd, 1, GENEROUS_MS) == 1;
}

int main(void)
{
    auraio_options_t options;
    struct slow slow[2];

    test_options(&options);
    options.disable_adaptive = true;
    options.ring_count = on_single() ? 1 : RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    int fd = auraio_get_poll_fd(engine);

    for (int i = 0; i < 2 * RINGS; i++) {
        struct seen seen = {0};
        ok(auraio_nop(engine, see, &seen), "operation %d", i);
        ok(readable(fd), "its completion is told");
        ok(wait_seen(engine, &seen), "it is there");
    }
    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time");
    slow_start(engine, &slow[0]);
    slow_start(engine, &slow[1]);
    is(auraio_cancel(engine, slow[1].req), 0, "the one held back is cancelled");
    ok(readable(fd), "that is told");
    is(outcome(engine, slow[1].req, &slow[1].seen), -ECANCELED, "and it is so");
    is(slow_finish(engine, &slow[0]), 1, "the other completes");
    slow_close(&slow[1]);
    auraio_destroy(engine);
    return done();
}
