/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of the files and the verdict over what came back: an answer is right
 * when the file's obstacles, the caller's own cancels and deadlines, or its wish
 * for short transfers explain it; the bytes must be the model's in any case.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT 5                /* perhaps; of FILES */
#define LATE_NS (1000 * SIM_MS) /* more than a program does between two looks */

static void init_file(struct model_file *file, int i, unsigned device_count)
{
    memset(file, 0, sizeof *file);
    file->size = FILE_BYTES;
    if (i == 2) /* stops in the middle of somebody's read */
        file->size = FILE_BYTES - 5000;
    file->fd = sim_file((size_t)file->size);
    file->device = (unsigned)pick(device_count);
    sim_file_device(file->fd, file->device);
    file->bytes = malloc(FILE_BYTES);
    if (!file->bytes)
        abort();
    if (i == 3) {
        file->bad_from = 40 * BLOCK + 512;
        file->bad_to = 42 * BLOCK;
        sim_file_bad(file->fd, file->bad_from, file->bad_to);
    }
    if (i == 2) {
        file->full = true;
        sim_file_capacity(file->fd, file->size);
    }
    if (i == 4) {
        file->direct = true;
        sim_file_flags(file->fd, O_DIRECT);
    }
    int64_t size;
    unsigned char *data = sim_file_data(file->fd, &size);
    for (int64_t at = 0; at < size; at++)
        data[at] = file->bytes[at] = (unsigned char)(at * 131 >> 3 ^ i);
}

void model_init(struct workload *w, unsigned device_count)
{
    for (int i = 0; i < FILES; i++)
        init_file(&w->files[i], i, device_count);
    if (w->uses_deadlines && percent(50)) {
        w->files[SILENT].silent = true;
        sim_file_silent(w->files[SILENT].fd);
    }
    for (int i = 0; i < NAMES; i++) {
        memset(&w->names[i], 0, sizeof w->names[i]);
        snprintf(w->names[i].path, sizeof w->names[i].path, "/names/%d", i);
        w->names[i].fd = -1;
    }
}

void model_free(struct workload *w)
{
    for (int i = 0; i < FILES; i++) {
        int64_t size;
        const unsigned char *data = sim_file_data(w->files[i].fd, &size);
        if (size != w->files[i].size || memcmp(data, w->files[i].bytes, (size_t)size))
            sim_fail("file %d is not what the model says at the end", i);
        sim_close(w->files[i].fd);
        free(w->files[i].bytes);
    }
    for (int i = 0; i < NAMES; i++) {
        if (w->names[i].fd >= 0)
            sim_close(w->names[i].fd);
    }
}

bool lock_blocks(struct model_file *file, int first, int last, bool write)
{
    for (int i = first; i <= last; i++) {
        if (file->users[i] < 0 || (write && file->users[i]))
            return false;
    }
    for (int i = first; i <= last; i++)
        file->users[i] += write ? -1 : 1;
    return true;
}

void unlock_blocks(struct model_file *file, int first, int last, bool write)
{
    for (int i = first; i <= last; i++)
        file->users[i] -= write ? -1 : 1;
}

/* Moves n bytes at the start of the work's buffers into the model, or compares them with it. */
static bool match(const struct work *work, int64_t n, bool write)
{
    unsigned char *at = work->file->bytes + work->op.offset;
    const struct iovec *iov = work->iov;

    for (; n > 0; iov++) {
        int64_t part = (int64_t)iov->iov_len < n ? (int64_t)iov->iov_len : n;
        if (part && write)
            memcpy(at, iov->iov_base, (size_t)part);
        else if (part && memcmp(at, iov->iov_base, (size_t)part))
            return false;
        at += part;
        n -= part;
    }
    return true;
}

/* What the operation would move if nothing but the file stood in its way. */
struct way {
    int64_t full, possible;
    int error; /* of the obstacle between possible and full */
};

static struct way way_of(const struct work *work, bool write)
{
    const struct model_file *file = work->file;
    int64_t from = work->op.offset, left = file->size > from ? file->size - from : 0;
    struct way way = {.full = work->total};

    if (!write && way.full > left)
        way.full = left;
    way.possible = way.full;
    if (write && file->full && way.possible > left) {
        way.possible = left;
        way.error = ENOSPC;
    }
    if (from < file->bad_to && from + way.possible > file->bad_from) {
        way.possible = file->bad_from > from ? file->bad_from - from : 0;
        way.error = EIO;
    }
    return way;
}

static bool may_be_short(const struct workload *w, const struct work *work)
{
    bool ragged = work->file->direct && work->result % 512;

    return w->options.report_short || work->op.flags & AURAIO_OPF_SHORT || ragged;
}

static uint64_t deadline_of(const struct work *work)
{
    return work->submitted_ns + (uint64_t)(unsigned)work->op.timeout_ms * SIM_MS;
}

static bool was_stopped(const struct work *work, int error)
{
    if (error == ECANCELED)
        return work->cancelled;
    return error == ETIME && work->op.timeout_ms && sim_now() >= deadline_of(work);
}

static void reject(const struct work *work, const char *why)
{
    sim_fail("type %u, file %ld, offset %lld, length %lld, flags %#x, timeout %d%s: result %lld, "
             "error %d: %s",
             work->op.type, work->file ? (long)(work->file->fd - SIM_FD_BASE) : -1L,
             (long long)work->op.offset, (long long)work->total, work->op.flags,
             work->op.timeout_ms, work->cancelled ? ", cancelled" : "", (long long)work->result,
             work->error, why);
}

static void judge_data(struct workload *w, struct work *work)
{
    bool write = work->op.type == AURAIO_OP_WRITE || work->op.type == AURAIO_OP_WRITEV;
    struct way way = way_of(work, write);
    int64_t n = work->result;
    int error = abs(work->error);

    if (n < 0) {
        bool obstacle = way.error && !way.possible && n == -way.error;
        if (!obstacle && !was_stopped(work, (int)-n))
            reject(work, "nothing explains the error");
        if (work->file->silent && sim_now() > deadline_of(work) + LATE_NS)
            reject(work, "it was stopped long after its deadline");
        return;
    }
    if (n > way.possible || (!n && way.full))
        reject(work, "the count cannot be");
    if (n < way.full && !may_be_short(w, work)) {
        bool obstacle = n == way.possible && error == way.error;
        if (!obstacle && !was_stopped(work, error))
            reject(work, "nothing explains that it is short");
    }
    if (n == way.full && error)
        reject(work, "a full transfer has an error");
    if (!match(work, n, write))
        reject(work, "the bytes read are not the model's");
}

static void judge(struct workload *w, struct work *work)
{
    switch (work->op.type) {
    case AURAIO_OP_READ:
    case AURAIO_OP_WRITE:
    case AURAIO_OP_READV:
    case AURAIO_OP_WRITEV:
        judge_data(w, work);
        break;
    default:
        if (work->name)
            judge_name_op(work);
        else if (work->result && !(work->result < 0 && was_stopped(work, (int)-work->result)))
            reject(work, "wants 0");
    }
}

static void compare_with_disk(const struct group *group)
{
    const struct model_file *file = group->file;
    int64_t from = (int64_t)group->first_block * BLOCK, size;
    int64_t to = (int64_t)(group->last_block + 1) * BLOCK;
    const unsigned char *data = sim_file_data(file->fd, &size);

    if (size != file->size)
        sim_fail("a file of fixed size has %lld bytes", (long long)size);
    if (to > size)
        to = size;
    if (from < to && memcmp(data + from, file->bytes + from, (size_t)(to - from)))
        reject(group->works[0], "the file differs from the model");
}

/* After one that failed or fell short, the rest of a chain was never started. */
void judge_group(struct workload *w, struct group *group)
{
    bool broken = false;

    for (int i = 0; i < group->n; i++) {
        struct work *work = group->works[i];
        if (broken) {
            if (work->result != -ECANCELED && !was_stopped(work, (int)-work->result))
                reject(work, "the chain was broken before it");
            continue;
        }
        judge(w, work);
        broken = work->result < 0 || (work->total && work->result != work->total);
    }
    if (group->file)
        compare_with_disk(group);
}
