/* SPDX-License-Identifier: Apache-2.0 */
/* Hands operations out and takes them back: the limits of a round, reading back among writing,
 * operations that have to wait. The hot path: no allocation (but for the history of writes that
 * are verified), no lock, no system call. */
#include "work.h"

#include <errno.h>

static bool bytes_exceeded(const struct workload *work)
{
    const struct job *job = work->job;
    uint64_t loops = job->loops ? job->loops : 1, bytes = 0;

    if (work->reads)
        bytes += work->issued_bytes[READS];
    if (work->writes)
        bytes += work->issued_bytes[WRITES];
    else if (work->trims)
        bytes += work->issued_bytes[TRIMS];
    if (bytes >= (work->io_size ? work->io_size : work->size) * loops)
        return true;
    return job->number_ios && work->issues[READS] + work->issues[WRITES] + work->issues[TRIMS] >=
                                  job->number_ios * loops * (work->trim_write ? 2 : 1);
}

/* How many bytes one round issues at most. It usually ends earlier, with the files. */
static uint64_t round_limit(const struct workload *work)
{
    uint64_t loops = work->job->loops ? work->job->loops : 1;
    uint64_t limit = (work->io_size ? work->io_size : work->size) * loops;

    if (work->trim_write)
        limit *= 2;
    return work->backlog ? limit + work->size : limit;
}

static bool is_round_over(const struct workload *work)
{
    if (work->device_full)
        return true;
    if (work->job->time_based)
        return false;
    return work->round_issued >= round_limit(work) || bytes_exceeded(work);
}

/* How many operations of the fast way there may be until a limit must be looked at. */
static uint64_t operations_left(const struct workload *work)
{
    const struct job *job = work->job;
    uint64_t bs = work->fast_bs, loops = job->loops ? job->loops : 1;
    uint64_t total = (work->io_size ? work->io_size : work->size) * loops;
    uint64_t bytes = round_limit(work) - work->round_issued, left;

    if (job->time_based)
        return UINT64_MAX;
    if (total - work->issued_bytes[work->fast_dir] < bytes)
        bytes = total - work->issued_bytes[work->fast_dir];
    left = (bytes + bs - 1) / bs;
    if (job->number_ios && job->number_ios * loops - work->issues[work->fast_dir] < left)
        left = job->number_ios * loops - work->issues[work->fast_dir];
    return left;
}

/* The first write that is to be read back, unless it has not completed. */
static bool next_piece(struct workload *work, struct io_unit *unit)
{
    const struct piece *piece;

    while ((piece = history_first(work)) && !piece->in_flight && piece->gone)
        history_take_first(work);
    if (!piece || piece->in_flight)
        return false;
    unit->kind = IO_READ;
    unit->dir = READS;
    unit->file = piece->file;
    unit->offset = piece->offset;
    unit->len = piece->len;
    unit->seed = piece->seed;
    unit->number = piece->number;
    unit->verifying = true;
    history_take_first(work);
    work->round_issued += unit->len;
    return true;
}

/* verify_backlog: after so many writes, some of them are read back. */
static bool next_of_backlog(struct workload *work, struct io_unit *unit)
{
    const struct job *job = work->job;

    if (!work->history.len)
        return false;
    if (!work->verify_batch) {
        if (work->history.len % job->verify_backlog || work->last_completed == READS)
            return false;
        work->verify_batch =
            job->verify_backlog_batch ? job->verify_backlog_batch : job->verify_backlog;
    }
    if (!next_piece(work, unit))
        return false;
    work->verify_batch--;
    return true;
}

/* verify_only: the writes are named but not done; reading back follows. */
static enum next_result run_dry(struct workload *work, struct io_unit *unit)
{
    enum next_result result = NEXT_READY;

    while (result == NEXT_READY && !is_round_over(work)) {
        unit->piece = NULL;
        result = next_operation(work, unit);
        if (result == NEXT_READY && unit->piece)
            history_completed(unit->piece, true);
        if (result == NEXT_READY)
            work->done_bytes += unit->len;
    }
    unit->piece = NULL;
    return result == NEXT_FAILED ? NEXT_FAILED : NEXT_DONE;
}

static void clean(struct io_unit *unit)
{
    unit->verifying = false;
    unit->piece = NULL;
    unit->seed = 0;
}

enum next_result workload_next(struct workload *work, struct io_unit *unit)
{
    enum next_result result;

    /* Units come clean: new ones are zero, workload_completed cleans the used. */
    if (work->fast_left && fast_next(work, unit))
        return NEXT_READY;
    clean(unit);
    if (work->is_held)
        return overlap_take_held(work, unit);
    if (work->phase == PHASE_VERIFY) {
        if (next_piece(work, unit))
            goto ready;
        return work->history.len ? NEXT_WAIT : NEXT_DONE;
    }
    if (work->dry_run)
        return run_dry(work, unit);
    if (is_round_over(work))
        return NEXT_DONE;
    if (work->fast)
        work->fast_left = operations_left(work) - 1;
    if (work->backlog && next_of_backlog(work, unit))
        goto ready;
    result = next_operation(work, unit);
    if (result != NEXT_READY)
        return result;
ready:
    if (__builtin_expect(work->opens_late, 0) && file_hold(work, unit) < 0)
        return NEXT_FAILED;
    if (work->n_extents && !overlap_enter(work, unit)) {
        overlap_hold(work, unit);
        return NEXT_WAIT;
    }
    work->in_flight++;
    return NEXT_READY;
}

/* From its completion on, so that the next sync of the range covers it. */
static void mark_dirty(struct place *place, const struct io_unit *unit)
{
    if (!place->dirty_end || unit->offset < place->dirty_begin)
        place->dirty_begin = unit->offset;
    if (unit->offset + unit->len > place->dirty_end)
        place->dirty_end = unit->offset + unit->len;
}

int workload_completed(struct workload *work, struct io_unit *unit)
{
    bool good = unit->result >= 0;
    int result = 0;

    work->in_flight--;
    if (__builtin_expect(work->opens_late, 0))
        file_let_go(work, unit);
    if (work->n_extents)
        overlap_leave(work, unit);
    if (unit->kind > IO_TRIM)
        return 0;
    if (unit->kind == IO_WRITE && work->job->sync_range_every)
        mark_dirty(&work->places[unit->file - work->files], unit);
    work->last_completed = unit->dir;
    if (unit->piece)
        history_completed(unit->piece, good && (uint64_t)unit->result == unit->len);
    if (good) {
        work->done_bytes += (uint64_t)unit->result;
        work->round_done += (uint64_t)unit->result;
        if (unit->verifying)
            result = verify_check(work, unit);
    }
    clean(unit);
    return result;
}
