/* SPDX-License-Identifier: Apache-2.0 */
/* Which task starts when, as fio orders them: in the order of the jobs, each after its startdelay
 * and the jobs it waits for; a stonewall holds itself and all behind it back until everything
 * before it has ended. All that may start together is made ready first and then started at once. */
#include "run.h"
#include "clock.h"
#include "find.h"
#include "output.h"
#include "steady.h"
#include "total_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOOK_MS = 100, MOST_DISK_FILES = 256 };

static bool is_over(const struct task *task)
{
    return atomic_load(&task->state) == '_';
}

static bool is_waiting(const struct task *task)
{
    return !task->has_thread && !is_over(task);
}

static bool is_running(const struct task *task)
{
    return task->has_thread && !is_over(task);
}

static bool any_running(const struct run *run)
{
    for (size_t i = 0; i < run->n_tasks; i++)
        if (is_running(&run->tasks[i]))
            return true;
    return false;
}

static bool any_waiting(const struct run *run)
{
    for (size_t i = 0; i < run->n_tasks; i++)
        if (is_waiting(&run->tasks[i]))
            return true;
    return false;
}

static bool waits_for_other(const struct run *run, const struct task *task)
{
    for (size_t i = 0; task->job.wait_for && i < run->n_tasks; i++) {
        const struct task *other = &run->tasks[i];
        if (other != task && !is_over(other) && strcmp(other->job.name, task->job.wait_for) == 0)
            return true;
    }
    return false;
}

static void set_over(struct task *task)
{
    atomic_store(&task->state, '_');
}

static bool is_stop_wanted(const void *arg)
{
    const struct task *task = arg;

    return atomic_load_explicit(task->run->signals, memory_order_relaxed) ||
           atomic_load_explicit(&task->attention, memory_order_relaxed) & ATTEND_STOP;
}

/* A task that cannot begin. */
static void has_failed(struct run *run, struct task *task)
{
    run->exit_status = 1;
    set_over(task);
    if (task->job.exitall_on_error)
        run_terminate(run, task, task->job.exit_what);
}

static bool start(struct task *task)
{
    task->wave = atomic_load(&task->run->gate) + 1;
    int error = pthread_create(&task->thread, NULL, task_main, task);

    if (error) {
        task_fail(task, error, "no thread: %s", strerror(error));
        has_failed(task->run, task);
        return false;
    }
    task->has_thread = true;
    return true;
}

static bool is_wave_ready(const struct run *run)
{
    for (size_t i = 0; i < run->n_tasks; i++)
        if (is_running(&run->tasks[i]) &&
            !atomic_load_explicit(&run->tasks[i].ready, memory_order_acquire))
            return false;
    return true;
}

/* One call wakes them all. Their time begins here, whenever they get a CPU: together they cannot
 * seem faster than they are. */
static void open_gate(struct run *run)
{
    uint32_t wave = atomic_load(&run->gate) + 1;
    uint64_t now = now_ns();

    for (size_t i = 0; i < run->n_tasks; i++)
        if (run->tasks[i].has_thread && run->tasks[i].wave == wave)
            run->tasks[i].start_ns = now;
    run->is_wave_pending = false;
    atomic_store_explicit(&run->gate, wave, memory_order_release);
    syscall(SYS_futex, &run->gate, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Returns when the next one may start by the clock. A wave that is being made ready goes first; it
 * posts `changed` when it is. */
static uint64_t start_some(struct run *run)
{
    bool busy = any_running(run), any = false;
    uint64_t now = now_ns(), next = NEVER;

    if (run->is_wave_pending && !is_wave_ready(run))
        return NEVER;
    if (run->is_wave_pending)
        open_gate(run);
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        uint64_t at = run->began_ns + task->startdelay_ns;
        if (!is_waiting(task))
            continue;
        if (task->job.stonewall && (busy || any))
            break;
        if (now < at)
            next = sooner(next, at);
        else if (!waits_for_other(run, task))
            any |= start(task);
        if (task->job.stonewall && is_waiting(task))
            break;
    }
    run->is_wave_pending = any;
    return next;
}

void run_terminate(struct run *run, const struct task *cause, enum exit_what what)
{
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        bool concerned = what == EXIT_ALL || (what == EXIT_GROUP && task->group == cause->group) ||
                         (what == EXIT_STONEWALL && is_running(task));
        if (!concerned || task == cause)
            continue;
        if (is_waiting(task))
            set_over(task);
        else if (is_running(task))
            task_attend(task, ATTEND_STOP);
    }
}

/* Tasks that have ended; what their end means to others. */
static void reap(struct run *run)
{
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        if (!is_running(task) || !atomic_load_explicit(&task->ended, memory_order_acquire))
            continue;
        pthread_join(task->thread, NULL);
        set_over(task);
        if (task->stat.error)
            run->exit_status = 1;
        if (run->exitall || (task->stat.error && task->job.exitall_on_error))
            run_terminate(run, task, task->job.exit_what);
    }
}

static void watch_shared(struct run *run)
{
    for (unsigned g = 0; g < run->n_groups; g++)
        if (run->shared[g])
            shared_watch(run->shared[g]);
}

static void sleep_until(struct run *run, uint64_t until)
{
    struct timespec t = clock_timespec(until);

    if (sem_clockwait(&run->changed, CLOCK_MONOTONIC, &t) != 0)
        return;
    while (sem_trywait(&run->changed) == 0)
        ;
}

static void stop(struct run *run)
{
    run->stopped = true;
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        if (is_waiting(task))
            set_over(task);
        else if (is_running(task))
            task_attend(task, ATTEND_STOP);
    }
}

/* What a signal has interrupted is no error: stop() ends it. */
static void prepare(struct run *run)
{
    for (size_t i = 0; i < run->n_tasks && !atomic_load(run->signals); i++) {
        struct task *task = &run->tasks[i];
        if (is_over(task))
            continue;
        workload_set_stop(task->work, is_stop_wanted, task);
        /* Without it each job's own thread does it when its turn has come. */
        if (!task->job.create_serialize)
            continue;
        if (workload_prepare(task->work) == 0 || atomic_load(run->signals))
            continue;
        task_fail(task, errno ? errno : EIO, "%s", "");
        has_failed(run, task);
    }
}

/* Where tasks wait for each other in a ring, or for one behind their stonewall. */
static void give_up(struct run *run)
{
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        if (!is_waiting(task))
            continue;
        task_fail(task, EDEADLK, "wait_for: %s does not end before this job", task->job.wait_for);
        run->exit_status = 1;
        set_over(task);
    }
}

/* The files as they are now; those that a job makes when it opens them are missed. */
static void remember_disks(struct run *run)
{
    int fds[MOST_DISK_FILES] = {-1};
    size_t n = 0;

    for (size_t i = 0; i < run->n_tasks; i++) {
        struct work_file *files;
        size_t n_files = is_over(&run->tasks[i]) ? 0 : workload_files(run->tasks[i].work, &files);
        for (size_t f = 0; f < n_files && n < MOST_DISK_FILES; f++)
            if ((fds[n] = open(files[f].path, O_PATH | O_CLOEXEC)) >= 0)
                n++;
    }
    run->disks = disks_begin(fds, n);
    while (n)
        close(fds[--n]);
}

void run_tasks(struct run *run, atomic_int *signals)
{
    uint64_t interval_ns = run->settings->status_interval_ms * NS_PER_MS;

    run->signals = signals;
    prepare(run);
    remember_disks(run);
    clock_calibrate();
    run->began_ns = now_ns();
    uint64_t status = interval_ns ? run->began_ns + interval_ns : NEVER;
    uint64_t look = run->began_ns;
    for (;;) {
        if (atomic_load(signals) && !run->stopped)
            stop(run);
        reap(run);
        uint64_t next = start_some(run);
        if (!any_running(run) && !any_waiting(run))
            break;
        if (!any_running(run) && next == NEVER)
            give_up(run);
        uint64_t now = now_ns();
        if (now >= look) {
            watch_shared(run);
            if (run->steadies)
                steadies_watch(run->steadies);
            show_progress(run);
            total_log_watch(run);
            look = now + LOOK_MS * NS_PER_MS;
        }
        if (now >= status) {
            run->is_report_lost |= report_run(run, false) != 0;
            status += interval_ns;
        }
        sleep_until(run, sooner(sooner(look, status), next));
    }
    if (run->steadies)
        steadies_tell(run->steadies);
}
