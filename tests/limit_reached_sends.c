/* SPDX-License-Identifier: Apache-2.0 */
/* The submission that reaches the in-flight limit sends what was gathered: nothing can be added,
 * so the device need not wait for the next call. So does a drain that gives up send what it
 * started. */
#include "outcome.h"

#include <sys/ioctl.h>

enum { LIMIT = 4, PATIENCE_MS = 60000 };

static auraio_engine_t *limited_engine(int limit)
{
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1;
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    if (auraio_set_max_in_flight(engine, limit) != 0)
        bail("set_max_in_flight: %s", strerror(errno));
    return engine;
}

/* How many bytes come without a call of the library. */
static int come(int pipe_end, int wanted)
{
    struct timespec pause = {0, 1000000};
    int n = 0;

    for (double end_ms = now_ms() + PATIENCE_MS; n < wanted && now_ms() < end_ms;) {
        nanosleep(&pause, NULL);
        if (ioctl(pipe_end, FIONREAD, &n) != 0)
            return -1;
    }
    return n;
}

static void submit_writes(auraio_engine_t *engine, int fd, struct seen *seen, int n)
{
    for (int i = 0; i < n; i++)
        if (!auraio_write(engine, fd, auraio_buf("w"), 1, 0, see, &seen[i]))
            bail("a write to a pipe is refused: %s", strerror(errno));
}

static void limit_is_reached(void)
{
    auraio_engine_t *engine = limited_engine(LIMIT);
    struct seen seen[LIMIT] = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    submit_writes(engine, ends[1], seen, LIMIT);
    is(come(ends[0], LIMIT), LIMIT, "%d writes under a limit of %d are sent", LIMIT, LIMIT);
    is(auraio_drain(engine, 60000), LIMIT, "and complete");
    auraio_destroy(engine);
    close(ends[0]);
    close(ends[1]);
}

static void drain_gives_up(void)
{
    auraio_engine_t *engine = limited_engine(1);
    struct seen seen[2] = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    submit_writes(engine, ends[1], seen, 2);
    is(come(ends[0], 1), 1, "of two writes under a limit of 1 the first is made");
    for (double end_ms = now_ms() + PATIENCE_MS; !seen[0].calls && now_ms() < end_ms;)
        auraio_drain(engine, 0);
    is(seen[0].calls, 1, "a drain without time delivers it");
    is(come(ends[0], 2), 2, "... and has sent the second");
    is(auraio_drain(engine, 60000), 1, "which completes");
    is(seen[1].result, 1, "in full");
    auraio_destroy(engine);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    limit_is_reached();
    drain_gives_up();
    return done();
}
