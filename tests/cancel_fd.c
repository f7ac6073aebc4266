/* SPDX-License-Identifier: Apache-2.0 */
/* cancel_fd asks all operations on one descriptor to stop, held back or in flight, and leaves
 * those on others alone. */
#include "slow.h"

enum { EACH = 4 };

static auraio_engine_t *engine;

/* Several reads of one pipe. */
static void start_on(struct slow *slow, const struct slow *pipe)
{
    *slow = *pipe;
    if (!slow_submit(engine, slow))
        bail("a read of a pipe is refused: %s", strerror(errno));
}

static void round_of(int limit)
{
    struct slow one[EACH], two[EACH], pipes[2];
    int stopped = 0, own = 0;

    note("limit %d", limit);
    auraio_set_max_in_flight(engine, limit);
    slow_open(&pipes[0]);
    slow_open(&pipes[1]);
    for (int i = 0; i < EACH; i++) {
        start_on(&one[i], &pipes[0]);
        start_on(&two[i], &pipes[1]);
    }
    auraio_flush(engine);
    is(auraio_pending_count(engine), 2 * EACH, "reads of two pipes");
    is(auraio_cancel_fd(engine, pipes[0].out), EACH, "those of the first are asked to stop");
    is(auraio_wait_n(engine, EACH, 60000), EACH, "and do");
    for (int i = 0; i < EACH; i++)
        stopped += one[i].seen.calls == 1 && one[i].seen.result == -ECANCELED;
    is(stopped, EACH, "each with -ECANCELED, once");
    if (write(pipes[1].in, "0123", EACH) != EACH)
        bail("write: %s", strerror(errno));
    is(auraio_drain(engine, 60000), EACH, "the others complete");
    for (int i = 0; i < EACH; i++)
        own += two[i].seen.calls == 1 && two[i].seen.result == 1;
    is(own, EACH, "having read a byte each");
    is(auraio_cancel_fd(engine, pipes[0].out), 0, "nothing is left to be stopped");
    slow_close(&pipes[0]);
    slow_close(&pipes[1]);
}

int main(void)
{
    auraio_options_t options;

    test_options(&options);
    options.disable_adaptive = true;
    engine = test_engine(&options);
    is(auraio_cancel_fd(engine, 0), 0, "no operation on this descriptor");
    round_of(0);
    round_of(1);
    round_of(3);
    auraio_destroy(engine);
    return done();
}
