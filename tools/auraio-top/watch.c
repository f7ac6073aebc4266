/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What engines do between two looks. An engine is known again by process, start and
 * name; what was kept of one that is gone is dropped at the next look.
 */
#include "top.h"

#include "devices.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct seen {
    struct row row;
    uint64_t ops[READER_CLASSES], bytes[2], failed;
    struct reader_latency latency; /* of all classes */
    uint64_t target_ops[READER_TARGETS_MAX], target_bytes[READER_TARGETS_MAX];
    int target_count;
    bool here; /* in the last scan */
};

struct watch {
    struct reader *reader;
    struct seen **seen;
    struct row **rows; /* room for as many */
    size_t count, room;
    double looked, seconds; /* CLOCK_MONOTONIC; since the look before */
};

struct watch *watch_new(void)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch && !(watch->reader = reader_new())) {
        free(watch);
        watch = NULL;
    }
    return watch;
}

static void forget(struct seen *seen)
{
    free(seen->row.devices);
    free(seen);
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    for (size_t i = 0; i < watch->count; i++)
        forget(watch->seen[i]);
    reader_free(watch->reader);
    free(watch->seen);
    free(watch->rows);
    free(watch);
}

double watch_seconds(const struct watch *watch)
{
    return watch->seconds;
}

static bool is_engine(const struct seen *seen, const struct reader_engine *engine)
{
    const struct row *row = &seen->row;

    return row->pid == engine->pid && row->uid == engine->uid && row->started <= engine->started &&
           row->started >= engine->started && !strcmp(row->name, engine->name);
}

static bool grow(struct watch *watch)
{
    size_t room = watch->room ? 2 * watch->room : 16;
    struct seen **seen = realloc(watch->seen, room * sizeof *seen);

    if (seen)
        watch->seen = seen;
    struct row **rows = realloc(watch->rows, room * sizeof *rows);
    if (rows)
        watch->rows = rows;
    if (!seen || !rows)
        return false;
    watch->room = room;
    return true;
}

static void name_user(struct row *row)
{
    const struct passwd *user = getpwuid(row->uid);

    if (user)
        snprintf(row->user, sizeof row->user, "%s", user->pw_name);
    else
        snprintf(row->user, sizeof row->user, "%lu", (unsigned long)row->uid);
}

static struct seen *find_or_add(struct watch *watch, const struct reader_engine *engine)
{
    for (size_t i = 0; i < watch->count; i++)
        if (!watch->seen[i]->here && is_engine(watch->seen[i], engine))
            return watch->seen[i];
    if (watch->count == watch->room && !grow(watch))
        return NULL;
    struct seen *seen = calloc(1, sizeof *seen);
    if (!seen)
        return NULL;
    struct row *row = &seen->row;
    row->pid = engine->pid;
    row->uid = engine->uid;
    row->started = engine->started;
    snprintf(row->name, sizeof row->name, "%s", engine->name);
    snprintf(row->comm, sizeof row->comm, "%s", engine->comm);
    name_user(row);
    row->is_new = true;
    watch->seen[watch->count++] = seen;
    return seen;
}

/* A counter that falls is a hostile one. */
static double rate(uint64_t *before, uint64_t now, double seconds)
{
    double grown = now > *before && seconds > 0 ? (double)(now - *before) / seconds : 0;

    *before = now;
    return grown;
}

static void take_latency(struct seen *seen, const struct reader_engine *engine)
{
    struct reader_latency now = {0}, between = {0};

    for (int c = 0; c < READER_LATENCIES; c++)
        for (int k = 0; k < READER_BUCKETS; k++)
            now.buckets[k] += engine->latency[c].buckets[k];
    for (int k = 0; k < READER_BUCKETS; k++) {
        uint64_t before = seen->latency.buckets[k];
        between.buckets[k] = now.buckets[k] > before ? now.buckets[k] - before : 0;
        between.count += between.buckets[k];
    }
    seen->latency = now;
    seen->row.p50_seconds = reader_percentile_seconds(&between, .5);
    seen->row.p99_seconds = reader_percentile_seconds(&between, .99);
}

static void take_limit(struct row *row, uint64_t limit)
{
    if (row->limit_count == HISTORY) {
        memmove(row->limits, row->limits + 1, (HISTORY - 1) * sizeof *row->limits);
        row->limit_count--;
    }
    row->limits[row->limit_count++] = limit;
    row->limit = limit;
}

static bool take_devices(struct seen *seen, const struct reader_engine *engine, double seconds)
{
    struct row *row = &seen->row;
    int count =
        engine->target_count < READER_TARGETS_MAX ? engine->target_count : READER_TARGETS_MAX;

    row->device_count = 0;
    if (count > seen->target_count) {
        struct device *devices = realloc(row->devices, (size_t)count * sizeof *devices);
        if (!devices)
            return false;
        row->devices = devices;
        seen->target_count = count;
    }
    for (int i = 0; i < count; i++) {
        struct reader_target target;
        if (!reader_target(engine, i, &target))
            continue;
        struct device *device = &row->devices[row->device_count++];
        name_device(device->name, sizeof device->name, &target);
        device->iops = rate(&seen->target_ops[i], target.ops, seconds);
        device->bytes = rate(&seen->target_bytes[i], target.bytes, seconds);
        device->in_flight = target.in_flight;
        device->queued = target.queued;
        device->limit = target.limit;
        device->knee = target.knee;
        device->p99_seconds = target.p99_seconds;
        device->phase = target.phase;
    }
    return true;
}

static bool take(struct seen *seen, const struct reader_engine *engine, double seconds)
{
    struct row *row = &seen->row;

    row->is_new = !seen->here && row->limit_count == 0;
    seen->here = true;
    row->alive = engine->alive;
    row->heartbeat = engine->heartbeat;
    if (row->is_new) /* since its start: better than nothing */
        seconds = engine->heartbeat - engine->started;
    row->reads = rate(&seen->ops[READER_READ], engine->ops[READER_READ], seconds);
    row->writes = rate(&seen->ops[READER_WRITE], engine->ops[READER_WRITE], seconds);
    row->iops = row->reads + row->writes +
                rate(&seen->ops[READER_SYNC], engine->ops[READER_SYNC], seconds) +
                rate(&seen->ops[READER_OTHER], engine->ops[READER_OTHER], seconds);
    row->read_bytes = rate(&seen->bytes[0], engine->bytes[0], seconds);
    row->written_bytes = rate(&seen->bytes[1], engine->bytes[1], seconds);
    row->errors = rate(&seen->failed, engine->failed, seconds);
    row->in_flight = engine->in_flight;
    row->queued = engine->queued;
    row->phase = engine->phase;
    row->backend = engine->backend;
    take_latency(seen, engine);
    take_limit(row, engine->limit);
    return take_devices(seen, engine, seconds);
}

static void drop_gone(struct watch *watch)
{
    size_t kept = 0;

    for (size_t i = 0; i < watch->count; i++)
        if (watch->seen[i]->here)
            watch->seen[kept++] = watch->seen[i];
        else
            forget(watch->seen[i]);
    watch->count = kept;
}

bool watch_look(struct watch *watch)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    double looked = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    watch->seconds = watch->looked > 0 ? looked - watch->looked : 0;
    watch->looked = looked;
    reader_scan(watch->reader, false);
    for (size_t i = 0; i < watch->count; i++)
        watch->seen[i]->here = false;
    for (size_t i = 0; i < reader_count(watch->reader); i++) {
        const struct reader_engine *engine = reader_get(watch->reader, i);
        struct seen *seen = find_or_add(watch, engine);
        if (!seen || !take(seen, engine, watch->seconds))
            return false;
    }
    drop_gone(watch);
    return true;
}

bool watch_is_incomplete(const struct watch *watch)
{
    return reader_is_exhausted(watch->reader);
}

static const struct view *order; /* qsort has no argument for it */

static int compare(const void *a, const void *b)
{
    return compare_rows(*(struct row *const *)a, *(struct row *const *)b, order);
}

struct row **watch_rows(struct watch *watch, const struct view *view, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < watch->count; i++) {
        struct row *row = &watch->seen[i]->row;
        if (!view->filter[0] || strstr(row->name, view->filter) ||
            strstr(row->comm, view->filter) || strstr(row->user, view->filter))
            watch->rows[(*count)++] = row;
    }
    order = view;
    if (*count)
        qsort(watch->rows, *count, sizeof *watch->rows, compare);
    return watch->rows;
}
