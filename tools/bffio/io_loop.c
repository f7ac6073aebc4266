/* SPDX-License-Identifier: Apache-2.0 */
/* The asynchronous I/O loop: make operations, submit what was gathered, reap, count.
 *
 * Clock readings are fio's: one when an operation has been made (slat begins), one when a
 * submission has reached the kernel (slat ends, clat begins), one when a batch has been reaped.
 * Operations are gathered while there is a free one. Sent is as much as the device has already, so
 * that it begins with the first while the rest are made: of n after a reap of all n, 1, 1, 2, 4. */
#include "find.h"
#include "loop.h"

#include <errno.h>
#include <string.h>

void loop_on_done(auraio_request_t *request, ssize_t result, void *user_data)
{
    struct flight *flight = user_data;
    struct loop *loop = flight->loop;

    (void)request;
    flight->unit.result = result;
    loop->done[loop->n_done++] = flight;
}

static int slot_of(struct loop *loop, const struct work_file *file)
{
    size_t index = (size_t)(file - loop->files);

    if (loop->registered[index] != file->fd) {
        if (auraio_update_file(loop->engine, (int)index, file->fd) != 0)
            return file->fd;
        loop->registered[index] = file->fd;
    }
    return auraio_fixed_file((int)index);
}

void loop_gather(struct loop *loop, struct flight *flight)
{
    static const uint8_t types[] = {[IO_READ] = AURAIO_OP_READ,
                                    [IO_WRITE] = AURAIO_OP_WRITE,
                                    [IO_FSYNC] = AURAIO_OP_FSYNC,
                                    [IO_FDATASYNC] = AURAIO_OP_FDATASYNC,
                                    [IO_SYNC_RANGE] = AURAIO_OP_SYNC_FILE_RANGE};
    const struct io_unit *unit = &flight->unit;
    auraio_op_t *op = &loop->ops[loop->n_gathered];

    op->type = types[unit->kind];
    op->fd = loop->has_files ? slot_of(loop, unit->file) : unit->file->fd;
    op->offset = (int64_t)(unit->offset + flight->moved);
    op->len = unit->len - flight->moved;
    op->buf = loop->has_buffers ? auraio_buf_fixed(unit->buf_index, flight->moved)
                                : auraio_buf((unsigned char *)unit->buf + flight->moved);
    op->user_data = flight;
    if (loop->has_rw_flags) {
        op->rw_flags = unit->kind <= IO_WRITE ? loop->rw_flags : 0;
        op->rw_flags |= loop->job->atomic && unit->kind == IO_WRITE ? RWF_ATOMIC : 0;
    }
    if (unit->kind == IO_SYNC_RANGE) {
        op->args.sync_file_range.nbytes = (int64_t)unit->len;
        op->args.sync_file_range.flags = loop->job->sync_range_flags;
    }
    loop->gathered[loop->n_gathered++] = flight;
}

/* Without room: what was refused stays gathered, and its time begins anew when it is tried. */
static void keep_refused(struct loop *loop, unsigned sent)
{
    unsigned left = loop->n_gathered - sent;

    loop->n_gathered = loop->n_held = left;
    loop->refused = left != 0;
    if (!left)
        return;
    memmove(loop->ops, loop->ops + sent, left * sizeof *loop->ops);
    memmove(loop->gathered, loop->gathered + sent, left * sizeof(struct flight *));
}

static void drop_gathered(struct loop *loop)
{
    unsigned n = loop->n_gathered;

    loop->n_gathered = loop->n_held = 0;
    loop->refused = false;
    for (unsigned i = 0; i < n; i++)
        loop_drop(loop, loop->gathered[i]);
}

/* What the engine has taken is its own until it completes; the rest is not carried out. */
static void submission_failed(struct loop *loop, int error)
{
    task_fail(loop->task, error, "submission: %s", strerror(error));
    drop_gathered(loop);
    loop->over = loop->stopped = true;
}

/* What goes out in one call counts at the depth behind it, as in fio. */
static void mark_sent(struct loop *loop, unsigned sent, uint64_t issued)
{
    loop->in_flight += sent;
    for (unsigned i = 0; i < sent; i++) {
        struct io_unit *unit = &loop->gathered[i]->unit;
        unit->issue_ns = issued ? issued : unit->start_ns;
        stat_depth(loop->stat, loop->in_flight);
    }
    stat_submitted(loop->stat, sent);
    if (issued)
        loop->now = issued;
}

/* A single transfer has a shorter way through the library. */
static ssize_t submit(struct loop *loop)
{
    const auraio_op_t *op = loop->ops;

    if (loop->n_gathered > 1 || op->type > AURAIO_OP_WRITE || op->rw_flags)
        return auraio_submit(loop->engine, op, loop->n_gathered, NULL);
    auraio_request_t *request = op->type == AURAIO_OP_READ
                                    ? auraio_read(loop->engine, op->fd, op->buf, op->len,
                                                  op->offset, op->callback, op->user_data)
                                    : auraio_write(loop->engine, op->fd, op->buf, op->len,
                                                   op->offset, op->callback, op->user_data);
    return request ? 1 : -1;
}

/* On an engine of its own clat begins when the system call has returned, as in fio. On a shared
 * one another thread may reap at any time: there it begins before. */
static void send_gathered(struct loop *loop)
{
    uint64_t issued = 0;

    for (unsigned i = 0; i < loop->n_held; i++)
        loop->gathered[i]->unit.start_ns = loop->now;
    if (loop->task->shared)
        issued = now_ns();
    ssize_t n = submit(loop);
    int error = n < 0 && errno != EAGAIN ? errno : 0;
    if (n > 0 && !loop->sends_at_once && auraio_flush(loop->engine) != 0)
        error = errno;
    unsigned sent = n > 0 ? (unsigned)n : 0;
    if (sent && !issued && loop->with_issue)
        issued = now_ns();
    mark_sent(loop, sent, issued);
    keep_refused(loop, sent);
    if (__builtin_expect(error != 0, 0))
        submission_failed(loop, error);
}

/* What is beyond iodepth_batch_complete_max stays in flight for the job, as if it had not been
 * reaped yet. */
static void take_done(struct loop *loop)
{
    unsigned n = loop->n_done < loop->complete_max ? loop->n_done : loop->complete_max;

    if (!n)
        return;
    loop->now = now_ns();
    stat_reaped(loop->stat, n);
    loop->refused = false;
    loop->waits = false;
    loop->in_flight -= n;
    for (unsigned i = 0; i < n; i++)
        loop_complete(loop, loop->done[i], loop->now);
    loop->n_done -= n;
    if (__builtin_expect(loop->n_done != 0, 0))
        memmove(loop->done, loop->done + n, loop->n_done * sizeof(struct flight *));
    if (loop->task->shared && shared_must_yield(loop->task->shared, loop))
        loop->refused = true;
    else if (loop->n_gathered)
        send_gathered(loop); /* the rest of short transfers */
}

static bool wait_for(struct loop *loop, unsigned min)
{
    if (loop->task->shared)
        return shared_wait(loop->task->shared, loop);
    if (loop->n_done >= min)
        return true;
    min -= loop->n_done;
    return auraio_wait_n(loop->engine, (int)min, -1) >= 0 || loop->n_done;
}

static void reap(struct loop *loop, unsigned min)
{
    if (__builtin_expect(!wait_for(loop, min), 0)) {
        task_fail(loop->task, errno, "completions: %s", strerror(errno));
        drop_gathered(loop);
        loop->over = loop->stopped = true;
        loop->is_lost = true;
        loop->in_flight = 0;
        return;
    }
    take_done(loop);
    if (loop_must_attend(loop))
        watch_attend(loop);
}

/* One step on: what was gathered is sent, something reaped. */
static void go_on(struct loop *loop, unsigned min)
{
    if (loop->n_gathered && !loop->refused)
        send_gathered(loop);
    if (loop->in_flight)
        reap(loop, min < loop->in_flight ? min : loop->in_flight);
    else if (loop->refused)
        shared_starve(loop->task->shared, loop);
}

void loop_quiesce(struct loop *loop)
{
    while (loop->n_gathered || loop->in_flight)
        go_on(loop, 1);
}

/* Waits until an operation of this direction may go. false: the task is to end. */
static bool wait_for_turn(struct loop *loop, enum direction dir)
{
    uint64_t due = pace_due(&loop->pace, dir);

    if (due <= loop->now || due <= (loop->now = now_ns()))
        return true;
    loop_quiesce(loop);
    return watch_sleep(loop, due);
}

static bool think(struct loop *loop)
{
    loop_quiesce(loop);
    return watch_think(loop);
}

static inline bool is_paced(const struct loop *loop)
{
    return loop->pace.has_rate || loop->pace.has_thinktime;
}

/* One more operation; false when there is none for now. */
static bool make_one(struct loop *loop)
{
    if (loop->pace.has_thinktime && pace_must_think(&loop->pace, loop->now) && !think(loop))
        return false;
    if (loop->task->flow && !watch_flow(loop))
        return !loop->over;
    struct flight *flight = loop->free;
    loop->free = flight->next;
    if (loop->pace.is_mixed)
        workload_prefer(loop->work, pace_late(&loop->pace, loop->now));
    enum next_result next = workload_next(loop->work, &flight->unit);
    if (__builtin_expect(next != NEXT_READY, 0)) {
        loop_release(loop, flight);
        loop->waits = next == NEXT_WAIT;
        loop->over = next != NEXT_WAIT;
        if (next == NEXT_FAILED)
            task_fail(loop->task, errno ? errno : EIO, "%s", "");
        return false;
    }
    flight->moved = 0;
    flight->done_ns = 0;
    if (loop->pace.has_rate && flight->unit.kind <= IO_TRIM &&
        !wait_for_turn(loop, flight->unit.dir)) {
        loop_drop(loop, flight);
        return false;
    }
    if (is_paced(loop) && flight->unit.kind <= IO_TRIM)
        pace_issued(&loop->pace, flight->unit.dir, flight->unit.len);
    if (flight->unit.kind == IO_TRIM) {
        loop_trim(loop, flight);
        return true;
    }
    if (loop->with_start)
        flight->unit.start_ns = loop->now = now_ns();
    loop_gather(loop, flight);
    return true;
}

static bool has_gathered_enough(const struct loop *loop)
{
    unsigned n = loop->n_gathered;

    return n >= loop->batch || (loop->starts_early && n && n >= loop->in_flight);
}

/* iodepth_batch_complete_min=0: takes what is there after each operation, without waiting. */
static void look_for_done(struct loop *loop)
{
    if (has_gathered_enough(loop))
        send_gathered(loop);
    if (loop->in_flight && auraio_poll(loop->engine) >= 0)
        take_done(loop);
}

static void fill(struct loop *loop)
{
    while (loop->free && !loop->over && !loop->waits && !loop->refused) {
        if (has_gathered_enough(loop))
            send_gathered(loop);
        else if (!make_one(loop))
            break;
        else if (loop->job->polls_always)
            look_for_done(loop);
        if (loop_must_attend(loop))
            watch_attend(loop);
    }
}

void loop_run(struct loop *loop)
{
    loop->over = loop->waits = false;
    while (!loop->over) {
        fill(loop);
        bool was_full = !loop->free;
        if (loop->waits && !loop->in_flight && !loop->n_gathered) {
            task_fail(loop->task, EDEADLK, "the workload waits for nothing");
            break;
        }
        do
            go_on(loop, loop->complete_min);
        while (was_full && loop->in_flight > loop->low && !loop->over);
    }
    loop_quiesce(loop);
}
