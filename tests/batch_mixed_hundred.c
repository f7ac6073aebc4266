/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of 100 operations of all kinds: all accepted, each with a handle of its own,
 * each completed once with its own result. */
#include "outcome.h"

#include <sys/stat.h>

enum { N = 100, BYTES = 512 };

static unsigned char bufs[N][BYTES];
static struct iovec iovs[N][2];
static struct statx looks[N];
static char names[N][32];
static struct seen seen[N];
static ssize_t wanted[N];

static auraio_op_t make(int i, int fd, int dir)
{
    int64_t offset = (int64_t)i * BYTES;
    auraio_op_t op = simple_op(AURAIO_OP_NOP, -1, &seen[i]);

    wanted[i] = i % 10 < 4 ? BYTES : 0;
    iovs[i][0] = (struct iovec){bufs[i], 100};
    iovs[i][1] = (struct iovec){bufs[i] + 100, BYTES - 100};
    snprintf(names[i], sizeof names[i], "made-%d", i);
    switch (i % 10) {
    case 0:
        return transfer_op(AURAIO_OP_READ, fd, bufs[i], BYTES, offset, &seen[i]);
    case 1:
        return transfer_op(AURAIO_OP_WRITE, fd, bufs[i], BYTES, offset, &seen[i]);
    case 2:
        return vectored_op(AURAIO_OP_READV, fd, iovs[i], 2, offset, &seen[i]);
    case 3:
        return vectored_op(AURAIO_OP_WRITEV, fd, iovs[i], 2, offset, &seen[i]);
    case 4:
        return simple_op(AURAIO_OP_FDATASYNC, fd, &seen[i]);
    case 5:
        op = simple_op(AURAIO_OP_STATX, dir, &seen[i]);
        op.args.statx.path = "file";
        op.args.statx.out = &looks[i];
        op.args.statx.mask = STATX_SIZE;
        return op;
    case 6:
        op = simple_op(AURAIO_OP_MKDIRAT, dir, &seen[i]);
        op.args.mkdirat.path = names[i];
        op.args.mkdirat.mode = 0700;
        return op;
    case 7: /* fails, and must not disturb the others */
        op = simple_op(AURAIO_OP_UNLINKAT, dir, &seen[i]);
        op.args.unlinkat.path = "missing";
        wanted[i] = -ENOENT;
        return op;
    case 8:
        op = simple_op(AURAIO_OP_FADVISE, fd, &seen[i]);
        op.args.fadvise.advice = POSIX_FADV_RANDOM;
        return op;
    default:
        return op;
    }
}

static bool left_its_mark(int i, int fd, int dir)
{
    unsigned char back[BYTES];
    struct stat st;

    if (i % 10 == 0 || i % 10 == 2)
        return matches_pattern(bufs[i], BYTES, (uint64_t)i * BYTES);
    if (i % 10 == 1 || i % 10 == 3)
        return pread(fd, back, BYTES, (off_t)i * BYTES) == BYTES &&
               all_bytes_are(back, BYTES, (unsigned char)i);
    if (i % 10 == 5)
        return looks[i].stx_size == N * BYTES;
    if (i % 10 == 6)
        return fstatat(dir, names[i], &st, 0) == 0 && S_ISDIR(st.st_mode);
    return true;
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    auraio_request_t *handles[N] = {NULL};
    auraio_op_t ops[N];
    int fd = scratch_file("file", N * BYTES, 0), apart = 0, told = 0, once = 0, right = 0,
        marks = 0;
    int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < N; i++) {
        memset(bufs[i], i, BYTES);
        ops[i] = make(i, fd, dir);
    }
    is(auraio_submit(engine, ops, N, handles), N, "all are accepted");
    for (int i = 0; i < N; i++) {
        bool alone = handles[i] != NULL;
        for (int j = 0; j < i; j++)
            alone = alone && handles[i] != handles[j];
        apart += alone;
        told += auraio_request_op_type(handles[i]) == (auraio_op_type_t)ops[i].type &&
                auraio_request_user_data(handles[i]) == &seen[i];
    }
    is(apart, N, "each has a handle of its own");
    is(told, N, "which tells its type and user data");
    memset(ops, 0xFF, sizeof ops); /* the array is the caller's again */
    is(auraio_drain(engine, 60000), N, "all complete");
    for (int i = 0; i < N; i++) {
        once += seen[i].calls == 1 && seen[i].req == handles[i];
        right += seen[i].result == wanted[i];
        marks += left_its_mark(i, fd, dir);
    }
    is(once, N, "each calls back once, with its handle");
    is(right, N, "each with its result");
    is(marks, N, "each did its work");
    auraio_destroy(engine);
    return done();
}
