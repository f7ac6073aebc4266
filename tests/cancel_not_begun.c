/* SPDX-License-Identifier: Apache-2.0 */
/* What has not begun is stopped for sure: a read that waits for a worker, and submissions that
 * were gathered and not sent. */
#include "slow.h"

enum { GATHERED = 5 };

int main(void)
{
    struct slow busy, next, gathered[GATHERED];
    auraio_options_t options;
    int asked = 0, stopped = 0;

    test_options(&options);
    options.backend_threads = 1;
    options.batch_threshold = 0;
    auraio_engine_t *engine = test_engine(&options);
    slow_start(engine, &busy);
    slow_start(engine, &next);
    is(auraio_wait(engine, 50), 0, "two that do not end, one worker at most for them");
    is(auraio_cancel(engine, next.req), 0, "the second is cancelled");
    is(outcome(engine, next.req, &next.seen), -ECANCELED, "and stopped");
    slow_close(&next);

    for (int i = 0; i < GATHERED; i++) {
        slow_open(&gathered[i]);
        ok(slow_submit(engine, &gathered[i]), "number %d is gathered", i);
    }
    for (int i = 0; i < GATHERED; i++)
        asked += auraio_cancel(engine, gathered[i].req) == 0;
    is(asked, GATHERED, "all are cancelled before they are sent");
    for (int i = 0; i < GATHERED; i++) {
        stopped += outcome(engine, gathered[i].req, &gathered[i].seen) == -ECANCELED;
        slow_close(&gathered[i]);
    }
    is(stopped, GATHERED, "and stopped");
    is(auraio_pending_count(engine), 1, "only the first is left");
    is(slow_finish(engine, &busy), 1, "and completes");
    auraio_destroy(engine);
    return done();
}
