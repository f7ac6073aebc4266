/* SPDX-License-Identifier: Apache-2.0 */
/* A program with an event loop of its own reads a whole file through an engine nested in it; the
 * other descriptors of the loop get their turn meanwhile. */
#include "outcome.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

enum { BLOCK_BYTES = 16384, BLOCKS = 1200, DEPTH = 16, GENEROUS_MS = 60000 };

struct lane {
    unsigned char buf[BLOCK_BYTES];
    int block;
};

static auraio_engine_t *engine;
static struct lane lanes[DEPTH];
static unsigned char read_once[BLOCKS];
static int fd, next_block, finished, right, refused;

static void start(struct lane *lane);

static void next_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct lane *lane = user_data;

    (void)req;
    finished++;
    read_once[lane->block]++;
    right += result == BLOCK_BYTES &&
             matches_pattern(lane->buf, BLOCK_BYTES, (uint64_t)lane->block * BLOCK_BYTES);
    if (next_block < BLOCKS)
        start(lane);
}

static void start(struct lane *lane)
{
    lane->block = next_block++;
    refused += !auraio_read(engine, fd, auraio_buf(lane->buf), BLOCK_BYTES,
                            (int64_t)lane->block * BLOCK_BYTES, next_read, lane);
}

static int ticking(void)
{
    struct itimerspec each_ms = {{0, 1000000}, {0, 1000000}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    timerfd_settime(timer, 0, &each_ms, NULL);
    return timer;
}

static void watch(int epfd, int what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = what};

    if (epoll_ctl(epfd, EPOLL_CTL_ADD, what, &event) != 0)
        bail("epoll_ctl: %s", strerror(errno));
}

int main(void)
{
    int epfd = epoll_create1(EPOLL_CLOEXEC), timer = ticking(), once = 0, ticks = 0;
    struct epoll_event events[4];
    uint64_t expirations;

    fd = scratch_file("file", (size_t)BLOCKS * BLOCK_BYTES, 0);
    fsync(fd); /* only clean pages can be dropped */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    engine = test_engine(NULL);
    int poll_fd = auraio_get_poll_fd(engine);
    watch(epfd, poll_fd);
    watch(epfd, timer);
    for (int i = 0; i < DEPTH; i++)
        start(&lanes[i]);
    double moved_ms = now_ms();
    while (finished < BLOCKS && now_ms() - moved_ms < GENEROUS_MS) {
        int before = finished;
        int n = epoll_wait(epfd, events, 4, GENEROUS_MS);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == poll_fd)
                auraio_poll(engine);
            else
                ticks += read(timer, &expirations, sizeof expirations) > 0;
        }
        moved_ms = finished != before ? now_ms() : moved_ms;
    }
    is(refused, 0, "no read was refused");
    is(finished, BLOCKS, "the whole file was read");
    is(right, BLOCKS, "with the right bytes");
    for (int i = 0; i < BLOCKS; i++)
        once += read_once[i] == 1;
    is(once, BLOCKS, "each block once");
    ok(ticks > 0, "the loop's timer had its turn (%d)", ticks);
    auraio_destroy(engine);
    return done();
}
