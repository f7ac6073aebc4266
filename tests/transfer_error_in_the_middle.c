/* SPDX-License-Identifier: Apache-2.0 */
/* A device that fails in the middle: the count that moved, and the error beside it. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 65536, BAD_AT = 20000 };

static unsigned char buf[BYTES];
static const struct iovec iov[] = {
    {buf, 15000}, {buf + 15000, 30000}, {buf + 45000, BYTES - 45000}};

static auraio_op_t make(auraio_op_type_t type, int fd, int64_t offset, struct seen *seen)
{
    if (type == AURAIO_OP_READV || type == AURAIO_OP_WRITEV)
        return vectored_op(type, fd, iov, 3, offset, seen);
    return transfer_op(type, fd, buf, BYTES, offset, seen);
}

static void fails(auraio_engine_t *engine, struct faultfs *fs, int fd, int out,
                  auraio_op_type_t type, int error, unsigned most)
{
    bool writes = type == AURAIO_OP_WRITE || type == AURAIO_OP_WRITEV;
    struct seen seen = {0};

    faultfs_calm(fs);
    memset(buf, writes ? 0x77 : 0, sizeof buf);
    atomic_store(&fs->orders->most_bytes, most);
    atomic_store(&fs->orders->error, error);
    atomic_store(&fs->orders->error_offset, BAD_AT);

    auraio_op_t op = make(type, writes ? out : fd, 100, &seen);
    is(outcome_of(engine, &op, &seen), BAD_AT - 100, "type %d, errno %d, %u at a time: the count",
       (int)type, error, most);
    is(seen.error, error, "and the error beside it");
    if (writes) {
        ok(all_bytes_are(fs->orders->data + 100, BAD_AT - 100, 0x77), "so much was written");
        ok(matches_pattern(fs->orders->data + BAD_AT, BYTES, BAD_AT), "and no more");
    } else {
        ok(matches_pattern(buf, BAD_AT - 100, 100), "so much was read");
    }

    op = make(type, writes ? out : fd, BAD_AT, &seen);
    is(outcome_of(engine, &op, &seen), -error, "from the bad place on: the error");
}

int main(void)
{
    static const auraio_op_type_t types[] = {AURAIO_OP_READ, AURAIO_OP_WRITE, AURAIO_OP_READV,
                                             AURAIO_OP_WRITEV};
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0), out = faultfs_open_for_short_writes(fs);

    for (int i = 0; i < 4; i++) {
        fails(engine, fs, fd, out, types[i], EIO, 0);
        fails(engine, fs, fd, out, types[i], ENOSPC, 4096);
        fails(engine, fs, fd, out, types[i], EDQUOT, 999);
    }
    auraio_destroy(engine);
    close(fd);
    close(out);
    faultfs_stop(fs);
    return done();
}
