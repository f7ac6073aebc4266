/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block device of so many reads a second: a loop device over memory, which the kernel throttles
 * for the cgroup (blkio of version 1, or io of version 2) that this process joins. For root, where
 * there are loop devices and such a cgroup may be made.
 *
 * Nothing is left of it however the process ends: the memory and the loop device go with their last
 * descriptor, and a child that watches removes the cgroup.
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include <stdint.h>

struct throttle;

/* Of that many bytes, not throttled yet; NULL and why not. Forks: before there are threads. */
struct throttle *throttle_start(uint64_t bytes, const char **why);

const char *throttle_path(const struct throttle *throttle);

/* 0, or -1 and errno. */
int throttle_set(struct throttle *throttle, int reads_per_second);

/* Its device is closed. What cannot be undone is told on stderr. NULL is a no-op. */
void throttle_stop(struct throttle *throttle);

#endif
