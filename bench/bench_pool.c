/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_pool [--quick]: what a 64 KiB buffer of the engine's pool costs to take and to give back,
 * beside aligned_alloc and free.
 *
 * Nanoseconds of wall-clock time per pair, all threads together. Both take turns; the ratio is
 * taken within each round. Nothing touches the memory, and the C library is told to keep what is
 * free, as the pool does: giving it back to the system would cost it a system call per few pairs.
 */
#include "figures.h"

#include <auraio.h>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 64 * 1024, ALIGNMENT = 4096, HELD_MOST = 32, QUEUE = 64, THREADS_MOST = 4 };

static auraio_engine_t *engine;
static int rounds = 15;
static int pairs = 200000; /* per thread and round */

struct heap {
    void *(*take)(void);
    void (*give)(void *buffer);
};

static void *pool_take(void)
{
    return auraio_buffer_alloc(engine, SIZE);
}

static void pool_give(void *buffer)
{
    auraio_buffer_free(engine, buffer);
}

static void *libc_take(void)
{
    return aligned_alloc(ALIGNMENT, SIZE);
}

static const struct heap pool = {pool_take, pool_give}, libc = {libc_take, free};

static void *take(const struct heap *heap)
{
    void *buffer = heap->take();

    if (!buffer)
        give_up("no buffer", errno);
    return buffer;
}

/* One thread of a measure. Two of them share a queue where buffers are handed over: tail belongs to
 * the one that takes, head to the one that gives; each reads the other's with acquire. */
struct queue {
    _Alignas(64) _Atomic int tail;
    _Alignas(64) _Atomic int head;
    _Alignas(64) void *buffers[QUEUE];
};

struct worker {
    const struct heap *heap;
    pthread_barrier_t *start;
    struct queue *queue;
    int held; /* buffers held at once */
    pthread_t thread;
    double began, ended; /* set by the thread */
};

static void start_with_all(struct worker *worker)
{
    int error = pthread_barrier_wait(worker->start);

    if (error && error != PTHREAD_BARRIER_SERIAL_THREAD)
        give_up("pthread_barrier_wait", error);
    worker->began = seconds_now();
}

static void *take_and_give(void *arg)
{
    struct worker *worker = arg;
    void *held[HELD_MOST];

    start_with_all(worker);
    for (int done = 0; done < pairs; done += worker->held) {
        for (int i = 0; i < worker->held; i++)
            held[i] = take(worker->heap);
        for (int i = 0; i < worker->held; i++)
            worker->heap->give(held[i]);
    }
    worker->ended = seconds_now();
    return NULL;
}

static void *take_only(void *arg)
{
    struct worker *worker = arg;
    struct queue *queue = worker->queue;

    start_with_all(worker);
    for (int i = 0; i < pairs; i++) {
        while (i - atomic_load_explicit(&queue->head, memory_order_acquire) == QUEUE)
            sched_yield();
        queue->buffers[i % QUEUE] = take(worker->heap);
        atomic_store_explicit(&queue->tail, i + 1, memory_order_release);
    }
    worker->ended = seconds_now();
    return NULL;
}

static void *give_only(void *arg)
{
    struct worker *worker = arg;
    struct queue *queue = worker->queue;

    start_with_all(worker);
    for (int i = 0; i < pairs; i++) {
        while (i == atomic_load_explicit(&queue->tail, memory_order_acquire))
            sched_yield();
        worker->heap->give(queue->buffers[i % QUEUE]);
        atomic_store_explicit(&queue->head, i + 1, memory_order_release);
    }
    worker->ended = seconds_now();
    return NULL;
}

/* held 0: of each two threads one takes and the other gives. */
struct measure {
    const char *name;
    int threads, held;
};

static const struct measure measures[] = {
    {"1 thread, one buffer at a time", 1, 1}, {"1 thread, 32 held at once", 1, 32},
    {"2 threads, one at a time each", 2, 1},  {"2 threads, 32 held by each", 2, 32},
    {"4 threads, one at a time each", 4, 1},  {"4 threads, 32 held by each", 4, 32},
    {"1 thread takes, 1 gives back", 2, 0},   {"2 threads take, 2 give back", 4, 0},
};

static double nanoseconds_per_pair(const struct heap *heap, const struct measure *measure)
{
    static struct queue queues[THREADS_MOST / 2];
    struct worker workers[THREADS_MOST];
    pthread_barrier_t start;
    double began = 0, ended = 0;
    int error = pthread_barrier_init(&start, NULL, (unsigned)measure->threads);

    if (error)
        give_up("pthread_barrier_init", error);
    memset(queues, 0, sizeof queues);
    for (int i = 0; i < measure->threads; i++) {
        workers[i] = (struct worker){heap, &start, &queues[i / 2], measure->held, 0, 0, 0};
        void *(*task)(void *) = measure->held ? take_and_give : i % 2 ? give_only : take_only;
        if ((error = pthread_create(&workers[i].thread, NULL, task, &workers[i])) != 0)
            give_up("pthread_create", error);
    }
    for (int i = 0; i < measure->threads; i++) {
        if ((error = pthread_join(workers[i].thread, NULL)) != 0)
            give_up("pthread_join", error);
        began = i == 0 || workers[i].began < began ? workers[i].began : began;
        ended = i == 0 || workers[i].ended > ended ? workers[i].ended : ended;
    }
    if ((error = pthread_barrier_destroy(&start)) != 0)
        give_up("pthread_barrier_destroy", error);
    return (ended - began) * 1e9 / pairs /
           (measure->held ? measure->threads : measure->threads / 2);
}

static void print_measure(const struct measure *measure)
{
    double *ours = calloc((size_t)rounds * 3, sizeof *ours);
    char text[64];

    if (!ours)
        give_up("figures", ENOMEM);
    double *theirs = ours + rounds, *ratios = theirs + rounds;
    for (int i = 0; i < rounds; i++) {
        if (i % 2)
            theirs[i] = nanoseconds_per_pair(&libc, measure);
        ours[i] = nanoseconds_per_pair(&pool, measure);
        if (i % 2 == 0)
            theirs[i] = nanoseconds_per_pair(&libc, measure);
        ratios[i] = ours[i] / theirs[i];
    }
    struct figure ratio = figure_of(ratios, rounds);
    printf("| %s | %.1f | %.1f | %s |\n", measure->name, figure_of(ours, rounds).median,
           figure_of(theirs, rounds).median, figure_text(&ratio, text, sizeof text));
    free(ours);
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && strcmp(argv[1], "--quick") != 0)) {
        fprintf(stderr, "usage: bench_pool [--quick]\n");
        return 2;
    }
    if (argc == 2) {
        rounds = VALUES_FOR_BOUNDS;
        pairs = 3200;
    }
#ifdef __GLIBC__
    if (!mallopt(M_TRIM_THRESHOLD, 1 << 30) || !mallopt(M_MMAP_THRESHOLD, 1 << 20))
        give_up("mallopt", 0);
#endif
    engine = auraio_create();
    if (!engine)
        give_up("auraio_create", errno);
    printf("Taking and giving back 64 KiB: ns per pair, all threads together; medians of %d "
           "rounds,\nthe ratio with its 95 %% bounds.\n\n",
           rounds);
    printf("| | pool | aligned_alloc, free | ratio |\n| --- | ---: | ---: | ---: |\n");
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        print_measure(&measures[i]);
    auraio_destroy(engine);
    if (fflush(stdout) != 0 || ferror(stdout))
        give_up("output", errno);
    return 0;
}
