/* SPDX-License-Identifier: Apache-2.0 */
/* A deadline on what never comes: ETIME if it was really stopped, else the real result
 * when the device has answered. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 4096, TIMEOUT_MS = 200, GENEROUS_MS = 60000 };

/* A pipe's read can be stopped by the kernel; a thread in read(2) cannot. */
static void pipe_times_out(auraio_engine_t *engine)
{
    struct seen seen = {0};
    char buf[8];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    auraio_op_t op = transfer_op(AURAIO_OP_READ, ends[0], buf, sizeof buf, 0, &seen);
    op.timeout_ms = TIMEOUT_MS;
    double start_ms = now_ms();
    is(auraio_submit(engine, &op, 1, NULL), 1, "a read of an empty pipe with a deadline");
    double patience_ms = on_threads() ? 1000 : GENEROUS_MS; /* a worker may not see it in time */
    while (!seen.calls && now_ms() - start_ms < patience_ms)
        auraio_wait(engine, 100);
    if (!on_threads()) {
        is(seen.calls, 1, "calls back");
        is(seen.result, -ETIME, "with ETIME");
        ok(now_ms() - start_ms >= TIMEOUT_MS - 20 && now_ms() - start_ms < GENEROUS_MS, "in time");
    }
    is(write(ends[1], "late", 4), 4, "data come late");
    ok(wait_seen(engine, &seen), "the callback came once");
    ok(seen.result == -ETIME || seen.result == 4, "with ETIME or the data (%zd)", seen.result);
    close(ends[0]);
    close(ends[1]);
}

static void in_time(auraio_engine_t *engine, int fd)
{
    static unsigned char buf[BYTES];
    struct seen seen = {0};
    auraio_op_t op = transfer_op(AURAIO_OP_READ, fd, buf, BYTES, 0, &seen);

    op.timeout_ms = 60000;
    is(outcome_of(engine, &op, &seen), BYTES, "a deadline that is kept changes nothing");
    is(seen.error, 0, "no error");
}

static void hung_file(struct faultfs *fs, auraio_engine_t *engine, int fd)
{
    static unsigned char buf[BYTES];
    struct seen seen = {0};
    auraio_op_t op = transfer_op(AURAIO_OP_READ, fd, buf, BYTES, 4096, &seen);

    op.timeout_ms = TIMEOUT_MS;
    atomic_store(&fs->orders->hold, true);
    is(auraio_submit(engine, &op, 1, NULL), 1, "a read of a hung file with a deadline");
    is(auraio_flush(engine), 0, "is sent");
    ok(faultfs_wait_held(fs, 1), "the device has it");
    for (double start_ms = now_ms(); !seen.calls && now_ms() - start_ms < 1000;)
        auraio_wait(engine, 100);
    ok(seen.calls == 0 || seen.result == -ETIME, "it is under way or was stopped (%d, %zd)",
       seen.calls, seen.result);
    bool stopped = seen.calls;
    atomic_store(&fs->orders->hold, false);
    ok(wait_seen(engine, &seen), "the device answers, the callback came once");
    is(seen.result, stopped ? -ETIME : BYTES, "with the real result");
    ok(stopped || matches_pattern(buf, BYTES, 4096), "and its bytes");
    is(auraio_pending_count(engine), 0, "nothing is left in flight");
}

int main(void)
{
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0);

    pipe_times_out(engine);
    in_time(engine, fd);
    hung_file(fs, engine, fd);
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
