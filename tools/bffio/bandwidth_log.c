/* SPDX-License-Identifier: Apache-2.0 */
/* The bandwidth of the whole run, by time. Only the main thread comes here. */
#include "log.h"
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct point {
    uint64_t ms, kib_s[DIRECTIONS];
};

struct bandwidth_log {
    const char *prefix;
    struct point *points;
    size_t n, size;
    bool failed; /* points are missing: no memory */
};

struct bandwidth_log *bandwidth_log_new(const char *prefix)
{
    struct bandwidth_log *log = prefix ? calloc(1, sizeof(*log)) : NULL;

    if (log)
        log->prefix = prefix;
    return log;
}

void bandwidth_log_add(struct bandwidth_log *log, uint64_t now_ms,
                       const uint64_t bytes_per_s[DIRECTIONS])
{
    if (!log || log->failed)
        return;
    if (log->n == log->size) {
        size_t size = log->size ? 2 * log->size : 256;
        struct point *points = realloc(log->points, size * sizeof(*points));

        if (!points) {
            log->failed = true;
            return;
        }
        log->points = points;
        log->size = size;
    }
    log->points[log->n].ms = now_ms;
    for (int dir = 0; dir < DIRECTIONS; dir++)
        log->points[log->n].kib_s[dir] = bytes_per_s[dir] >> 10;
    log->n++;
}

static int write_direction(const struct bandwidth_log *log, int dir)
{
    static const char *const names[] = {"read", "write", "trim"};
    char path[4096];
    FILE *file;
    int err = 0;

    if (snprintf(path, sizeof(path), "%s-%s_bw.log", log->prefix, names[dir]) >= (int)sizeof(path))
        err = -ENAMETOOLONG;
    file = err ? NULL : fopen(path, "we");
    if (!file) {
        err = err ? err : -errno;
        output_complain(log->prefix, err);
        return err;
    }
    for (size_t i = 0; i < log->n; i++)
        fprintf(file, "%" PRIu64 ", %" PRIu64 ", %d, 0, 0\n", log->points[i].ms,
                log->points[i].kib_s[dir], dir);
    if (ferror(file))
        err = -EIO;
    if (fclose(file) && !err)
        err = -errno;
    if (err)
        output_complain(path, err);
    return err;
}

int bandwidth_log_write(struct bandwidth_log *log)
{
    int err = log && log->failed ? -ENOMEM : 0;

    if (!log)
        return 0;
    if (err)
        output_complain(log->prefix, err);
    for (int dir = 0; dir < DIRECTIONS && !err; dir++)
        err = write_direction(log, dir);
    free(log->points);
    free(log);
    return err;
}
