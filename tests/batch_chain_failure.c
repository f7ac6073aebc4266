/* SPDX-License-Identifier: Apache-2.0 */
/* A failure at each place of a chain of each length: those before it have succeeded, it
 * tells its error, the rest of the chain gets ECANCELED and does nothing, and operations
 * before and behind the chain are not concerned. */
#include "outcome.h"

enum { LONGEST = AURAIO_CHAIN_MAX, BYTES = 64, MOST = LONGEST + 2 };

enum failure { CLOSED_FD, MISSING_FILE, SHORT_READ, FAILURES };

static unsigned char marks[MOST][BYTES], scratch[4096];

static auraio_op_t failing(enum failure failure, int fd, int closed, struct seen *seen)
{
    if (failure == CLOSED_FD)
        return simple_op(AURAIO_OP_FSYNC, closed, seen);
    if (failure == SHORT_READ) /* the end of the file lies within */
        return transfer_op(AURAIO_OP_READ, fd, scratch, sizeof scratch, BYTES, seen);
    auraio_op_t op = simple_op(AURAIO_OP_UNLINKAT, AT_FDCWD, seen);
    op.args.unlinkat.path = "/nonexistent/auraio";
    return op;
}

static bool written(int fd, int i)
{
    unsigned char back[BYTES];

    return pread(fd, back, BYTES, (off_t)i * BYTES) == BYTES && memcmp(back, marks[i], BYTES) == 0;
}

/* Operation 0 stands alone, 1..length are the chain, length + 1 stands alone again. */
static bool chain(auraio_engine_t *engine, int fd, int closed, int length, int bad,
                  enum failure failure)
{
    static const ssize_t reports[FAILURES] = {-EBADF, -ENOENT, (MOST - 1) * BYTES};
    struct seen seen[MOST] = {0};
    auraio_op_t ops[MOST];
    int n = length + 2, once = 0, right = 0;

    if (ftruncate(fd, 0) != 0 || ftruncate(fd, MOST * BYTES) != 0)
        bail("ftruncate: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        ops[i] = i == bad + 1 ? failing(failure, fd, closed, &seen[i])
                              : transfer_op(AURAIO_OP_WRITE, fd, marks[i], BYTES,
                                            (int64_t)i * BYTES, &seen[i]);
        ops[i].flags = i >= 1 && i < length ? AURAIO_OPF_LINK : 0;
    }
    ssize_t accepted = auraio_submit(engine, ops, (size_t)n, NULL);
    int drained = auraio_drain(engine, 60000);
    for (int i = 0; i < n; i++) {
        bool skipped = i > bad + 1 && i <= length, broke = i == bad + 1;
        once += seen[i].calls == 1;
        right += seen[i].result == (broke     ? reports[failure]
                                    : skipped ? -ECANCELED
                                              : BYTES) &&
                 (broke || written(fd, i) == !skipped);
    }
    if (accepted == n && drained == n && once == n && right == n)
        return true;
    note("at %d: %zd of %d accepted, %d called back once, %d with the right result", bad, accepted,
         n, once, right);
    return false;
}

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    int fd = scratch_file("file", 0, 0), closed = closed_fd(fd);

    for (int i = 0; i < MOST; i++)
        memset(marks[i], 'A' + i, BYTES);
    for (int failure = 0; failure < FAILURES; failure++)
        for (int length = 1; length <= LONGEST; length++) {
            int bad = 0;
            while (bad < length && chain(engine, fd, closed, length, bad, (enum failure)failure))
                bad++;
            is(bad, length, "length %d, failure %d: right with it at each place", length, failure);
        }
    auraio_destroy(engine);
    return done();
}
