/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that always has more to read: so many reads of 4 KiB in flight, each
 * followed by the next from its callback, until it is stopped.
 */
#ifndef PUMP_H
#define PUMP_H

#include "support.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

enum { PUMP_BLOCK = 4096, PUMP_MAX = 256 };

static struct pump {
    auraio_engine_t *engine;
    int fd;
    int64_t blocks; /* of the file */
    int64_t next;
    int count; /* of buffers, each with one read after the other */
    void *buffers[PUMP_MAX];
    int running; /* reads not ended */
    int wrong;
    bool stopped;
} pump;

static void pump_read(void *buf);

static void pump_done(auraio_request_t *req, ssize_t result, void *buf)
{
    (void)req;
    pump.running--;
    pump.wrong += result != PUMP_BLOCK;
    if (!pump.stopped)
        pump_read(buf);
}

static void pump_read(void *buf)
{
    int64_t block = pump.next++ * 2654435761 % pump.blocks;

    pump.running++;
    if (!auraio_read(pump.engine, pump.fd, auraio_buf(buf), PUMP_BLOCK, block * PUMP_BLOCK,
                     pump_done, buf))
        bail("a read was refused: %s", strerror(errno));
}

static void pump_begin(auraio_engine_t *engine, int fd, int64_t bytes, int n)
{
    pump = (struct pump){.engine = engine, .fd = fd, .blocks = bytes / PUMP_BLOCK};
    for (; pump.count < n; pump.count++) {
        pump.buffers[pump.count] = auraio_buffer_alloc(engine, PUMP_BLOCK);
        pump_read(pump.buffers[pump.count]);
    }
}

/* One step of the program's loop. */
static void pump_wait(void)
{
    if (auraio_wait(pump.engine, 1000) < 0)
        bail("wait: %s", strerror(errno));
}

static void pump_end(void)
{
    pump.stopped = true;
    auraio_drain(pump.engine, 60000);
    is(pump.running, 0, "all reads have ended");
    is(pump.wrong, 0, "... with all their bytes");
    for (int i = 0; i < pump.count; i++)
        auraio_buffer_free(pump.engine, pump.buffers[i]);
}

#endif
