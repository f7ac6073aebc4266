/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events to come, earliest first: a heap with four children to a node, in
 * memory that the owner gives. Nothing is allocated, nothing removed before its time.
 */
#ifndef EVQUEUE_H
#define EVQUEUE_H

#include <assert.h>
#include <stdint.h>

#define EVQUEUE_SIZE (1 << 17)

enum event_kind {
    EVENT_SERVED,   /* an operation leaves its channel */
    EVENT_ARRIVED,  /* an operation comes back over the wire */
    EVENT_RELEASED, /* an operation gets its credit */
    EVENT_REAP,     /* a ring's thread looks again */
    EVENT_APP,      /* an application submits or turns */
    EVENT_CHANGE    /* a device becomes another */
};

struct event {
    uint64_t at;
    uint32_t kind, id;
};

struct evqueue {
    int count;
    struct event heap[EVQUEUE_SIZE];
};

static inline void evqueue_add(struct evqueue *queue, uint64_t at, enum event_kind kind,
                               uint32_t id)
{
    int hole = queue->count++;

    assert(queue->count < EVQUEUE_SIZE);
    while (hole && queue->heap[(hole - 1) / 4].at > at) {
        queue->heap[hole] = queue->heap[(hole - 1) / 4];
        hole = (hole - 1) / 4;
    }
    queue->heap[hole] = (struct event){at, kind, id};
}

/* Of the children of a hole the earliest. */
static inline int evqueue_least_child(const struct evqueue *queue, int hole)
{
    int first = hole * 4 + 1;
    int end = first + 4 < queue->count ? first + 4 : queue->count;
    int least = first;

    for (int i = first + 1; i < end; i++) {
        if (queue->heap[i].at < queue->heap[least].at)
            least = i;
    }
    return least;
}

static inline struct event evqueue_take(struct evqueue *queue)
{
    struct event first = queue->heap[0];
    struct event last = queue->heap[--queue->count];
    int hole = 0;

    while (hole * 4 + 1 < queue->count) {
        int child = evqueue_least_child(queue, hole);
        if (queue->heap[child].at >= last.at)
            break;
        queue->heap[hole] = queue->heap[child];
        hole = child;
    }
    queue->heap[hole] = last;
    return first;
}

#endif
