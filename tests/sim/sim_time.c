/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual time. It passes when the application says it computes, when the
 * library calls the kernel (a little), and when it sleeps (to the next event).
 * Events are ends of service, in a heap by time; timers are looked at apart,
 * there are few.
 */
#include "sim_internal.h"

#include <stdlib.h>

#define CALLS_WITHOUT_PROGRESS 3000000 /* by then a loop goes nowhere */

static struct sim_op **heap;
static size_t n_heap, heap_room;

static bool earlier(const struct sim_op *a, const struct sim_op *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->serial < b->serial;
}

void sim_schedule(struct sim_op *op, uint64_t at_ns)
{
    op->at_ns = at_ns;
    op->serial = sim.serial++;
    if (n_heap == heap_room) {
        heap_room = heap_room ? heap_room * 2 : 256;
        heap = sim_xrealloc(heap, heap_room, sizeof *heap);
    }
    size_t i = n_heap++;
    for (; i && earlier(op, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = op;
}

static struct sim_op *pop(void)
{
    struct sim_op *first = heap[0], *last = heap[--n_heap];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < n_heap && earlier(heap[child + 1], heap[child]))
            child++;
        if (child >= n_heap || !earlier(heap[child], last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

void sim_heap_free(void)
{
    free(heap);
    heap = NULL;
    n_heap = heap_room = 0;
}

static uint64_t next_event(void)
{
    uint64_t timer = sim_next_timer(), first = n_heap ? heap[0]->at_ns : SIM_NEVER;

    return timer < first ? timer : first;
}

static void run_until(uint64_t t)
{
    uint64_t at;

    while ((at = next_event()) <= t) {
        if (at > sim.now_ns)
            sim.now_ns = at;
        if (n_heap && heap[0]->at_ns <= at)
            sim_finish(pop());
        sim_expire_timers();
    }
    if (t > sim.now_ns)
        sim.now_ns = t;
    for (struct sim_ring *ring = sim.rings; ring; ring = ring->next)
        sim_sqpoll(ring);
}

/* Any system call of the thread runs what cooperative rings have kept for it. */
static void run_task_work(void)
{
    for (struct sim_ring *ring = sim.rings; ring; ring = ring->next) {
        if (!(ring->flags & IORING_SETUP_DEFER_TASKRUN))
            sim_run_work(ring);
    }
}

void sim_kernel_call(uint64_t cost_ns)
{
    if (++sim.calls_idle > CALLS_WITHOUT_PROGRESS)
        sim_fail("%d calls and nothing has moved", CALLS_WITHOUT_PROGRESS);
    for (struct sim_ring *ring = sim.rings; ring; ring = ring->next)
        sim_ring_check(ring);
    run_until(sim.now_ns + cost_ns);
    run_task_work();
}

bool sim_wait(bool (*ready)(void *), void *arg, uint64_t deadline_ns, const char *where)
{
    for (;;) {
        run_task_work();
        if (ready(arg))
            return true;
        if (deadline_ns <= sim.now_ns)
            return false;
        uint64_t next = next_event();
        if (next == SIM_NEVER && deadline_ns == SIM_NEVER)
            sim_fail("%s sleeps for ever: %u operations in flight", where, sim.counts.in_flight);
        run_until(next < deadline_ns ? next : deadline_ns);
    }
}

uint64_t sim_now(void)
{
    return sim.now_ns;
}

/* User space: devices work on and rings that are not cooperative show it; no call is made. */
void sim_advance(uint64_t ns)
{
    run_until(sim.now_ns + ns);
}

void sim_sleep(uint64_t ns)
{
    sim_kernel_call(ns);
    run_task_work();
}

/* The clock is read without entering the kernel (vDSO). */
uint64_t sim_kern_now_ns(void)
{
    if (++sim.calls_idle > CALLS_WITHOUT_PROGRESS)
        sim_fail("%d calls and nothing has moved", CALLS_WITHOUT_PROGRESS);
    run_until(sim.now_ns + 30);
    return sim.now_ns;
}

void sim_kern_sleep_us(unsigned us)
{
    sim_kernel_call((uint64_t)us * 1000 + 1000);
}
