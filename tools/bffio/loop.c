/* SPDX-License-Identifier: Apache-2.0 */
/* The memory and the engine of a task, made before its start and freed after its end: nothing is
 * allocated in between. */
#include "loop.h"
#include "find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    MOST_GATHERED = 16,  /* operations in one submission where the job does not say */
    MOST_QUEUED = 32768, /* auraio_options_t.queue_depth */
    SPARE_ROOM = 64,     /* an engine that is never full takes its short way */
    MOST_BUFFERS = 16384 /* auraio_register_buffers */
};

static unsigned depth_of(const struct task *task)
{
    if (job_is_sync(&task->job))
        return 1;
    if (task->shared)
        return shared_offer(task->shared);
    return task->job.iodepth ? task->job.iodepth : 1;
}

static int make_buffers(struct loop *loop)
{
    const struct job *job = loop->job;
    size_t align = job->mem_align > 4096 ? (size_t)job->mem_align : 4096;

    loop->buffer_len = ((size_t)workload_max_bs(loop->work) + align - 1) / align * align;
    loop->memory_len = loop->buffer_len * loop->depth + align;
    void *memory = mmap(NULL, loop->memory_len, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    loop->memory = memory;
    uintptr_t first = ((uintptr_t)memory + align - 1) / align * align;
    for (unsigned i = 0; i < loop->depth; i++) {
        struct flight *flight = &loop->flights[i];
        flight->unit.buf = (void *)(first + i * loop->buffer_len);
        flight->unit.buf_index = loop->has_buffers ? (int)i : -1;
        workload_fill_buffer(loop->work, flight->unit.buf, loop->buffer_len);
    }
    return 0;
}

static int make_flights(struct loop *loop)
{
    size_t n = loop->depth;

    loop->flights = calloc(n, sizeof *loop->flights);
    loop->done = calloc(n, sizeof(struct flight *));
    loop->gathered = calloc(n, sizeof(struct flight *));
    loop->ops = calloc(n, sizeof *loop->ops);
    if (!loop->flights || !loop->done || !loop->gathered || !loop->ops || make_buffers(loop) != 0)
        return -1;
    for (size_t i = n; i-- > 0;) {
        loop->ops[i].callback = loop->task->shared ? shared_on_done : loop_on_done;
        loop->flights[i].loop = loop;
        loop->flights[i].unit.owner = loop;
        loop_release(loop, &loop->flights[i]);
    }
    return 0;
}

static auraio_engine_t *make_engine(const struct loop *loop)
{
    auraio_options_t options;

    auraio_options_init(&options);
    unsigned room = loop->depth + SPARE_ROOM;
    options.queue_depth = (int)(room < MOST_QUEUED ? room : MOST_QUEUED);
    options.ring_count = 1;
    options.single_thread = true;
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_EAGAIN;
    options.batch_threshold = loop->sends_at_once ? 1 : 0;
    options.report_short = true;
    options.enable_sqpoll = loop->job->sqthread_poll;
    snprintf(options.name, sizeof options.name, "%s", loop->job->name);
    return auraio_create_with_options(&options);
}

static int register_buffers(struct loop *loop)
{
    struct iovec *iov = calloc(loop->depth, sizeof *iov);
    int result = iov ? 0 : -1;

    for (unsigned i = 0; iov && i < loop->depth; i++)
        iov[i] = (struct iovec){loop->flights[i].unit.buf, loop->buffer_len};
    if (iov)
        result = auraio_register_buffers(loop->engine, iov, (int)loop->depth);
    free(iov);
    return result;
}

static int register_files(struct loop *loop)
{
    loop->registered = calloc(loop->n_files, sizeof *loop->registered);
    if (!loop->registered)
        return -1;
    for (size_t i = 0; i < loop->n_files; i++)
        loop->registered[i] = loop->files[i].fd;
    return auraio_register_files(loop->engine, loop->registered, (int)loop->n_files);
}

static int make_own_engine(struct loop *loop)
{
    struct task *task = loop->task;

    loop->engine = make_engine(loop);
    if (!loop->engine)
        return task_fail(task, errno, "no engine: %s", strerror(errno)), -1;
    pthread_mutex_lock(&task->lock);
    task->engine = loop->engine;
    pthread_mutex_unlock(&task->lock);
    if (loop->has_buffers && register_buffers(loop) != 0)
        return task_fail(task, errno, "fixedbufs: %s", strerror(errno)), -1;
    if (loop->has_files && register_files(loop) != 0)
        return task_fail(task, errno, "registerfiles: %s", strerror(errno)), -1;
    return 0;
}

static void choose_clocks(struct loop *loop)
{
    const struct job *job = loop->job;
    bool has_max = job->max_latency_us[READS] || job->max_latency_us[WRITES];
    bool quiet = job->gtod_reduce && !has_max;

    loop->has_limits = has_max || loop->task->logs || loop->task->shared;
    loop->with_start = !quiet && (has_max || !(job->disable_lat && job->disable_slat));
    loop->with_issue = loop->task->shared || (!quiet && !(job->disable_clat && job->disable_slat));
}

int loop_init(struct loop *loop, struct task *task)
{
    const struct job *job = &task->job;

    memset(loop, 0, sizeof *loop);
    loop->task = task;
    loop->job = job;
    loop->work = task->work;
    loop->stat = &task->stat;
    loop->depth = depth_of(task);
    loop->rw_flags = job->nowait ? RWF_NOWAIT : 0;
    loop->has_rw_flags = job->nowait || job->atomic;
    loop->low = loop->depth;
    if (job->iodepth_low && job->iodepth_low < loop->depth && !task->shared)
        loop->low = job->iodepth_low;
    loop->batch = job->iodepth_batch_given ? job->iodepth_batch : MOST_GATHERED;
    if (loop->batch > loop->depth || !loop->batch)
        loop->batch = loop->depth;
    if (job->thinktime_us || (job->polls_always && !job->iodepth_batch_given))
        loop->batch = 1;
    loop->starts_early = !job->iodepth_batch_given && !task->shared;
    loop->sends_at_once = loop->batch == 1 && !task->shared;
    loop->complete_min = job->iodepth_batch_complete_min ? job->iodepth_batch_complete_min : 1;
    loop->complete_max =
        job->iodepth_batch_complete_max ? job->iodepth_batch_complete_max : UINT_MAX;
    loop->n_files = workload_files(loop->work, &loop->files);
    loop->has_buffers = job->fixedbufs && !job_is_sync(job) && !task->shared;
    loop->has_files = job->registerfiles && !job_is_sync(job) && !task->shared;
    if (loop->has_buffers && loop->depth > MOST_BUFFERS)
        return task_fail(task, EINVAL, "fixedbufs: at most %d buffers", MOST_BUFFERS), -1;
    choose_clocks(loop);
    task->stat.depth_limit = loop->depth;
    if (make_flights(loop) != 0)
        return task_fail(task, ENOMEM, "no memory for %u buffers", loop->depth), -1;
    if (task->shared)
        return shared_join(task->shared, loop);
    return job_is_sync(job) ? 0 : make_own_engine(loop);
}

/* What the engine says of itself, for the report. */
static void tell_engine(struct loop *loop)
{
    struct found *found = &loop->stat->found;
    auraio_features_t features;
    auraio_stats_t stats;

    if (auraio_get_features(loop->engine, &features) != 0 ||
        auraio_get_stats(loop->engine, &stats) != 0)
        return;
    *found = (struct found){.valid = true, .met = true, .converge_ms = -1};
    found->backend = auraio_backend_name(features.backend);
    found->features = features.used;
    found->spills = stats.adaptive_spills;
    found->final_depth = (int)loop->depth;
    found->phase = auraio_phase_name(AURAIO_PHASE_PASSTHROUGH);
}

void loop_free(struct loop *loop)
{
    struct task *task = loop->task;

    if (task->shared && loop->engine)
        shared_leave(task->shared, loop);
    else if (loop->engine) {
        tell_engine(loop);
        pthread_mutex_lock(&task->lock);
        task->engine = NULL;
        pthread_mutex_unlock(&task->lock);
        loop->is_lost = auraio_destroy_timeout(loop->engine, DESTROY_MS) != 0;
    }
    loop->engine = NULL;
    /* What the kernel may still write to stays. */
    if (loop->memory && !loop->is_lost)
        munmap(loop->memory, loop->memory_len);
    if (!loop->is_lost) {
        free(loop->flights);
        free(loop->done);
    }
    free(loop->gathered);
    free(loop->ops);
    free(loop->registered);
    free(loop->phase_hist[0]);
    free(loop->phase_hist[1]);
}
