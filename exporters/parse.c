/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One segment, taken for hostile: nothing in it is used before it was found to lie
 * inside, and no two series can come out of it under one name. Words are read one by
 * one, so that it may be memory which an engine is writing to.
 */
#include "clean.h"
#include "reader.h"
#include "segment.h"

#include <math.h>
#include <string.h>

#define SECTIONS_MAX 64
#define RINGS_MAX (SEGMENT_BYTES_MAX / sizeof(struct segment_ring))
#define TRIES 16

_Static_assert(READER_BUCKETS == SEGMENT_BUCKETS && READER_ERRNOS == SEGMENT_ERRNOS &&
                   (int)READER_CLASSES == (int)CLASSES &&
                   (int)READER_LATENCIES == (int)LATENCY_CLASSES &&
                   READER_TARGETS_MAX >= SEGMENT_TARGETS,
               "reader.h says the same as segment.h");

const char *reader_error_name(int error)
{
    static const char *const names[] = {
        [READER_OPEN] = "open",   [READER_FILE] = "file",       [READER_SIZE] = "size",
        [READER_MAGIC] = "magic", [READER_VERSION] = "version", [READER_LAYOUT] = "layout",
        [READER_TORN] = "torn",   [READER_LIMIT] = "limit",     [READER_PLACE] = "place",
    };

    return error > READER_OK && error < READER_ERRORS ? names[error] : NULL;
}

double reader_bucket_seconds(int k)
{
    return k < READER_BUCKETS - 1 ? ldexp(1e-6, k) : INFINITY;
}

double reader_percentile_seconds(const struct reader_latency *latency, double fraction)
{
    double wanted = fraction * (double)latency->count;
    uint64_t seen = 0;

    if (!latency->count)
        return 0;
    for (int k = 0; k < READER_BUCKETS - 1; k++) {
        seen += latency->buckets[k];
        if (latency->buckets[k] && (double)seen >= wanted)
            return reader_bucket_seconds(k);
    }
    return reader_bucket_seconds(READER_BUCKETS - 2);
}

static void copy_words(void *to, const void *from, size_t bytes)
{
    const segment_word *word = from;
    uint64_t value;

    for (size_t i = 0; i < bytes / sizeof value; i++) {
        value = atomic_load_explicit(&word[i], memory_order_relaxed);
        memcpy((char *)to + i * sizeof value, &value, sizeof value);
    }
}

/* The same for a block that begins with a sequence number; false: somebody is always writing. */
static bool copy_settled(void *to, const void *from, size_t bytes)
{
    const segment_word *sequence = from;

    for (int i = 0; i < TRIES; i++) {
        uint64_t before = atomic_load_explicit(sequence, memory_order_acquire);
        copy_words(to, from, bytes);
        atomic_thread_fence(memory_order_acquire);
        if (!(before & 1) && before == atomic_load_explicit(sequence, memory_order_relaxed))
            return true;
    }
    return false;
}

/* The section of that kind, with blocks of at least that many bytes. False: it is not there. */
static bool find(const struct segment_header *h, const char *bytes, enum segment_kind kind,
                 size_t least, struct segment_section *section)
{
    for (uint64_t i = 0; i < h->sections; i++) {
        copy_words(section, bytes + h->header_bytes + i * h->section_stride, sizeof *section);
        if (section->kind == kind)
            return section->count > 0 && section->stride >= least;
    }
    return false;
}

static bool sections_fit(const struct segment_header *h, const char *bytes)
{
    uint64_t end;

    if (h->header_bytes < sizeof *h || h->header_bytes > h->bytes || h->header_bytes % 8 ||
        h->sections > SECTIONS_MAX || h->section_stride < sizeof(struct segment_section) ||
        h->section_stride > h->bytes || h->section_stride % 8)
        return false;
    end = h->header_bytes + h->sections * h->section_stride;
    if (end > h->bytes)
        return false;
    for (uint64_t i = 0; i < h->sections; i++) {
        struct segment_section s;
        copy_words(&s, bytes + h->header_bytes + i * h->section_stride, sizeof s);
        if (s.offset < end || s.offset > h->bytes || s.offset % 8 || s.stride % 8 || !s.stride ||
            s.count > (h->bytes - s.offset) / s.stride)
            return false;
    }
    return true;
}

static enum reader_error check(const void *segment, size_t size, struct segment_header *h)
{
    if (size < sizeof *h || size > SEGMENT_BYTES_MAX || (uintptr_t)segment % 8)
        return READER_SIZE;
    copy_words(h, segment, sizeof *h);
    if (h->magic != SEGMENT_MAGIC)
        return READER_MAGIC;
    if (h->version >> 32 != SEGMENT_MAJOR)
        return READER_VERSION;
    if (h->bytes > size || h->bytes < sizeof *h)
        return READER_SIZE;
    return sections_fit(h, segment) ? READER_OK : READER_LAYOUT;
}

#define NS 1e-9

static void take_header(const struct segment_header *h, struct reader_engine *out)
{
    out->pid = h->pid;
    out->started = (double)h->started_ns * NS;
    clean_text(out->comm, h->comm, sizeof h->comm);
    clean_text(out->name, h->name, sizeof h->name);
    clean_text(out->library, h->library, sizeof h->library);
    clean_text(out->kernel, h->kernel, sizeof h->kernel);
}

static int small(uint64_t value)
{
    return value <= INT32_MAX ? (int)value : -1;
}

static void take_engine(const struct segment_engine *e, struct reader_engine *out)
{
    out->heartbeat = (double)e->heartbeat_ns * NS;
    out->backend = small(e->backend);
    out->uring_errno = small(e->uring_errno);
    out->fatal_errno = small(e->fatal_errno);
    out->features_available = e->features_available;
    out->features_used = e->features_used;
    out->rings_made = e->rings_made;
    out->rings_max = e->rings_max;
    out->rings_left_out = e->rings_left_out;
    out->queue_depth = e->queue_depth;
    out->batch = e->batch;
    out->limit = e->limit;
    out->ceiling_seconds = (double)e->ceiling_ns * NS;
    out->phase = small(e->phase);
    out->limit_raised = e->limit_raised;
    out->limit_lowered = e->limit_lowered;
    out->eagain = e->eagain;
    out->wait_calls = e->wait_calls;
    out->abandoned = e->abandoned;
    out->peak_in_flight = e->peak_in_flight;
    out->p99_seconds = (double)e->p99_ns * NS;
    out->bytes_per_second = (double)e->bytes_per_second;
    out->instance = e->instance > 0 && e->instance <= INT32_MAX ? (uint32_t)e->instance : 1;
    out->pid_namespace = e->pid_namespace;
    out->pool =
        (struct reader_pool){e->pool_bytes, e->pool_buffers, e->pool_cached_bytes, e->pool_shards};
}

static void take_latency(const struct segment_latency *latency, struct reader_latency *out)
{
    out->sum_ns = latency->sum_ns;
    out->count = 0;
    for (int k = 0; k < READER_BUCKETS; k++) {
        out->buckets[k] = latency->buckets[k];
        out->count += out->buckets[k];
    }
}

/* A block begins where words do, which may be no place for a struct of its kind. */
static uint64_t word_at(const char *bytes, size_t at, memory_order order)
{
    return atomic_load_explicit((const segment_word *)(const void *)(bytes + at), order);
}

static void take_ring(const char *bytes, size_t at, struct reader_ring *ring)
{
    struct segment_ring r;

    copy_words(&r, bytes + at, sizeof r);
    for (int c = 0; c < READER_CLASSES; c++)
        ring->ops[c] = r.completed[c];
    ring->number = small(r.number);
    ring->bytes[0] = r.bytes[0];
    ring->bytes[1] = r.bytes[1];
    ring->failed = r.failed;
    ring->in_flight = r.in_flight;
    ring->peak_in_flight = r.peak_in_flight;
    ring->queued = r.queued;
    ring->submit_calls = r.submit_calls;
    ring->spills = r.spills;
    ring->resubmitted = r.resubmitted;
    ring->queue_depth = r.depth;
    ring->limit = r.limit;
    ring->phase = small(r.phase);
    ring->flags = (unsigned)r.flags;
    for (int c = 0; c < READER_LATENCIES; c++)
        take_latency(&r.latency[c], &ring->latency[c]);
}

bool reader_ring(const struct reader_engine *engine, int i, struct reader_ring *ring)
{
    if (i < 0 || i >= engine->ring_count)
        return false;
    take_ring(engine->bytes_of_segment, engine->rings_at + (size_t)i * engine->ring_stride, ring);
    return true;
}

bool reader_target(const struct reader_engine *engine, int i, struct reader_target *target)
{
    struct segment_target t;

    if (i < 0 || i >= engine->target_count)
        return false;
    copy_settled(&t,
                 (const char *)engine->bytes_of_segment + engine->targets_at +
                     (size_t)i * engine->target_stride,
                 sizeof t);
    target->dev_major = (unsigned)t.dev_major;
    target->dev_minor = (unsigned)t.dev_minor;
    target->stream = t.stream != 0;
    target->limit = t.limit;
    target->in_flight = t.in_flight;
    target->queued = t.queued;
    target->knee = t.knee;
    target->phase = small(t.phase);
    target->limit_raised = t.limit_raised;
    target->limit_lowered = t.limit_lowered;
    target->searches = t.searches;
    target->ops = t.completed;
    target->bytes = t.bytes;
    target->p99_seconds = (double)t.p99_ns * NS;
    target->baseline_p99_seconds = (double)t.baseline_ns * NS;
    target->iops = (double)t.milli_iops / 1000;
    target->bytes_per_second = (double)t.bytes_per_second;
    return true;
}

static void add_ring(struct reader_engine *out, const struct reader_ring *ring)
{
    for (int c = 0; c < READER_CLASSES; c++)
        out->ops[c] += ring->ops[c];
    out->bytes[0] += ring->bytes[0];
    out->bytes[1] += ring->bytes[1];
    out->failed += ring->failed;
    out->in_flight += ring->in_flight;
    out->queued += ring->queued;
    out->submit_calls += ring->submit_calls;
    out->spills += ring->spills;
    out->resubmitted += ring->resubmitted;
    for (int c = 0; c < READER_LATENCIES; c++) {
        for (int k = 0; k < READER_BUCKETS; k++)
            out->latency[c].buckets[k] += ring->latency[c].buckets[k];
        out->latency[c].count += ring->latency[c].count;
        out->latency[c].sum_ns += ring->latency[c].sum_ns;
    }
}

/* Those that are made stand in front. False: two have one number. */
static bool take_rings(const char *bytes, const struct segment_section *s,
                       struct reader_engine *out)
{
    uint64_t seen[(UINT16_MAX + 1) / 64] = {0};
    struct reader_ring ring;

    out->rings_at = s->offset;
    out->ring_stride = s->stride;
    for (uint64_t i = 0; i < s->count && i < RINGS_MAX; i++) {
        size_t at = s->offset + i * s->stride;
        /* Pairs with the release in aur_publish_ring. */
        if (!word_at(bytes, at + offsetof(struct segment_ring, depth), memory_order_acquire))
            break;
        out->ring_count++;
        take_ring(bytes, at, &ring);
        if (ring.number < 0 || ring.number > UINT16_MAX ||
            seen[ring.number / 64] >> ring.number % 64 & 1)
            return false;
        seen[ring.number / 64] |= 1ull << ring.number % 64;
        add_ring(out, &ring);
    }
    return true;
}

static void take_rest(const char *bytes, const struct segment_section *s, struct reader_engine *out)
{
    struct reader_ring rest;

    take_ring(bytes, s->offset, &rest);
    add_ring(out, &rest);
}

/* False: two are the same device. */
static bool take_targets(const char *bytes, const struct segment_section *s,
                         struct reader_engine *out)
{
    struct {
        unsigned major, minor;
        bool stream;
    } seen[READER_TARGETS_MAX];
    struct reader_target target;

    out->targets_at = s->offset;
    out->target_stride = s->stride;
    for (uint64_t i = 0; i < s->count && i < READER_TARGETS_MAX; i++) {
        size_t at = s->offset + i * s->stride;
        if (!word_at(bytes, at + offsetof(struct segment_target, made), memory_order_relaxed))
            break;
        out->target_count++;
        reader_target(out, (int)i, &target);
        seen[i].major = target.dev_major;
        seen[i].minor = target.dev_minor;
        seen[i].stream = target.stream;
        for (uint64_t j = 0; j < i; j++)
            if (seen[j].major == seen[i].major && seen[j].minor == seen[i].minor &&
                seen[j].stream == seen[i].stream)
                return false;
    }
    return true;
}

static void take_errors(const char *bytes, const struct segment_section *s,
                        struct reader_engine *out)
{
    for (uint64_t i = 0; i < s->count && i < READER_ERRNOS; i++)
        copy_words(&out->errors[i], bytes + s->offset + i * s->stride, sizeof *out->errors);
}

bool reader_is_settled(const struct reader_engine *engine, const void *later)
{
    const char *then = engine->bytes_of_segment, *now = later;
    uint64_t a, b;

    for (int i = -1; i < engine->target_count; i++) {
        size_t at =
            i < 0 ? engine->engine_at : engine->targets_at + (size_t)i * engine->target_stride;
        copy_words(&a, then + at, sizeof a);
        copy_words(&b, now + at, sizeof b);
        if (a & 1 || a != b)
            return false;
    }
    return true;
}

enum reader_error reader_parse(const void *segment, size_t size, struct reader_engine *engine)
{
    struct segment_header header;
    struct segment_section section;
    struct segment_engine e;
    const char *bytes = segment;
    enum reader_error error = check(segment, size, &header);

    memset(engine, 0, sizeof *engine);
    if (error)
        return error;
    engine->alive = true;
    engine->bytes_of_segment = segment;
    engine->size = header.bytes;
    take_header(&header, engine);
    if (!find(&header, bytes, SEGMENT_ENGINE, sizeof e, &section))
        return READER_LAYOUT;
    engine->engine_at = section.offset;
    bool settled = copy_settled(&e, bytes + section.offset, sizeof e);
    take_engine(&e, engine);
    if (!find(&header, bytes, SEGMENT_RINGS, sizeof(struct segment_ring), &section) ||
        !take_rings(bytes, &section, engine))
        return READER_LAYOUT;
    if (find(&header, bytes, SEGMENT_REST, sizeof(struct segment_ring), &section))
        take_rest(bytes, &section, engine);
    if (find(&header, bytes, SEGMENT_TARGET, sizeof(struct segment_target), &section) &&
        !take_targets(bytes, &section, engine))
        return READER_LAYOUT;
    if (find(&header, bytes, SEGMENT_ERRORS, sizeof(segment_word), &section))
        take_errors(bytes, &section, engine);
    return settled ? READER_OK : READER_TORN;
}
