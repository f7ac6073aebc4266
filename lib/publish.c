/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine's segment: what is in it, when it is made, when it goes, and the part that
 * the thread which ticks keeps up to date. Rings count in their blocks by themselves.
 */
#include "publish.h"

#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE 64
#define SECTIONS 5 /* at most */

#define PUT(word, value) atomic_store_explicit(&(word), (uint64_t)(value), memory_order_relaxed)

/* Where everything lies, for an engine with so many rings. */
struct plan {
    struct segment_section sections[SECTIONS];
    size_t count, bytes;
};

static size_t in_lines(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

static void plan_section(struct plan *plan, enum segment_kind kind, size_t count, size_t stride)
{
    plan->sections[plan->count++] = (struct segment_section){kind, plan->bytes, count, stride};
    plan->bytes += in_lines(count * stride);
}

/* For users of a segment, who know the order. */
enum { AT_ENGINE, AT_ERRORS, AT_TARGETS, AT_RINGS, AT_REST };

static struct plan plan_for(int rings)
{
    struct plan plan = {.bytes = in_lines(sizeof(struct segment_header) + sizeof plan.sections)};

    plan_section(&plan, SEGMENT_ENGINE, 1, sizeof(struct segment_engine));
    plan_section(&plan, SEGMENT_ERRORS, SEGMENT_ERRNOS, sizeof(segment_word));
    plan_section(&plan, SEGMENT_TARGET, SEGMENT_TARGETS, sizeof(struct segment_target));
    size_t most = (SEGMENT_BYTES_MAX - plan.bytes) / sizeof(struct segment_ring);
    bool all = (size_t)rings <= most;
    plan_section(&plan, SEGMENT_RINGS, all ? (size_t)rings : most - 1, sizeof(struct segment_ring));
    if (!all)
        plan_section(&plan, SEGMENT_REST, 1, sizeof(struct segment_ring));
    return plan;
}

static uint64_t realtime_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void copy(char *to, size_t size, const char *from)
{
    size_t n = strlen(from) < size ? strlen(from) : size - 1;

    memcpy(to, from, n);
    memset(to + n, 0, size - n);
}

static void read_boot_id(char *id, size_t size)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, id, size - 1);

    if (fd >= 0)
        close(fd);
    id[n > 0 ? n : 0] = 0;
    id[strcspn(id, "\n")] = 0;
}

static void fill(const auraio_engine_t *engine, const struct plan *plan, void *segment)
{
    struct segment_header *h = segment;

    h->magic = SEGMENT_MAGIC;
    h->version = SEGMENT_VERSION;
    h->bytes = plan->bytes;
    h->header_bytes = sizeof *h;
    h->sections = plan->count;
    h->section_stride = sizeof *plan->sections;
    h->pid = (uint64_t)getpid();
    h->started_ns = realtime_ns();
    copy(h->comm, sizeof h->comm, program_invocation_short_name);
    copy(h->name, sizeof h->name, engine->options.name);
    copy(h->library, sizeof h->library, AURAIO_VERSION_STRING);
    copy(h->kernel, sizeof h->kernel, engine->features.kernel_release);
    memcpy(h + 1, plan->sections, plan->count * sizeof *plan->sections);
}

static void *at(void *segment, const struct segment_section *section)
{
    return (char *)segment + section->offset;
}

static void use(struct publication *p, const struct plan *plan, void *segment)
{
    p->header = segment;
    p->engine = at(segment, &plan->sections[AT_ENGINE]);
    p->errors = at(segment, &plan->sections[AT_ERRORS]);
    p->targets = at(segment, &plan->sections[AT_TARGETS]);
    p->rings = at(segment, &plan->sections[AT_RINGS]);
    p->rings_room = (int)plan->sections[AT_RINGS].count;
    p->rest = plan->count > AT_REST ? at(segment, &plan->sections[AT_REST]) : NULL;
}

static uint64_t pid_namespace(void)
{
    struct stat st;

    return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

static void put_all(auraio_engine_t *engine, uint64_t beat_ns);

static void begin_contents(auraio_engine_t *engine)
{
    PUT(engine->publication.engine->instance, aur_handle_instance(engine));
    PUT(engine->publication.engine->pid_namespace, pid_namespace());
    put_all(engine, realtime_ns());
}

/* Under its final name only when all is in it. */
static bool show(auraio_engine_t *engine, const struct plan *plan, int directory, const char *path,
                 mode_t mode)
{
    struct publication *p = &engine->publication;
    unsigned long long random = 0;
    char name[64], temporary[sizeof name + 1] = ".";

    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = realtime_ns();
    snprintf(name, sizeof name, SEGMENT_NAME, (long)getpid(), random);
    memcpy(temporary + 1, name, sizeof name);
    void *segment = aur_publish_make(directory, temporary, mode, plan->bytes);
    if (!segment)
        return false;
    fill(engine, plan, segment);
    read_boot_id(((struct segment_header *)segment)->boot_id, sizeof p->header->boot_id);
    use(p, plan, segment);
    begin_contents(engine);
    if (asprintf(&p->path, "%s/%s", path, name) < 0)
        p->path = NULL;
    if (p->path && renameat(directory, temporary, directory, name) == 0)
        return true;
    unlinkat(directory, temporary, 0);
    munmap(segment, plan->bytes);
    free(p->path);
    p->path = NULL;
    return false;
}

static bool publish(auraio_engine_t *engine, const struct plan *plan)
{
    int wanted = engine->options.publish_stats;
    mode_t mode;
    char *path;
    int directory = aur_publish_directory(wanted, &path, &mode);
    if (directory >= 0)
        aur_publish_tidy(directory);
    bool shown = directory >= 0 && show(engine, plan, directory, path, mode);

    if (directory >= 0)
        close(directory);
    free(path);
    if (shown)
        aur_log(AURAIO_LOG_DEBUG, "statistics are published in %s", engine->publication.path);
    else if (wanted > 0)
        aur_log(AURAIO_LOG_NOTICE, "statistics are not published: no place on tmpfs for them");
    return shown;
}

int aur_publish_begin(auraio_engine_t *engine)
{
    struct publication *p = &engine->publication;
    struct plan plan = plan_for(engine->ring_max);

    if (publish(engine, &plan))
        return 0;
    /* Without alignment calloc need not touch what is not used. */
    p->memory = aur_kern.alloc(1, plan.bytes + LINE);
    if (!p->memory)
        return ENOMEM;
    void *segment = (char *)p->memory + (-(uintptr_t)p->memory & (LINE - 1));
    fill(engine, &plan, segment);
    use(p, &plan, segment);
    begin_contents(engine);
    return 0;
}

void aur_publish_end(auraio_engine_t *engine, bool still_used)
{
    struct publication *p = &engine->publication;

    if (p->path)
        unlink(p->path);
    free(p->path);
    p->path = NULL;
    if (still_used || !p->header)
        return;
    if (p->memory)
        aur_kern.free(p->memory);
    else
        munmap(p->header, p->header->bytes);
}

void aur_publish_forget(auraio_engine_t *engine)
{
    free(engine->publication.path);
    aur_kern.free(engine->publication.memory);
}

struct segment_ring *aur_publish_ring(auraio_engine_t *engine, struct ring *ring)
{
    struct publication *p = &engine->publication;
    struct segment_ring *block;

    if (READ(p->rings_used) < p->rings_room) {
        block = &p->rings[atomic_fetch_add(&p->rings_used, 1)];
    } else {
        block = aur_kern.alloc(LINE, sizeof *block);
        if (block)
            COUNT(p->engine->rings_left_out, 1u);
    }
    if (block) {
        PUT(block->number, ring->index);
        atomic_store_explicit(&block->depth, (uint64_t)ring->granted, memory_order_release);
    }
    return block;
}

static bool is_in_segment(const struct publication *p, const struct segment_ring *block)
{
    return block >= p->rings && block < p->rings + p->rings_room;
}

void aur_publish_free_ring(auraio_engine_t *engine, struct segment_ring *block)
{
    if (block && !is_in_segment(&engine->publication, block))
        aur_kern.free(block);
}

/* Readers see an odd number, or another one after than before. */
static void begin_block(segment_word *sequence)
{
    PUT(*sequence, READ(*sequence) + 1);
    atomic_thread_fence(memory_order_release);
}

static void end_block(segment_word *sequence)
{
    atomic_store_explicit(sequence, READ(*sequence) + 1, memory_order_release);
}

static uint64_t ns_of_ms(double ms)
{
    return ms > 0 ? (uint64_t)llround(ms * 1e6) : 0;
}

static void put_target(auraio_engine_t *engine, int i)
{
    struct segment_target *to = &engine->publication.targets[i];
    const struct target *target = engine->targets.table[i];
    uint64_t completed = 0, bytes = 0;
    auraio_target_stats_t stats;
    int r = 0;

    auraio_get_target_stats(engine, i, &stats);
    for (struct ring *ring; (ring = engine_next_ring(engine, &r));) {
        completed += READ(ring_at(ring, target)->ended);
        bytes += READ(ring_at(ring, target)->bytes);
    }
    begin_block(&to->sequence);
    PUT(to->dev_major, stats.dev_major);
    PUT(to->dev_minor, stats.dev_minor);
    PUT(to->stream, target->stream);
    PUT(to->limit, stats.limit);
    PUT(to->in_flight, stats.in_flight);
    PUT(to->queued, stats.queued);
    PUT(to->phase, stats.phase);
    PUT(to->knee, stats.knee);
    PUT(to->limit_raised, READ(target->limit_raised));
    PUT(to->limit_lowered, READ(target->limit_lowered));
    PUT(to->searches, stats.searches);
    PUT(to->completed, completed);
    PUT(to->bytes, bytes);
    PUT(to->p99_ns, ns_of_ms(stats.p99_latency_ms));
    PUT(to->baseline_ns, ns_of_ms(stats.baseline_p99_ms));
    PUT(to->milli_iops, stats.iops * 1000);
    PUT(to->bytes_per_second, stats.throughput_bps);
    PUT(to->made, 1);
    end_block(&to->sequence);
}

/* Of the engine: the one of the target that has done most. */
static uint64_t phase_of(const auraio_engine_t *engine, uint64_t *raised, uint64_t *lowered)
{
    uint64_t most = 0, phase = AURAIO_PHASE_PASSTHROUGH;

    *raised = *lowered = 0;
    for (int i = 0; i < atomic_load(&engine->targets.count); i++) {
        const struct target *target = engine->targets.table[i];
        uint64_t completed = 0;
        int r = 0;
        for (struct ring *ring; (ring = engine_next_ring(engine, &r));)
            completed += READ(ring_at(ring, target)->ended);
        if (completed > most) {
            most = completed;
            phase = READ(target->phase);
        }
        *raised += READ(target->limit_raised);
        *lowered += READ(target->limit_lowered);
    }
    return phase;
}

static void put_engine(auraio_engine_t *engine, uint64_t beat_ns)
{
    struct publication *p = &engine->publication;
    struct segment_engine *to = p->engine;
    uint64_t raised, lowered, phase = phase_of(engine, &raised, &lowered);
    auraio_stats_t stats;
    auraio_buffer_stats_t pool;
    auraio_features_t features;

    auraio_get_stats(engine, &stats);
    auraio_get_buffer_stats(engine, &pool);
    auraio_get_features(engine, &features);
    begin_block(&to->sequence);
    if (beat_ns)
        PUT(to->heartbeat_ns, beat_ns);
    PUT(to->backend, features.backend);
    PUT(to->uring_errno, features.uring_errno);
    PUT(to->features_available, features.available);
    PUT(to->features_used, features.used);
    PUT(to->rings_max, engine->ring_max);
    PUT(to->rings_made, (uint64_t)READ(p->rings_used) + READ(to->rings_left_out));
    PUT(to->queue_depth, engine->options.queue_depth);
    PUT(to->batch, stats.optimal_batch_size);
    PUT(to->limit, stats.optimal_in_flight);
    PUT(to->ceiling_ns, ns_of_ms(atomic_load(&engine->max_p99_ms)));
    PUT(to->phase, phase);
    PUT(to->limit_raised, raised);
    PUT(to->limit_lowered, lowered);
    PUT(to->eagain, stats.eagain_count);
    PUT(to->wait_calls, stats.wait_calls);
    PUT(to->abandoned, stats.abandoned);
    PUT(to->fatal_errno, READ(engine->fatal));
    PUT(to->pool_bytes, pool.total_allocated_bytes);
    PUT(to->pool_buffers, pool.total_buffers);
    PUT(to->pool_cached_bytes, pool.cached_bytes);
    PUT(to->pool_shards, pool.shard_count);
    PUT(to->p99_ns, ns_of_ms(stats.p99_latency_ms));
    PUT(to->bytes_per_second, stats.current_throughput_bps);
    PUT(to->peak_in_flight, stats.peak_in_flight);
    end_block(&to->sequence);
}

static void put_ring(auraio_engine_t *engine, struct ring *ring)
{
    auraio_ring_stats_t stats;

    auraio_get_ring_stats(engine, ring->index, &stats);
    PUT(ring->count->limit, stats.in_flight_limit);
    PUT(ring->count->phase, stats.phase);
    PUT(ring->count->flags, stats.flags);
}

/* What rings without a block have counted, each word for itself. */
static void put_rest(auraio_engine_t *engine)
{
    struct publication *p = &engine->publication;
    const size_t first = offsetof(struct segment_ring, number) / sizeof(segment_word);
    const size_t latency = offsetof(struct segment_ring, latency) / sizeof(segment_word);
    const size_t words = sizeof *p->rest / sizeof(segment_word);

    for (size_t i = 0; i < words; i = i + 1 == first ? latency : i + 1) {
        uint64_t sum = 0;
        int r = 0;
        for (struct ring *ring; (ring = engine_next_ring(engine, &r));)
            if (!is_in_segment(p, ring->count))
                sum += READ(((const segment_word *)ring->count)[i]);
        PUT(((segment_word *)p->rest)[i], sum);
    }
}

static void put_all(auraio_engine_t *engine, uint64_t beat_ns)
{
    struct publication *p = &engine->publication;
    int targets = atomic_load(&engine->targets.count), r = 0;

    if (!lock_try(&p->lock))
        return; /* somebody is at it */
    put_engine(engine, beat_ns);
    for (int i = 0; i < targets && i < SEGMENT_TARGETS; i++)
        put_target(engine, i);
    for (struct ring *ring; (ring = engine_next_ring(engine, &r));)
        put_ring(engine, ring);
    if (READ(p->engine->rings_left_out))
        put_rest(engine);
    lock_drop(&p->lock);
}

void aur_publish_tick(auraio_engine_t *engine)
{
    if (!engine->publication.memory)
        put_all(engine, realtime_ns());
}

/* Who asks for the numbers is no sign of life: where no tick tells it, the last completion does. */
static uint64_t last_beat_ns(const auraio_engine_t *engine)
{
    uint64_t reaped_ns = engine->publication.memory ? READ(engine->last_reap_ns) : 0;

    return reaped_ns ? realtime_ns() - (aur_kern.now_ns() - reaped_ns) : 0;
}

const void *auraio_stats_segment(auraio_engine_t *engine, size_t *size)
{
    if (!engine || !size || engine_is_forked(engine)) {
        errno = engine && size ? EOWNERDEAD : EINVAL;
        return NULL;
    }
    put_all(engine, last_beat_ns(engine));
    *size = engine->publication.header->bytes;
    return engine->publication.header;
}
