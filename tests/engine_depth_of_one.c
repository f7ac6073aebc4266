/* SPDX-License-Identifier: Apache-2.0 */
/* An engine that holds one operation at a time: one more is refused until the callback of the
 * first has begun, and the callback may put another in its place. */
#include "slow.h"

static auraio_engine_t *engine;
static struct seen successor;
static int successors_left = 10, taken;

static void replace(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    if (successors_left-- > 0)
        taken += auraio_nop(engine, replace, NULL) != NULL;
    else
        taken += auraio_nop(engine, see, &successor) != NULL;
}

int main(void)
{
    auraio_options_t options;
    auraio_stats_t stats;
    struct slow slow, more;

    test_options(&options);
    options.queue_depth = 1;
    options.ring_count = 1;
    engine = test_engine(&options);
    slow_start(engine, &slow);
    slow_open(&more);
    for (int i = 0; i < 3; i++) {
        errno = 0;
        ok(!slow_submit(engine, &more), "one more is refused");
        is(errno, EAGAIN, "with EAGAIN");
    }
    is(auraio_pending_count(engine), 1, "one is pending");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.eagain_count, 3, "count the refusals");
    is(slow_finish(engine, &slow), 1, "the first one completes");
    is(more.seen.calls, 0, "the refused one's callback never ran");
    ok(slow_submit(engine, &more), "now there is room");
    is(slow_finish(engine, &more), 1, "and it completes");

    ok(auraio_nop(engine, replace, NULL), "an operation whose callback submits the next");
    ok(wait_seen(engine, &successor), "the last one of the row completes");
    is(taken, 11, "each found room in its predecessor's place");
    is(auraio_pending_count(engine), 0, "nothing is pending");
    auraio_destroy(engine);
    return done();
}
