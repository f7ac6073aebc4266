/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting: event counters, timers, epoll sets (level triggered), and the
 * POLL_ADD operations that stand on any of them or on a ring.
 */
#include "sim_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

bool sim_obj_readable(const struct sim_obj *obj)
{
    switch (obj->kind) {
    case SIM_RING:
        return sim_cq_ready(obj->ring) || obj->ring->overflow ||
               (obj->ring->work && obj->ring->flags & IORING_SETUP_DEFER_TASKRUN);
    case SIM_EVENT:
        return obj->count > 0;
    case SIM_TIMER:
        return obj->at_ns && obj->at_ns <= sim.now_ns;
    case SIM_EPOLL:
        for (unsigned i = 0; i < obj->n_watches; i++) {
            if (sim_obj_readable(obj->watches[i].obj))
                return true;
        }
        return false;
    case SIM_FILE:
        return true;
    }
    return false;
}

bool sim_readable(int fd)
{
    struct sim_obj *obj = sim_fd_get(fd);

    return obj && sim_obj_readable(obj);
}

void sim_obj_notify(struct sim_obj *obj)
{
    while (obj->pollers && sim_obj_readable(obj)) {
        struct sim_op *op = obj->pollers;
        obj->pollers = op->next;
        op->next = NULL;
        sim_op_done(op, POLLIN);
    }
}

void sim_event_add(struct sim_obj *obj)
{
    obj->count++;
    sim_obj_notify(obj);
}

void sim_poll_arm(struct sim_op *op)
{
    if (!op->file) {
        sim_op_done(op, -EBADF);
        return;
    }
    op->state = OP_POLLING;
    op->next = op->file->pollers;
    op->file->pollers = op;
    sim_obj_notify(op->file);
}

void sim_poll_disarm(struct sim_op *op)
{
    struct sim_op **p = &op->file->pollers;

    while (*p != op)
        p = &(*p)->next;
    *p = op->next;
    op->next = NULL;
}

/* A timer that nobody polls with an operation needs no event: epoll_wait asks its time. */
uint64_t sim_next_timer(void)
{
    uint64_t first = SIM_NEVER;

    for (int i = 0; i < sim.fd_high; i++) {
        struct sim_obj *obj = sim.fds[i];
        if (obj && obj->kind == SIM_TIMER && obj->at_ns > sim.now_ns && obj->at_ns < first)
            first = obj->at_ns;
    }
    return first;
}

void sim_expire_timers(void)
{
    for (int i = 0; i < sim.fd_high; i++) {
        struct sim_obj *obj = sim.fds[i];
        if (obj && obj->kind == SIM_TIMER && obj->pollers)
            sim_obj_notify(obj);
    }
}

void sim_epoll_forget(const struct sim_obj *obj)
{
    for (int i = 0; i < sim.fd_high; i++) {
        struct sim_obj *set = sim.fds[i];
        if (!set || set->kind != SIM_EPOLL)
            continue;
        for (unsigned w = 0; w < set->n_watches; w++) {
            if (set->watches[w].obj == obj)
                set->watches[w--] = set->watches[--set->n_watches];
        }
    }
}

int sim_kern_eventfd(void)
{
    sim_kernel_call(500);
    return sim.config.event_errno ? -sim.config.event_errno
                                  : sim_fd_new(sim_obj_new(SIM_EVENT), true);
}

static struct sim_obj *of_kind(int fd, enum sim_kind kind)
{
    struct sim_obj *obj = sim_fd_get(fd);

    return obj && obj->kind == kind ? obj : NULL;
}

int sim_kern_event_write(int fd)
{
    struct sim_obj *obj = of_kind(fd, SIM_EVENT);

    sim_kernel_call(300);
    if (!obj)
        return -EBADF;
    sim_event_add(obj);
    return 0;
}

/* Serves a timer as well: reading either takes what has come. */
int sim_kern_event_read(int fd)
{
    struct sim_obj *obj = sim_fd_get(fd);

    sim_kernel_call(300);
    if (!obj || (obj->kind != SIM_EVENT && obj->kind != SIM_TIMER))
        return -EBADF;
    if (!sim_obj_readable(obj))
        return -EAGAIN;
    obj->count = obj->at_ns = 0;
    return 0;
}

int sim_kern_timerfd(void)
{
    sim_kernel_call(500);
    return sim.config.timer_errno ? -sim.config.timer_errno
                                  : sim_fd_new(sim_obj_new(SIM_TIMER), true);
}

int sim_kern_timer_set(int fd, uint64_t at_ns)
{
    struct sim_obj *obj = of_kind(fd, SIM_TIMER);

    sim_kernel_call(300);
    if (!obj)
        return -EBADF;
    obj->at_ns = at_ns;
    return 0;
}

int sim_kern_epoll_create(void)
{
    sim_kernel_call(500);
    return sim.config.epoll_errno ? -sim.config.epoll_errno
                                  : sim_fd_new(sim_obj_new(SIM_EPOLL), true);
}

int sim_kern_epoll_add(int epfd, int fd, uint64_t data)
{
    struct sim_obj *set = of_kind(epfd, SIM_EPOLL), *obj = sim_fd_get(fd);

    sim_kernel_call(500);
    if (!set || !obj)
        return -EBADF;
    for (unsigned i = 0; i < set->n_watches; i++) {
        if (set->watches[i].fd == fd && set->watches[i].obj == obj)
            return -EEXIST;
    }
    set->watches = sim_xrealloc(set->watches, set->n_watches + 1, sizeof *set->watches);
    set->watches[set->n_watches++] = (struct sim_watch){obj, fd, data};
    return 0;
}

int sim_kern_epoll_del(int epfd, int fd)
{
    struct sim_obj *set = of_kind(epfd, SIM_EPOLL), *obj = sim_fd_get(fd);

    sim_kernel_call(500);
    if (!set || !obj)
        return -EBADF;
    for (unsigned i = 0; i < set->n_watches; i++) {
        if (set->watches[i].fd == fd && set->watches[i].obj == obj) {
            set->watches[i] = set->watches[--set->n_watches];
            return 0;
        }
    }
    return -ENOENT;
}

static bool readable(void *obj)
{
    return sim_obj_readable(obj);
}

int sim_kern_epoll_wait(int epfd, uint64_t *data, int max, int timeout_ms)
{
    struct sim_obj *set = of_kind(epfd, SIM_EPOLL);
    int n = 0;

    sim_kernel_call(800);
    sim.counts.epoll_waits++;
    if (!set)
        return -EBADF;
    if (max < 1)
        return -EINVAL;
    if (timeout_ms && sim_chance(&sim.rand, sim.config.epoll_eintr_ppm))
        return -EINTR;
    uint64_t deadline =
        timeout_ms < 0 ? SIM_NEVER : sim.now_ns + (uint64_t)(unsigned)timeout_ms * SIM_MS;
    if (!sim_wait(readable, set, deadline, "epoll_wait"))
        return 0;
    for (unsigned i = 0; i < set->n_watches && n < max; i++) {
        if (sim_obj_readable(set->watches[i].obj))
            data[n++] = set->watches[i].data;
    }
    return n;
}

/* Files can always be written to, and nothing else is; who is not ready for reading may become so.
 */
int sim_kern_poll(int fd, bool for_writing, int timeout_ms)
{
    struct sim_obj *obj = sim_fd_get(fd);

    sim_kernel_call(500);
    if (!obj)
        return -EBADF;
    if (for_writing && obj->kind == SIM_FILE)
        return 1;
    uint64_t deadline =
        timeout_ms < 0 ? SIM_NEVER : sim.now_ns + (uint64_t)(unsigned)timeout_ms * SIM_MS;
    return sim_wait(readable, obj, deadline, "poll");
}
