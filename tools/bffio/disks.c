/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel counters of the disks behind files, before and after a run. A partition counts as its
 * disk; what has no block device (tmpfs, pipes, network) has no line. */
#include "output.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct counters {
    uint64_t ios[2], merges[2], sectors[2], ticks_ms[2], busy_ms, in_queue_ms;
};

struct disk {
    char name[64];
    char path[PATH_MAX];
    struct counters before;
    struct timespec began;
};

struct disks {
    size_t n;
    struct disk disk[];
};

static bool counters_read(const char *path, struct counters *now)
{
    char name[PATH_MAX];
    unsigned long long v[11];
    FILE *file;
    int n;

    if (snprintf(name, sizeof(name), "%s/stat", path) >= (int)sizeof(name))
        return false;
    file = fopen(name, "re");
    if (!file)
        return false;
    n = fscanf(file, "%llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2],
               &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9], &v[10]);
    fclose(file);
    if (n != 11)
        return false;
    *now = (struct counters){.ios = {v[0], v[4]},
                             .merges = {v[1], v[5]},
                             .sectors = {v[2], v[6]},
                             .ticks_ms = {v[3], v[7]},
                             .busy_ms = v[9],
                             .in_queue_ms = v[10]};
    return true;
}

/* The directory of the disk under /sys; a partition's is inside its disk's. */
static bool disk_path(dev_t dev, char *path)
{
    char link[64], inner[PATH_MAX];
    char *slash;

    snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(dev), minor(dev));
    if (!realpath(link, path))
        return false;
    if (snprintf(inner, sizeof(inner), "%s/partition", path) >= (int)sizeof(inner))
        return false;
    slash = strrchr(path, '/');
    if (access(inner, F_OK) == 0 && slash)
        *slash = '\0';
    return true;
}

static bool disk_known(const struct disks *disks, const char *path)
{
    for (size_t i = 0; i < disks->n; i++) {
        if (!strcmp(disks->disk[i].path, path))
            return true;
    }
    return false;
}

static void disk_add(struct disks *disks, int fd)
{
    struct disk *disk = &disks->disk[disks->n];
    struct stat st;
    const char *name;

    if (fstat(fd, &st))
        return;
    if (!disk_path(S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev, disk->path) ||
        disk_known(disks, disk->path) || !counters_read(disk->path, &disk->before))
        return;
    name = strrchr(disk->path, '/');
    snprintf(disk->name, sizeof(disk->name), "%.63s", name ? name + 1 : disk->path);
    clock_gettime(CLOCK_MONOTONIC, &disk->began);
    disks->n++;
}

struct disks *disks_begin(const int *fds, size_t n)
{
    struct disks *disks = calloc(1, sizeof(*disks) + (n + 1) * sizeof(disks->disk[0]));

    for (size_t i = 0; disks && i < n; i++)
        disk_add(disks, fds[i]);
    return disks;
}

static bool disk_stat(const struct disk *disk, struct disk_stat *stat)
{
    const struct counters *before = &disk->before;
    struct counters now;
    struct timespec time;
    double span_ms;

    if (!counters_read(disk->path, &now))
        return false;
    clock_gettime(CLOCK_MONOTONIC, &time);
    span_ms = (double)(time.tv_sec - disk->began.tv_sec) * 1e3 +
              (double)(time.tv_nsec - disk->began.tv_nsec) / 1e6;
    memset(stat, 0, sizeof(*stat));
    memcpy(stat->name, disk->name, sizeof(stat->name));
    for (int i = 0; i < 2; i++) {
        stat->ios[i] = now.ios[i] - before->ios[i];
        stat->merges[i] = now.merges[i] - before->merges[i];
        stat->sectors[i] = now.sectors[i] - before->sectors[i];
        stat->ticks_ms[i] = now.ticks_ms[i] - before->ticks_ms[i];
    }
    stat->in_queue_ms = now.in_queue_ms - before->in_queue_ms;
    if (span_ms > 0)
        stat->util_percent = 100.0 * (double)(now.busy_ms - before->busy_ms) / span_ms;
    if (stat->util_percent > 100.0)
        stat->util_percent = 100.0;
    return true;
}

size_t disks_now(const struct disks *disks, struct disk_stat *stats, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; disks && i < disks->n && n < max; i++)
        n += disk_stat(&disks->disk[i], &stats[n]);
    return n;
}

size_t disks_end(struct disks *disks, struct disk_stat *stats, size_t max)
{
    size_t n = disks_now(disks, stats, max);

    free(disks);
    return n;
}
