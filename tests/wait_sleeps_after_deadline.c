/* SPDX-License-Identifier: Apache-2.0 */
/* A deadline that has passed, of an operation that was long complete, does not keep a waiter
 * busy: it sleeps, and takes no time of the CPU. */
#include "slow.h"

#include <sys/resource.h>

enum { DEADLINE_MS = 30, WAIT_MS = 600, TRIES = 100 };

static double cpu_ms(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void sleeps(auraio_engine_t *engine, const char *what)
{
    double cpu_before_ms = cpu_ms(), began_ms = now_ms();

    is(auraio_wait(engine, WAIT_MS), 0, "%s: a wait", what);
    ok(now_ms() - began_ms >= WAIT_MS - 5, "lasts its time");
    double used_ms = cpu_ms() - cpu_before_ms;
    ok(used_ms < WAIT_MS / 2, "and is slept through (%.0f of %d ms)", used_ms, WAIT_MS);
}

int main(void)
{
    auraio_options_t options;
    struct seen seen = {0};
    struct slow slow;

    test_options(&options);
    options.ring_count = on_single() ? 1 : 2;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    auraio_op_t op = simple_op(AURAIO_OP_NOP, -1, &seen);
    op.timeout_ms = DEADLINE_MS;
    ssize_t result = -ETIME;
    for (int i = 0; i < TRIES && result == -ETIME; i++) /* a worker may be late */
        result = outcome_of(engine, &op, &seen);
    is(result, 0, "an operation completes before its deadline");
    if (!on_single()) /* whose only thread does not wait for nothing */
        sleeps(engine, "idle");
    slow_start(engine, &slow);
    sleeps(engine, "with another operation in flight");
    is(slow_finish(engine, &slow), 1, "which completes");
    auraio_destroy(engine);
    return done();
}
