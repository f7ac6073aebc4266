/* SPDX-License-Identifier: Apache-2.0 */
/* One task's thread from beginning to end, and how others reach it. */
#include "flow.h"
#include "loop.h"
#include "place.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const struct task *task, const char *format, va_list args)
{
    char text[512];

    vsnprintf(text, sizeof text, format, args);
    if (*text)
        fprintf(stderr, "bffio: %s: %s\n", task->job.name, text);
}

void task_say(const struct task *task, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(task, format, args);
    va_end(args);
}

void task_fail(struct task *task, int error, const char *format, ...)
{
    va_list args;

    if (task->stat.error)
        return;
    task->stat.error = error;
    va_start(args, format);
    vsnprintf(task->stat.error_text, sizeof task->stat.error_text, format, args);
    va_end(args);
    va_start(args, format);
    say(task, format, args);
    va_end(args);
}

void task_signal(struct task *task, enum attention why)
{
    atomic_fetch_or_explicit(&task->attention, why, memory_order_acq_rel);
    syscall(SYS_futex, &task->attention, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void task_attended(struct task *task, enum attention why)
{
    atomic_fetch_and_explicit(&task->attention, ~(uint32_t)why, memory_order_acq_rel);
}

void task_attend(struct task *task, enum attention why)
{
    task_signal(task, why);
    pthread_mutex_lock(&task->lock);
    if (task->engine)
        auraio_wakeup(task->engine);
    pthread_mutex_unlock(&task->lock);
}

void task_sleep(struct task *task, uint64_t until)
{
    struct timespec t = clock_timespec(until);

    syscall(SYS_futex, &task->attention, FUTEX_WAIT_BITSET_PRIVATE, 0, &t, NULL,
            FUTEX_BITSET_MATCH_ANY);
}

static void post(struct task *task)
{
    sem_post(&task->run->changed);
}

static char letter_of(const struct task *task)
{
    unsigned kind = task->job.kind;
    bool is_random = kind & KIND_RANDOM;

    if (workload_is_verifying(task->work))
        return 'V';
    if ((kind & KIND_READ) && (kind & KIND_WRITE))
        return is_random ? 'm' : 'M';
    if (kind & KIND_READ)
        return is_random ? 'r' : 'R';
    if (kind & KIND_WRITE)
        return is_random ? 'w' : 'W';
    return is_random ? 'd' : 'D';
}

static void wait_for_start(struct task *task)
{
    struct run *run = task->run;

    atomic_store(&task->state, 'I');
    atomic_store_explicit(&task->ready, true, memory_order_release);
    post(task);
    for (;;) {
        uint32_t opened = atomic_load_explicit(&run->gate, memory_order_acquire);
        if (opened >= task->wave)
            return;
        syscall(SYS_futex, &run->gate, FUTEX_WAIT_PRIVATE, opened, NULL, NULL, 0);
    }
}

static void run_phases(struct loop *loop)
{
    struct task *task = loop->task;

    do {
        atomic_store(&task->state, letter_of(task));
        watch_phase_begin(loop);
        if (job_is_sync(loop->job))
            loop_run_sync(loop);
        else
            loop_run(loop);
        watch_phase_end(loop);
    } while (!loop->stopped && !task->stat.error && workload_again(loop->work, loop->timed_out));
}

static void work(struct task *task, struct loop *loop)
{
    bool is_ready = place_thread(task) == 0;

    bool is_late = !task->job.create_serialize;

    if (is_ready &&
        ((is_late && workload_prepare(task->work) != 0) || workload_open(task->work) != 0)) {
        if (errno != ECANCELED)
            task_fail(task, errno ? errno : EIO, "%s", "");
        is_ready = false;
    }
    is_ready = loop_init(loop, task) == 0 && is_ready;
    wait_for_start(task);
    watch_begin(loop);
    if (task->flow)
        flow_join(task->flow, (unsigned)task->job.flow);
    if (is_ready && !task->job.create_only)
        run_phases(loop);
    if (task->flow)
        flow_leave(task->flow, (unsigned)task->job.flow, loop->flow_done);
    atomic_store(&task->state, 'f');
    int error = -workload_close(task->work);
    if (error)
        task_fail(task, error, "%s", "");
    loop_free(loop);
}

void *task_main(void *arg)
{
    struct task *task = arg;
    struct loop loop;

    prctl(PR_SET_NAME, "bffio-job");
    prctl(PR_SET_TIMERSLACK, 1);
    task->stat.pid = (pid_t)syscall(SYS_gettid);
    atomic_store(&task->state, 'C');
    work(task, &loop);
    if (task->logs && logs_write(task->logs) != 0)
        task_fail(task, EIO, "%s", "");
    task->logs = NULL;
    atomic_store(&task->state, task->stat.error ? 'X' : 'E');
    atomic_store_explicit(&task->ended, true, memory_order_release);
    post(task);
    return NULL;
}
