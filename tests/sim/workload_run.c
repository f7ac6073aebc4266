/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One engine's life in one simulated kernel, all of it chosen by the seed: what
 * the kernel has and how it fails, the options, the work, the end.
 */
#include "workload.h"

#include "kern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MORE 64 /* blocks that the second half of a run may add: sets, a ring's first use */

struct workload the_workload;

uint64_t pick(uint64_t n)
{
    return sim_below(sim_test_rand(), n);
}

bool percent(unsigned p)
{
    return sim_chance(sim_test_rand(), p * 10000);
}

/* Most rates are zero in any one run, so that each fault is also met alone. */
static unsigned rate(struct sim_rand *r, unsigned most_ppm)
{
    return sim_below(r, 3) ? 0 : (unsigned)sim_below(r, most_ppm);
}

/* Any of them but those that every io_uring has had since Linux 5.6. */
static uint64_t some_opcodes(struct sim_rand *r)
{
    uint64_t always = 1ULL << IORING_OP_READ | 1ULL << IORING_OP_READV |
                      1ULL << IORING_OP_READ_FIXED | 1ULL << IORING_OP_WRITE |
                      1ULL << IORING_OP_WRITEV | 1ULL << IORING_OP_WRITE_FIXED |
                      1ULL << IORING_OP_POLL_ADD | 1ULL << IORING_OP_ASYNC_CANCEL;

    return sim_next(r) & ~always;
}

static void choose_kernel(struct sim_config *c, struct sim_rand *r)
{
    static const unsigned refused[] = {0,
                                       0,
                                       0,
                                       IORING_SETUP_DEFER_TASKRUN,
                                       IORING_SETUP_SINGLE_ISSUER,
                                       IORING_SETUP_COOP_TASKRUN,
                                       IORING_SETUP_TASKRUN_FLAG,
                                       IORING_SETUP_SUBMIT_ALL};

    c->cpus = 1 + (int)sim_below(r, 4);
    c->channels = 1 + (unsigned)sim_below(r, 24);
    c->service_min_ns = 2000 + sim_below(r, 50000);
    c->service_max_ns = c->service_min_ns * (1 + sim_below(r, 200));
    c->inline_ppm = rate(r, 1000000);
    c->short_ppm = rate(r, 300000);
    c->unaligned_ppm = rate(r, 1000000);
    c->eagain_ppm = rate(r, 50000);
    c->eintr_ppm = rate(r, 50000);
    c->ecanceled_ppm = rate(r, 50000);
    c->efault_ppm = rate(r, 50000);
    c->overflow_ppm = rate(r, 50000);
    c->enter_error_ppm = rate(r, 200000);
    c->enter_partial_ppm = rate(r, 200000);
    c->epoll_eintr_ppm = rate(r, 200000);
    c->setup_flags_refused = refused[sim_below(r, 8)];
    c->sqpoll_allowed = sim_below(r, 2);
    if (!sim_below(r, 6))
        c->opcodes_missing = some_opcodes(r);
    if (!sim_below(r, 8)) {
        c->register_errno = ENOMEM;
        c->register_refused = 1ULL << IORING_REGISTER_BUFFERS | 1ULL << IORING_REGISTER_FILES |
                              1ULL << IORING_REGISTER_FILES2;
        if (sim_below(r, 2))
            c->register_refused = 1ULL << IORING_REGISTER_BUFFERS_UPDATE;
    }
    if (!sim_below(r, 8))
        c->cq_cap = 4U << sim_below(r, 6);
    if (!sim_below(r, 8))
        c->sq_cap = c->cq_cap ? 4 : 2U << sim_below(r, 6);
    if (!sim_below(r, 10)) {
        c->setup_errno = sim_below(r, 2) ? EPERM : ENOMEM;
        c->setup_works_first = (int)sim_below(r, 4);
    }
    if (!sim_below(r, 8))
        c->features_missing = IORING_FEAT_EXT_ARG;
    if (!sim_below(r, 8))
        c->getcpu_errno = ENOSYS;
}

static void choose_options(auraio_options_t *o)
{
    static const int depths[] = {1, 2, 4, 8, 16, 64, 256, 256};
    static const int thresholds[] = {-1, -1, -1, 0, 1, 4, 16};

    auraio_options_init(o);
    o->queue_depth = depths[pick(8)];
    o->single_thread = percent(35);
    o->ring_count = o->single_thread ? 1 : 1 + (int)pick(3);
    o->ring_select = (auraio_ring_select_t)pick(3);
    o->overflow = (auraio_overflow_t)pick(3);
    o->batch_threshold = thresholds[pick(7)];
    o->report_short = percent(20);
    o->disable_adaptive = percent(40);
    o->control = percent(50) ? AURAIO_CONTROL_KNEE : AURAIO_CONTROL_AIMD;
    o->initial_in_flight = percent(30) ? 1 + (int)pick(16) : 0;
    o->min_in_flight = percent(30) ? 1 + (int)pick(4) : 0;
    o->max_p99_latency_ms = percent(20) ? (double)pick(20) : 0;
    o->enable_sqpoll = percent(10);
    o->sqpoll_idle_ms = 1 + (int)pick(10);
    o->resolve_registered_files = percent(30);
    o->publish_stats = 0;
}

static void init_works(struct workload *w)
{
    w->memory = aligned_alloc(4096, (size_t)WORKS * WORK_BYTES);
    if (!w->memory)
        abort();
    sim_transfers(w->memory, WORK_BYTES, WORKS);
    for (int i = 0; i < WORKS; i++) {
        w->works[i].buffer = w->memory + (size_t)i * WORK_BYTES;
        w->works[i].index = i;
        w->free_works[w->n_free++] = &w->works[i];
        w->groups[i].next_free = w->free_groups;
        w->free_groups = &w->groups[i];
    }
}

/* Much at once, and nobody looks for a while: more completions than one look takes. */
static void burst(struct workload *w)
{
    w->only_nops = percent(50);
    for (int i = 0; i < w->window && w->outstanding < w->window && w->wanted > 0; i++)
        submit_something(w);
    w->only_nops = false;
    sim_advance(pick(20 * SIM_MS));
}

static void work_on(struct workload *w)
{
    int all = w->wanted;
    size_t live = 0;
    bool second_half = false;

    while (w->wanted > 0) {
        if (percent(1))
            burst(w);
        else if (w->outstanding < w->window && percent(60))
            submit_something(w);
        else
            do_something_else(w);
        if (!second_half && w->wanted < all / 2) {
            second_half = true;
            live = sim_counts()->alloc_live;
        }
    }
    if (second_half && sim_counts()->alloc_live > live + MOST_MORE)
        sim_fail("the second half of %d operations left %zu blocks more", all,
                 sim_counts()->alloc_live - live);
}

static void finish(struct workload *w)
{
    auraio_stats_t stats;

    w->shutting_down = true;
    if (percent(70)) {
        if (auraio_drain(w->engine, -1) < 0 || w->outstanding || auraio_pending_count(w->engine))
            sim_fail("the last drain leaves %d", w->outstanding);
        if (auraio_get_stats(w->engine, &stats))
            sim_fail("get_stats: errno %d", errno);
        if ((uint64_t)stats.ops_completed != w->called_back ||
            (uint64_t)stats.ops_failed != w->failed ||
            (uint64_t)stats.bytes_transferred != w->bytes || stats.current_in_flight ||
            stats.queued || stats.abandoned)
            sim_fail("statistics: completed %lld of %llu, failed %lld of %llu, bytes %lld of %llu, "
                     "in flight %d, queued %d",
                     (long long)stats.ops_completed, (unsigned long long)w->called_back,
                     (long long)stats.ops_failed, (unsigned long long)w->failed,
                     (long long)stats.bytes_transferred, (unsigned long long)w->bytes,
                     stats.current_in_flight, stats.queued);
        if (auraio_get_fatal_error(w->engine))
            sim_fail("fatal error %d", auraio_get_fatal_error(w->engine));
    }
    if (percent(50))
        auraio_destroy(w->engine);
    else if (auraio_destroy_timeout(w->engine, 10000))
        sim_fail("destroy: errno %d", errno);
    if (w->outstanding || w->called_back != w->submitted)
        sim_fail("destroyed with %d outstanding", w->outstanding);
}

int run_workload(uint64_t seed)
{
    struct workload *w = &the_workload;
    struct sim_rand r = {seed};
    struct sim_config config = {.seed = seed};
    char replay[96];

    snprintf(replay, sizeof replay, "sim_million_operations --seed %llu --ops 1",
             (unsigned long long)seed);
    config.replay = replay;
    choose_kernel(&config, &r);
    sim_install(&config);
    memset(w, 0, sizeof *w);
    w->poll_fd = -1;
    w->uses_poll_fd = percent(60);
    w->uses_deadlines = percent(60);
    choose_options(&w->options);
    w->wanted = 100 + (int)pick(percent(20) ? 8000 : 1500);
    w->window = 1 + (int)pick(percent(50) ? 16 : 200);
    init_works(w);
    model_init(w, 1 + (unsigned)pick(3));
    w->engine = auraio_create_with_options(&w->options);
    if (!w->engine)
        sim_fail("no engine: errno %d", errno);
    w->depth = w->options.queue_depth;
    if (config.cq_cap && w->depth > (int)config.cq_cap - 2) /* room for the library's own */
        w->depth = (int)config.cq_cap - 2;
    sim_limit_ring((unsigned)w->options.queue_depth);
    work_on(w);
    finish(w);
    sim_check_clean("after destroy");
    model_free(w);
    sim_uninstall();
    free(w->memory);
    return (int)w->submitted;
}
