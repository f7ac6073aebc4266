/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMDISK_SERVER_H
#define SIMDISK_SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct server_config {
    const char *directory; /* where to mount */
    uint64_t bytes;
    const char *settings; /* lines, or NULL */
    pid_t parent;         /* the server ends with it */
    int told;             /* gets one byte when mounted */
};

/* Mounts and serves until SIGTERM, SIGINT, SIGHUP or the end of the parent; an exit status. */
int simdisk_serve(const struct server_config *config);

#endif
