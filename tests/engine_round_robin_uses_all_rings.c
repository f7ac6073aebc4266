/* SPDX-License-Identifier: Apache-2.0 */
/* With ROUND_ROBIN each ring takes its turn, whichever CPU the thread runs on. */
#include "outcome.h"

enum { RINGS = 3, EACH = 20, BYTES = 4096 };

int main(void)
{
    struct seen seen[RINGS * EACH] = {0};
    auraio_ring_stats_t ring;
    auraio_options_t options;
    int accepted = 0, fair = 0, once = 0;

    test_options(&options);
    options.ring_count = RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    int fd = scratch_file("file", BYTES, 0);
    static char buf[BYTES];
    for (int i = 0; i < RINGS * EACH; i++)
        accepted += auraio_read(engine, fd, auraio_buf(buf), BYTES, 0, see, &seen[i]) != NULL;
    is(accepted, RINGS * EACH, "all are accepted");
    is(auraio_drain(engine, 60000), RINGS * EACH, "all complete");
    for (int i = 0; i < RINGS * EACH; i++)
        once += seen[i].calls == 1 && seen[i].result == BYTES;
    is(once, RINGS * EACH, "each once");
    for (int i = 0; i < RINGS; i++)
        if (auraio_get_ring_stats(engine, i, &ring) == 0 && !(ring.flags & AURAIO_RING_UNUSED))
            fair += ring.ops_completed == EACH;
    is(fair, RINGS, "every ring had its share of them");
    auraio_destroy(engine);
    return done();
}
