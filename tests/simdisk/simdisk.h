/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk whose knee is known by construction: a FUSE server in a process of its
 * own that offers two files. "disk" answers reads and writes after a service time
 * in one of S channels, as device.h tells; its content follows from the offset,
 * and what is written is dropped. "control" takes lines that change the device
 * while it runs, all of a write or, with EINVAL, none; reading it gives settings
 * and counters:
 *
 *   channels N            service_us MEAN       distribution fixed | exponential | lognormal SIGMA
 *   load N                so many channels are taken by a neighbour; less than channels
 *   stall_ms MS [EVERY]   nothing is served for so long, once or every so many ms (0 ends that)
 *   wobble PERCENT        of the service time, anew every 20 ms
 *   interference PERCENT  by which a service is longer when all channels are busy
 *   forget                begins the counters anew
 *
 * O_DIRECT reads and writes are asynchronous, 1024 at once. The server is forked:
 * start it before any thread. It ends with SIGTERM and with the thread that
 * started it, and unmounts. Linux with FUSE, and whoever may mount it.
 */
#ifndef SIMDISK_H
#define SIMDISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct simdisk;

/* Mounts one of that many bytes (whole 4096) below $TMPDIR or /tmp; settings are lines as above.
 * NULL and errno, which is ENOTSUP where FUSE is not to be had. */
struct simdisk *simdisk_start(uint64_t bytes, const char *settings);

/* Unmounts and reaps; what is in flight fails. NULL is a no-op. */
void simdisk_stop(struct simdisk *disk);

const char *simdisk_path(const struct simdisk *disk);

/* Writes lines to the control file, as printf. 0, or -1 and errno. */
int simdisk_set(struct simdisk *disk, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first number behind a name in the control file; -1 when there is none. */
double simdisk_get(struct simdisk *disk, const char *name);

/* Seconds that the server has been ready and without a CPU; 0 where the kernel does not tell. */
double simdisk_delayed_s(const struct simdisk *disk);

/* The eight bytes at an offset that is a multiple of eight. */
static inline uint64_t simdisk_word(uint64_t offset)
{
    return offset * 0x9e3779b97f4a7c15;
}

/* Whether these bytes are those at an offset; both len and offset are multiples of eight. */
static inline bool simdisk_has(const void *buf, size_t len, uint64_t offset)
{
    for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)buf + i, sizeof word);
        if (word != simdisk_word(offset + i))
            return false;
    }
    return true;
}

#endif
