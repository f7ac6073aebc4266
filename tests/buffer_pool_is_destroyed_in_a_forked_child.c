/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child of fork(2) may destroy the pool, though the locks it was forked with may
 * be held by threads it does not have; the parent's goes on.
 */
#include "buffer_kern.h"
#include "bufpool.h"
#include "tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORKS 20
#define THREADS 2
#define STOCK 2000 /* enough that none comes from the system, whose locks are not the matter */
#define BUFFERS 48 /* more than a thread keeps: the depot's locks are taken all the time */

static struct bufpool *pool;
static _Atomic bool stop;
static _Atomic int rounds, refused;

static void *hammer(void *unused)
{
    void *bufs[BUFFERS];

    while (!stop) {
        for (int i = 0; i < BUFFERS; i++)
            bufs[i] = aur_bufpool_alloc(pool, 4096);
        for (int i = 0; i < BUFFERS; i++)
            if (!bufs[i] || aur_bufpool_free(pool, bufs[i]))
                refused++;
        rounds++;
    }
    return unused;
}

static void stock_up(void)
{
    static void *bufs[STOCK];

    for (int i = 0; i < STOCK; i++)
        bufs[i] = aur_bufpool_alloc(pool, 4096);
    for (int i = 0; i < STOCK; i++)
        aur_bufpool_free(pool, bufs[i]);
}

/* Whether the child comes back from destroy with no more than that still held. It does not
 * end by exit: what other threads had in hand is lost to it, as it must be. */
static bool child_destroys(long held_most)
{
    int status;
    pid_t child = fork();

    if (child < 0)
        bail("no child");
    if (!child) {
        alarm(100);
        aur_bufpool_destroy(pool);
        raise(memory_held <= held_most ? SIGKILL : SIGABRT);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static void *use_and_linger(void *barrier)
{
    aur_bufpool_free(pool, aur_bufpool_alloc(pool, 4096));
    pthread_barrier_wait(barrier); /* used */
    pthread_barrier_wait(barrier); /* forked */
    return NULL;
}

static void check_at_rest(void)
{
    pthread_barrier_t barrier;
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, use_and_linger, &barrier);
    pthread_barrier_wait(&barrier);
    ok(child_destroys(0), "a child destroys the pool and all that its threads had of it");
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
}

static void check_in_use(void)
{
    pthread_t threads[THREADS];
    int good = 0;

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hammer, NULL);
    while (rounds < 10 * THREADS)
        usleep(1000);
    for (int i = 0; i < FORKS; i++)
        good += child_destroys(THREADS * (BUFFERS + 1));
    stop = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    is(good, FORKS, "a child destroys the pool under the hands of the parent's threads");
    is(refused, 0, "... which notice nothing");
}

int main(void)
{
    watch_memory();
    pool = aur_bufpool_create(4096, 2);
    if (!pool)
        bail("no pool");
    stock_up();
    check_at_rest();
    check_in_use();
    aur_bufpool_destroy(pool);
    is(memory_held, 0, "nothing is left in the parent");
    return done();
}
