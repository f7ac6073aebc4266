/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated kernel as a whole: its state, putting it in the seam's place,
 * random numbers, and what is left when the library says it is done.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sim sim;

uint64_t sim_next(struct sim_rand *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15ULL; /* splitmix64 */

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

uint64_t sim_below(struct sim_rand *r, uint64_t n)
{
    return n ? sim_next(r) % n : 0;
}

bool sim_chance(struct sim_rand *r, unsigned ppm)
{
    return ppm && sim_below(r, 1000000) < ppm;
}

void sim_fail(const char *format, ...)
{
    va_list ap;

    printf("not ok - simulated kernel: ");
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("\n# seed %llu, at %.3f ms\n", (unsigned long long)sim.config.seed,
           (double)sim.now_ns / 1e6);
    if (sim.config.replay)
        printf("# replay: %s\n", sim.config.replay);
    printf("Bail out!\n");
    fflush(NULL);
    if (getenv("AURAIO_SIM_ABORT"))
        abort();
    _exit(1);
}

static void *checked(void *ptr)
{
    if (!ptr)
        sim_fail("out of memory");
    return ptr;
}

void *sim_xalloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1));
}

void *sim_xrealloc(void *ptr, size_t n, size_t size)
{
    return checked(realloc(ptr, n * size));
}

char *sim_xstrdup(const char *s)
{
    return checked(strdup(s));
}

struct sim_config *sim_live(void)
{
    return &sim.config;
}

struct sim_rand *sim_test_rand(void)
{
    return &sim.test_rand;
}

const struct sim_counts *sim_counts(void)
{
    unsigned descriptors = 0, rings = 0;

    for (int i = 0; i < sim.fd_high; i++)
        descriptors += sim.fds[i] && sim.library_fd[i];
    for (struct sim_ring *ring = sim.rings; ring; ring = ring->next)
        rings++;
    sim.counts.descriptors = descriptors;
    sim.counts.rings = rings;
    return &sim.counts;
}

static int sim_getcpu(void)
{
    if (sim.config.getcpu_errno)
        return -sim.config.getcpu_errno;
    if (sim_chance(&sim.rand, 100000))
        sim.cpu = (int)sim_below(&sim.rand, (uint64_t)sim.config.cpus);
    return sim.cpu;
}

static int sim_allowed_cpus(void)
{
    return sim.config.cpus;
}

static int sim_thread_create(pthread_t *thread, const char *name, void *(*fn)(void *), void *arg)
{
    (void)thread;
    (void)name;
    (void)fn;
    (void)arg;
    return -EAGAIN;
}

static void sim_thread_join(pthread_t thread)
{
    (void)thread;
    sim_fail("a thread that was never created is joined");
}

static void fill_in_defaults(struct sim_config *config)
{
    if (!config->cpus)
        config->cpus = 1;
    if (!config->channels)
        config->channels = 8;
    if (!config->service_min_ns)
        config->service_min_ns = 20000;
    if (!config->service_max_ns)
        config->service_max_ns = 200000;
    if (config->service_max_ns < config->service_min_ns)
        config->service_max_ns = config->service_min_ns;
}

void sim_install(const struct sim_config *config)
{
    memset(&sim, 0, sizeof sim);
    sim.config = *config;
    fill_in_defaults(&sim.config);
    sim.rand.state = config->seed;
    sim.test_rand.state = ~config->seed;
    sim.now_ns = 1000 * SIM_MS;
    sim.trace = getenv("AURAIO_SIM_TRACE") != NULL;
    sim_memory_reset();
    sim_faults_reset();
    sim_fail_enter(0, 0, 0);
    aur_kern = (struct kern_ops){
        .uring_setup = sim_kern_setup,
        .uring_enter = sim_kern_enter,
        .uring_register = sim_kern_register,
        .mmap = sim_kern_mmap,
        .munmap = sim_kern_munmap,
        .now_ns = sim_kern_now_ns,
        .getcpu = sim_getcpu,
        .allowed_cpus = sim_allowed_cpus,
        .eventfd = sim_kern_eventfd,
        .event_write = sim_kern_event_write,
        .event_read = sim_kern_event_read,
        .timerfd = sim_kern_timerfd,
        .timer_set = sim_kern_timer_set,
        .epoll_create = sim_kern_epoll_create,
        .epoll_add = sim_kern_epoll_add,
        .epoll_del = sim_kern_epoll_del,
        .epoll_wait = sim_kern_epoll_wait,
        .poll = sim_kern_poll,
        .sleep_us = sim_kern_sleep_us,
        .thread_create = sim_thread_create,
        .thread_join = sim_thread_join,
        .close = sim_kern_close,
        .dup = sim_kern_dup,
    };
    sim_direct_ops(&aur_kern);
    sim_memory_ops(&aur_kern);
}

void sim_check_clean(const char *when)
{
    sim_rings_sweep(false);
    const struct sim_counts *counts = sim_counts();

    if (sim.config.may_abandon)
        return;
    if (counts->in_flight)
        sim_fail("%s: %u operations still in the kernel", when, counts->in_flight);
    for (int i = 0; i < sim.fd_high; i++) {
        if (sim.fds[i] && sim.library_fd[i])
            sim_fail("%s: descriptor %d (kind %d) not closed", when, SIM_FD_BASE + i,
                     (int)sim.fds[i]->kind);
    }
    if (sim.rings)
        sim_fail("%s: ring %u still mapped", when, sim.rings->id);
    if (counts->alloc_live)
        sim_fail("%s: %zu allocations, %zu bytes not freed", when, counts->alloc_live,
                 counts->alloc_bytes);
}

void sim_uninstall(void)
{
    sim_check_clean("at the end");
    sim_rings_sweep(true);
    for (int i = 0; i < sim.fd_high; i++) {
        if (sim.fds[i])
            sim_close(SIM_FD_BASE + i);
    }
    sim_rings_sweep(true);
    sim_files_free();
    sim_heap_free();
    for (int i = 0; i < SIM_DEVICES; i++)
        free(sim.devices[i].waiting);
    sim_memory_reset();
    aur_kern = aur_kern_real;
}

void sim_limit_data(unsigned minor, unsigned n)
{
    sim.devices[minor].limit = n;
}

void sim_limit_ring(unsigned n)
{
    sim.ring_limit = n;
}
