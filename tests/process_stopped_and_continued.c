/* SPDX-License-Identifier: Apache-2.0 */
/* A process that is stopped and continued in the middle of its work goes on with it: nothing is
 * lost, and no wait ends early. */
#include "child.h"
#include "slow.h"
#include "threads.h"

enum { STOPS = 5, STOP_MS = 100, LAST_STOP_MS = 3000, WORK_MS = 5000, BLOCK_BYTES = 4096 };

static int work(void *arg)
{
    unsigned char buf[BLOCK_BYTES];
    struct seen seen = {0};
    struct slow slow;
    int fd = *(int *)arg;

    auraio_engine_t *engine = test_engine(NULL);
    slow_start(engine, &slow);
    for (double end_ms = now_ms() + WORK_MS; now_ms() < end_ms;) {
        EXPECT(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), BLOCK_BYTES, 0, see, &seen),
                       &seen) == BLOCK_BYTES);
        EXPECT(matches_pattern(buf, BLOCK_BYTES, 0));
        double began_ms = now_ms();
        EXPECT(auraio_wait(engine, 50) == 0);
        EXPECT(now_ms() - began_ms >= 45);
    }
    EXPECT(slow_finish(engine, &slow) == 1);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

int main(void)
{
    int fd = scratch_file("file", BLOCK_BYTES, 0);

    need_others_while_asleep();
    auraio_destroy(test_engine(NULL));
    pid_t child = start_child(work, &fd);
    for (int i = 0; i < STOPS; i++) {
        sleep_ms(150);
        kill(child, SIGSTOP);
        sleep_ms(i < STOPS - 1 ? STOP_MS : LAST_STOP_MS);
        kill(child, SIGCONT);
    }
    is(join_child(child), 0, "a process that was stopped %d times has done its work", STOPS);
    return done();
}
