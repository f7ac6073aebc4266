/* SPDX-License-Identifier: Apache-2.0 */
/* EAGAIN: a submission beyond the limit is refused, its callback never runs, and it is counted;
 * as soon as there is room the same submission passes. */
#include "slow.h"

enum { LIMIT = 2, MORE = 5 };

int main(void)
{
    struct slow slow[LIMIT], more[MORE];
    struct seen seen = {0};
    unsigned char byte;
    auraio_options_t options;
    auraio_stats_t stats;
    auraio_op_t batch[LIMIT + 1];
    int refused = 0;

    test_options(&options);
    options.disable_adaptive = true;
    options.overflow = AURAIO_OVERFLOW_EAGAIN;
    auraio_engine_t *engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, LIMIT), 0, "a limit of %d", LIMIT);
    for (int i = 0; i < LIMIT; i++)
        slow_start(engine, &slow[i]);
    for (int i = 0; i < MORE; i++) {
        slow_open(&more[i]);
        errno = 0;
        refused += !slow_submit(engine, &more[i]) && errno == EAGAIN;
    }
    is(refused, MORE, "those beyond it are refused with EAGAIN");
    is(auraio_pending_count(engine), LIMIT, "and are not pending");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.eagain_count, MORE, "count them");
    is(stats.queued, 0, "nothing is held back");
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "what moves no data passes");
    is(outcome(engine,
               auraio_read(engine, scratch_file("file", 1, 0), auraio_buf(&byte), 1, 0, see, &seen),
               &seen),
       1, "another target too");

    is(slow_finish(engine, &slow[0]), 1, "one completes");
    ok(slow_submit(engine, &more[0]), "there is room for one");
    errno = 0;
    ok(!slow_submit(engine, &more[1]), "and no more");
    is(errno, EAGAIN, "EAGAIN");
    is(slow_finish(engine, &slow[1]), 1, "the others complete");
    is(slow_finish(engine, &more[0]), 1, "too");
    for (int i = 0; i <= LIMIT; i++)
        batch[i] = transfer_op(AURAIO_OP_READ, more[1].out, &more[1].byte, 1, 0, &more[1].seen);
    is(auraio_submit(engine, batch, LIMIT + 1, NULL), LIMIT, "of a batch the front is accepted");
    if (write(more[1].in, "bb", LIMIT) != LIMIT)
        bail("write: %s", strerror(errno));
    is(auraio_drain(engine, 60000), LIMIT, "and completes");
    is(more[1].seen.calls, LIMIT, "no more than that");
    for (int i = 1; i < MORE; i++)
        slow_close(&more[i]);
    auraio_destroy(engine);
    return done();
}
