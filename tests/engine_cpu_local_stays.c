/* SPDX-License-Identifier: Apache-2.0 */
/* With CPU_LOCAL a thread that stays on its CPU uses one ring, and when that one is full it is
 * told EAGAIN, however empty the others are. */
#include "rings.h"
#include "slow.h"

enum { RINGS = 3, DEPTH = 4 };

int main(void)
{
    struct slow slow[DEPTH], more;
    auraio_options_t options;
    int ended = 0;

    if (!stay_on_one_cpu())
        skip_all("this thread cannot be bound to a CPU");
    test_options(&options);
    options.ring_count = RINGS;
    options.queue_depth = DEPTH;
    options.ring_select = AURAIO_SELECT_CPU_LOCAL;
    auraio_engine_t *engine = test_engine(&options);

    for (int i = 0; i < DEPTH; i++)
        slow_start(engine, &slow[i]);
    slow_open(&more);
    errno = 0;
    ok(!slow_submit(engine, &more), "the ring of this CPU holds %d and takes no more", DEPTH);
    is(errno, EAGAIN, "EAGAIN");
    is(rings_used(engine, NULL), 1, "no other ring was used");
    is(auraio_pending_count(engine), DEPTH, "what it took is pending");
    for (int i = 0; i < DEPTH; i++)
        ended += slow_finish(engine, &slow[i]) == 1;
    is(ended, DEPTH, "and completes");
    ok(slow_submit(engine, &more), "now there is room");
    is(slow_finish(engine, &more), 1, "for one more");
    auraio_destroy(engine);
    return done();
}
