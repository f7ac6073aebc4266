/* SPDX-License-Identifier: Apache-2.0 */
/* A forked child may have an engine of its own, beside the parent's or after it has freed that,
 * and so may its own child; the parent's works on meanwhile. */
#include "child.h"
#include "slow.h"

enum { BLOCK_BYTES = 4096, READS = 50 };

static auraio_engine_t *inherited;
static int fd;

static int own_engine(void *arg)
{
    int generations = *(int *)arg - 1;
    unsigned char buf[BLOCK_BYTES];
    struct seen seen = {0};
    auraio_options_t options;

    if (generations % 2)
        auraio_destroy(inherited);
    test_options(&options);
    auraio_engine_t *engine = auraio_create_with_options(&options);
    EXPECT(engine);
    for (int i = 0; i < READS; i++) {
        memset(buf, 0, sizeof buf);
        EXPECT(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                       &seen) == BLOCK_BYTES);
        EXPECT(matches_pattern(buf, BLOCK_BYTES, 0));
    }
    inherited = engine;
    if (generations > 0)
        EXPECT(in_child(own_engine, &generations) == 0);
    EXPECT(outcome(engine, auraio_nop(engine, see, &seen), &seen) == 0);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

int main(void)
{
    struct slow slow;
    struct seen seen = {0};
    int generations = 3;

    if ((UNDER_TSAN || UNDER_ASAN) && on_threads())
        skip_all("sanitizers do not bear threads after a fork");
    if (under_valgrind() && !on_threads())
        skip_all("valgrind takes the rings that a child does not inherit for there");
    fd = scratch_file("file", BLOCK_BYTES, 0);
    inherited = test_engine(NULL);
    auraio_engine_t *engine = inherited;
    slow_start(engine, &slow);
    pid_t child = start_child(own_engine, &generations);
    for (int i = 0; i < READS; i++)
        if (outcome(engine, auraio_nop(engine, see, &seen), &seen) != 0)
            break;
    is(join_child(child), 0, "a child, its child and its child's child");
    generations = 1;
    is(in_child(own_engine, &generations), 0, "one child alone");
    is(slow.seen.calls, 0, "the parent's operation is in flight");
    is(slow_finish(engine, &slow), 1, "and completes");
    is(outcome(engine, auraio_nop(engine, see, &seen), &seen), 0, "its engine works on");
    auraio_destroy(engine);
    return done();
}
