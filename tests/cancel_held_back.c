/* SPDX-License-Identifier: Apache-2.0 */
/* An operation that the library holds back is cancelled at once and without the kernel; those
 * before and behind it in the queue keep their places. */
#include "slow.h"

enum { HELD = 5 };

int main(void)
{
    struct slow first, held[HELD];
    auraio_options_t options;
    auraio_stats_t stats;

    test_options(&options);
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 1), 0, "one at a time");
    slow_start(engine, &first);
    for (int i = 0; i < HELD; i++)
        slow_start(engine, &held[i]);
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.queued, HELD, "tell that the others are held back");
    is(auraio_pending_count(engine), HELD + 1, "all are pending");

    is(auraio_cancel(engine, held[0].req), 0, "the first in the queue is cancelled");
    is(auraio_cancel(engine, held[2].req), 0, "one in the middle");
    is(auraio_cancel(engine, held[4].req), 0, "the last");
    is(auraio_wait_n(engine, 3, 60000), 3, "they come while the one in flight does not");
    for (int i = 0; i < HELD; i += 2) {
        is(held[i].seen.calls, 1, "the callback of number %d has run", i);
        is(held[i].seen.result, -ECANCELED, "with -ECANCELED");
        slow_close(&held[i]);
    }
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.queued, 2, "tell that two are left");
    slow_end(&held[1]);
    is(auraio_wait(engine, 50), 0, "they have not begun");
    is(slow_finish(engine, &first), 1, "the one in flight completes");
    is(outcome(engine, held[1].req, &held[1].seen), 1, "now the next one has its turn");
    slow_close(&held[1]);
    is(slow_finish(engine, &held[3]), 1, "and then the last one");
    is(auraio_pending_count(engine), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
