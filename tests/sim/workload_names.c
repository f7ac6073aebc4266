/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on names and on the small files behind them. A name serves one
 * operation at a time, so each has exactly one right answer; -ECANCELED and -EINTR
 * after a cancel must have left everything as it was.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>

#define NOREPLACE 1U

static struct model_name *idle_name(struct workload *w)
{
    for (int tries = 0; tries < 4; tries++) {
        struct model_name *name = &w->names[pick(NAMES)];
        if (!name->busy)
            return name;
    }
    return NULL;
}

static void prepare_open(struct work *work)
{
    static const int flags[] = {O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL,
                                O_RDWR | O_CREAT | O_TRUNC};

    work->op.type = AURAIO_OP_OPENAT;
    work->op.fd = AT_FDCWD;
    work->op.args.openat.path = work->name->path;
    work->op.args.openat.flags = flags[pick(4)];
    work->op.args.openat.mode = 0644;
}

static void prepare_on_path(struct workload *w, struct work *work)
{
    struct model_name *name = work->name, *other;

    work->op.fd = AT_FDCWD;
    switch (pick(5)) {
    case 0:
        work->op.type = AURAIO_OP_MKDIRAT;
        work->op.args.mkdirat.path = name->path;
        work->op.args.mkdirat.mode = 0755;
        break;
    case 1:
        work->op.type = AURAIO_OP_UNLINKAT;
        work->op.args.unlinkat.path = name->path;
        work->op.args.unlinkat.flags = percent(20) ? AT_REMOVEDIR : 0;
        if (percent(60) && name->exists)
            work->op.args.unlinkat.flags = name->directory ? AT_REMOVEDIR : 0;
        break;
    case 2:
        other = idle_name(w);
        if (other && other != name && other->fd < 0) {
            work->name2 = other;
            other->busy = true;
            work->op.type = AURAIO_OP_RENAMEAT;
            work->op.args.renameat.oldpath = name->path;
            work->op.args.renameat.newpath = other->path;
            work->op.args.renameat.newdirfd = AT_FDCWD;
            work->op.args.renameat.flags = percent(50) ? NOREPLACE : 0;
            break;
        } /* fall through */
    case 3:
        work->op.type = AURAIO_OP_STATX;
        work->op.args.statx.path = name->path;
        work->op.args.statx.mask = STATX_BASIC_STATS;
        work->op.args.statx.out = &work->st;
        break;
    default:
        prepare_open(work);
    }
}

static void prepare_on_file(struct work *work)
{
    work->op.fd = work->name->fd;
    switch (pick(7)) {
    case 0:
        work->op.type = AURAIO_OP_FTRUNCATE;
        work->op.args.ftruncate.length = (int64_t)pick(20000);
        break;
    case 1:
        work->op.type = AURAIO_OP_FALLOCATE;
        work->op.offset = (int64_t)pick(10000);
        work->op.args.fallocate.len = 1 + (int64_t)pick(10000);
        break;
    case 2:
        work->op.type = AURAIO_OP_SYNC_FILE_RANGE;
        work->op.args.sync_file_range.nbytes = (int64_t)pick(10000);
        break;
    case 3:
        work->op.type = AURAIO_OP_FADVISE;
        work->op.args.fadvise.len = (int64_t)pick(10000);
        break;
    case 4:
        work->op.type = AURAIO_OP_FSYNC;
        break;
    case 5:
        work->op.type = AURAIO_OP_FDATASYNC;
        break;
    default:
        work->op.type = AURAIO_OP_CLOSE;
    }
}

bool prepare_name_op(struct workload *w, struct work *work)
{
    struct model_name *name = idle_name(w);

    if (!name)
        return false;
    name->busy = true;
    work->name = name;
    if (name->fd >= 0)
        prepare_on_file(work);
    else
        prepare_on_path(w, work);
    return true;
}

void release_names(struct work *work)
{
    if (work->name)
        work->name->busy = false;
    if (work->name2)
        work->name2->busy = false;
    work->name = work->name2 = NULL;
}

static int64_t after_open(struct model_name *name, int flags)
{
    if (name->exists && flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (!name->exists && !(flags & O_CREAT))
        return -ENOENT;
    if (name->exists && name->directory)
        return -EISDIR;
    if (!name->exists || flags & O_TRUNC)
        name->size = 0;
    name->exists = true;
    name->directory = false;
    return 0;
}

static int64_t after_rename(struct model_name *from, struct model_name *to, unsigned flags)
{
    if (!from->exists)
        return -ENOENT;
    if (to->exists && flags & NOREPLACE)
        return -EEXIST;
    to->exists = true;
    to->directory = from->directory;
    to->size = from->size;
    from->exists = false;
    return 0;
}

static int64_t after_unlink(struct model_name *name, int flags)
{
    if (!name->exists)
        return -ENOENT;
    if (name->directory != !!(flags & AT_REMOVEDIR))
        return name->directory ? -EISDIR : -ENOTDIR;
    name->exists = name->directory = false;
    return 0;
}

static int64_t after_mkdir(struct model_name *name)
{
    if (name->exists)
        return -EEXIST;
    name->exists = name->directory = true;
    name->size = 0;
    return 0;
}

/* The one right answer; the model goes along. */
static int64_t apply(struct work *work)
{
    struct model_name *name = work->name;
    const auraio_op_t *op = &work->op;
    int64_t end;

    switch (op->type) {
    case AURAIO_OP_OPENAT:
        return after_open(name, op->args.openat.flags);
    case AURAIO_OP_MKDIRAT:
        return after_mkdir(name);
    case AURAIO_OP_UNLINKAT:
        return after_unlink(name, op->args.unlinkat.flags);
    case AURAIO_OP_RENAMEAT:
        return after_rename(name, work->name2, op->args.renameat.flags);
    case AURAIO_OP_STATX:
        return name->exists ? 0 : -ENOENT;
    case AURAIO_OP_FTRUNCATE:
        name->size = op->args.ftruncate.length;
        return 0;
    case AURAIO_OP_FALLOCATE:
        end = op->offset + op->args.fallocate.len;
        if (name->size < end)
            name->size = end;
        return 0;
    case AURAIO_OP_CLOSE:
        name->fd = -1;
        return 0;
    default:
        return 0;
    }
}

static void check_name(const struct model_name *name)
{
    int64_t size;

    if (sim_exists(name->path) != name->exists)
        sim_fail("%s %s, against the model", name->path, name->exists ? "is gone" : "is there");
    if (name->fd < 0)
        return;
    if (!sim_fd_is_open(name->fd))
        sim_fail("%s: its descriptor was closed", name->path);
    sim_file_data(name->fd, &size);
    if (size != name->size)
        sim_fail("%s has %lld bytes, the model %lld", name->path, (long long)size,
                 (long long)name->size);
}

/* By a cancel, while it was under way. Of these the simulated kernel carries out a close alone. */
static bool was_interrupted(const struct work *work)
{
    switch (work->op.type) {
    case AURAIO_OP_CLOSE:
    case AURAIO_OP_FALLOCATE:
    case AURAIO_OP_FTRUNCATE:
    case AURAIO_OP_RENAMEAT:
    case AURAIO_OP_UNLINKAT:
    case AURAIO_OP_MKDIRAT:
        return work->result == -EINTR && work->cancelled;
    default:
        return false;
    }
}

void judge_name_op(struct work *work)
{
    int64_t result = work->result;

    if (was_interrupted(work)) {
        if (work->op.type == AURAIO_OP_CLOSE)
            apply(work);
    } else if (result != -ECANCELED || !work->cancelled) {
        int64_t wanted = apply(work);
        if (work->op.type == AURAIO_OP_OPENAT && !wanted && result >= SIM_FD_BASE)
            work->name->fd = (int)result;
        else if (result != wanted)
            sim_fail("type %u on %s: result %lld, the model says %lld", work->op.type,
                     work->name->path, (long long)result, (long long)wanted);
        if (work->op.type == AURAIO_OP_STATX && !result &&
            (int64_t)work->st.stx_size != work->name->size)
            sim_fail("statx of %s: %lld bytes, the model says %lld", work->name->path,
                     (long long)work->st.stx_size, (long long)work->name->size);
    }
    check_name(work->name);
    if (work->name2)
        check_name(work->name2);
}
