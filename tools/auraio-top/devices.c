/* SPDX-License-Identifier: Apache-2.0 */
#include "devices.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The kernel's name of a block device; false where it has none, as for NFS or tmpfs. */
static bool kernel_name(char *name, size_t size, unsigned major, unsigned minor)
{
    char path[64], target[512];

    snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major, minor);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = '\0';
    const char *last = strrchr(target, '/');
    snprintf(name, size, "%s", last ? last + 1 : target);
    for (char *c = name; *c; c++)
        if (*c == '!') /* stands there for a slash */
            *c = '/';
    return true;
}

void name_device(char *name, size_t size, const struct reader_target *target)
{
    unsigned major = target->dev_major, minor = target->dev_minor;

    if (target->stream)
        snprintf(name, size, "streams %u:%u", major, minor);
    else if (!kernel_name(name, size, major, minor))
        snprintf(name, size, "%u:%u", major, minor);
}
