/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of the ETA line. */
#include "clock.h"
#include "output.h"
#include "run.h"

#include <stdio.h>
#include <string.h>

static uint64_t shown(const struct task *task, int d, bool bytes)
{
    return atomic_load_explicit(bytes ? &task->shown_bytes[d] : &task->shown_ios[d],
                                memory_order_relaxed);
}

/* How far a task is, 0..1; < 0: not known. By time or by bytes, whichever is further. */
static double progress_of(const struct task *task, uint64_t now)
{
    const struct job *job = &task->job;
    uint64_t began = atomic_load(&task->began_ns), bytes = 0;
    double by_time = -1, by_bytes = -1, total;

    if (atomic_load(&task->state) == '_')
        return 1;
    if (!began)
        return 0;
    if (job->runtime_us)
        by_time = (double)(now - began) / 1e3 / (double)(job->runtime_us + job->ramp_us);
    for (int d = 0; d < DIRECTIONS; d++)
        bytes += shown(task, d, true);
    total = (double)workload_bytes(task->work);
    if (total > 0 && !job->time_based)
        by_bytes = (double)bytes / total;
    double share = by_time > by_bytes ? by_time : by_bytes;
    return share > 1 ? 1 : share;
}

static void add_letters(char *states, size_t size, char letter, unsigned n)
{
    size_t used = strlen(states);

    snprintf(states + used, size - used, "%s%c(%u)", used ? "," : "", letter, n);
}

/* All files of a task are open from its beginning to its end. */
static unsigned open_files(const struct task *task)
{
    struct work_file *files;

    if (!atomic_load(&task->began_ns) || atomic_load(&task->ended))
        return 0;
    return (unsigned)workload_files(task->work, &files);
}

static void tell_states(const struct run *run, struct progress *progress)
{
    char last = 0;
    unsigned n = 0;

    for (size_t i = 0; i < run->n_tasks; i++) {
        char letter = atomic_load(&run->tasks[i].state);
        bool runs = run->tasks[i].has_thread && letter != '_';
        progress->running += runs;
        progress->files += runs ? open_files(&run->tasks[i]) : 0;
        if (n && letter != last) {
            add_letters(progress->states, sizeof progress->states, last, n);
            n = 0;
        }
        last = letter;
        n++;
    }
    if (n)
        add_letters(progress->states, sizeof progress->states, last, n);
}

static void tell_rates(struct run *run, struct progress *progress, uint64_t now)
{
    double seconds = (double)(now - run->shown_ns) / 1e9;

    for (int d = 0; d < DIRECTIONS; d++) {
        uint64_t bytes = 0, ios = 0;
        for (size_t i = 0; i < run->n_tasks; i++) {
            bytes += shown(&run->tasks[i], d, true);
            ios += shown(&run->tasks[i], d, false);
        }
        if (run->shown_ns && bytes >= run->shown_bytes[d]) {
            progress->rate_bytes[d] = (uint64_t)((double)(bytes - run->shown_bytes[d]) / seconds);
            progress->rate_iops[d] = (uint64_t)((double)(ios - run->shown_ios[d]) / seconds);
        }
        run->shown_bytes[d] = bytes;
        run->shown_ios[d] = ios;
    }
    run->shown_ns = now;
}

void show_progress(struct run *run)
{
    uint64_t now = now_ns();
    uint64_t interval_ms = run->settings->eta_interval_ms ? run->settings->eta_interval_ms : 500;
    struct progress progress = {.total = (unsigned)run->n_tasks, .percent = 0};

    if (run->settings->eta < 0 || now - run->shown_ns < interval_ms * NS_PER_MS)
        return;
    for (size_t i = 0; i < run->n_tasks; i++) {
        double share = progress_of(&run->tasks[i], now);
        progress.percent = share < 0 || progress.percent < 0 ? -1 : progress.percent + share;
    }
    if (progress.percent >= 0)
        progress.percent *= 100.0 / (double)run->n_tasks;
    if (progress.percent > 0)
        progress.eta_s = (uint64_t)((double)(now - run->began_ns) / 1e9 * (100 - progress.percent) /
                                    progress.percent);
    tell_states(run, &progress);
    tell_rates(run, &progress, now);
    output_progress(run->settings, &progress);
}
