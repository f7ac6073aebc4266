/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a task by the clock: the ramp's end, the runtime's end, samples of bandwidth,
 * least rates, copies of the statistics. The loop calls when its latest clock reading has passed
 * `next_event`, or when the main thread wants attention. */
#include "find.h"
#include "flow.h"

#include <errno.h>
#include <string.h>

enum { SHOW_MS = 100 }; /* figures for the ETA */

static uint64_t us_of(struct timeval t)
{
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_usec;
}

static void count_usage(struct loop *loop, struct job_stat *stat)
{
    struct rusage now, *then = &loop->used;

    if (getrusage(RUSAGE_THREAD, &now) != 0)
        return;
    stat->usr_us = us_of(now.ru_utime) - us_of(then->ru_utime);
    stat->sys_us = us_of(now.ru_stime) - us_of(then->ru_stime);
    stat->ctx = (uint64_t)(now.ru_nvcsw + now.ru_nivcsw - then->ru_nvcsw - then->ru_nivcsw);
    stat->majf = (uint64_t)(now.ru_majflt - then->ru_majflt);
    stat->minf = (uint64_t)(now.ru_minflt - then->ru_minflt);
}

/* The runtime counts where something was moved, phase by phase. */
static void count_time(struct loop *loop, struct job_stat *stat)
{
    for (int d = 0; d < DIRECTIONS; d++) {
        uint64_t ns = loop->elapsed_ns[d];
        if (loop->phase_began && stat->dir[d].bytes > loop->phase_bytes[d])
            ns += loop->now - loop->phase_began;
        stat->dir[d].runtime_ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
    }
    stat->job_runtime_ms = (loop->now - loop->began) / NS_PER_MS;
    stat->ramp_ms = (loop->measured - loop->began) / NS_PER_MS;
    count_usage(loop, stat);
}

/* The beginning by the clock on the wall. */
static void identify(struct loop *loop, uint64_t began)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t ns = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec - (now_ns() - began);
    loop->stat->began = (time_t)(ns / NS_PER_S);
    loop->stat->began_ms = ns / NS_PER_MS;
}

static uint64_t amount(const struct loop *loop, const struct sampler *sampler, int d)
{
    const struct direction_stat *dir = &loop->stat->dir[d];

    return sampler == &loop->bw ? dir->bytes : dir->ios;
}

static void sampler_restart(struct loop *loop, struct sampler *sampler)
{
    sampler->began = loop->now;
    sampler->next = loop->in_ramp || !sampler->every_ns ? NEVER : loop->now + sampler->every_ns;
    for (int d = 0; d < DIRECTIONS; d++)
        sampler->last[d] = amount(loop, sampler, d);
}

/* As fio: an interval without any operation makes no sample. */
static void sample(struct loop *loop, struct sampler *sampler)
{
    bool is_bw = sampler == &loop->bw;
    uint64_t ms = (loop->now - loop->measured) / NS_PER_MS;
    double seconds = (double)(loop->now - sampler->began) / 1e9;

    for (int d = 0; d < DIRECTIONS; d++) {
        struct direction_stat *dir = &loop->stat->dir[d];
        uint64_t more = amount(loop, sampler, d) - sampler->last[d];
        uint64_t rate = (uint64_t)((double)more / seconds / (is_bw ? 1024 : 1));
        if (!more)
            continue;
        spread_add(is_bw ? &dir->bw : &dir->iops, rate);
        if (is_bw)
            logs_bandwidth(loop->task->logs, (enum direction)d, ms, rate, loop->job->bs_min[d]);
        else
            logs_iops(loop->task->logs, (enum direction)d, ms, rate, loop->job->bs_min[d]);
    }
    uint64_t next = sampler->next + sampler->every_ns;
    sampler_restart(loop, sampler);
    if (next > loop->now)
        sampler->next = next;
}

/* Time counts from a moment that all jobs of a wave have in common. */
static void restart(struct loop *loop, uint64_t since)
{
    loop->measured = loop->phase_began = since;
    loop->deadline = loop->job->runtime_us ? since + loop->job->runtime_us * NS_PER_US : NEVER;
    memset(loop->elapsed_ns, 0, sizeof loop->elapsed_ns);
    memset(loop->phase_bytes, 0, sizeof loop->phase_bytes);
    sampler_restart(loop, &loop->bw);
    sampler_restart(loop, &loop->iops);
    pace_restart(&loop->pace, loop->now);
    if (getrusage(RUSAGE_THREAD, &loop->used) != 0)
        memset(&loop->used, 0, sizeof loop->used);
}

static void end_ramp(struct loop *loop)
{
    uint64_t end = loop->ramp_end;

    loop->in_ramp = false;
    loop->ramp_end = NEVER;
    stat_reset(loop->stat);
    identify(loop, end);
    restart(loop, end);
}

/* Figures for others, ten times a second; see look_at in steady.c for their order. */
static void show(struct loop *loop)
{
    struct task *task = loop->task;

    atomic_store(&task->shown_ns, 0);
    for (int d = 0; d < DIRECTIONS; d++) {
        const struct direction_stat *dir = &loop->stat->dir[d];
        atomic_store(&task->shown_bytes[d], dir->bytes);
        atomic_store(&task->shown_ios[d], dir->ios);
    }
    atomic_store(&task->shown_ns, loop->now);
}

static void plan_event(struct loop *loop)
{
    uint64_t next = sooner(loop->now + SHOW_MS * NS_PER_MS, sooner(loop->bw.next, loop->iops.next));

    next = sooner(next, loop->ramp_end);
    loop->next_event = loop->timed_out || loop->in_ramp ? next : sooner(next, loop->deadline);
}

static void check_min_rate(struct loop *loop)
{
    uint64_t bytes[DIRECTIONS], ios[DIRECTIONS];
    enum direction dir = READS;

    for (int d = 0; d < DIRECTIONS; d++) {
        bytes[d] = loop->stat->dir[d].bytes;
        ios[d] = loop->stat->dir[d].ios;
    }
    if (workload_is_verifying(loop->work)) {
        pace_skip_min(&loop->pace, bytes, ios, loop->now);
        return;
    }
    if (pace_holds_min(&loop->pace, bytes, ios, loop->now, &dir))
        return;
    task_fail(loop->task, EIO, "the %s rate is below the least allowed (rate_min, rate_iops_min)",
              dir == READS    ? "read"
              : dir == WRITES ? "write"
                              : "trim");
    loop->over = loop->stopped = true;
}

/* Under the task's lock, which the main thread takes to read. */
static void give_copy(struct loop *loop)
{
    struct task *task = loop->task;

    count_time(loop, loop->stat);
    pthread_mutex_lock(&task->lock);
    stat_free(&task->copy);
    memset(&task->copy, 0, sizeof task->copy);
    task->has_copy = stat_init(&task->copy, loop->job) == 0;
    if (task->has_copy)
        stat_add(&task->copy, loop->stat);
    if (task->has_copy && loop->in_ramp)
        stat_reset(&task->copy);
    pthread_mutex_unlock(&task->lock);
    sem_post(&task->run->copied);
}

void watch_attend(struct loop *loop)
{
    uint32_t wanted = atomic_load_explicit(&loop->task->attention, memory_order_acquire);

    if (wanted & ATTEND_HANDED)
        task_attended(loop->task, ATTEND_HANDED);
    if (wanted & ATTEND_COPY) {
        task_attended(loop->task, ATTEND_COPY);
        give_copy(loop);
    }
    if (wanted & ATTEND_STOP) {
        task_attended(loop->task, ATTEND_STOP);
        loop->over = loop->stopped = true;
    }
    if (loop->now < loop->next_event)
        return;
    if (loop->now >= loop->ramp_end)
        end_ramp(loop);
    if (!loop->in_ramp && loop->now >= loop->deadline)
        loop->over = loop->timed_out = true;
    if (loop->now >= loop->bw.next)
        sample(loop, &loop->bw);
    if (loop->now >= loop->iops.next)
        sample(loop, &loop->iops);
    if (loop->pace.has_min && !loop->in_ramp && !loop->over)
        check_min_rate(loop);
    show(loop);
    plan_event(loop);
}

bool watch_sleep(struct loop *loop, uint64_t until)
{
    if (loop->task->shared)
        shared_away(loop->task->shared, loop);
    for (;;) {
        loop->now = now_ns();
        if (loop_must_attend(loop))
            watch_attend(loop);
        if (loop->over || loop->now >= until)
            return !loop->over;
        task_sleep(loop->task, sooner(until, loop->next_event));
    }
}

bool watch_flow(struct loop *loop)
{
    if (flow_take(loop->task->flow, (unsigned)loop->job->flow, loop->flow_done)) {
        loop->flow_done++;
        return true;
    }
    loop_quiesce(loop);
    loop->now = now_ns();
    watch_sleep(loop, loop->now + FLOW_WAIT_US * NS_PER_US);
    return false;
}

bool watch_think(struct loop *loop)
{
    const struct job *job = loop->job;
    uint64_t began = loop->now = now_ns();
    uint64_t end = began + job->thinktime_us * NS_PER_US;
    uint64_t spin_end = sooner(end, began + job->thinktime_spin_us * NS_PER_US);

    while (!loop->over && (loop->now = now_ns()) < spin_end)
        if (loop_must_attend(loop))
            watch_attend(loop);
    bool goes_on = !loop->over && watch_sleep(loop, end);
    pace_has_thought(&loop->pace, began, loop->now);
    return goes_on;
}

/* As fio: a log with log_avg_msec sets the pace of the report's samples as well. */
static uint64_t sample_every(const struct loop *loop, unsigned avg_ms, const char *log)
{
    unsigned log_ms = loop->job->log_avg_ms;

    return (log && log_ms ? log_ms : avg_ms) * NS_PER_MS;
}

void watch_begin(struct loop *loop)
{
    const struct job *job = loop->job;

    loop->began = loop->task->start_ns;
    loop->now = now_ns();
    loop->in_ramp = job->ramp_us != 0;
    loop->ramp_end = loop->in_ramp ? loop->began + job->ramp_us * NS_PER_US : NEVER;
    loop->bw.every_ns = sample_every(loop, job->bw_avg_ms, job->log_prefix_bw);
    loop->iops.every_ns = sample_every(loop, job->iops_avg_ms, job->log_prefix_iops);
    pace_init(&loop->pace, job, loop->now);
    identify(loop, loop->began);
    restart(loop, loop->began);
    if (loop->in_ramp)
        stat_begin_ramp(loop->stat);
    plan_event(loop);
    atomic_store(&loop->task->began_ns, loop->began);
}

/* The first phase has begun with the job. */
void watch_phase_begin(struct loop *loop)
{
    loop->now = now_ns();
    if (!loop->phase_began)
        loop->phase_began = loop->now;
    for (int d = 0; d < DIRECTIONS; d++)
        loop->phase_bytes[d] = loop->stat->dir[d].bytes;
}

void watch_phase_end(struct loop *loop)
{
    loop->now = now_ns();
    if (loop_must_attend(loop))
        watch_attend(loop);
    for (int d = 0; d < DIRECTIONS; d++)
        if (loop->stat->dir[d].bytes > loop->phase_bytes[d])
            loop->elapsed_ns[d] += loop->now - loop->phase_began;
    loop->phase_began = 0;
    count_time(loop, loop->stat);
    show(loop);
}
