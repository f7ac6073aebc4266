/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptor to device. A block device is its own target (a partition counts as
 * its disk, because the two share one queue), anything else belongs to the
 * device its file system lies on.
 */
#include "control.h"

#include "kern.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct device {
    unsigned major, minor;
    bool stream;
};

/* /sys/dev/block/M:m/partition exists for a partition; its parent's dev file names the disk. */
static void disk_of_partition(struct device *device)
{
    char path[96];
    unsigned major, minor;

    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/partition", device->major, device->minor);
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    fclose(f);
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/../dev", device->major, device->minor);
    f = fopen(path, "re");
    if (!f)
        return;
    if (fscanf(f, "%u:%u", &major, &minor) == 2)
        *device = (struct device){major, minor, false};
    fclose(f);
}

/* DONT_SYNC: the device number needs no server, and one that is dead must not hang us. */
static struct device device_of(int fd)
{
    struct statx st;
    struct device device = {0, 0, false};

    if (aur_kern.statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE, &st))
        return device;
    if (S_ISBLK(st.stx_mode)) {
        device = (struct device){st.stx_rdev_major, st.stx_rdev_minor, false};
        disk_of_partition(&device);
    } else {
        device = (struct device){st.stx_dev_major, st.stx_dev_minor, !S_ISREG(st.stx_mode)};
    }
    return device;
}

static struct target *find_or_add(struct targets *targets, struct device device)
{
    int n = atomic_load_explicit(&targets->count, memory_order_relaxed);

    for (int i = 0; i < n; i++) {
        struct target *t = targets->table[i];
        if (t->dev_major == device.major && t->dev_minor == device.minor &&
            t->stream == device.stream)
            return t;
    }
    struct target *t = n < TARGET_MAX ? aur_kern.alloc(64, sizeof *t) : NULL;
    if (!t)
        return n ? targets->table[n - 1] : NULL;
    if (targets->controlled && !device.stream) { /* without the memory it does without */
        t->control = aur_kern.alloc(64, sizeof *t->control);
        if (t->control)
            aur_controller_init(&t->control->controller, targets->law, (uint32_t)n + 1);
    }
    atomic_store(&t->phase, AURAIO_PHASE_PASSTHROUGH);
    t->stream = device.stream;
    t->dev_major = device.major;
    t->dev_minor = device.minor;
    t->index = (uint16_t)n;
    atomic_store(&t->limit, atomic_load(&targets->limit));
    targets->table[n] = t;
    atomic_store_explicit(&targets->count, n + 1, memory_order_release);
    return t;
}

struct target *aur_target_of(struct targets *targets, int fd, bool ask, bool *stream)
{
    struct target *target = ask ? NULL : target_cached(targets, fd, stream);

    if (target)
        return target;
    struct device device = device_of(fd);
    *stream = device.stream;
    lock_take(&targets->lock);
    target = find_or_add(targets, device);
    lock_drop(&targets->lock);
    if (target) {
        uint64_t word = (uint64_t)(uint32_t)fd << 8 | (uint64_t)device.stream << 7 |
                        (uint64_t)target->index << 1 | 1;
        atomic_store_explicit(&targets->cache[(unsigned)fd % TARGET_CACHE], word,
                              memory_order_release);
    }
    return target;
}

void aur_target_forget(struct targets *targets, int fd)
{
    bool stream;

    if (target_cached(targets, fd, &stream))
        atomic_store_explicit(&targets->cache[(unsigned)fd % TARGET_CACHE], 0,
                              memory_order_relaxed);
}

static void free_target(struct target *target)
{
    aur_kern.free(target->control);
    aur_kern.free(target);
}

void aur_targets_free(struct targets *targets)
{
    for (int i = 0; i < atomic_load(&targets->count); i++)
        free_target(targets->table[i]);
}
