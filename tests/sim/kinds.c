/* SPDX-License-Identifier: Apache-2.0 */
/* See kinds.h. What never began is run again whatever it is, so -ECANCELED needs no column. */
#include "kinds.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <sys/uio.h>

const struct kind kinds[] = {
    {"read", AURAIO_OP_READ, PLAIN, 0, KIND_BYTES, REPEATED, REPEATED, REPEATED},
    {"write", AURAIO_OP_WRITE, PLAIN, 0, KIND_BYTES, REPEATED, REPEATED, REPEATED},
    {"readv", AURAIO_OP_READV, PLAIN, 0, KIND_BYTES, REPEATED, REPEATED, REPEATED},
    {"writev", AURAIO_OP_WRITEV, PLAIN, 0, KIND_BYTES, REPEATED, REPEATED, REPEATED},
    {"append", AURAIO_OP_WRITE, APPEND, 0, KIND_BYTES, EITHER, REPORTED, REPORTED},
    {"vectored append", AURAIO_OP_WRITEV, APPEND, 0, KIND_BYTES, EITHER, REPORTED, REPORTED},
    {"append by flag", AURAIO_OP_WRITE, APPEND_ONCE, 0, KIND_BYTES, EITHER, REPORTED, REPORTED},
    {"fsync", AURAIO_OP_FSYNC, PLAIN, 0, 0, EITHER, REPEATED, REPORTED},
    {"fdatasync", AURAIO_OP_FDATASYNC, PLAIN, 0, 0, EITHER, REPEATED, REPORTED},
    {"open", AURAIO_OP_OPENAT, PLAIN, O_RDWR | O_CREAT, -1, EITHER, EITHER, REPORTED},
    {"exclusive open", AURAIO_OP_OPENAT, PLAIN, O_RDWR | O_CREAT | O_EXCL, -1, EITHER, REPORTED,
     REPORTED},
    {"emptying open", AURAIO_OP_OPENAT, PLAIN, O_RDWR | O_CREAT | O_TRUNC, -1, EITHER, EITHER,
     REPORTED},
    {"close", AURAIO_OP_CLOSE, PLAIN, 0, 0, REPORTED, REPORTED, REPORTED},
    {"statx", AURAIO_OP_STATX, PLAIN, 0, 0, EITHER, REPEATED, REPORTED},
    {"fallocate", AURAIO_OP_FALLOCATE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"collapse", AURAIO_OP_FALLOCATE, COLLAPSE, 0, 0, EITHER, REPORTED, REPORTED},
    {"ftruncate", AURAIO_OP_FTRUNCATE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"sync_file_range", AURAIO_OP_SYNC_FILE_RANGE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"fadvise", AURAIO_OP_FADVISE, PLAIN, 0, 0, EITHER, EITHER, REPORTED},
    {"rename", AURAIO_OP_RENAMEAT, PLAIN, 0, 0, EITHER, REPORTED, REPORTED},
    {"unlink", AURAIO_OP_UNLINKAT, PLAIN, 0, 0, EITHER, REPORTED, REPORTED},
    {"mkdir", AURAIO_OP_MKDIRAT, PLAIN, 0, 0, EITHER, REPORTED, REPORTED},
};

const size_t kind_count = sizeof kinds / sizeof *kinds;

static char buffer[KIND_BYTES];
static struct iovec iov[2] = {{buffer, 1000}, {buffer + 1000, KIND_BYTES - 1000}};
static struct statx st;

auraio_op_t kind_op(const struct kind *kind, int fd)
{
    auraio_op_t op = {.type = kind->type, .fd = fd};

    switch (kind->type) {
    case AURAIO_OP_READ:
    case AURAIO_OP_WRITE:
        op.buf = auraio_buf(buffer);
        op.len = KIND_BYTES;
        op.rw_flags = kind->target == APPEND_ONCE ? RWF_APPEND : 0;
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
        op.args.fallocate.len = kind->target == COLLAPSE ? KIND_BYTES : 100;
        op.args.fallocate.mode = kind->target == COLLAPSE ? FALLOC_FL_COLLAPSE_RANGE : 0;
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

auraio_engine_t *kind_begin(const struct kind *kind, const struct sim_config *config, int *fd)
{
    auraio_options_t options;

    sim_install(config);
    plain_options(&options);
    *fd = sim_open("/old", O_RDWR | O_CREAT | (kind->target == APPEND ? O_APPEND : 0));
    sim_file_grow(*fd, 2 * KIND_BYTES);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    if (!engine)
        sim_fail("no engine");
    return engine;
}

uint64_t kind_effects(void)
{
    const struct sim_counts *counts = sim_counts();
    uint64_t n = 0;

    for (int i = 0; i < SIM_OPCODES; i++)
        n += counts->executed[i];
    return n;
}

bool kind_succeeded(const struct kind *kind, const struct told *told, uint64_t effects)
{
    return told->calls == 1 && effects == 1 &&
           (kind->success < 0 ? told->result >= 0 : told->result == kind->success);
}
