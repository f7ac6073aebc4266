/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which ring a submission goes to. CPUs get rings in the order they are met, so
 * that a process on two CPUs of many has two rings side by side. Reads the load
 * of rings without their locks: a guess that is a little old routes as well.
 */
#include "route.h"

#include <errno.h>

#define CPU_REFRESH 2    /* routes a thread is given before it asks for its CPU again, */
#define ROUTE_LASTS 16   /* each for so many submissions; 32 in all at most, */
#define ROUTE_SHARE 16   /* and no more than this part of the queue depth */
#define BUSY_PERCENT 75  /* of its depth: from here a ring may pass work on */
#define BUSY_OVER_MEAN 2 /* and only when it is loaded this many times the mean */

static int cpu_of(struct thread *thread)
{
    if (thread->cpu < 0 || ++thread->cpu_age >= CPU_REFRESH) {
        int cpu = aur_kern.getcpu();
        thread->cpu = cpu >= 0 ? cpu : (int)(thread->id * 2654435761u >> 8);
        thread->cpu_age = 0;
    }
    return thread->cpu;
}

static int ring_of_cpu(auraio_engine_t *engine, int cpu)
{
    _Atomic uint16_t *entry = &engine->cpu_map[cpu % CPU_MAP];
    uint16_t ring = atomic_load_explicit(entry, memory_order_relaxed);

    if (!ring) {
        uint16_t next = (uint16_t)(atomic_fetch_add(&engine->cpu_rings, 1) % engine->ring_max + 1);
        if (atomic_compare_exchange_strong(entry, &ring, next))
            ring = next;
    }
    return ring - 1;
}

static int load_of(const auraio_engine_t *engine, int index)
{
    const struct ring *ring = engine_ring_made(engine, index);

    return ring ? aur_ring_pending(ring) : 0;
}

static uint32_t random_number(struct thread *thread)
{
    uint32_t x = thread->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return thread->random = x;
}

/* The lighter of two others; the CPU's own when pressure is everywhere. */
static int spill(auraio_engine_t *engine, struct thread *thread, int own, int load)
{
    int n = engine->ring_max, total = 0;

    for (int i = 0; i < n; i++)
        total += load_of(engine, i);
    if (load <= BUSY_OVER_MEAN * total / n)
        return own;
    int a = (own + 1 + (int)(random_number(thread) % (unsigned)(n - 1))) % n;
    int b = (own + 1 + (int)(random_number(thread) % (unsigned)(n - 1))) % n;
    int lighter = load_of(engine, a) <= load_of(engine, b) ? a : b;
    return load_of(engine, lighter) < load ? lighter : own;
}

static int choose(auraio_engine_t *engine, struct thread *thread, bool *spilled)
{
    int index, load;

    if (engine->options.ring_select == AURAIO_SELECT_ROUND_ROBIN)
        index =
            (int)((unsigned)atomic_fetch_add(&engine->ring_turn, 1) % (unsigned)engine->ring_max);
    else
        index = ring_of_cpu(engine, cpu_of(thread));
    if (engine->options.ring_select == AURAIO_SELECT_CPU_LOCAL)
        return index;
    load = load_of(engine, index);
    if (engine->options.ring_select == AURAIO_SELECT_ADAPTIVE &&
        load * 100 > engine->options.queue_depth * BUSY_PERCENT) {
        int other = spill(engine, thread, index, load);
        *spilled = other != index;
        index = other;
    }
    return index;
}

int aur_route_lasts(const auraio_engine_t *engine)
{
    int n = engine->options.queue_depth / ROUTE_SHARE;

    if (engine->options.ring_select == AURAIO_SELECT_ROUND_ROBIN || n < 1)
        return 1;
    return n < ROUTE_LASTS ? n : ROUTE_LASTS;
}

struct ring *aur_route(auraio_engine_t *engine, int *error)
{
    struct thread *thread = &aur_thread;
    bool spilled = false;

    thread_id(); /* enrols a new thread, which gives it its random numbers */
    int index = engine->ring_max == 1 ? 0 : choose(engine, thread, &spilled);
    struct ring *ring = engine_ring_made(engine, index);

    if (__builtin_expect(!ring, 0))
        ring = aur_engine_ring(engine, index, error);
    if (ring && spilled)
        atomic_fetch_add_explicit(&ring->count->spills, 1, memory_order_relaxed);
    if (ring != thread->route_ring || engine->serial != thread->route_engine)
        thread->express_engine = 0;
    thread->route_ring = ring;
    thread->route_engine = ring ? engine->serial : 0;
    thread->routes_left = aur_route_lasts(engine) - 1;
    return ring;
}
