/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simdisk DIRECTORY [MIB [LINE]...]: mounts the disk of simdisk.h there, 1024 MiB
 * by default, with these lines of settings, prints an empty line and serves until
 * a signal or the end of its parent.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char settings[4096] = "";
    long mib = argc > 2 ? strtol(argv[2], NULL, 10) : 1024;

    if (argc < 2 || mib < 1 || mib > 1L << 30) {
        fprintf(stderr, "usage: simdisk DIRECTORY [MIB [LINE]...]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        size_t len = strlen(settings);
        snprintf(settings + len, sizeof settings - len, "%s\n", argv[i]);
    }
    const struct server_config config = {argv[1], (uint64_t)mib << 20, settings, getppid(),
                                         STDOUT_FILENO};
    if (simdisk_serve(&config) != 0) {
        fprintf(stderr, "simdisk: cannot mount %s with these settings\n", argv[1]);
        return 1;
    }
    return 0;
}
