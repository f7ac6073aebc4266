/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting in every way the API has, and whether what was waited for is there then. */
#include "workload.h"

#include <errno.h>

#define LONG_MS 20000

static void check_count(const struct workload *w, const char *call, int n, uint64_t before)
{
    if (n < 0) {
        int error = errno;
        auraio_stats_t stats;
        auraio_get_stats(w->engine, &stats);
        sim_fail("%s: errno %d; %d outstanding, %d in flight, %d held back, the kernel has %u",
                 call, error, w->outstanding, stats.current_in_flight, stats.queued,
                 sim_counts()->in_flight);
    }
    if ((uint64_t)n != w->called_back - before)
        sim_fail("%s says %d, %llu callbacks ran", call, n,
                 (unsigned long long)(w->called_back - before));
}

/* A wait without end may only be cut short by a wakeup or a stop, each of which ends one. */
static void check_enough(struct workload *w, const char *call, int n, int min, uint64_t before)
{
    check_count(w, call, n, before);
    if (n >= min)
        return;
    if (!w->woken)
        sim_fail("%s brought %d, not %d", call, n, min);
    w->woken = false;
}

/* As an event loop would: sleep on the descriptor, then poll. */
static void wait_by_poll_fd(struct workload *w)
{
    if (w->poll_fd < 0) {
        w->poll_fd = auraio_get_poll_fd(w->engine);
        if (w->poll_fd < 0)
            sim_fail("no poll fd: errno %d", errno);
    }
    uint64_t before = w->called_back, deadline = sim_now() + LONG_MS * SIM_MS;
    while (w->outstanding && w->called_back == before) {
        while (!sim_readable(w->poll_fd)) {
            if (sim_now() > deadline)
                sim_fail("the poll fd stays silent with %d outstanding", w->outstanding);
            sim_sleep(SIM_MS / 20);
        }
        uint64_t start = w->called_back;
        check_count(w, "poll", auraio_poll(w->engine), start);
        sim_advance(2000);
        if (sim_now() > deadline)
            sim_fail("the poll fd is readable, and polling brings nothing");
    }
}

static void run_until_stopped(struct workload *w)
{
    uint64_t before = w->called_back;
    int wanted = (int)pick((uint64_t)w->outstanding + 1);

    w->stop_in = wanted;
    if (!wanted && auraio_stop(w->engine))
        sim_fail("stop: errno %d", errno);
    if (auraio_run(w->engine))
        sim_fail("run: errno %d", errno);
    if (w->called_back - before < (uint64_t)wanted)
        sim_fail("run ended before it was stopped");
    w->woken = true;
}

static void wake_and_wait(struct workload *w)
{
    uint64_t before = w->called_back;

    if (auraio_wakeup(w->engine))
        sim_fail("wakeup: errno %d", errno);
    w->woken = true;
    check_count(w, "woken wait", auraio_wait(w->engine, -1), before);
}

void wait_somehow(struct workload *w)
{
    uint64_t before = w->called_back;
    int n;

    switch (pick(12)) {
    case 0:
        check_count(w, "wait", auraio_wait(w->engine, (int)pick(5)), before);
        break;
    case 1:
        n = auraio_wait_n(w->engine, 1 + (int)pick(4), (int)pick(5));
        check_count(w, "wait_n", n, before);
        break;
    case 2:
    case 3:
        if (!w->outstanding)
            break;
        n = auraio_wait(w->engine, percent(50) ? -1 : LONG_MS);
        check_enough(w, "wait", n, 1, before);
        break;
    case 4:
        if (!w->outstanding)
            break;
        int min = 1 + (int)pick((uint64_t)w->outstanding);
        n = auraio_wait_n(w->engine, min, -1);
        check_enough(w, "wait_n", n, min, before);
        break;
    case 5:
        if (w->uses_poll_fd)
            wait_by_poll_fd(w);
        break;
    case 6:
        if (auraio_flush(w->engine))
            sim_fail("flush: errno %d", errno);
        break;
    case 7:
        if (percent(20))
            run_until_stopped(w);
        break;
    case 8:
        if (percent(20))
            wake_and_wait(w);
        break;
    default:
        sim_advance(pick(300000));
        check_count(w, "poll", auraio_poll(w->engine), before);
    }
}

void drain(struct workload *w)
{
    uint64_t before = w->called_back;

    w->shutting_down = percent(50); /* or callbacks submit on while it drains */
    check_count(w, "drain", auraio_drain(w->engine, percent(50) ? -1 : LONG_MS), before);
    w->shutting_down = false;
    if (w->outstanding || auraio_pending_count(w->engine))
        sim_fail("drained, and %d are outstanding, %d pending", w->outstanding,
                 auraio_pending_count(w->engine));
    if (w->buffers == SET_LEAVING)
        w->buffers = SET_NONE;
    if (w->fixed_files == SET_LEAVING)
        w->fixed_files = SET_NONE;
    settle_limit(w);
}
