/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program does besides submitting and waiting: cancelling, changing
 * limits, registering buffers and files, reading statistics.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct work *some_pending(struct workload *w)
{
    int start = (int)pick(WORKS);

    for (int i = 0; i < WORKS; i++) {
        struct work *work = &w->works[(start + i) % WORKS];
        if (work->group && work->req && !work->called)
            return work;
    }
    return NULL;
}

static void cancel_one(struct workload *w)
{
    struct work *work = some_pending(w);

    if (!work)
        return;
    if (!auraio_request_pending(work->req))
        sim_fail("a request without a callback so far is not pending");
    work->cancelled = true;
    if (auraio_cancel(w->engine, work->req) && errno != EALREADY)
        sim_fail("cancel: errno %d", errno);
}

static void cancel_stale(struct workload *w)
{
    if (w->n_stale < STALE)
        return;
    auraio_request_t *req = w->stale[pick(STALE)];

    for (int i = 0; i < WORKS; i++) {
        if (w->works[i].group && w->works[i].req == req && !w->works[i].called)
            sim_fail("a handle was given twice");
    }
    if (!auraio_cancel(w->engine, req) || (errno != EALREADY && errno != EINVAL))
        sim_fail("a stale handle was cancelled");
    if (auraio_request_pending(req))
        sim_fail("a stale handle is pending");
}

static void cancel_descriptor(struct workload *w)
{
    struct work *work = some_pending(w);

    if (!work || work->op.type == AURAIO_OP_NOP || work->op.fd == AT_FDCWD)
        return;
    int fd = work->op.fd, most = 0;
    for (int i = 0; i < WORKS; i++) {
        struct work *other = &w->works[i];
        if (other->group && other->req && !other->called && other->op.fd == fd) {
            other->cancelled = true;
            most++;
        }
    }
    int n = auraio_cancel_fd(w->engine, fd);
    if (n < 0 || n > most)
        sim_fail("cancel_fd(%d) says %d of %d", fd, n, most);
}

static void cancel_something(struct workload *w)
{
    switch (pick(8)) {
    case 0:
        cancel_descriptor(w);
        break;
    case 1:
    case 2:
        cancel_stale(w);
        break;
    default:
        cancel_one(w);
    }
}

void settle_limit(struct workload *w)
{
    unsigned limit = (unsigned)w->max_in_flight;

    if (!auraio_pending_count(w->engine))
        for (unsigned i = 0; i < SIM_DEVICES; i++)
            sim_limit_data(i, limit);
}

static void change_limits(struct workload *w)
{
    static const int thresholds[] = {-1, 0, 1, 3, 16};

    switch (pick(4)) {
    case 0:
        for (unsigned i = 0; i < SIM_DEVICES; i++)
            sim_limit_data(i, 0);
        w->max_in_flight = percent(30) ? 0 : 1 + (int)pick(20);
        if (auraio_set_max_in_flight(w->engine, w->max_in_flight))
            sim_fail("set_max_in_flight(%d): errno %d", w->max_in_flight, errno);
        settle_limit(w);
        break;
    case 1:
        if (auraio_set_batch_threshold(w->engine, thresholds[pick(5)]))
            sim_fail("set_batch_threshold: errno %d", errno);
        break;
    case 2:
        if (auraio_set_min_in_flight(w->engine, 1 + (int)pick(4)))
            sim_fail("set_min_in_flight: errno %d", errno);
        break;
    default:
        if (auraio_set_max_p99_latency(w->engine, (double)pick(10)))
            sim_fail("set_max_p99_latency: errno %d", errno);
    }
}

static void register_buffers(struct workload *w)
{
    struct iovec iovs[WORKS];

    for (int i = 0; i < WORKS; i++)
        iovs[i] = (struct iovec){w->works[i].buffer, WORK_BYTES};
    if (!auraio_register_buffers(w->engine, iovs, WORKS))
        w->buffers = SET_USABLE;
    else if (errno != EBUSY || w->buffers == SET_NONE)
        sim_fail("register_buffers: errno %d", errno);
}

/* Waiting for the last user runs callbacks, which must find the set in its new state. */
static void leave_buffers(struct workload *w)
{
    w->buffers = SET_LEAVING;
    if (percent(50)) {
        if (auraio_request_unregister_buffers(w->engine))
            sim_fail("request_unregister_buffers: errno %d", errno);
    } else {
        if (auraio_unregister_buffers(w->engine))
            sim_fail("unregister_buffers: errno %d", errno);
        w->buffers = SET_NONE;
    }
}

static void register_files(struct workload *w)
{
    int fds[FILES];

    for (int i = 0; i < FILES; i++)
        fds[i] = w->files[i].fd;
    if (!auraio_register_files(w->engine, fds, FILES)) {
        w->fixed_files = SET_USABLE;
        for (int i = 0; i < FILES; i++)
            w->slots[i] = &w->files[i];
    } else if (errno != EBUSY || w->fixed_files == SET_NONE) {
        sim_fail("register_files: errno %d", errno);
    }
}

static void update_file(struct workload *w)
{
    int slot = (int)pick(FILES);
    struct model_file *file = percent(80) ? &w->files[pick(FILES)] : NULL;

    if (!auraio_update_file(w->engine, slot, file ? file->fd : -1))
        w->slots[slot] = file;
    else if (errno != EAGAIN || !(sim_live()->enter_error_ppm + sim_live()->enter_partial_ppm))
        sim_fail("update_file(%d): errno %d", slot, errno);
}

static void leave_files(struct workload *w)
{
    w->fixed_files = SET_LEAVING;
    if (percent(50)) {
        if (auraio_request_unregister_files(w->engine))
            sim_fail("request_unregister_files: errno %d", errno);
    } else {
        if (auraio_unregister_files(w->engine))
            sim_fail("unregister_files: errno %d", errno);
        w->fixed_files = SET_NONE;
    }
}

static void change_sets(struct workload *w)
{
    if (percent(50)) {
        if (w->buffers == SET_USABLE && percent(30))
            leave_buffers(w);
        else if (w->buffers != SET_USABLE)
            register_buffers(w);
    } else if (w->fixed_files != SET_USABLE) {
        register_files(w);
    } else if (percent(20)) {
        leave_files(w);
    } else {
        update_file(w);
    }
}

static void read_statistics(struct workload *w)
{
    auraio_stats_t stats;
    auraio_ring_stats_t ring;
    auraio_target_stats_t target;
    auraio_histogram_t histogram;

    if (auraio_get_stats(w->engine, &stats))
        sim_fail("get_stats: errno %d", errno);
    if ((uint64_t)stats.ops_completed > w->called_back + (uint64_t)w->outstanding)
        sim_fail("%lld completed of %llu submitted", (long long)stats.ops_completed,
                 (unsigned long long)w->submitted);
    if (stats.queued < 0 || stats.current_in_flight < 0)
        sim_fail("queued %d, in flight %d", stats.queued, stats.current_in_flight);
    int rings = auraio_get_ring_count(w->engine);
    for (int i = 0; i < rings; i++) {
        if (auraio_get_ring_stats(w->engine, i, &ring) ||
            auraio_get_histogram(w->engine, i, &histogram))
            sim_fail("statistics of ring %d: errno %d", i, errno);
    }
    int targets = auraio_get_target_count(w->engine);
    for (int i = 0; i < targets; i++) {
        if (auraio_get_target_stats(w->engine, i, &target))
            sim_fail("get_target_stats(%d): errno %d", i, errno);
        if (target.queued < 0 || target.in_flight < 0)
            sim_fail("target %d: queued %d, in flight %d", i, target.queued, target.in_flight);
    }
}

void do_something_else(struct workload *w)
{
    uint64_t choice = pick(100);

    if (choice < 75)
        wait_somehow(w);
    else if (choice < 84)
        cancel_something(w);
    else if (choice < 87)
        change_limits(w);
    else if (choice < 93)
        change_sets(w);
    else if (choice < 95)
        read_statistics(w);
    else if (choice < 97)
        drain(w);
    else
        sim_advance(pick(2 * SIM_MS));
}

static void expect_deadlock(const char *call, int result)
{
    if (result != -1 || errno != EDEADLK)
        sim_fail("%s in a callback: %d, errno %d", call, result, errno);
}

/* Inside a callback waiting is refused, unregistering is deferred. */
void do_from_callback(struct workload *w)
{
    switch (pick(8)) {
    case 0:
        expect_deadlock("poll", auraio_poll(w->engine));
        expect_deadlock("wait", auraio_wait(w->engine, -1));
        expect_deadlock("drain", auraio_drain(w->engine, 0));
        expect_deadlock("destroy", auraio_destroy_timeout(w->engine, 0));
        break;
    case 1:
        if (w->buffers != SET_USABLE)
            break;
        if (percent(50) ? auraio_unregister_buffers(w->engine)
                        : auraio_request_unregister_buffers(w->engine))
            sim_fail("unregister_buffers in a callback: errno %d", errno);
        w->buffers = SET_LEAVING;
        break;
    case 2:
        if (w->fixed_files != SET_USABLE)
            break;
        if (percent(50) ? auraio_unregister_files(w->engine)
                        : auraio_request_unregister_files(w->engine))
            sim_fail("unregister_files in a callback: errno %d", errno);
        w->fixed_files = SET_LEAVING;
        break;
    case 3:
        read_statistics(w);
        break;
    default:
        cancel_something(w);
    }
}
