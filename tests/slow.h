/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation that takes as long as the test wants: the read of a pipe that is
 * empty until slow_end. It is a data operation, so it counts against the limit of
 * its target, and all pipes are one target. On the thread backend it keeps a
 * worker busy: have fewer of them than workers.
 */
#ifndef SLOW_H
#define SLOW_H

#include "outcome.h"

struct slow {
    int out, in; /* of the pipe: read from, written to */
    unsigned char byte;
    auraio_request_t *req;
    struct seen seen;
};

static inline void slow_open(struct slow *slow)
{
    int ends[2];

    memset(slow, 0, sizeof *slow);
    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    slow->out = ends[0];
    slow->in = ends[1];
}

/* False, and errno, when it is refused. */
static inline bool slow_submit(auraio_engine_t *engine, struct slow *slow)
{
    atomic_store(&slow->seen.calls, 0);
    slow->req = auraio_read(engine, slow->out, auraio_buf(&slow->byte), 1, 0, see, &slow->seen);
    return slow->req != NULL;
}

/* Both at once; it is in the hands of the kernel or a worker, or held back. */
static inline void slow_start(auraio_engine_t *engine, struct slow *slow)
{
    slow_open(slow);
    if (!slow_submit(engine, slow))
        bail("a read of a pipe is refused: %s", strerror(errno));
    auraio_flush(engine);
}

/* Lets it end; the result is 1. */
static inline void slow_end(struct slow *slow)
{
    if (write(slow->in, "s", 1) != 1)
        bail("write to a pipe: %s", strerror(errno));
}

static inline void slow_close(struct slow *slow)
{
    close(slow->out);
    close(slow->in);
}

/* Ends it, waits for its callback and closes the pipe; what the callback was told. */
static inline ssize_t slow_finish(auraio_engine_t *engine, struct slow *slow)
{
    slow_end(slow);
    ssize_t result = outcome(engine, slow->req, &slow->seen);
    slow_close(slow);
    return result;
}

#endif
