/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making up operations, handing them over by single calls, batches and chains,
 * and the callback that takes their answers.
 */
#include "workload.h"

#include <errno.h>
#include <string.h>

struct work *work_get(struct workload *w)
{
    if (!w->n_free)
        return NULL;
    struct work *work = w->free_works[--w->n_free];
    unsigned char *buffer = work->buffer;
    int index = work->index;
    memset(work, 0, sizeof *work);
    work->buffer = buffer;
    work->index = index;
    return work;
}

static void work_put(struct workload *w, struct work *work)
{
    release_names(work);
    w->free_works[w->n_free++] = work;
}

static struct group *group_get(struct workload *w)
{
    struct group *group = w->free_groups;

    w->free_groups = group->next_free;
    memset(group, 0, sizeof *group);
    return group;
}

static void group_put(struct workload *w, struct group *group)
{
    if (group->file)
        unlock_blocks(group->file, group->first_block, group->last_block, group->writes);
    for (int i = 0; i < group->n; i++)
        work_put(w, group->works[i]);
    group->next_free = w->free_groups;
    w->free_groups = group;
}

static void add(struct group *group, struct work *work)
{
    work->group = group;
    group->works[group->n++] = work;
}

static void fill_buffer(struct work *work)
{
    struct sim_rand r = {pick(UINT64_MAX)};

    for (int i = 0; i < WORK_BYTES; i += 64) { /* sparse, but no two are alike */
        uint64_t word = sim_next(&r);
        memcpy(work->buffer + i, &word, sizeof word);
    }
}

/* Cuts the buffer's len bytes from skip on into pieces; with O_DIRECT at multiples of 512. */
static void cut(struct work *work, size_t len, size_t skip, size_t unit)
{
    size_t left = len;
    int n = 0;

    while (left) {
        size_t part = n == IOVECS - 1 ? left : pick(left / unit + 1) * unit;
        work->iov[n++] = (struct iovec){work->buffer + skip, part};
        skip += part;
        left -= part;
    }
    work->op.iov = work->iov;
    work->op.iovcnt = n;
}

/* A place for a registered file, if one names this file; the descriptor otherwise. */
static int name_of_file(const struct workload *w, const struct model_file *file)
{
    int first = (int)pick(FILES);

    if (w->fixed_files == SET_USABLE && percent(50)) {
        for (int i = 0; i < FILES; i++) {
            int slot = (first + i) % FILES;
            if (w->slots[slot] == file)
                return auraio_fixed_file(slot);
        }
    }
    return file->fd;
}

static void prepare_data(struct workload *w, struct work *work, struct model_file *file,
                         int64_t from, int64_t to, bool write)
{
    size_t unit = file->direct ? 512 : 1, skip = 0;
    size_t room = (size_t)(to - from) / unit;
    size_t len = (1 + (percent(50) ? room - 1 : pick(room))) * unit;

    work->file = file;
    work->total = (int64_t)len;
    work->op.offset = from;
    work->op.fd = name_of_file(w, file);
    if (write)
        fill_buffer(work);
    if (percent(30)) {
        work->op.type = write ? AURAIO_OP_WRITEV : AURAIO_OP_READV;
        cut(work, len, 0, unit);
        return;
    }
    if (len < WORK_BYTES)
        skip = pick((WORK_BYTES - len) / unit + 1) * unit;
    work->op.type = write ? AURAIO_OP_WRITE : AURAIO_OP_READ;
    work->op.len = len;
    work->iov[0] = (struct iovec){work->buffer + skip, len};
    bool fixed = w->buffers == SET_USABLE ? percent(50) : percent(1);
    work->op.buf = fixed ? auraio_buf_fixed(work->index, skip) : auraio_buf(work->buffer + skip);
}

static void add_options(const struct workload *w, struct work *work)
{
    if (percent(5))
        work->op.flags |= AURAIO_OPF_SHORT;
    if (work->file->silent || (w->uses_deadlines && percent(4)))
        work->op.timeout_ms = 1 + (int)pick(20);
    if (percent(5))
        work->op.rw_flags = RWF_DSYNC;
}

/* One data operation, or a chain of them on one stretch of a file. */
static bool prepare_data_group(struct workload *w, struct group *group, int n)
{
    struct model_file *file = &w->files[pick(FILES)];
    int first = (int)pick(BLOCKS), last = first + (int)pick(WORK_BYTES / BLOCK);
    int64_t from = (int64_t)first * BLOCK, to;
    bool write = n > 1 || percent(50);

    if (last >= BLOCKS)
        last = BLOCKS - 1;
    if (!lock_blocks(file, first, last, write))
        return false;
    group->file = file;
    group->first_block = first;
    group->last_block = last;
    group->writes = write;
    to = (int64_t)(last + 1) * BLOCK;
    if (percent(40))
        from += (int64_t)pick(file->direct ? 7 : BLOCK - 1) * (file->direct ? 512 : 1);
    for (int i = 0; i < n; i++) {
        struct work *work = work_get(w);
        add(group, work);
        if (n > 1 && percent(20)) {
            work->op.type = percent(50) ? AURAIO_OP_FSYNC : AURAIO_OP_FDATASYNC;
            work->op.fd = name_of_file(w, file);
        } else {
            prepare_data(w, work, file, from, to, n > 1 ? percent(50) : write);
            add_options(w, work);
        }
        if (i < n - 1)
            work->op.flags |= AURAIO_OPF_LINK;
    }
    return true;
}

static struct group *prepare_group(struct workload *w)
{
    int longest = w->depth < AURAIO_CHAIN_MAX ? w->depth : AURAIO_CHAIN_MAX;
    int n = percent(10) ? 1 + (int)pick(percent(80) ? 4 : AURAIO_CHAIN_MAX) : 1;
    bool good;

    if (n > longest)
        n = longest;
    if (n > w->n_free || !w->free_groups)
        return NULL;
    struct group *group = group_get(w);
    if (n == 1 && (w->only_nops || percent(25))) {
        add(group, work_get(w));
        if (w->only_nops || percent(20)) {
            group->works[0]->op.type = AURAIO_OP_NOP;
            good = true;
        } else {
            good = prepare_name_op(w, group->works[0]);
        }
    } else {
        good = prepare_data_group(w, group, n);
    }
    if (good)
        return group;
    group_put(w, group);
    return NULL;
}

static bool uses_fixed_buffer(const struct work *work)
{
    return (work->op.type == AURAIO_OP_READ || work->op.type == AURAIO_OP_WRITE) &&
           work->op.buf.type == AURAIO_BUF_REGISTERED;
}

/* Why the group at the front was refused must be told by the state of things. */
static void judge_refusal(const struct workload *w, const struct group *group, int error)
{
    bool fixed = false;

    for (int i = 0; i < group->n; i++)
        fixed |= uses_fixed_buffer(group->works[i]);
    if (error == ENOENT && fixed && w->buffers != SET_USABLE)
        return;
    if (error == EBUSY && fixed && w->buffers == SET_LEAVING)
        return;
    int held = w->outstanding + w->in_callback + group->n;
    if (error == EAGAIN && (held > w->depth || w->options.overflow == AURAIO_OVERFLOW_EAGAIN) &&
        w->outstanding + w->in_callback > 0)
        return;
    sim_fail("a submission of %d (type %u, descriptor %d, buffer %d) was refused with errno %d; "
             "%d outstanding, depth %d, buffers in state %d, files in %d",
             group->n, group->works[0]->op.type, group->works[0]->op.fd,
             group->works[0]->op.buf.type, error, w->outstanding, w->depth, (int)w->buffers,
             (int)w->fixed_files);
}

static void note_submitted(struct workload *w, struct work *work, auraio_request_t *req)
{
    work->req = req;
    w->submitted++;
    w->outstanding++;
    w->wanted--;
}

static void check_accepted_fixed(const struct workload *w, const struct group *group)
{
    for (int i = 0; i < group->n; i++) {
        if (uses_fixed_buffer(group->works[i]) && w->buffers == SET_NONE)
            sim_fail("a registered buffer was accepted, none is registered");
    }
}

static bool submit_single(struct workload *w, struct group *group)
{
    struct work *work = group->works[0];

    uint64_t before = w->called_back;
    auraio_request_t *req = call_single(w->engine, &work->op);
    if (!req) {
        judge_refusal(w, group, errno);
        group_put(w, group);
        return false;
    }
    if (w->called_back != before)
        sim_fail("a submission ran a callback");
    check_accepted_fixed(w, group);
    note_submitted(w, work, req);
    return true;
}

/* Several groups in one call: accepted from the front, each chain whole or not at all. */
static void submit_batch(struct workload *w, struct group **groups, int n_groups)
{
    auraio_op_t ops[8 * AURAIO_CHAIN_MAX];
    auraio_request_t *handles[8 * AURAIO_CHAIN_MAX];
    int n = 0;
    ssize_t at = 0;

    for (int g = 0; g < n_groups; g++) {
        for (int i = 0; i < groups[g]->n; i++)
            ops[n++] = groups[g]->works[i]->op;
    }
    errno = 0;
    uint64_t before = w->called_back;
    ssize_t accepted = auraio_submit(w->engine, ops, (size_t)n, handles);
    int error = accepted < 0 ? errno : 0;
    if (w->called_back != before)
        sim_fail("a submission ran a callback");
    if (!accepted || accepted > n)
        sim_fail("a batch of %d: %zd accepted", n, accepted);
    for (int g = 0; g < n_groups; g++) {
        if (at + groups[g]->n <= accepted) {
            check_accepted_fixed(w, groups[g]);
            for (int i = 0; i < groups[g]->n; i++)
                note_submitted(w, groups[g]->works[i], handles[at++]);
            continue;
        }
        if (at < accepted)
            sim_fail("a chain of %d was taken in part", groups[g]->n);
        if (accepted < 0 && !g)
            judge_refusal(w, groups[g], error);
        group_put(w, groups[g]);
    }
}

static void complete_ops(struct group *group)
{
    for (int i = 0; i < group->n; i++) {
        struct work *work = group->works[i];
        work->op.callback = called_back;
        work->op.user_data = work;
        work->submitted_ns = sim_now();
    }
}

void submit_something(struct workload *w)
{
    struct group *groups[8];
    int wanted = percent(30) ? 1 + (int)pick(8) : 1, n = 0;

    for (int i = 0; i < wanted; i++) {
        groups[n] = prepare_group(w);
        if (!groups[n])
            continue;
        complete_ops(groups[n++]);
    }
    if (!n)
        return;
    const struct work *first = groups[0]->works[0];
    bool plain = n == 1 && groups[0]->n == 1 && !first->op.flags && !first->op.timeout_ms &&
                 !first->op.rw_flags;
    if (plain && percent(80))
        submit_single(w, groups[0]);
    else
        submit_batch(w, groups, n);
}

static void check_handle(const struct work *work, const auraio_request_t *req)
{
    if (work->called)
        sim_fail("type %u is called back twice", work->op.type);
    if (req != work->req)
        sim_fail("type %u: the callback's handle is not the one returned", work->op.type);
    if (!auraio_in_callback())
        sim_fail("auraio_in_callback is false in one");
    if (auraio_request_pending(req))
        sim_fail("a request is pending in its own callback");
    if (auraio_request_user_data(req) != work)
        sim_fail("the handle has another user_data");
    if (work->op.type != AURAIO_OP_NOP && auraio_request_fd(req) != work->op.fd)
        sim_fail("type %u: the handle's descriptor is %d, not %d", work->op.type,
                 auraio_request_fd(req), work->op.fd);
    if (auraio_request_op_type(req) != (auraio_op_type_t)work->op.type)
        sim_fail("the handle's type is %d, not %u", (int)auraio_request_op_type(req),
                 work->op.type);
}

void called_back(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct workload *w = &the_workload;
    struct work *work = user_data;
    struct group *group = work->group;

    check_handle(work, req);
    work->called = true;
    sim_transfer_over((unsigned)work->index);
    work->result = result;
    work->error = auraio_request_error(req);
    w->called_back++;
    w->outstanding--;
    w->failed += result < 0;
    if (result > 0 && work->op.type <= AURAIO_OP_WRITEV)
        w->bytes += (uint64_t)result;
    w->stale[w->n_stale++ % STALE] = req;
    if (++group->called == group->n) {
        judge_group(w, group);
        group_put(w, group);
    }
    if (w->stop_in && !--w->stop_in && auraio_stop(w->engine))
        sim_fail("stop: errno %d", errno);
    if (w->shutting_down || w->in_callback)
        return;
    w->in_callback = true;
    if (w->wanted > 0 && percent(20) && w->outstanding < w->window)
        submit_something(w);
    else if (percent(3))
        do_from_callback(w);
    w->in_callback = false;
}
