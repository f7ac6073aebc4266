/* SPDX-License-Identifier: Apache-2.0 */
/* The poll fd in a loop of epoll(7), level and edge triggered: no completion is missed. */
#include "outcome.h"

#include <sys/epoll.h>

enum { OPERATIONS = 3000, DEPTH = 7, BLOCK_BYTES = 512, GENEROUS_MS = 60000 };

static auraio_engine_t *engine;
static unsigned char bufs[DEPTH][BLOCK_BYTES];
static int fd, started, finished, right, refused;

static void start(unsigned char *buf);

static void next_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    finished++;
    right += result == BLOCK_BYTES && matches_pattern(user_data, BLOCK_BYTES, 0);
    if (started < OPERATIONS)
        start(user_data);
}

static void start(unsigned char *buf)
{
    started++;
    refused += !auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, next_read, buf);
}

/* How often epoll timed out with operations in flight. */
static int loop(int epfd, bool edge)
{
    struct epoll_event event;
    int missed = 0;

    while (finished < OPERATIONS && missed == 0 && !refused) {
        missed += epoll_wait(epfd, &event, 1, GENEROUS_MS) != 1;
        int n = auraio_poll(engine);
        while (edge && n > 0)
            n = auraio_poll(engine);
        missed += n < 0;
    }
    return missed;
}

static void with(uint32_t trigger, int depth, const char *what)
{
    struct epoll_event event = {.events = EPOLLIN | trigger};
    int epfd = epoll_create1(EPOLL_CLOEXEC);

    started = finished = right = refused = 0;
    is(epoll_ctl(epfd, EPOLL_CTL_ADD, auraio_get_poll_fd(engine), &event), 0, "%s, depth %d", what,
       depth);
    for (int i = 0; i < depth; i++)
        start(bufs[i]);
    is(loop(epfd, trigger != 0), 0, "it woke up for every completion");
    is(refused, 0, "no submission was refused");
    is(finished, OPERATIONS, "all have completed");
    is(right, OPERATIONS, "with the right bytes");
    is(auraio_pending_count(engine), 0, "nothing is left");
    is(auraio_poll(engine), 0, "nor to be polled");
    close(epfd);
}

int main(void)
{
    fd = scratch_file("file", BLOCK_BYTES, 0);
    engine = test_engine(NULL);
    int poll_fd = auraio_get_poll_fd(engine);
    ok(poll_fd >= 0, "a poll fd");
    is(auraio_get_poll_fd(engine), poll_fd, "the same every time");
    is(fcntl(poll_fd, F_GETFD), FD_CLOEXEC, "it closes on exec");
    with(0, 1, "level triggered");
    with(0, DEPTH, "level triggered");
    with(EPOLLET, 1, "edge triggered");
    with(EPOLLET, DEPTH, "edge triggered");
    auraio_destroy(engine);
    return done();
}
