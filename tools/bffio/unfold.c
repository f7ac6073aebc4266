/* SPDX-License-Identifier: Apache-2.0 */
/* From jobs to tasks: numjobs is unfolded, groups and engines are given. */
#include "clock.h"
#include "find.h"
#include "flow.h"
#include "run.h"
#include "steady.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As fio: a group ends where a stonewall or new_group begins one, if it has any job. The copies
 * of numjobs stay with the first. */
static void unfold(struct run *run, const struct job *job, unsigned *group)
{
    if ((job->stonewall || job->new_group) && run->n_tasks)
        ++*group;
    for (unsigned n = 0; n < job->numjobs; n++) {
        struct task *task = &run->tasks[run->n_tasks];
        task->job = *job;
        task->job.subjob = n;
        task->job.index = (unsigned)run->n_tasks++;
        if (n)
            task->job.stonewall = task->job.new_group = false;
        task->run = run;
        task->group = *group;
        run->exitall |= job->exitall;
    }
}

static bool finds_depth(const struct job *job)
{
    bool is_sync = job->engine == ENGINE_SYNC || job->engine == ENGINE_VSYNC;

    return !is_sync && (job->iodepth_auto || job->target_p99_ns || job->latency_target_ns);
}

static struct flow *flow_of(struct run *run, const struct job *job)
{
    if (job->flow <= 0)
        return NULL;
    for (size_t i = 0; i < run->n_flows; i++)
        if (run->flows[i].id == job->flow_id)
            return &run->flows[i];
    struct flow *flow = &run->flows[run->n_flows++];
    flow->id = job->flow_id;
    return flow;
}

/* startdelay=a-b: somewhere in between, the same each time. */
static uint64_t startdelay_of(const struct task *task)
{
    const struct job *job = &task->job;
    uint64_t us = job->startdelay_us, most_us = job->startdelay_max_us;

    if (most_us > us)
        us += (task->job.index + 1) * 0x9e3779b97f4a7c15ull % (most_us - us + 1);
    return us * NS_PER_US;
}

static int equip(struct task *task)
{
    struct run *run = task->run;
    struct job *job = &task->job;
    int error = 0;

    atomic_init(&task->state, 'P');
    pthread_mutex_init(&task->lock, NULL);
    task->startdelay_ns = startdelay_of(task);
    task->flow = flow_of(run, job);
    if (finds_depth(job)) {
        if (!run->shared[task->group] && !(run->shared[task->group] = shared_new()))
            return -ENOMEM;
        task->shared = run->shared[task->group];
        shared_expect(task->shared, job);
    }
    error = stat_init(&task->stat, job);
    if (error)
        return error;
    errno = 0;
    task->logs = logs_new(job);
    if (!task->logs && errno == ENOMEM)
        return -ENOMEM;
    task->work = workload_new(job);
    return task->work ? 0 : -ENOMEM;
}

static size_t count(const struct job_list *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        n += list->jobs[i].numjobs;
    return n;
}

static void init(struct run *run)
{
    sem_init(&run->changed, 0, 0);
    sem_init(&run->copied, 0, 0);
}

struct run *run_new(const struct settings *settings, const struct job_list *list)
{
    size_t n = count(list);
    struct run *run = calloc(1, sizeof *run);
    unsigned group = 0;

    if (!run)
        goto no_memory;
    init(run);
    run->settings = settings;
    run->tasks = calloc(n ? n : 1, sizeof *run->tasks);
    run->shared = calloc(n ? n : 1, sizeof(struct shared *));
    run->flows = calloc(n ? n : 1, sizeof *run->flows);
    if (!run->tasks || !run->shared || !run->flows)
        goto no_memory;
    for (size_t i = 0; i < list->n; i++)
        unfold(run, &list->jobs[i], &group);
    run->n_groups = n ? group + 1 : 0;
    for (size_t i = 0; i < n; i++) {
        int error = equip(&run->tasks[i]);
        if (error == -ENOMEM)
            goto no_memory;
        if (error) {
            run_free(run);
            return NULL;
        }
    }
    int error;
    run->steadies = steadies_new(run, &error);
    if (!error)
        return run;
no_memory:
    fprintf(stderr, "bffio: not enough memory for %zu jobs\n", n);
    run_free(run);
    return NULL;
}

void run_free(struct run *run)
{
    if (!run)
        return;
    for (size_t i = 0; run->tasks && i < run->n_tasks; i++) {
        struct task *task = &run->tasks[i];
        workload_free(task->work);
        stat_free(&task->stat);
        stat_free(&task->copy);
        pthread_mutex_destroy(&task->lock);
    }
    for (unsigned g = 0; run->shared && g < run->n_groups; g++)
        shared_free(run->shared[g]);
    steadies_free(run->steadies);
    free(run->shared);
    free(run->flows);
    free(run->tasks);
    sem_destroy(&run->changed);
    sem_destroy(&run->copied);
    free(run);
}
