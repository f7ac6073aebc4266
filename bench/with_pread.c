/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of as many threads as operations may be in flight. Each calls pread, pwrite or fsync.
 *
 * Alone, each thread of the pool goes through operations of its own, so nothing is handed over:
 * --threads both is the same. With submit-wait another thread hands operations to the pool by way
 * of a queue, and who did an operation completes it.
 */
#include "load.h"
#include "submitter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* Room for every slot. A NULL ends the thread that takes it. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t is_filled;
    struct slot **slots;
    int first, count, room;
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER, .is_filled = PTHREAD_COND_INITIALIZER};

static ssize_t perform(const struct slot *slot)
{
    ssize_t n = 0;

    switch (slot->kind) {
    case READ_BLOCK:
        n = pread(load.fd, slot->buf, load.block, slot->offset);
        break;
    case WRITE_BLOCK:
        n = pwrite(load.fd, slot->buf, load.block, slot->offset);
        break;
    case SYNC_FILE:
        n = fsync(load.fd);
        break;
    }
    return n < 0 ? -errno : n;
}

static void run_own(struct worker *worker)
{
    struct slot *slot = &load.slots[worker - load.workers];

    while (worker_next(worker, slot)) {
        worker->calls++;
        worker_done(worker, slot, perform(slot));
    }
}

static void must(int error)
{
    if (error)
        load_fail("queue", error);
}

static void enqueue(struct slot *slot)
{
    must(pthread_mutex_lock(&queue.mutex));
    queue.slots[(queue.first + queue.count++) % queue.room] = slot;
    must(pthread_mutex_unlock(&queue.mutex));
    must(pthread_cond_signal(&queue.is_filled));
}

static struct slot *dequeue(void)
{
    must(pthread_mutex_lock(&queue.mutex));
    while (queue.count == 0)
        must(pthread_cond_wait(&queue.is_filled, &queue.mutex));
    struct slot *slot = queue.slots[queue.first];
    queue.first = (queue.first + 1) % queue.room;
    queue.count--;
    must(pthread_mutex_unlock(&queue.mutex));
    return slot;
}

static void submit_or_serve(struct worker *worker)
{
    struct slot *slot;

    if (worker == load.workers) {
        submit_and_compute(worker, enqueue);
        for (int i = 0; i < load.depth; i++)
            enqueue(NULL);
        return;
    }
    while ((slot = dequeue())) {
        worker->calls++;
        worker_done(worker, slot, perform(slot));
        slot_release(slot);
    }
}

int main(int argc, char **argv)
{
    static const struct contestant contestant = {NULL, false, false, true};

    load_open(argc, argv, &contestant);
    queue.room = load.depth;
    queue.slots = calloc((size_t)queue.room, sizeof *queue.slots);
    if (!queue.slots)
        load_fail("memory", ENOMEM);
    if (load.threading == SUBMIT_WAIT)
        load_run(1 + load.depth, submit_or_serve);
    else
        load_run(load.depth, run_own);
    load_close(0);
    free(queue.slots);
    return 0;
}
