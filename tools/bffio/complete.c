/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an operation that has ended: counted, continued when it was short, or an error
 * that ends the job unless continue_on_error or ignore_error say otherwise. */
#include "find.h"

#include <errno.h>
#include <string.h>

static const char *const kind_names[] = {
    [IO_READ] = "read",  [IO_WRITE] = "write",        [IO_TRIM] = "trim",
    [IO_FSYNC] = "sync", [IO_FDATASYNC] = "datasync", [IO_SYNC_RANGE] = "sync_range"};

static bool is_ignored(const struct job *job, unsigned which, int error)
{
    for (size_t i = 0; i < job->n_ignored_errors[which]; i++)
        if (job->ignored_errors[which][i] == error)
            return true;
    return false;
}

/* which: 0 read, 1 write, 2 verify. As in fio continue_on_error is for what concerns one block
 * and no other. */
static bool is_survived(struct loop *loop, unsigned which, int error)
{
    const struct job *job = loop->job;
    struct job_stat *stat = loop->stat;

    bool is_local = error == EIO || error == EILSEQ;
    bool is_wanted = is_local && job->continue_on_error & (1u << which);

    if (!is_wanted && !is_ignored(job, which, error))
        return false;
    if (!stat->errors++)
        stat->first_error = error;
    return true;
}

/* What fill_device waits for. */
static bool is_full(const struct job *job, const struct io_unit *unit, int error)
{
    return job->fill_device && unit->kind == IO_WRITE && (error == ENOSPC || error == EDQUOT);
}

/* An operation that has failed counts, as in fio; its bytes and its latency do not. */
static void fail(struct loop *loop, const struct io_unit *unit, int error)
{
    unsigned which = unit->kind == IO_READ ? 0 : 1;

    if (unit->kind <= IO_TRIM)
        loop->stat->dir[unit->dir].ios++;
    if (is_full(loop->job, unit, error)) {
        workload_device_full(loop->work);
        return;
    }
    bool goes_on = is_survived(loop, which, error);
    if (goes_on && !loop->job->error_dump)
        return;
    const char *format = "io_u error on file %s: %s: %s offset=%llu, buflen=%llu";
    unsigned long long offset = unit->offset, len = unit->len;
    const char *path = unit->file->path, *kind = kind_names[unit->kind];
    if (goes_on) {
        task_say(loop->task, format, path, strerror(error), kind, offset, len);
        return;
    }
    task_fail(loop->task, error, format, path, strerror(error), kind, offset, len);
    loop->over = loop->stopped = true;
}

/* Tells the workload; a verification may fail there. */
static void hand_back(struct loop *loop, struct flight *flight)
{
    int error = -workload_completed(loop->work, &flight->unit);

    if (error && !is_survived(loop, 2, error)) {
        task_fail(loop->task, error, "%s", "");
        loop->over = loop->stopped = true;
    }
    loop_release(loop, flight);
}

void loop_drop(struct loop *loop, struct flight *flight)
{
    flight->unit.result = -ECANCELED;
    (void)workload_completed(loop->work, &flight->unit);
    loop_release(loop, flight);
}

static void count_limits(struct loop *loop, const struct flight *flight, uint64_t slat,
                         uint64_t clat)
{
    const struct io_unit *unit = &flight->unit;
    uint64_t most_ns = loop->job->max_latency_us[unit->dir] * NS_PER_US;
    struct task *task = loop->task;

    if (task->shared)
        shared_count(task->shared, loop, clat);
    if (task->logs && !loop->in_ramp)
        logs_operation(task->logs, unit->dir, (loop->now - loop->measured) / NS_PER_MS, unit->len,
                       unit->offset, slat, clat);
    if (!most_ns || slat + clat <= most_ns || loop->stopped)
        return;
    task_fail(task, ETIMEDOUT, "latency of %llu nsec exceeds specified max (%llu nsec)",
              (unsigned long long)(slat + clat), (unsigned long long)most_ns);
    loop->over = loop->stopped = true;
}

static inline void count(struct loop *loop, struct flight *flight, uint64_t done)
{
    const struct io_unit *unit = &flight->unit;
    uint64_t slat = loop->with_start ? unit->issue_ns - unit->start_ns : 0;
    uint64_t clat = done > unit->issue_ns ? done - unit->issue_ns : 0;

    stat_completed(loop->stat, loop->job, unit->dir, unit->len, slat, clat);
    if (loop->has_limits)
        count_limits(loop, flight, slat, clat);
    loop->pace.blocks_done++;
}

/* An error, a sync, or fewer bytes than asked for. true: the operation is over, as it should. */
static bool is_complete(struct loop *loop, struct flight *flight, uint64_t done)
{
    struct io_unit *unit = &flight->unit;
    ssize_t result = unit->result;

    if (result < 0) {
        fail(loop, unit, (int)-result);
        return false;
    }
    if (unit->kind > IO_TRIM) {
        stat_synced(loop->stat, done - unit->issue_ns);
        return false;
    }
    flight->moved += (uint64_t)result;
    if (flight->moved == unit->len) {
        unit->result = (ssize_t)unit->len;
        return true;
    }
    if (result == 0)
        fail(loop, unit, EIO);
    return false;
}

void loop_complete(struct loop *loop, struct flight *flight, uint64_t now)
{
    struct io_unit *unit = &flight->unit;
    uint64_t done = flight->done_ns ? flight->done_ns : now;
    bool is_plain = unit->kind <= IO_TRIM && (uint64_t)unit->result == unit->len;

    if (__builtin_expect(!is_plain, 0) && !is_complete(loop, flight, done)) {
        if (unit->result > 0) {
            loop->stat->dir[unit->dir].short_ios++;
            flight->done_ns = 0;
            loop_gather(loop, flight);
            return;
        }
        hand_back(loop, flight);
        return;
    }
    count(loop, flight, done);
    hand_back(loop, flight);
}

void loop_trim(struct loop *loop, struct flight *flight)
{
    struct io_unit *unit = &flight->unit;

    unit->start_ns = unit->issue_ns = now_ns();
    int error = workload_trim(loop->work, unit);
    loop->now = now_ns();
    stat_depth(loop->stat, loop->in_flight + 1);
    unit->result = error ? error : (ssize_t)unit->len;
    loop_complete(loop, flight, loop->now);
}
