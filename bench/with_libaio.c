/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux's older interface, by libaio: io_getevents takes what has completed, io_submit hands over
 * what follows. A transfer that is not O_DIRECT is done inside io_submit.
 */
#include "load.h"

#include <libaio.h>

#include <errno.h>
#include <stdlib.h>

static io_context_t context;
static struct iocb *blocks;     /* one for each slot */
static struct iocb **prepared;  /* those to be submitted */
static struct io_event *events; /* that completed */

static struct iocb *prepare(struct slot *slot)
{
    struct iocb *iocb = &blocks[slot->index];

    switch (slot->kind) {
    case READ_BLOCK:
        io_prep_pread(iocb, load.fd, slot->buf, load.block, slot->offset);
        break;
    case WRITE_BLOCK:
        io_prep_pwrite(iocb, load.fd, slot->buf, load.block, slot->offset);
        break;
    case SYNC_FILE:
        io_prep_fsync(iocb, load.fd);
        break;
    }
    iocb->data = slot;
    return iocb;
}

static void submit_prepared(struct worker *worker, int count)
{
    for (int at = 0; at < count;) {
        int n = io_submit(context, count - at, prepared + at);
        worker->calls++;
        if (n < 0 && n != -EAGAIN)
            load_fail("io_submit", -n);
        if (n > 0)
            at += n;
    }
}

static int take_events(struct worker *worker)
{
    int n = io_getevents(context, 1, load.depth, events, NULL);

    worker->calls++;
    if (n < 0 && n != -EINTR)
        load_fail("io_getevents", -n);
    return n < 0 ? 0 : n;
}

static void run(struct worker *worker)
{
    int in_use = 0;

    while (in_use < load.depth && worker_next(worker, &load.slots[in_use])) {
        prepared[in_use] = prepare(&load.slots[in_use]);
        in_use++;
    }
    submit_prepared(worker, in_use);
    while (in_use > 0) {
        int n = take_events(worker), count = 0;
        for (int i = 0; i < n; i++) {
            struct slot *slot = events[i].data;
            worker_done(worker, slot, (ssize_t)events[i].res);
            if (worker_next(worker, slot))
                prepared[count++] = prepare(slot);
            else
                in_use--;
        }
        submit_prepared(worker, count);
    }
}

int main(int argc, char **argv)
{
    static const struct contestant contestant = {NULL, false, false, false};

    load_open(argc, argv, &contestant);
    size_t depth = (size_t)load.depth;
    blocks = calloc(depth, sizeof *blocks);
    prepared = calloc(depth, sizeof(struct iocb *));
    events = calloc(depth, sizeof *events);
    if (!blocks || !prepared || !events)
        load_fail("memory", ENOMEM);
    int error = io_setup(load.depth, &context);
    if (error < 0)
        load_skip("io_setup", -error);
    load_run(1, run);
    load_close(0);
    if ((error = io_destroy(context)) < 0)
        load_fail("io_destroy", -error);
    free(events);
    free(prepared);
    free(blocks);
    return 0;
}
