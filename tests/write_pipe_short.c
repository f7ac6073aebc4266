/* SPDX-License-Identifier: Apache-2.0 */
/* A full O_NONBLOCK pipe takes a part of a write, then nothing; one without a reader EPIPE. */
#include "outcome.h"

#include <signal.h>

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    static unsigned char buf[1 << 20], back[1 << 20];
    struct seen seen = {0};
    int ends[2];

    signal(SIGPIPE, SIG_IGN);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        bail("pipe: %s", strerror(errno));
    fill_pattern(buf, sizeof buf, 0);
    int room = fcntl(ends[1], F_GETPIPE_SZ);
    is(outcome(engine, auraio_write(engine, ends[1], auraio_buf(buf), sizeof buf, 0, see, &seen),
               &seen),
       room, "a write of 1 MiB gives the room of the pipe");
    is(seen.error, 0, "without an error");
    is(outcome(engine, auraio_write(engine, ends[1], auraio_buf(buf), 1, 0, see, &seen), &seen),
       -EAGAIN, "the next gives EAGAIN");
    is(read(ends[0], back, sizeof back), room, "the other end");
    ok(matches_pattern(back, (size_t)room, 0), "gets what was written");
    close(ends[0]);
    is(outcome(engine, auraio_write(engine, ends[1], auraio_buf(buf), 10, 0, see, &seen), &seen),
       -EPIPE, "without a reader a write gives EPIPE");
    close(ends[1]);
    auraio_destroy(engine);
    return done();
}
