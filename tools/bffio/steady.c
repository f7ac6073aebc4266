/* SPDX-License-Identifier: Apache-2.0 */
#include "steady.h"

#include "clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_S = 1 };

struct seen { /* what a task had done when it last told */
    uint64_t ns, bytes, ios;
};

struct steady_group {
    struct task *first;
    size_t n_tasks; /* from `first` on; those of other groups in between do not count */
    uint64_t next_ns;
    uint64_t *bw, *iops;
    struct steady found;
};

struct steadies {
    struct run *run;
    struct seen *seen; /* of each task */
    struct steady_group *groups;
    size_t n;
};

static bool belongs(const struct steady_group *group, const struct task *task)
{
    const struct task *first = group->first;

    return task == first ||
           (first->job.group_reporting && task->job.group_reporting && task->group == first->group);
}

static bool is_first(const struct run *run, size_t i)
{
    const struct task *task = &run->tasks[i];

    if (!task->job.steadystate)
        return false;
    for (size_t j = 0; j < i; j++)
        if (belongs(&(struct steady_group){.first = &run->tasks[j]}, task))
            return false;
    return true;
}

static unsigned seconds_of(const struct job *job)
{
    uint64_t s = job->steadystate_duration_us / 1000000;

    return s ? (unsigned)s : 1;
}

static int add_group(struct steadies *steadies, struct task *first)
{
    struct steady_group *group = &steadies->groups[steadies->n++];
    size_t seconds = seconds_of(&first->job);

    group->first = first;
    group->bw = calloc(seconds, sizeof *group->bw);
    group->iops = calloc(seconds, sizeof *group->iops);
    group->found = (struct steady){
        .valid = true, .duration_s = (unsigned)seconds, .bw_bytes = group->bw, .iops = group->iops};
    return group->bw && group->iops ? 0 : -ENOMEM;
}

struct steadies *steadies_new(struct run *run, int *error)
{
    struct steadies *steadies = calloc(1, sizeof *steadies);
    size_t n = run->n_tasks ? run->n_tasks : 1;

    *error = steadies ? 0 : -ENOMEM;
    if (!steadies)
        return NULL;
    steadies->run = run;
    steadies->seen = calloc(n, sizeof *steadies->seen);
    steadies->groups = calloc(n, sizeof *steadies->groups);
    if (!steadies->seen || !steadies->groups)
        *error = -ENOMEM;
    for (size_t i = 0; i < run->n_tasks && !*error; i++)
        if (is_first(run, i))
            *error = add_group(steadies, &run->tasks[i]);
    if (*error || !steadies->n) {
        steadies_free(steadies);
        return NULL;
    }
    return steadies;
}

void steadies_free(struct steadies *steadies)
{
    if (!steadies)
        return;
    for (size_t i = 0; i < steadies->n; i++) {
        free(steadies->groups[i].bw);
        free(steadies->groups[i].iops);
    }
    free(steadies->groups);
    free(steadies->seen);
    free(steadies);
}

/* The task writes 0 before and its clock behind the figures; equal around them they belong
 * together. false: it has not told yet. */
static bool look_at(const struct task *task, struct seen *seen)
{
    for (int tries = 0; tries < 3; tries++) {
        *seen = (struct seen){.ns = atomic_load(&task->shown_ns)};
        for (int d = 0; d < DIRECTIONS; d++) {
            seen->bytes += atomic_load(&task->shown_bytes[d]);
            seen->ios += atomic_load(&task->shown_ios[d]);
        }
        if (seen->ns && seen->ns == atomic_load(&task->shown_ns))
            return true;
    }
    return false;
}

/* The rates since the last look, all tasks together. false: not known for all. */
static bool rates_of(struct steadies *steadies, const struct steady_group *group, double *bw,
                     double *iops)
{
    const struct run *run = steadies->run;
    bool is_known = true;

    *bw = *iops = 0;
    for (size_t i = 0; i < run->n_tasks; i++) {
        struct seen now, *then = &steadies->seen[i];
        if (!belongs(group, &run->tasks[i]))
            continue;
        if (!look_at(&run->tasks[i], &now)) {
            is_known = false;
            continue;
        }
        if (then->ns && now.ns > then->ns && now.ios >= then->ios) {
            double seconds = (double)(now.ns - then->ns) / 1e9;
            *bw += (double)(now.bytes - then->bytes) / seconds;
            *iops += (double)(now.ios - then->ios) / seconds;
        } else {
            is_known = is_known && then->ns;
        }
        *then = now;
    }
    return is_known;
}

static void remember(struct steady_group *group, double bw, double iops)
{
    struct steady *found = &group->found;

    if (found->n == found->duration_s) {
        found->n--;
        memmove(group->bw, group->bw + 1, found->n * sizeof *group->bw);
        memmove(group->iops, group->iops + 1, found->n * sizeof *group->iops);
    }
    group->bw[found->n] = (uint64_t)bw;
    group->iops[found->n++] = (uint64_t)iops;
}

/* The largest distance from the mean, or the slope of the line of least squares. */
static void judge(struct steady_group *group)
{
    const struct job *job = &group->first->job;
    struct steady *found = &group->found;
    const uint64_t *values = job->steadystate_iops ? group->iops : group->bw;
    double n = (double)found->n, sum = 0, sum_x = 0, sum_xx = 0, sum_xy = 0, most = 0;

    for (size_t i = 0; i < found->n; i++) {
        double x = (double)i, y = (double)values[i];
        sum += y;
        sum_x += x;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    double mean = sum / n, spread = sum_xx - sum_x * sum_x / n;
    for (size_t i = 0; i < found->n; i++)
        most = fmax(most, fabs((double)values[i] - mean));
    found->deviation = job->steadystate_slope ? 0 : most;
    found->slope = job->steadystate_slope && spread > 0 ? (sum_xy - sum_x * sum / n) / spread : 0;
    found->criterion = job->steadystate_slope ? fabs(found->slope) : most;
    if (job->steadystate_percent)
        found->criterion = mean > 0 ? found->criterion / mean * 100 : 0;
    found->attained = mean > 0 && found->criterion < job->steadystate_limit;
}

static void end_tasks(struct steadies *steadies, const struct steady_group *group)
{
    struct run *run = steadies->run;

    for (size_t i = 0; i < run->n_tasks; i++)
        if (belongs(group, &run->tasks[i]) && run->tasks[i].has_thread)
            task_attend(&run->tasks[i], ATTEND_STOP);
}

void steadies_watch(struct steadies *steadies)
{
    uint64_t now = now_ns();

    for (size_t i = 0; i < steadies->n; i++) {
        struct steady_group *group = &steadies->groups[i];
        uint64_t began = atomic_load(&group->first->began_ns);
        double bw, iops;
        if (!began || group->found.attained || now < group->next_ns ||
            now < began + group->first->job.steadystate_ramp_us * NS_PER_US)
            continue;
        group->next_ns = now + LOOK_S * NS_PER_S;
        if (!rates_of(steadies, group, &bw, &iops))
            continue;
        remember(group, bw, iops);
        if (group->found.n == group->found.duration_s)
            judge(group);
        if (group->found.attained)
            end_tasks(steadies, group);
    }
}

void steadies_tell(struct steadies *steadies)
{
    for (size_t i = 0; i < steadies->n; i++)
        steadies->groups[i].first->stat.steady = steadies->groups[i].found;
}
