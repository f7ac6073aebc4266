/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a report: a job each, or with group_reporting the jobs of a run status group that
 * stand together; and the sums of the groups. */
#include "clock.h"
#include "find.h"
#include "output.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETA_OVER = 2147483647, COPY_WAIT_MS = 1000, MOST_DISKS = 64 };

struct rows {
    struct result *results;
    struct job_stat *stats;
    size_t n;
};

static int rows_init(struct rows *rows, size_t most)
{
    rows->n = 0;
    rows->results = calloc(most ? most : 1, sizeof *rows->results);
    rows->stats = calloc(most ? most : 1, sizeof *rows->stats);
    return rows->results && rows->stats ? 0 : -ENOMEM;
}

static void rows_free(struct rows *rows)
{
    for (size_t i = 0; rows->stats && i < rows->n; i++)
        stat_free(&rows->stats[i]);
    free(rows->results);
    free(rows->stats);
}

static int row_begin(struct rows *rows, const struct task *task)
{
    struct job_stat *stat = &rows->stats[rows->n];
    int error = stat_init(stat, &task->job);

    if (error)
        return error;
    rows->results[rows->n] =
        (struct result){.job = &task->job, .stat = stat, .group = task->group, .eta_s = ETA_OVER};
    rows->n++;
    return 0;
}

static void row_add(struct rows *rows, const struct task *task, const struct job_stat *stat)
{
    stat_add(&rows->stats[rows->n - 1], stat);
    rows->results[rows->n - 1].last = &task->job;
    rows->results[rows->n - 1].jobs++;
}

/* What a task did until now: its own statistics once it has ended, else the copy it has made. */
static const struct job_stat *stat_of(const struct task *task, bool final)
{
    if (final || !task->has_thread || atomic_load(&task->ended))
        return &task->stat;
    return task->has_copy ? &task->copy : NULL;
}

static int gather(const struct run *run, struct rows *rows, struct rows *groups, bool final)
{
    const struct task *last = NULL;
    int error = 0;

    for (size_t i = 0; i < run->n_tasks && !error; i++) {
        const struct task *task = &run->tasks[i];
        const struct job_stat *stat = stat_of(task, final);
        bool joins = last && last->job.group_reporting && task->job.group_reporting &&
                     last->group == task->group;
        if (!task->job.stats || !stat)
            continue;
        if (!joins)
            error = row_begin(rows, task);
        if (!error && (!groups->n || groups->results[groups->n - 1].group != task->group))
            error = row_begin(groups, task);
        if (error)
            break;
        row_add(rows, task, stat);
        row_add(groups, task, stat);
        last = task;
    }
    return error;
}

/* What the group's engine has found belongs to all of its rows. */
static void tell_found(const struct run *run, struct rows *rows)
{
    uint64_t elapsed_s = (now_ns() - run->began_ns) / NS_PER_S + 1;

    for (size_t i = 0; i < rows->n; i++) {
        struct shared *shared = run->shared[rows->results[i].group];
        struct job_stat *stat = &rows->stats[i];
        rows->results[i].elapsed_s = elapsed_s;
        if (!shared)
            continue;
        shared_result(shared, &stat->found);
        stat->depth_limit = (unsigned)stat->found.final_depth;
    }
}

static void want_copies(struct run *run)
{
    unsigned asked = 0;
    uint64_t until = now_ns() + COPY_WAIT_MS * NS_PER_MS;
    struct timespec t = clock_timespec(until);

    while (sem_trywait(&run->copied) == 0)
        ;
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        if (!task->has_thread || atomic_load(&task->ended))
            continue;
        task_attend(task, ATTEND_COPY);
        asked++;
    }
    while (asked && sem_clockwait(&run->copied, CLOCK_MONOTONIC, &t) == 0)
        asked--;
}

static void lock_all(struct run *run, bool locks)
{
    for (size_t i = 0; i < run->n_tasks; i++) {
        if (locks)
            pthread_mutex_lock(&run->tasks[i].lock);
        else
            pthread_mutex_unlock(&run->tasks[i].lock);
    }
}

static int report(struct run *run, struct rows *rows, struct rows *groups, bool final)
{
    struct disk_stat disks[MOST_DISKS];
    struct report report = {.settings = run->settings,
                            .results = rows->results,
                            .n_results = rows->n,
                            .groups = groups->results,
                            .n_groups = groups->n,
                            .disks = disks};

    tell_found(run, rows);
    tell_found(run, groups);
    if (run->disks)
        report.n_disks = final ? disks_end(run->disks, disks, MOST_DISKS)
                               : disks_now(run->disks, disks, MOST_DISKS);
    if (final)
        run->disks = NULL;
    return output_report(&report, final);
}

int report_run(struct run *run, bool final)
{
    struct rows rows = {0}, groups = {0};

    if (!final)
        want_copies(run);
    lock_all(run, true);
    int error = rows_init(&rows, run->n_tasks);
    if (!error)
        error = rows_init(&groups, run->n_tasks);
    if (!error)
        error = gather(run, &rows, &groups, final);
    lock_all(run, false);
    if (error)
        fprintf(stderr, "bffio: not enough memory for the report\n");
    else
        error = report(run, &rows, &groups, final);
    for (size_t i = 0; i < rows.n && !error; i++)
        if (final && rows.stats[i].found.valid && !rows.stats[i].found.met)
            run->is_target_missed = true;
    rows_free(&rows);
    rows_free(&groups);
    return error;
}
