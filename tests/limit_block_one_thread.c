/* SPDX-License-Identifier: Apache-2.0 */
/* BLOCK: a submission beyond the limit returns when there is room. The caller is alone, so the
 * library reaps meanwhile; callbacks are left to the polls. In a callback it acts as QUEUE. */
#include "outcome.h"

enum { OPERATIONS = 2000, GENEROUS_MS = 8000, LIMIT = 2, BLOCK_BYTES = 512 };

static auraio_engine_t *engine;
static unsigned char bufs[OPERATIONS][BLOCK_BYTES];
static struct seen seen[OPERATIONS], from_callback[10];
static int fd, accepted_inside;

static void submit_inside(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    (void)result;
    (void)user_data;
    for (int i = 0; i < 10; i++)
        accepted_inside += auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, 0, see,
                                       &from_callback[i]) != NULL;
}

int main(void)
{
    int accepted = 0, early = 0, once = 0, right = 0, inside = 0;
    auraio_options_t options;
    auraio_stats_t stats;

    fd = scratch_file("file", BLOCK_BYTES, 0);
    test_options(&options);
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_BLOCK;
    options.queue_depth = 2 * OPERATIONS;
    options.ring_count = 1;
    engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, LIMIT), 0, "a limit of %d", LIMIT);
    double began_ms = now_ms();
    for (int i = 0; i < OPERATIONS; i++) {
        accepted +=
            auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, 0, see, &seen[i]) != NULL;
        early += seen[i].calls;
    }
    is(accepted, OPERATIONS, "%d are accepted, one after the other", OPERATIONS);
    for (int i = 0; i < OPERATIONS; i++)
        early += seen[i].calls;
    ok(now_ms() - began_ms < GENEROUS_MS, "as fast as there is room (%.0f ms)",
       now_ms() - began_ms);
    is(early, 0, "no callback ran inside a submission");
    is(auraio_drain(engine, 60000), OPERATIONS, "all complete");
    for (int i = 0; i < OPERATIONS; i++) {
        once += seen[i].calls == 1;
        right += matches_pattern(bufs[i], BLOCK_BYTES, 0);
    }
    is(once, OPERATIONS, "each callback has run once");
    is(right, OPERATIONS, "with the right bytes");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    ok(stats.peak_in_flight <= LIMIT, "never more in flight than that (%d)", stats.peak_in_flight);
    is(stats.eagain_count, 0, "none was refused");

    ok(auraio_nop(engine, submit_inside, NULL), "an operation whose callback submits ten");
    is(auraio_drain(engine, 60000), 11, "all complete");
    is(accepted_inside, 10, "all were accepted inside the callback");
    for (int i = 0; i < 10; i++)
        inside += from_callback[i].calls == 1 && from_callback[i].result == BLOCK_BYTES;
    is(inside, 10, "each has run once");
    auraio_destroy(engine);
    return done();
}
