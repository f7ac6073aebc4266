/* SPDX-License-Identifier: Apache-2.0 */
/* A workload from its making to its end: rounds, reading back, closing. The order of operations
 * inside a round is in sequence.c. */
#include "work.h"

#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OVERLAP_MAX = 65536 };

static void set_directions(struct workload *work)
{
    const struct job *job = work->job;

    work->reads = job->kind & KIND_READ;
    work->writes = job->kind & (KIND_WRITE | KIND_TRIM_WRITE);
    work->trims = job->kind & (KIND_TRIM | KIND_TRIM_WRITE);
    work->trim_write = (job->kind & KIND_TRIM_WRITE) || (work->writes && work->trims);
    work->random = job->kind & KIND_RANDOM;
    /* What was read first is to stay in the cache. */
    work->invalidates = job->invalidate && !job->pre_read;
    work->min_bs = UINT64_MAX;
    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        if (job->bs_min[dir] < work->min_bs)
            work->min_bs = job->bs_min[dir];
        if (job->bs_max[dir] > work->max_bs)
            work->max_bs = job->bs_max[dir];
    }
    work->constant_bs = work->min_bs == work->max_bs;
    work->with_map = work->random && !job->norandommap && job->dist[READS] == DIST_RANDOM;
    /* A map has blocks of bs: as with fio there is none when blockalign differs. */
    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        if (job->bs_align[dir] != job->bs_min[dir])
            work->with_map = false;
}

struct workload *workload_new(const struct job *job)
{
    struct workload *work = calloc(1, sizeof(*work));

    if (!work)
        return NULL;
    work->job = job;
    set_directions(work);
    stream_seeds(work->seeds, job);
    streams_start(work);
    contents_init(work);
    work->preferred = DIRECTIONS;
    work->loops_left = job->loops;
    work->sequence_left = 1;
    work->history.sorted = !work->with_map;
    work->dry_run = job->verify_only && work->writes;
    work->backlog = job->verify != VERIFY_NONE && work->writes && job->verify_backlog;
    return work;
}

void workload_set_stop(struct workload *work, bool (*is_wanted)(const void *arg), const void *arg)
{
    work->is_stop_wanted = is_wanted;
    work->stop_arg = arg;
}

int work_interrupted(const struct workload *work)
{
    if (!work->is_stop_wanted || !work->is_stop_wanted(work->stop_arg))
        return 0;
    errno = ECANCELED;
    return -1;
}

static int check_sizes(const struct workload *work)
{
    const struct job *job = work->job;

    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        if (!job->bs_min[dir] || !job->bs_align[dir] || job->bs_max[dir] < job->bs_min[dir])
            return work_message(job, "bs", "must be at least 1");
    return 0;
}

int workload_prepare(struct workload *work)
{
    const struct job *job = work->job;

    if (check_sizes(work) < 0 || files_name(work) < 0 || files_size(work) < 0 ||
        verify_check_options(work) < 0)
        return -1;
    if (files_lay_out(work) < 0)
        return -1;
    if (places_init(work) < 0)
        return work_message(job, "memory", "%s", strerror(ENOMEM));
    fast_init(work);
    work->open_files =
        job->openfiles && job->openfiles < work->n_files ? job->openfiles : work->n_files;
    if (job->serialize_overlap) {
        /* With a target the depth given is not the most there may be. */
        bool is_fixed = job->iodepth && !job->target_p99_ns && !job->latency_target_ns;
        size_t n = is_fixed && job->iodepth < OVERLAP_MAX ? job->iodepth : OVERLAP_MAX;

        work->extents = calloc(n, sizeof(*work->extents));
        work->held_data = malloc(work->max_bs);
        work->n_extents = n;
    }
    work->dump = job->verify == VERIFY_NONE ? NULL : malloc(work->max_bs);
    if ((job->verify != VERIFY_NONE && !work->dump) ||
        (job->serialize_overlap && (!work->extents || !work->held_data)))
        return work_message(job, "memory", "%s", strerror(ENOMEM));
    return 0;
}

int workload_open(struct workload *work)
{
    if (work->job->pre_read && files_pre_read(work) < 0)
        return -1;
    if (files_open(work) < 0)
        return -1;
    /* Buffers and offsets of the first round begin with fresh streams. */
    streams_start(work);
    if (work->loops_left)
        work->loops_left--;
    work->opened = true;
    return 0;
}

size_t workload_files(struct workload *work, struct work_file **files)
{
    *files = work->files;
    return work->n_files;
}

uint64_t workload_max_bs(const struct workload *work)
{
    return work->max_bs;
}

uint64_t workload_bytes(const struct workload *work)
{
    const struct job *job = work->job;
    uint64_t bytes = work->io_size ? work->io_size : work->size;

    if (job->time_based || (job->fill_device && !job->size))
        return 0;
    bytes *= job->loops ? job->loops : 1;
    if (job->number_ios && job->number_ios * work->max_bs < bytes)
        bytes = job->number_ios * work->max_bs;
    if (job->verify != VERIFY_NONE && work->writes && job->do_verify)
        bytes *= 2;
    return bytes;
}

void workload_device_full(struct workload *work)
{
    work->device_full = true;
    work->fast_left = 0;
}

bool workload_is_verifying(const struct workload *work)
{
    return work->phase == PHASE_VERIFY;
}

/* What every round begins with, and the reading back as well. */
static void start_round(struct workload *work)
{
    for (size_t i = 0; i < work->n_files; i++) {
        work->places[i].done = false;
        work->places[i].is_open = false;
        place_reset(work, i);
    }
    work->done_files = work->open_now = 0;
    work->is_serving = false;
    work->round_issued = work->round_done = work->fast_left = 0;
    work->mix_until = 0;
    work->last_was_sync = false;
    work->round_ended = work->is_synced = false;
    if (work->job->randrepeat)
        streams_start(work);
}

/* The end of a round: the data is made safe where the job asks for it. */
static void end_round(struct workload *work)
{
    const struct job *job = work->job;

    if (!work->round_ended && work->writes && !work->last_was_sync &&
        (job->end_fsync || job->fsync_on_close) && files_sync_closed(work) == 0)
        work->is_synced = (work->error = files_sync(work)) == 0;
    work->round_ended = true;
}

static bool has_another_round(struct workload *work)
{
    const struct job *job = work->job;
    uint64_t limit = work->io_size ? work->io_size : work->size;

    if ((!work->round_done && !work->dry_run) || work->device_full)
        return false;
    if (job->time_based)
        return true;
    if (work->loops_left) {
        work->loops_left--;
        return true;
    }
    if (work->done_bytes >= limit)
        return false;
    if (job->number_ios &&
        work->issues[READS] + work->issues[WRITES] + work->issues[TRIMS] >= job->number_ios)
        return false;
    return limit - work->done_bytes >= work->max_bs &&
           (work->done_files < work->n_files || work->io_size);
}

/* Reads must come from the device: the cache is written out and dropped. false: it could not be,
 * work->error tells workload_close. */
static bool begin_verify(struct workload *work)
{
    uint64_t moved = work->round_done;

    /* As fio, which has closed the files by then. */
    work->error = work->job->fsync_on_close ? files_sync(work) : files_write_out(work);
    if (work->error)
        return false;
    for (size_t i = 0; i < work->n_files; i++)
        file_invalidate(work, i);
    start_round(work);
    work->round_done = moved;
    work->phase = PHASE_VERIFY;
    return true;
}

bool workload_again(struct workload *work, bool timed_out)
{
    const struct job *job = work->job;
    bool verifies = job->verify != VERIFY_NONE && job->do_verify && work->writes;
    size_t done_files = work->done_files;

    if (work->phase == PHASE_RUN) {
        end_round(work);
        if (work->error)
            return false;
        if (!timed_out && verifies && (work->round_done || work->dry_run))
            return begin_verify(work);
    }
    work->phase = PHASE_OVER;
    work->done_files = done_files;
    if (timed_out || !has_another_round(work))
        return false;
    if (job->unlink_each_loop && files_renew(work) < 0)
        return false;
    start_round(work);
    if (work->history.len)
        history_free(&work->history);
    work->phase = PHASE_RUN;
    return true;
}

int workload_close(struct workload *work)
{
    if (!work->files)
        return 0;
    if (work->opened && work->phase == PHASE_RUN)
        end_round(work);
    int result = files_close(work);
    return work->error ? work->error : result;
}

void workload_free(struct workload *work)
{
    if (!work)
        return;
    history_free(&work->history);
    places_free(work);
    for (size_t i = 0; work->files && i < work->n_files; i++)
        free(work->files[i].path);
    free(work->files);
    free(work->places);
    free(work->extents);
    free(work->held_data);
    free(work->dump);
    free(work);
}
