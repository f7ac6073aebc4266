/* SPDX-License-Identifier: Apache-2.0 */
/* What options mean together: fio's refusals, warnings and silent repairs. */
#include "jobs.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct check {
    struct builder *builder;
    struct job *job;
    bool failed;
};

/* The place of an option where this section has it, of the section otherwise. */
static struct place place_of(const struct check *check, const char *option)
{
    const struct builder *builder = check->builder;
    const struct line_list *lists[] = {&builder->own, &builder->global};

    for (size_t l = 0; l < 2; l++)
        for (size_t i = lists[l]->n; i > 0; i--)
            if (strcmp(lists[l]->items[i - 1].def->name, option) == 0)
                return lists[l]->items[i - 1].place;
    return builder->place;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct check *check, const char *option,
                                                         const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    builder_error(check->builder, place_of(check, option), option, "%s", text);
    check->failed = true;
}

static void note(struct check *check, const char *option, const char *text)
{
    say(place_of(check, option), option, "%s", text);
}

/* A note that --warnings-fatal makes an error of. */
static void warn(struct check *check, const char *option, const char *text)
{
    note(check, option, text);
    check->builder->warnings++;
}

static bool uses(const struct job *job, unsigned dir)
{
    return (job->kind >> dir & 1) != 0;
}

static void check_directions(struct check *check)
{
    struct job *job = check->job;

    job->read_only = check->builder->settings->read_only;
    if (job->read_only && (job->kind & (KIND_WRITE | KIND_TRIM)) != 0)
        refuse(check, "rw", "'%s' is not allowed with --readonly; valid values: read, randread",
               job->kind_name);
    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        if (uses(job, dir) && job->size > 0 && job->size < job->bs_min[dir]) {
            refuse(check, "size", "%llu is less than one block of %u bytes",
                   (unsigned long long)job->size, job->bs_min[dir]);
            break;
        }
    if (job->bs_unaligned && job->direct)
        note(check, "bs_unaligned", "may not work with direct=1");
}

static void check_alignment(struct check *check)
{
    struct job *job = check->job;
    bool differs = false;

    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        if (job->bs_align[dir] == 0)
            job->bs_align[dir] = job->bs_min[dir];
        differs |= uses(job, dir) && job->bs_align[dir] != job->bs_min[dir];
    }
    if (differs && (job->kind & KIND_RANDOM) != 0 && !job->norandommap) {
        warn(check, "blockalign", "turns norandommap on");
        job->norandommap = true;
    }
}

/* Nothing is laid out: how much there will be is known when no more fits. */
static void check_filling(struct check *check)
{
    const struct job *job = check->job;
    bool is_sized = job->size > 0 || job->filesize_min > 0;

    if (!job->fill_device)
        return;
    if ((job->kind & ~(unsigned)KIND_RANDOM) != KIND_WRITE)
        refuse(check, "fill_device", "is done for jobs that only write; valid values: 0");
    else if ((job->kind & KIND_RANDOM) != 0 && !is_sized)
        refuse(check, "fill_device", "needs size where offsets are random");
    else if (job->overwrite)
        refuse(check, "fill_device", "cannot stand beside overwrite");
}

static uint32_t common_factor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* A header in every interval, whatever size a write has: it divides both ends. */
static void set_verify_interval(struct check *check)
{
    struct job *job = check->job;
    uint32_t min = job->bs_min[WRITES], max = job->bs_max[WRITES];

    if (job->verify_interval == 0 && min != max)
        job->verify_interval = common_factor(min, max);
    if (job->verify_interval > min)
        job->verify_interval = min;
    if (job->verify_interval > 0 &&
        (min % job->verify_interval != 0 || max % job->verify_interval != 0)) {
        job->verify_interval = common_factor(min, max);
        warn(check, "verify_interval", "does not divide the block size; it becomes what does");
    }
    if (job->verify_offset >= (job->verify_interval > 0 ? job->verify_interval : min))
        refuse(check, "verify_offset", "lies outside of the interval of the headers");
}

static void check_verify(struct check *check)
{
    struct job *job = check->job;
    bool writes = (job->kind & KIND_WRITE) != 0;

    if (job->verify == VERIFY_NONE)
        return;
    if ((job->verify == VERIFY_PATTERN || job->verify == VERIFY_PATTERN_NO_HEADER) &&
        job->verify_pattern == NULL)
        refuse(check, "verify", "'%s' needs verify_pattern", job->verify_name);
    if (writes && job->do_verify && job->numjobs > 1 && job->filename != NULL)
        warn(check, "verify", "copies of the job write the same file; blocks may not verify");
    if (job->norandommap && job->bs_min[WRITES] != job->bs_max[WRITES])
        warn(check, "norandommap", "with blocks of several sizes not all can be verified");
    if (writes && job->do_verify && job->time_based && job->runtime_us > 0 &&
        job->verify_backlog == 0)
        note(check, "verify", "nothing is read back: writing takes all of the runtime");
    if (!job_was_given(job, "refill_buffers"))
        job->refill_buffers = true;
    /* What was written may have been written in another order. */
    if (job->verify_only && !job_was_given(job, "verify_write_sequence"))
        job->verify_write_sequence = false;
    set_verify_interval(check);
}

static bool is_sync(const struct job *job)
{
    return job->engine == ENGINE_SYNC || job->engine == ENGINE_VSYNC;
}

static bool finds_depth(const struct job *job)
{
    return job->iodepth_auto || job->target_p99_ns > 0;
}

/* The library's ceiling is for the 99th percentile. fio's own 100, which one slow operation in a
 * million would miss, stands for it as well, and the job says so. */
static void check_percentile(struct check *check)
{
    const double kept = 99;
    struct job *job = check->job;

    if (job->latency_target_ns == 0 || fabs(job->latency_percentile - kept) < 1e-6)
        return;
    if (job->latency_percentile < 100)
        refuse(check, "latency_percentile",
               "%g is not done by bffio; valid values: 99, or 100 for it", job->latency_percentile);
    else
        note(check, "latency_percentile", "100 is fio's default; the 99th percentile is kept");
    job->latency_percentile = kept;
}

static void check_target(struct check *check)
{
    struct job *job = check->job;

    if (job->latency_target_ns > 0 && job->target_p99_ns > 0)
        refuse(check, "latency_target", "cannot stand beside target_p99");
    if (job->target_p99_ns == 0)
        job->target_p99_ns = job->latency_target_ns;
    else if (!job_was_given(job, "iodepth")) {
        job->iodepth = 0;
        job->iodepth_auto = true;
    }
    check_percentile(check);
    if (is_sync(job) && finds_depth(job))
        refuse(check, "ioengine", "'%s' keeps depth 1: no iodepth=auto, no target",
               job->engine_name);
}

/* Whom the controller tells how much may be in flight has no say in it. */
static void refuse_beside_control(struct check *check)
{
    static const char *const options[] = {"iodepth_low", "iodepth_batch_complete_min",
                                          "iodepth_batch_complete_max"};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (job_was_given(check->job, options[i]))
            refuse(check, options[i], "cannot stand beside iodepth=auto or a target");
}

static void check_depth(struct check *check)
{
    struct job *job = check->job;

    check_target(check);
    if (is_sync(job) && job->iodepth > 1)
        note(check, "iodepth", "the engine is synchronous and keeps depth 1");
    if (!is_sync(job) && finds_depth(job))
        refuse_beside_control(check);
    job->iodepth_batch_given = job_was_given(job, "iodepth_batch");
    if (!job->iodepth_auto) {
        if (job->iodepth_low > job->iodepth || job->iodepth_low == 0)
            job->iodepth_low = job->iodepth;
        if (job->iodepth_batch > job->iodepth || job->iodepth_batch == 0)
            job->iodepth_batch = job->iodepth;
        if (job->iodepth_batch_complete_min > job->iodepth)
            job->iodepth_batch_complete_min = job->iodepth;
    }
    /* Who asks for neither end takes what there is. */
    if (job_was_given(job, "iodepth_batch_complete_min") ||
        job_was_given(job, "iodepth_batch_complete_max")) {
        if (job->iodepth_batch_complete_max < job->iodepth_batch_complete_min)
            job->iodepth_batch_complete_max = job->iodepth_batch_complete_min;
        job->polls_always =
            job->iodepth_batch_complete_min == 0 && job->iodepth_batch_complete_max == 0;
    }
}

/* What is accepted and changes nothing here. None of it changes the workload. */
static void note_ignored(struct check *check)
{
    struct job *job = check->job;
    bool shares = finds_depth(job) && !is_sync(job);

    if (job->hipri && !is_sync(job))
        note(check, "hipri", "ignored: the library does not poll for completions");
    if (job->fixedbufs && (is_sync(job) || shares))
        note(check, "fixedbufs", "ignored: only where the depth is fixed and not of a sync engine");
    if (job->registerfiles && (is_sync(job) || shares))
        note(check, "registerfiles",
             "ignored: only where the depth is fixed and not of a sync engine");
    if (job->sqthread_poll && is_sync(job))
        note(check, "sqthread_poll", "ignored: the engine is synchronous");
    if (job->verify_async > 0)
        note(check, "verify_async", "ignored: the job's own thread checks");
    if (job->latency_window_us > 0 && job->latency_target_ns > 0)
        note(check, "latency_window", "ignored: the controller has windows of its own");
}

static void check_rates(struct check *check)
{
    static const char *const names[DIRECTIONS] = {"read", "write", "trim"};
    struct job *job = check->job;

    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        if (job->rate_bytes[dir] > 0 && job->rate_iops[dir] > 0) {
            refuse(check, "rate_iops", "cannot stand beside rate");
            return;
        }
        if ((job->rate_bytes[dir] > 0 && job->rate_bytes[dir] < job->rate_min_bytes[dir]) ||
            (job->rate_iops[dir] > 0 && job->rate_iops[dir] < job->rate_iops_min[dir])) {
            refuse(check, job->rate_bytes[dir] > 0 ? "rate_min" : "rate_iops_min",
                   "is more than the rate of %ss", names[dir]);
            return;
        }
    }
    if (job->thinktime_spin_us > job->thinktime_us)
        job->thinktime_spin_us = job->thinktime_us;
    if (job->time_based && job->runtime_us == 0) {
        warn(check, "time_based", "has no effect without runtime");
        job->time_based = false;
    }
}

/* Before anything runs, as fio; --parse-only asks nothing of this machine. */
static void check_directories(struct check *check)
{
    const struct job *job = check->job;
    bool looks = job->directory != NULL && !check->builder->settings->parse_only;
    char *copy = looks ? strdup(job->directory) : NULL, *rest = copy;
    struct stat st;

    if (looks && copy == NULL) {
        builder_no_memory(check->builder, place_of(check, "directory"), "directory");
        check->failed = true;
    }
    while (rest != NULL) {
        const char *part = job_next_path(&rest);

        if (*part != '\0' && stat(part, &st) < 0)
            refuse(check, "directory", "%.200s: %s", part, strerror(errno));
        else if (*part != '\0' && !S_ISDIR(st.st_mode))
            refuse(check, "directory", "%.200s: is not a directory", part);
    }
    free(copy);
}

/* What is not measured has no percentiles, as in fio. */
static void check_measuring(struct check *check)
{
    struct job *job = check->job;

    job->slat_percentiles &= !job->disable_slat;
    job->clat_percentiles &= !job->disable_clat;
    job->lat_percentiles &= !job->disable_lat;
}

static void check_place_among_jobs(struct check *check)
{
    struct builder *builder = check->builder;
    struct job *job = check->job;
    bool is_there = false;

    for (size_t i = 0; job->wait_for != NULL && i < builder->list->n; i++)
        is_there |= strcmp(builder->list->jobs[i].name, job->wait_for) == 0;
    if (job->wait_for != NULL && !is_there)
        refuse(check, "wait_for", "no job '%.100s' stands before this one", job->wait_for);
    builder->copies += job->numjobs;
    if (builder->copies > builder->settings->max_jobs)
        refuse(check, "numjobs", "more than %llu jobs; --max-jobs allows more",
               (unsigned long long)builder->settings->max_jobs);
    if (job->pre_read)
        job->invalidate = false;
}

bool job_check(struct builder *builder, struct job *job)
{
    struct check check = {builder, job, false};

    check_directions(&check);
    check_alignment(&check);
    check_filling(&check);
    check_verify(&check);
    check_depth(&check);
    check_rates(&check);
    check_directories(&check);
    check_measuring(&check);
    check_place_among_jobs(&check);
    note_ignored(&check);
    return !check.failed;
}
