/* SPDX-License-Identifier: Apache-2.0 */
/* While an operation with a far deadline is in flight, a wait still ends as soon as another one
 * completes, and when the deadline comes. */
#include "slow.h"
#include "threads.h"

enum { FAR_MS = 120000, NEAR_MS = 100, GENEROUS_MS = 30000 };

static void *end_later(void *arg)
{
    sleep_ms(50);
    slow_end(arg);
    return NULL;
}

static auraio_op_t read_with_deadline(struct slow *slow, int timeout_ms)
{
    auraio_op_t op = transfer_op(AURAIO_OP_READ, slow->out, &slow->byte, 1, 0, &slow->seen);

    op.timeout_ms = timeout_ms;
    return op;
}

int main(void)
{
    auraio_engine_t *engine;
    struct slow far, near, other;
    pthread_t thread;

    need_others_while_asleep();
    engine = test_engine(NULL);
    slow_open(&far);
    auraio_op_t op = read_with_deadline(&far, FAR_MS);
    is(auraio_submit(engine, &op, 1, &far.req), 1, "an operation with a far deadline");
    slow_start(engine, &other);
    start_threads(&thread, 1, end_later, &other);
    double began_ms = now_ms();
    is(auraio_wait(engine, FAR_MS), 1, "a wait ends with another operation");
    ok(now_ms() - began_ms < GENEROUS_MS, "as soon as it completes (%.0f ms)", now_ms() - began_ms);
    join_threads(&thread, 1);
    is(other.seen.calls == 1 ? other.seen.result : -1, 1, "it has read its byte");
    slow_close(&other);

    slow_open(&near);
    op = read_with_deadline(&near, NEAR_MS);
    is(auraio_submit(engine, &op, 1, &near.req), 1, "an operation with a near deadline");
    began_ms = now_ms();
    is(outcome(engine, near.req, &near.seen), -ETIME, "is stopped");
    ok(now_ms() - began_ms >= NEAR_MS - 5, "not before its time");
    ok(now_ms() - began_ms < GENEROUS_MS, "and not much later");
    slow_close(&near);
    is(far.seen.calls, 0, "the first one is still in flight");
    is(slow_finish(engine, &far), 1, "and completes");
    auraio_destroy(engine);
    return done();
}
