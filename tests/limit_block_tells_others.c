/* SPDX-License-Identifier: Apache-2.0 */
/* A submission held by BLOCK sleeps, whatever signals are pending, and collects what ends
 * meanwhile: who listens on the poll descriptor learns that there are callbacks to run. */
#include "slow.h"
#include "threads.h"

#include <poll.h>

enum { HELD_MS = 1000, CPU_MS = 400, PATIENCE_MS = 60000 };

static struct slow first, second;

static void *end_first_later(void *unused)
{
    sleep_ms(HELD_MS);
    slow_end(&first);
    return unused;
}

static double cpu_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void with(const char *what, bool has_event_loop)
{
    auraio_options_t options;
    pthread_t thread;

    test_options(&options);
    options.ring_count = 1;
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_BLOCK;
    auraio_engine_t *engine = test_engine(&options);
    auraio_set_max_in_flight(engine, 1);
    int fd = has_event_loop ? auraio_get_poll_fd(engine) : -1;
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    slow_start(engine, &first);
    slow_open(&second);
    auraio_wakeup(engine);
    double began_ms = now_ms(), cpu_before = cpu_ms();
    start_threads(&thread, 1, end_first_later, NULL);
    ok(slow_submit(engine, &second), "%s: beyond the limit, but accepted", what);
    double cpu = cpu_ms() - cpu_before;
    ok(now_ms() - began_ms > HELD_MS / 2, "%s: after there was room", what);
    ok(cpu < CPU_MS, "%s: until then it slept (%.0f ms of CPU)", what, cpu);
    join_threads(&thread, 1);
    is(first.seen.calls, 0, "%s: it ran no callback", what);
    if (has_event_loop) {
        while (!first.seen.calls && poll(&pfd, 1, PATIENCE_MS) == 1)
            auraio_poll(engine);
        is(first.seen.calls, 1, "%s: the event loop is told to", what);
    }
    is(slow_finish(engine, &second), 1, "%s: it completes", what);
    is(first.seen.result, 1, "%s: as the first did", what);
    auraio_destroy(engine);
    slow_close(&first);
}

int main(void)
{
    with("with a wake-up pending", false);
    with("with an event loop", true);
    return done();
}
