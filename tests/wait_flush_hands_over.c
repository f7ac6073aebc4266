/* SPDX-License-Identifier: Apache-2.0 */
/* Gathered submissions stay in the library until flush, poll, wait or drain sends them or the
 * batch is full. What was sent shows at the other end of a pipe. */
#include "outcome.h"

#include <poll.h>

enum { LATER_MS = 100, GENEROUS_MS = 60000 };

static auraio_engine_t *engine;
static struct seen seen[8];
static int out, in;

static int written(void)
{
    char bytes[64];
    ssize_t n = read(out, bytes, sizeof bytes);

    return n < 0 ? 0 : (int)n;
}

static bool submit_write(int i)
{
    memset(&seen[i], 0, sizeof seen[i]);
    return auraio_write(engine, in, auraio_buf("w"), 1, 0, see, &seen[i]) != NULL;
}

static bool arrives(int timeout_ms)
{
    struct pollfd fd = {.fd = out, .events = POLLIN};

    return poll(&fd, 1, timeout_ms) == 1;
}

static bool arrived(int n)
{
    double end_ms = now_ms() + GENEROUS_MS;
    int total = 0;

    while (total < n && now_ms() < end_ms && arrives(GENEROUS_MS))
        total += written();
    return total == n;
}

static void gathers(const char *what)
{
    ok(submit_write(0), "a write, before %s", what);
    ok(on_threads() || !arrives(LATER_MS), "it is not sent yet (a worker may begin at once)");
    is(auraio_pending_count(engine), 1, "but it is pending");
}

static void full_batch(void)
{
    is(auraio_set_batch_threshold(engine, 4), 0, "batches of 4");
    for (int i = 0; i < 3; i++)
        ok(submit_write(i), "write %d", i);
    ok(on_threads() || !arrives(LATER_MS), "three are not sent (a worker may begin at once)");
    ok(submit_write(3), "the fourth");
    ok(arrived(4), "takes them all along");
    is(auraio_drain(engine, 60000), 4, "all complete");
}

int main(void)
{
    auraio_options_t options;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    out = ends[0];
    in = ends[1];
    fcntl(out, F_SETFL, O_NONBLOCK);
    test_options(&options);
    options.batch_threshold = 0;
    options.ring_count = 1;
    engine = test_engine(&options);

    gathers("flush");
    is(auraio_flush(engine), 0, "flush");
    ok(arrived(1), "sends it");
    is(seen[0].calls, 0, "and runs no callback");
    ok(wait_seen(engine, &seen[0]), "a wait does");
    gathers("poll");
    ok(auraio_poll(engine) >= 0, "poll");
    ok(arrived(1), "sends it");
    ok(wait_seen(engine, &seen[0]), "it completes");
    gathers("wait");
    is(auraio_wait(engine, 10000), 1, "wait sends and completes it");
    ok(arrived(1), "it was sent");
    gathers("drain");
    is(auraio_drain(engine, 60000), 1, "drain sends and completes it");
    ok(arrived(1), "it was sent");
    full_batch();
    is(auraio_flush(engine), 0, "a flush of nothing");
    auraio_destroy(engine);
    return done();
}
