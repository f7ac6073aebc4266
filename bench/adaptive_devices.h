/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The laws on devices of the kernel that do not change: simdisks whose knee is known, a loop device
 * that a cgroup throttles, a disk. One table: the best static depth of a sweep, and for each law
 * what it holds in relation to that, and when it was there.
 */
#ifndef ADAPTIVE_DEVICES_H
#define ADAPTIVE_DEVICES_H

#include <stdbool.h>

struct devices_options {
    const char *file;  /* of the disk; NULL: one of its own in the working directory */
    const char *plots; /* directory, or NULL */
    char **names;      /* of devices among others, NULL at the end; NULL: all devices */
    int rounds;
    double scale; /* of the runs' length */
    bool is_quick, is_json;
};

bool is_device(const char *name);

void run_devices(const struct devices_options *options);

#endif
