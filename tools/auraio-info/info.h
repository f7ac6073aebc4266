/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auraio-info: what is known of the machine, and the three ways it is told. main.c
 * gathers one struct info and hands it on; nobody else changes it.
 */
#ifndef AURAIO_INFO_H
#define AURAIO_INFO_H

#include <auraio.h>
#include <stdbool.h>
#include <sys/resource.h>

/* What stands around the library and decides what it gets. */
struct surroundings {
    int uring_disabled;   /* sysctl kernel.io_uring_disabled; -1: this kernel has none */
    long uring_group;     /* sysctl kernel.io_uring_group; -1: nobody */
    int seccomp;          /* Seccomp of /proc/self/status: 0 none, 1 strict, 2 filter; -1 unknown */
    struct rlimit locked; /* RLIMIT_MEMLOCK, bytes */
    struct rlimit files;  /* RLIMIT_NOFILE */
    bool can_lock_everything; /* CAP_IPC_LOCK: RLIMIT_MEMLOCK does not hold */
    long processors;          /* that this process may run on */
};

#define REMEDIES_MAX 8

struct info {
    auraio_features_t features;
    struct surroundings around;
    const char *remedies[REMEDIES_MAX]; /* static strings */
    int remedy_count;
};

/* A bit of auraio_features_t in words. */
struct feature {
    int bit;
    const char *since; /* the first kernel that has it */
    const char *gives;
};

extern const struct feature info_features[];
extern const int info_feature_count;

bool info_has(const struct info *info, int bit);
void info_look_around(struct surroundings *around);
void info_find_remedies(struct info *info);

/* Print to standard output; false when it cannot be written. */
bool info_print_text(const struct info *info);
bool info_print_json(const struct info *info);

#endif
