/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation with every argument that cannot be right, one at a time: EINVAL at the call, no
 * callback, and nothing has changed. */
#include "outcome.h"

#include <limits.h>
#include <sys/stat.h>

static auraio_engine_t *engine;
static struct seen never;
static unsigned char buf[4096];
static struct iovec iov = {buf, sizeof buf};
static struct statx st;
static int fd;

static const char *const names[] = {
    "read",    "write",    "readv",    "writev",    "fsync",     "fdatasync",
    "openat",  "close",    "statx",    "fallocate", "ftruncate", "sync_file_range",
    "fadvise", "renameat", "unlinkat", "mkdirat",   "nop"};

/* An operation of that type with which nothing is wrong; it is never submitted as it is. */
static auraio_op_t good_op(uint32_t type)
{
    auraio_op_t op = transfer_op((auraio_op_type_t)type, fd, buf, sizeof buf, 0, &never);

    switch (type) {
    case AURAIO_OP_READV:
    case AURAIO_OP_WRITEV:
        op = vectored_op((auraio_op_type_t)type, fd, &iov, 1, 0, &never);
        break;
    case AURAIO_OP_OPENAT:
        op.args.openat.path = "nothing";
        break;
    case AURAIO_OP_STATX:
        op.args.statx.path = "nothing";
        op.args.statx.out = &st;
        break;
    case AURAIO_OP_FALLOCATE:
        op.args.fallocate.len = 1;
        break;
    case AURAIO_OP_RENAMEAT:
        op.args.renameat.oldpath = op.args.renameat.newpath = "nothing";
        op.args.renameat.newdirfd = AT_FDCWD;
        break;
    case AURAIO_OP_UNLINKAT:
        op.args.unlinkat.path = "nothing";
        break;
    case AURAIO_OP_MKDIRAT:
        op.args.mkdirat.path = "nothing";
        break;
    default:
        break;
    }
    if (type >= AURAIO_OP_RENAMEAT || type == AURAIO_OP_OPENAT || type == AURAIO_OP_STATX)
        op.fd = AT_FDCWD;
    return op;
}

static void refused(auraio_op_t op, const char *what)
{
    const char *name = op.type < sizeof names / sizeof *names ? names[op.type] : "unknown type";
    auraio_request_t *req = (auraio_request_t *)-1;

    errno = 0;
    ssize_t n = auraio_submit(engine, &op, 1, &req);
    ok(n == -1 && errno == EINVAL, "%s: %s (%zd, errno %d)", name, what, n, errno);
    if (n == 1)
        auraio_drain(engine, 60000);
}

#define REFUSED_WITH(type, assignment)                                                             \
    do {                                                                                           \
        auraio_op_t op = good_op(type);                                                            \
        assignment;                                                                                \
        refused(op, #assignment);                                                                  \
    } while (0)

static void common(uint32_t type)
{
    REFUSED_WITH(type, op.flags = 4);
    REFUSED_WITH(type, op.flags = 0x80000000);
    REFUSED_WITH(type, op.reserved0 = 1);
    REFUSED_WITH(type, op.reserved1 = 1);
    REFUSED_WITH(type, op.reserved2[0] = 1);
    REFUSED_WITH(type, op.reserved2[sizeof op.reserved2 - 1] = 1);
    REFUSED_WITH(type, op.timeout_ms = -1);
    if (type > AURAIO_OP_WRITEV) {
        REFUSED_WITH(type, op.rw_flags = 1);
        REFUSED_WITH(type, op.ioprio = 0x4001);
    }
    if (type != AURAIO_OP_NOP) {
        REFUSED_WITH(type, op.fd = -1);
        REFUSED_WITH(type, op.fd = -5);
    }
    if (type < AURAIO_OP_OPENAT || (type > AURAIO_OP_STATX && type < AURAIO_OP_RENAMEAT))
        REFUSED_WITH(type, op.fd = AT_FDCWD);
}

static void transfers(uint32_t type)
{
    REFUSED_WITH(type, op.offset = -1);
    REFUSED_WITH(type, op.offset = INT64_MIN);
    if (type <= AURAIO_OP_WRITE) {
        REFUSED_WITH(type, op.len = 0);
        REFUSED_WITH(type, op.len = SIZE_MAX);
        REFUSED_WITH(type, op.buf = auraio_buf(NULL));
        REFUSED_WITH(type, op.buf = auraio_buf_fixed(-1, 0));
        REFUSED_WITH(type, op.buf.type = (auraio_buf_type_t)2);
    } else {
        REFUSED_WITH(type, op.iov = NULL);
        REFUSED_WITH(type, op.iovcnt = 0);
        REFUSED_WITH(type, op.iovcnt = -1);
        REFUSED_WITH(type, op.iovcnt = IOV_MAX + 1);
    }
}

static void arguments(void)
{
    REFUSED_WITH(AURAIO_OP_OPENAT, op.args.openat.path = NULL);
    REFUSED_WITH(AURAIO_OP_OPENAT, op.fd = auraio_fixed_file(0));
    REFUSED_WITH(AURAIO_OP_STATX, op.args.statx.path = NULL);
    REFUSED_WITH(AURAIO_OP_STATX, op.args.statx.out = NULL);
    REFUSED_WITH(AURAIO_OP_STATX, op.fd = auraio_fixed_file(0));
    REFUSED_WITH(AURAIO_OP_FALLOCATE, op.args.fallocate.len = 0);
    REFUSED_WITH(AURAIO_OP_FALLOCATE, op.args.fallocate.len = -1);
    REFUSED_WITH(AURAIO_OP_FALLOCATE, op.offset = -1);
    REFUSED_WITH(AURAIO_OP_FTRUNCATE, op.args.ftruncate.length = -1);
    REFUSED_WITH(AURAIO_OP_SYNC_FILE_RANGE, op.offset = -1);
    REFUSED_WITH(AURAIO_OP_SYNC_FILE_RANGE, op.args.sync_file_range.nbytes = -1);
    REFUSED_WITH(AURAIO_OP_FADVISE, op.offset = -1);
    REFUSED_WITH(AURAIO_OP_FADVISE, op.args.fadvise.len = -1);
    REFUSED_WITH(AURAIO_OP_RENAMEAT, op.args.renameat.oldpath = NULL);
    REFUSED_WITH(AURAIO_OP_RENAMEAT, op.args.renameat.newpath = NULL);
    REFUSED_WITH(AURAIO_OP_RENAMEAT, op.args.renameat.newdirfd = -1);
    REFUSED_WITH(AURAIO_OP_RENAMEAT, op.args.renameat.newdirfd = auraio_fixed_file(0));
    REFUSED_WITH(AURAIO_OP_UNLINKAT, op.args.unlinkat.path = NULL);
    REFUSED_WITH(AURAIO_OP_UNLINKAT, op.fd = auraio_fixed_file(0));
    REFUSED_WITH(AURAIO_OP_MKDIRAT, op.args.mkdirat.path = NULL);
    REFUSED_WITH(AURAIO_OP_MKDIRAT, op.fd = auraio_fixed_file(0));
    REFUSED_WITH(AURAIO_OP_NOP, op.type = AURAIO_OP_NOP + 1);
    REFUSED_WITH(AURAIO_OP_NOP, op.type = UINT32_MAX);
}

int main(void)
{
    auraio_stats_t stats;

    engine = test_engine(NULL);
    fd = scratch_file("file", sizeof buf, 0);
    int fds = count_fds();
    for (uint32_t type = 0; type <= AURAIO_OP_NOP; type++) {
        common(type);
        if (type <= AURAIO_OP_WRITEV)
            transfers(type);
    }
    arguments();
    is(auraio_pending_count(engine), 0, "nothing is pending");
    is(auraio_poll(engine), 0, "nothing completes");
    is(never.calls, 0, "no callback has run");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.ops_completed, 0, "count nothing");
    ok(count_fds() <= fds + 2, "no descriptor is left behind");
    struct seen seen = {0};
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "the engine works");
    auraio_destroy(engine);
    return done();
}
