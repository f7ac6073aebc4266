/* SPDX-License-Identifier: Apache-2.0 */
/* The order of operations inside a round: directions, files, syncs and contents of writes. */
#include "work.h"

#include <errno.h>
#include <string.h>

void workload_prefer(struct workload *work, enum direction dir)
{
    work->preferred = dir;
}

/* The direction of the next operation of a mixed job. */
static enum direction mixed_direction(struct workload *work)
{
    const struct job *job = work->job;
    enum direction dir;

    if (work->preferred != DIRECTIONS)
        return work->preferred;
    if (work->issues[work->mix_dir] < work->mix_until)
        return work->mix_dir;
    dir = taus_percent(&work->mix) <= job->read_percent ? READS : WRITES;
    if (dir != work->mix_dir) {
        unsigned other = work->mix_dir == READS ? 100 - job->read_percent : job->read_percent;

        work->mix_until = work->issues[work->mix_dir] * other / 100;
    }
    work->mix_dir = dir;
    return dir;
}

static bool every(uint64_t n, unsigned interval)
{
    return interval && n && n % interval == 0;
}

/* After each N-th write, and once only. */
static bool sync_due(const struct workload *work, enum io_kind *kind)
{
    const struct job *job = work->job;
    uint64_t writes = work->issues[WRITES];

    if (!work->writes || work->last_was_sync || work->last_dir != WRITES)
        return false;
    if (every(writes, job->fsync_every))
        *kind = IO_FSYNC;
    else if (every(writes, job->fdatasync_every))
        *kind = IO_FDATASYNC;
    else if (every(writes, job->sync_range_every))
        *kind = IO_SYNC_RANGE;
    else
        return false;
    return true;
}

/* fio opens files as their turn comes, openfiles of them at most: who is not open has to wait
 * until another is done. Here more may be open; only the order is kept. */
static bool is_servable(struct workload *work, size_t index)
{
    struct place *place = &work->places[index];

    if (place->done)
        return false;
    if (place->is_open)
        return true;
    if (work->open_now >= work->open_files)
        return false;
    place->is_open = true;
    work->open_now++;
    return true;
}

static size_t random_file(struct workload *work)
{
    for (;;) {
        size_t index = taus_below(&work->next_file, work->n_files);

        if (is_servable(work, index))
            return index;
    }
}

static size_t next_in_turn(struct workload *work)
{
    for (;;) {
        size_t index = work->turn;

        work->turn = index + 1 < work->n_files ? index + 1 : 0;
        if (is_servable(work, index))
            return index;
    }
}

static bool choose_file(struct workload *work)
{
    const struct job *job = work->job;

    if (work->done_files >= work->n_files)
        return false;
    if (work->is_serving && !work->places[work->serving].done) {
        if (job->file_service == SERVE_SEQUENTIAL)
            return true;
        if (work->serving_left) {
            work->serving_left--;
            return true;
        }
    }
    work->serving = job->file_service == SERVE_RANDOM ? random_file(work) : next_in_turn(work);
    work->is_serving = true;
    work->serving_left = job->file_service_ops ? job->file_service_ops - 1 : 0;
    return true;
}

void place_exhausted(struct workload *work, size_t index)
{
    struct place *place = &work->places[index];

    if (place->is_open)
        work->open_now--;
    place->is_open = false;
    place->done = true;
    work->done_files++;
    place->is_closed = work->writes && !work->last_was_sync && !work->dry_run;
}

/* fio closes the file now, or as soon as nothing of it is in flight. */
static int file_exhausted(struct workload *work)
{
    place_exhausted(work, work->serving);
    return work->in_flight ? 0 : files_sync_closed(work);
}

static void fill_sync(struct workload *work, struct io_unit *unit, enum io_kind kind)
{
    struct place *place = &work->places[work->serving];

    unit->kind = kind;
    unit->dir = WRITES;
    unit->file = &work->files[work->serving];
    unit->offset = unit->len = 0;
    if (kind == IO_SYNC_RANGE && place->dirty_end) {
        unit->offset = place->dirty_begin;
        unit->len = place->dirty_end - place->dirty_begin;
    }
    place->dirty_begin = place->dirty_end = 0;
    work->last_was_sync = true;
}

static enum direction next_direction(struct workload *work)
{
    if (work->trim_write) {
        const struct place *place = &work->places[work->serving];

        return place->last_start[WRITES] == place->last_start[TRIMS] ? TRIMS : WRITES;
    }
    if (work->reads)
        return work->writes ? mixed_direction(work) : READS;
    return work->writes ? WRITES : TRIMS;
}

static void count_issue(struct workload *work, enum direction dir, uint64_t len)
{
    work->round_issued += len;
    work->issued_bytes[dir] += len;
    work->issues[dir]++;
    work->last_dir = dir;
    work->last_was_sync = false;
}

static void fill_contents(struct workload *work, struct io_unit *unit)
{
    unit->number = work->issues[WRITES];
    if (work->job->verify != VERIFY_NONE) {
        if (work->dry_run)
            unit->seed = work->job->verify_pattern_len ? 0 : taus_product(&work->verify);
        else
            verify_fill(work, unit);
    } else if (work->filling == FILL_SCRAMBLE) {
        contents_scramble(work, unit->buf, unit->offset, unit->len);
    } else if (work->filling == FILL_REFILL) {
        contents_fill(work, unit->buf, unit->len);
    }
}

/* A write's own matters: its contents, and that it is remembered. */
static enum next_result prepare_write(struct workload *work, struct io_unit *unit)
{
    const struct job *job = work->job;

    fill_contents(work, unit);
    if (job->verify == VERIFY_NONE || !job->do_verify)
        return NEXT_READY;
    unit->piece = history_add(work, unit);
    if (unit->piece)
        return NEXT_READY;
    errno = ENOMEM;
    work_message(job, "verify", "%s", strerror(ENOMEM));
    return NEXT_FAILED;
}

enum next_result next_operation(struct workload *work, struct io_unit *unit)
{
    static const enum io_kind kinds[DIRECTIONS] = {IO_READ, IO_WRITE, IO_TRIM};
    enum io_kind sync;
    uint64_t offset, len;
    enum direction dir;
    struct place *place;

    for (;;) {
        if (!choose_file(work))
            return NEXT_DONE;
        if (sync_due(work, &sync)) {
            fill_sync(work, unit, sync);
            return NEXT_READY;
        }
        dir = next_direction(work);
        if (place_next(work, work->serving, dir, &offset, &len))
            break;
        if (file_exhausted(work) < 0)
            return NEXT_FAILED;
    }
    place = &work->places[work->serving];
    place->last_start[dir] = offset;
    place->last_end[dir] = offset + len;
    unit->kind = kinds[dir];
    unit->dir = dir;
    unit->file = &work->files[work->serving];
    unit->offset = offset;
    unit->len = len;
    if (dir == WRITES && prepare_write(work, unit) != NEXT_READY)
        return NEXT_FAILED;
    if (dir == READS && !work->writes && work->job->verify != VERIFY_NONE) {
        unit->verifying = true;
        unit->seed = work->job->verify_pattern_len ? 0 : taus_product(&work->verify);
    }
    count_issue(work, dir, len);
    return NEXT_READY;
}
