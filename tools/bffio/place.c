/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* cpus_allowed_policy=split: each job has one of the CPUs, in turns. */
static cpu_set_t one_of(const cpu_set_t *cpus, unsigned index)
{
    unsigned skip = index % (unsigned)CPU_COUNT(cpus);
    size_t cpu = 0;
    cpu_set_t one;

    for (;; cpu++)
        if (CPU_ISSET(cpu, cpus) && !skip--)
            break;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return one;
}

static int pin(struct task *task)
{
    const struct job *job = &task->job;
    cpu_set_t cpus = job->cpus;

    if (!job->cpus_given || CPU_COUNT(&cpus) == 0)
        return 0;
    if (job->cpus_split)
        cpus = one_of(&job->cpus, job->index);
    if (sched_setaffinity(0, sizeof cpus, &cpus) == 0)
        return 0;
    task_fail(task, errno, "cpus_allowed: %s", strerror(errno));
    return -1;
}

int place_thread(struct task *task)
{
    const struct job *job = &task->job;

    if (pin(task) != 0)
        return -1;
    if (job->nice && setpriority(PRIO_PROCESS, (id_t)task->stat.pid, job->nice) != 0) {
        task_fail(task, errno, "nice: %s", strerror(errno));
        return -1;
    }
    if (!job->prioclass && !job->prio)
        return 0;
    int class = job->prioclass ? job->prioclass : IOPRIO_CLASS_BE;
    if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(class, job->prio)) == 0)
        return 0;
    task_fail(task, errno, "prio: %s", strerror(errno));
    return -1;
}
