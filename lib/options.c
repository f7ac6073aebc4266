/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: defaults, what a caller of another version gave, what is refused.
 * A newer caller sets what is reserved here: refused unless it is zero, which is
 * what auraio_options_init left there if the caller asked for nothing new. So is
 * what lies beyond our structure, should theirs be longer one day. Of a shorter
 * one what is not there has its default.
 */
#include "engine.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_DEPTH 256
#define MIN_ALIGNMENT 512
#define MAX_ALIGNMENT ((size_t)1 << 30)
#define MAX_WORKERS 1024
#define SMALLEST offsetof(auraio_options_t, ring_count) /* what the first version had */

void auraio_options_init(auraio_options_t *options)
{
    if (!options)
        return;
    memset(options, 0, sizeof *options);
    options->struct_size = sizeof *options;
    options->queue_depth = DEFAULT_DEPTH;
    options->buffer_alignment = (size_t)sysconf(_SC_PAGESIZE);
    options->sqpoll_idle_ms = 1000;
    options->batch_threshold = -1;
    options->publish_stats = -1;
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool sane(const auraio_options_t *o)
{
    bool in_range =
        o->queue_depth >= 1 && o->queue_depth <= HANDLE_DEPTH_MAX && o->ring_count >= 0 &&
        o->ring_count <= HANDLE_RINGS_MAX && o->initial_in_flight >= 0 && o->min_in_flight >= 0 &&
        isfinite(o->max_p99_latency_ms) && o->max_p99_latency_ms >= 0 && o->sqpoll_idle_ms >= 0 &&
        o->batch_threshold >= -1 && o->backend_threads >= 0 && o->backend_threads <= MAX_WORKERS &&
        o->publish_stats >= -1 && o->publish_stats <= 1;
    bool aligned = o->buffer_alignment >= MIN_ALIGNMENT && o->buffer_alignment <= MAX_ALIGNMENT &&
                   !(o->buffer_alignment & (o->buffer_alignment - 1));
    bool known = (unsigned)o->control <= AURAIO_CONTROL_AIMD &&
                 (unsigned)o->overflow <= AURAIO_OVERFLOW_BLOCK &&
                 (unsigned)o->ring_select <= AURAIO_SELECT_ROUND_ROBIN &&
                 (unsigned)o->backend <= AURAIO_BACKEND_THREADS;

    return in_range && aligned && known && memchr(o->name, 0, sizeof o->name) &&
           !(o->single_thread && o->ring_count > 1) &&
           is_zero((const unsigned char *)o->reserved, sizeof o->reserved);
}

int aur_options_read(const auraio_options_t *given, auraio_options_t *out)
{
    size_t size = given->struct_size;

    auraio_options_init(out);
    if (size < SMALLEST || size > 4096)
        return EINVAL;
    if (size > sizeof *out &&
        !is_zero((const unsigned char *)given + sizeof *out, size - sizeof *out))
        return EINVAL;
    memcpy(out, given, size < sizeof *out ? size : sizeof *out);
    out->struct_size = sizeof *out;
    return sane(out) ? 0 : EINVAL;
}

void aur_options_resolve(auraio_options_t *options, int cpus)
{
    if (options->single_thread)
        options->ring_count = 1;
    else if (!options->ring_count)
        options->ring_count = cpus < HANDLE_RINGS_MAX ? cpus : HANDLE_RINGS_MAX;
    if (!options->backend_threads) {
        /* Enough to keep a disk busy through blocking calls; more only switch contexts. */
        int workers = 4 * cpus < 16 ? 16 : 4 * cpus > 64 ? 64 : 4 * cpus;
        options->backend_threads = workers;
    }
}
