/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody sets the clock, forth and back by an hour at every look: waits, deadlines and windows
 * take the time they should, for the library goes by the monotonic one. This program stands in for
 * clock_settime(2), which would set the clock of all others: it gives the library the wall clock's
 * readings. */
#include "slow.h"

#include <sys/syscall.h>
#include <sys/time.h>

enum { HOUR_S = 3600, WAIT_MS = 60, LATE_MS = 20000, BLOCK_BYTES = 512, READS = 500 };

static _Atomic unsigned jumps;

static time_t jumped(time_t seconds)
{
    return atomic_fetch_add(&jumps, 1) % 2 ? seconds + HOUR_S : seconds - HOUR_S;
}

/* These are found before those of the C library. */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);

    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec = jumped(now->tv_sec);
    return (int)result;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
    struct timespec now;

    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    now.tv_sec = jumped(now.tv_sec);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

static bool takes(double began_ms, double wanted_ms)
{
    double took_ms = now_ms() - began_ms;

    return took_ms > wanted_ms - 5 && took_ms < LATE_MS;
}

int main(void)
{
    static unsigned char buf[BLOCK_BYTES];
    auraio_engine_t *engine = test_engine(NULL);
    int fd = scratch_file("file", BLOCK_BYTES, 0), right = 0;
    struct seen seen = {0};
    struct timespec one, two;
    struct slow slow, timed;

    clock_gettime(CLOCK_REALTIME, &one);
    clock_gettime(CLOCK_REALTIME, &two);
    ok(labs((long)(two.tv_sec - one.tv_sec)) > HOUR_S, "the clock jumps by hours");
    slow_start(engine, &slow);
    double began_ms = now_ms();
    is(auraio_wait(engine, WAIT_MS), 0, "a wait with a limit ends");
    ok(takes(began_ms, WAIT_MS), "in its time");
    slow_open(&timed);
    auraio_op_t op = transfer_op(AURAIO_OP_READ, timed.out, &timed.byte, 1, 0, &timed.seen);
    op.timeout_ms = WAIT_MS;
    began_ms = now_ms();
    is(outcome_of(engine, &op, &timed.seen), -ETIME, "a deadline passes");
    ok(takes(began_ms, WAIT_MS), "in its time");
    began_ms = now_ms();
    is(auraio_drain(engine, WAIT_MS), -1, "a drain gives up");
    ok(takes(began_ms, WAIT_MS), "in its time");
    for (int i = 0; i < READS; i++)
        right +=
            outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                    &seen) == BLOCK_BYTES;
    is(right, READS, "reads are right");
    is(slow_finish(engine, &slow), 1, "what was in flight all the time too");
    slow_close(&timed);
    auraio_destroy(engine);
    return done();
}
