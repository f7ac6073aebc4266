/* SPDX-License-Identifier: Apache-2.0 */
/* The poll fd with poll(2) and select(2): readable while completions wait, and not for ever after
 * they were taken. */
#include "slow.h"

#include <poll.h>
#include <sys/select.h>

enum { ROUNDS = 500, GENEROUS_MS = 60000, SHORT_MS = 50 };

static int watch_with_poll(int fd, int timeout_ms)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};

    return poll(&pfd, 1, timeout_ms) == 1 && (pfd.revents & POLLIN);
}

static int watch_with_select(int fd, int timeout_ms)
{
    struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(fd, &set);
    return select(fd + 1, &set, NULL, NULL, &timeout) == 1 && FD_ISSET(fd, &set);
}

static void with(auraio_engine_t *engine, int (*watch)(int, int), const char *what)
{
    int fd = auraio_get_poll_fd(engine), woke = 0, again = 0, once = 0;
    struct slow slow;

    for (int i = 0; i < ROUNDS; i++) {
        struct seen seen = {0};
        if (!auraio_nop(engine, see, &seen))
            break;
        woke += watch(fd, GENEROUS_MS);
        again += watch(fd, 0);
        for (double end_ms = now_ms() + GENEROUS_MS; !seen.calls && now_ms() < end_ms;)
            auraio_poll(engine);
        once += seen.calls == 1;
    }
    is(woke, ROUNDS, "%s: readable for every completion", what);
    is(again, ROUNDS, "%s: and still, as long as it is not taken", what);
    is(once, ROUNDS, "%s: each callback has run once", what);

    slow_start(engine, &slow);
    for (int i = 0; i < 3; i++)
        auraio_poll(engine);
    ok(!watch(fd, SHORT_MS), "%s: not readable while nothing completes", what);
    slow_end(&slow);
    ok(watch(fd, GENEROUS_MS), "%s: readable when it does", what);
    is(outcome(engine, slow.req, &slow.seen), 1, "%s: it is there", what);
    slow_close(&slow);
    auraio_wakeup(engine);
    auraio_wait(engine, 0);
    for (int i = 0; i < 3; i++)
        auraio_poll(engine);
    ok(!watch(fd, SHORT_MS), "%s: not readable when all is done", what);
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);

    with(engine, watch_with_poll, "poll");
    with(engine, watch_with_select, "select");
    auraio_destroy(engine);
    return done();
}
