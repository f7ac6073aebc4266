/* SPDX-License-Identifier: Apache-2.0 */
/* Completions of a shared engine: who reaps, who sleeps, and how they come to their owners. */
#include "find.h"
#include "find_data.h"

#include <errno.h>
#include <string.h>

enum {
    STARVE_US = 50, /* between two attempts of a job that has nothing in flight */
    SLEEP_US = 2000 /* the reaper may be busy with its own completions for a while */
};

static _Thread_local struct loop *self;

/* Pairs with the exchange in take_handed. The owner looks at `handed` after it has said that it
 * sleeps, and this thread at `sleeping` after it has pushed: one of the two sees the other. */
static void hand_over(struct loop *owner, struct flight *flight)
{
    flight->done_ns = now_ns();
    flight->next = atomic_load_explicit(&owner->handed, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&owner->handed, &flight->next, flight))
        ;
    if (atomic_load(&owner->sleeping) == AWAKE)
        return;
    int slept = atomic_exchange(&owner->sleeping, AWAKE);
    if (slept == ON_FUTEX)
        task_signal(owner->task, ATTEND_HANDED);
    else if (slept == IN_WAIT)
        auraio_wakeup(owner->engine);
}

void shared_on_done(auraio_request_t *request, ssize_t result, void *user_data)
{
    struct flight *flight = user_data;
    struct loop *owner = flight->loop;

    (void)request;
    flight->unit.result = result;
    if (owner == self)
        owner->done[owner->n_done++] = flight;
    else
        hand_over(owner, flight);
}

/* Behind what this thread has reaped itself. */
static void take_handed(struct loop *loop)
{
    if (!atomic_load_explicit(&loop->handed, memory_order_relaxed))
        return;
    struct flight *flight = atomic_exchange(&loop->handed, NULL);
    for (; flight; flight = flight->next)
        loop->done[loop->n_done++] = flight;
}

static bool has_reason_to_wake(struct loop *loop)
{
    return atomic_load(&loop->handed) || atomic_load(&loop->task->attention);
}

/* Only the reaper sleeps in auraio_wait, so a wake-up is for it. */
static bool sleep_as_reaper(struct shared *shared, struct loop *loop, bool *has_failed)
{
    struct loop *nobody = NULL;

    if (!atomic_compare_exchange_strong(&shared->reaper, &nobody, loop))
        return false;
    atomic_store(&loop->sleeping, IN_WAIT);
    *has_failed = !has_reason_to_wake(loop) && auraio_wait(loop->engine, -1) < 0;
    atomic_store(&loop->sleeping, AWAKE);
    atomic_store(&shared->reaper, NULL);
    return true;
}

static void sleep_on_futex(struct loop *loop, uint64_t us)
{
    atomic_store(&loop->sleeping, ON_FUTEX);
    if (!has_reason_to_wake(loop))
        task_sleep(loop->task, now_ns() + us * NS_PER_US);
    atomic_store(&loop->sleeping, AWAKE);
    task_attended(loop->task, ATTEND_HANDED);
}

bool shared_wait(struct shared *shared, struct loop *loop)
{
    bool has_failed = false;

    self = loop;
    while (!has_failed) {
        has_failed = auraio_poll(loop->engine) < 0;
        take_handed(loop);
        if (loop->n_done || atomic_load(&loop->task->attention))
            return true;
        if (!has_failed && !sleep_as_reaper(shared, loop, &has_failed))
            sleep_on_futex(loop, SLEEP_US);
    }
    return loop->n_done > 0;
}

void shared_starve(struct shared *shared, struct loop *loop)
{
    self = loop;
    atomic_fetch_add(&shared->starving, 1);
    sleep_on_futex(loop, STARVE_US);
    atomic_fetch_sub(&shared->starving, 1);
    auraio_poll(loop->engine);
    loop->now = now_ns();
    loop->refused = false;
    if (loop_must_attend(loop))
        watch_attend(loop);
}

bool shared_must_yield(struct shared *shared, const struct loop *loop)
{
    if (!atomic_load_explicit(&shared->starving, memory_order_relaxed))
        return false;
    auraio_target_stats_t stats;
    if (auraio_get_target_stats(loop->engine, 0, &stats) != 0)
        return false;
    return loop->in_flight >= (unsigned)stats.limit / shared->jobs + 1;
}

/* Others wake by their own clock within SLEEP_US and one of them becomes the reaper. */
void shared_away(struct shared *shared, struct loop *loop)
{
    (void)shared;
    atomic_store(&loop->sleeping, AWAKE);
}

void shared_count(struct shared *shared, struct loop *loop, uint64_t ns)
{
    int phase = atomic_load_explicit(&shared->is_steady, memory_order_relaxed);

    loop->phase_ios[phase]++;
    loop->phase_hist[phase][plat_bucket(ns)]++;
}
