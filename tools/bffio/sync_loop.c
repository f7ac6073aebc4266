/* SPDX-License-Identifier: Apache-2.0 */
/* The synchronous engines: one operation after the other by system call, in the order in which
 * the workload names them, so that what is measured is the call and nothing else. */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int call_flags(const struct loop *loop, bool is_write)
{
    const struct job *job = loop->job;

    return loop->rw_flags | (job->hipri ? RWF_HIPRI : 0) |
           (job->atomic && is_write ? RWF_ATOMIC : 0);
}

static ssize_t transfer(const struct loop *loop, const struct io_unit *unit, size_t moved)
{
    void *at = (unsigned char *)unit->buf + moved;
    size_t len = unit->len - moved;
    off_t offset = (off_t)(unit->offset + moved);
    bool is_read = unit->kind == IO_READ;
    int fd = unit->file->fd, flags = call_flags(loop, !is_read);

    if (loop->job->engine != ENGINE_VSYNC && !flags)
        return is_read ? pread(fd, at, len, offset) : pwrite(fd, at, len, offset);
    struct iovec iov = {at, len};
    return is_read ? preadv2(fd, &iov, 1, offset, flags) : pwritev2(fd, &iov, 1, offset, flags);
}

static ssize_t call(const struct loop *loop, const struct flight *flight)
{
    const struct io_unit *unit = &flight->unit;
    ssize_t result;

    do {
        switch (unit->kind) {
        case IO_FSYNC:
            result = fsync(unit->file->fd);
            break;
        case IO_FDATASYNC:
            result = fdatasync(unit->file->fd);
            break;
        case IO_SYNC_RANGE:
            result = sync_file_range(unit->file->fd, (off_t)unit->offset, (off_t)unit->len,
                                     loop->job->sync_range_flags);
            break;
        default:
            result = transfer(loop, unit, flight->moved);
        }
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

/* Until it is whole or has failed: a short transfer is gathered again by loop_complete. */
static void carry_out(struct loop *loop, struct flight *flight)
{
    struct io_unit *unit = &flight->unit;

    unit->start_ns = unit->issue_ns = now_ns();
    stat_depth(loop->stat, 1);
    stat_submitted(loop->stat, 1);
    do {
        loop->n_gathered = 0;
        unit->result = call(loop, flight);
        loop->now = now_ns();
        loop_complete(loop, flight, loop->now);
    } while (loop->n_gathered);
    stat_reaped(loop->stat, 1);
}

static bool wait_for_turn(struct loop *loop, const struct io_unit *unit)
{
    if (!loop->pace.has_rate || unit->kind > IO_TRIM)
        return true;
    uint64_t due = pace_due(&loop->pace, unit->dir);
    if (due <= loop->now || due <= (loop->now = now_ns()))
        return true;
    return watch_sleep(loop, due);
}

void loop_run_sync(struct loop *loop)
{
    loop->over = false;
    while (!loop->over) {
        if (loop->pace.has_thinktime && pace_must_think(&loop->pace, loop->now) &&
            !watch_think(loop))
            break;
        if (loop->task->flow && !watch_flow(loop))
            continue;
        struct flight *flight = loop->free;
        if (loop->pace.is_mixed)
            workload_prefer(loop->work, pace_late(&loop->pace, loop->now));
        enum next_result next = workload_next(loop->work, &flight->unit);
        if (next != NEXT_READY) {
            if (next != NEXT_DONE)
                task_fail(loop->task, next == NEXT_FAILED && errno ? errno : EIO, "%s", "");
            break;
        }
        loop->free = flight->next;
        flight->moved = 0;
        if (!wait_for_turn(loop, &flight->unit)) {
            loop_drop(loop, flight);
            break;
        }
        if (flight->unit.kind <= IO_TRIM)
            pace_issued(&loop->pace, flight->unit.dir, flight->unit.len);
        if (flight->unit.kind == IO_TRIM)
            loop_trim(loop, flight);
        else
            carry_out(loop, flight);
        if (loop_must_attend(loop))
            watch_attend(loop);
    }
}
