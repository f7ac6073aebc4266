/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -EAGAIN, -EINTR, -ECANCELED and -EFAULT in a completion, for every type of
 * operation: either the callback sees the operation's own result and it was done
 * once, or the callback sees the error and it was not repeated.
 */
#include "scenario.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum answer { REPEATED, REPORTED, EITHER };

enum target { PLAIN, APPEND };

struct kind {
    const char *name;
    auraio_op_type_t type;
    enum target target;
    int open_flags;
    ssize_t success; /* -1: a descriptor */
    enum answer on_eagain, on_eintr, on_efault;
};

#define BYTES 4096

/* What never began is run again whatever it is, so -ECANCELED needs no column. */
static const struct kind kinds[] = {
    {"read", AURAIO_OP_READ, PLAIN, 0, BYTES, REPEATED, REPEATED, REPEATED},
    {"write", AURAIO_OP_WRITE, PLAIN, 0, BYTES, REPEATED, REPEATED, REPEATED},
    {"readv", AURAIO_OP_READV, PLAIN, 0, BYTES, REPEATED, REPEATED, REPEATED},
    {"writev", AURAIO_OP_WRITEV, PLAIN, 0, BYTES, REPEATED, REPEATED, REPEATED},
    {"append", AURAIO_OP_WRITE, APPEND, 0, BYTES, EITHER, REPORTED, REPORTED},
    {"fsync", AURAIO_OP_FSYNC, PLAIN, 0, 0, EITHER, REPEATED, REPORTED},
    {"fdatasync", AURAIO_OP_FDATASYNC, PLAIN, 0, 0, EITHER, REPEATED, REPORTED},
    {"open", AURAIO_OP_OPENAT, PLAIN, O_RDWR | O_CREAT, -1, EITHER, EITHER, REPORTED},
    {"exclusive open", AURAIO_OP_OPENAT, PLAIN, O_RDWR | O_CREAT | O_EXCL, -1, EITHER, REPORTED,
     REPORTED},
    {"close", AURAIO_OP_CLOSE, PLAIN, 0, 0, REPORTED, REPORTED, REPORTED},
    {"statx", AURAIO_OP_STATX, PLAIN, 0, 0, EITHER, REPEATED, REPORTED},
    {"fallocate", AURAIO_OP_FALLOCATE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"ftruncate", AURAIO_OP_FTRUNCATE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"sync_file_range", AURAIO_OP_SYNC_FILE_RANGE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"fadvise", AURAIO_OP_FADVISE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"rename", AURAIO_OP_RENAMEAT, PLAIN, 0, 0, EITHER, REPORTED, REPORTED},
    {"unlink", AURAIO_OP_UNLINKAT, PLAIN, 0, 0, EITHER, REPORTED, REPORTED},
    {"mkdir", AURAIO_OP_MKDIRAT, PLAIN, 0, 0, EITHER, REPORTED, REPORTED},
};

static char buffer[BYTES];
static struct iovec iov[2] = {{buffer, 1000}, {buffer + 1000, BYTES - 1000}};
static struct statx st;

static auraio_op_t make_op(const struct kind *kind, int fd)
{
    auraio_op_t op = {.type = kind->type, .fd = fd};

    switch (kind->type) {
    case AURAIO_OP_READ:
    case AURAIO_OP_WRITE:
        op.buf = auraio_buf(buffer);
        op.len = BYTES;
        break;
    case AURAIO_OP_READV:
    case AURAIO_OP_WRITEV:
        op.iov = iov;
        op.iovcnt = 2;
        break;
    case AURAIO_OP_OPENAT:
        op.fd = AT_FDCWD;
        op.args.openat.path = "/new";
        op.args.openat.flags = kind->open_flags;
        op.args.openat.mode = 0600;
        break;
    case AURAIO_OP_STATX:
        op.fd = AT_FDCWD;
        op.args.statx.path = "/old";
        op.args.statx.out = &st;
        op.args.statx.mask = STATX_BASIC_STATS;
        break;
    case AURAIO_OP_FALLOCATE:
        op.args.fallocate.len = 100;
        break;
    case AURAIO_OP_FTRUNCATE:
        op.args.ftruncate.length = 10000;
        break;
    case AURAIO_OP_SYNC_FILE_RANGE:
        op.args.sync_file_range.nbytes = 100;
        break;
    case AURAIO_OP_FADVISE:
        op.args.fadvise.len = 100;
        break;
    case AURAIO_OP_RENAMEAT:
        op.fd = AT_FDCWD;
        op.args.renameat.oldpath = "/old";
        op.args.renameat.newdirfd = AT_FDCWD;
        op.args.renameat.newpath = "/new";
        break;
    case AURAIO_OP_UNLINKAT:
        op.fd = AT_FDCWD;
        op.args.unlinkat.path = "/old";
        break;
    case AURAIO_OP_MKDIRAT:
        op.fd = AT_FDCWD;
        op.args.mkdirat.path = "/new";
        op.args.mkdirat.mode = 0700;
        break;
    default:
        break;
    }
    return op;
}

/* A fresh kernel and engine, with "/old" of some size, open as *fd. */
static auraio_engine_t *begin(const struct kind *kind, int *fd)
{
    static const struct sim_config config = {.seed = 42};
    auraio_options_t options;

    sim_install(&config);
    plain_options(&options);
    *fd = sim_open("/old", O_RDWR | O_CREAT | (kind->target == APPEND ? O_APPEND : 0));
    sim_file_grow(*fd, 2 * BYTES);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    if (!engine)
        bail("no engine");
    return engine;
}

static uint64_t effects(void)
{
    const struct sim_counts *counts = sim_counts();
    uint64_t n = 0;

    for (int i = 0; i < SIM_OPCODES; i++)
        n += counts->executed[i];
    return n;
}

struct outcome {
    struct told told;
    uint64_t effects;
};

static struct outcome provoke(const struct kind *kind, int error, unsigned times, bool after_effect)
{
    struct outcome outcome = {0};
    int fd;
    auraio_engine_t *engine = begin(kind, &fd);
    auraio_op_t op = make_op(kind, fd);

    op.callback = tell;
    op.user_data = &outcome.told;
    sim_fail_completion(SIM_ANY_OPCODE, 1, times, -error, after_effect);
    if (auraio_submit(engine, &op, 1, NULL) == 1)
        wait_for(engine, &outcome.told);
    outcome.effects = effects();
    auraio_destroy(engine);
    sim_uninstall();
    return outcome;
}

static bool succeeded(const struct kind *kind, const struct outcome *o)
{
    return o->told.calls == 1 && o->effects == 1 &&
           (kind->success < 0 ? o->told.result >= 0 : o->told.result == kind->success);
}

static void expect(const struct kind *kind, int error, enum answer answer, unsigned times)
{
    struct outcome o = provoke(kind, error, times, false);
    bool repeated = succeeded(kind, &o);
    bool reported = o.told.calls == 1 && o.told.result == -error && !o.effects;

    ok((answer != REPORTED && repeated) || (answer != REPEATED && reported),
       "%s: %s %u times is %s", kind->name, strerror(error), times,
       answer == REPEATED   ? "run again"
       : answer == REPORTED ? "reported"
                            : "run again or reported");
    if (!repeated && !reported)
        note("calls %d, result %zd, effects %llu", o.told.calls, o.told.result,
             (unsigned long long)o.effects);
}

/* The error came after the deed: doing it again would be doing it twice. */
static void expect_no_second_act(const struct kind *kind, int error)
{
    struct outcome o = provoke(kind, error, 1, true);

    ok(o.told.calls == 1 && o.told.result == -error && o.effects == 1,
       "%s: done, then %s: reported, not done twice", kind->name, strerror(error));
}

static void expect_second_fault_reported(const struct kind *kind)
{
    struct outcome o = provoke(kind, EFAULT, 2, false);

    ok(o.told.calls == 1 && o.told.result == -EFAULT && !o.effects,
       "%s: a second bad address is reported", kind->name);
}

/* The rest of a chain waits for the repetition and is not lost with the first attempt. */
static void chain_survives(int error)
{
    struct told told[3] = {{0}};
    auraio_op_t ops[3];
    int fd;
    auraio_engine_t *engine = begin(&kinds[1], &fd);

    for (int i = 0; i < 3; i++) {
        ops[i] = make_op(&kinds[i == 2 ? 5 : 1], fd);
        ops[i].flags = i < 2 ? AURAIO_OPF_LINK : 0;
        ops[i].callback = tell;
        ops[i].user_data = &told[i];
    }
    sim_fail_completion(SIM_ANY_OPCODE, 1, 1, -error, false);
    bool taken = auraio_submit(engine, ops, 3, NULL) == 3;
    for (int i = 0; i < 3 && taken; i++)
        wait_for(engine, &told[i]);
    ok(taken && told[0].result == BYTES && told[1].result == BYTES && told[2].calls == 1 &&
           !told[2].result,
       "a chain whose first part gets %s is run to its end", strerror(error));
    auraio_destroy(engine);
    sim_uninstall();
}

int main(void)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *kind = &kinds[i];
        expect(kind, ECANCELED, REPEATED, 1);
        expect(kind, ECANCELED, REPEATED, 5);
        expect(kind, EAGAIN, kind->on_eagain, 1);
        expect(kind, EINTR, kind->on_eintr, 1);
        expect(kind, EFAULT, kind->on_efault, 1);
        if (kind->on_eagain == REPEATED)
            expect(kind, EAGAIN, REPEATED, 5);
        if (kind->on_eintr == REPEATED)
            expect(kind, EINTR, REPEATED, 5);
        if (kind->on_eintr == REPORTED)
            expect_no_second_act(kind, EINTR);
        if (kind->on_efault == REPEATED)
            expect_second_fault_reported(kind);
    }
    chain_survives(ECANCELED);
    chain_survives(EAGAIN);
    chain_survives(EINTR);
    chain_survives(EFAULT);
    return done();
}
