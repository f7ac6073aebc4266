/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an engine's statistics lie in memory, be it a file on tmpfs that others read
 * or memory of the engine's own: a header, a table of sections, the sections. All
 * is native-endian, in 64-bit words at multiples of 8; sections begin on a cache line.
 * No paths, descriptors, pointers or offsets of the application are in it.
 *
 * Readers find a section by its kind and go from block to block by its stride. A newer
 * minor version appends words to a block, kinds to the table, or strings to the header;
 * what moves or changes its meaning makes a new major version.
 *
 * Writers store single words, relaxed; counters never fall. What must be read together,
 * the blocks of engine and targets, begins with a sequence number that is odd while they are
 * written. tests/segment_layout.c holds the layout.
 */
#ifndef AUR_SEGMENT_H
#define AUR_SEGMENT_H

#include <stdatomic.h>
#include <stdint.h>

#define SEGMENT_MAGIC 0x5354415453525541ull /* "AURSTATS" where the low byte comes first */
#define SEGMENT_MAJOR 1
#define SEGMENT_MINOR 1
#define SEGMENT_VERSION ((uint64_t)SEGMENT_MAJOR << 32 | SEGMENT_MINOR)

#define SEGMENT_BYTES_MAX (256 * 1024) /* of a whole segment */
#define SEGMENT_TARGETS 16             /* of an engine, the first ones */
#define SEGMENT_ERRNOS 134             /* errno 1 to 133; 0 counts all others */

#define SEGMENT_DIR "/run/auraio"           /* below it a directory for each user id */
#define SEGMENT_NAME "v1.%ld.%016llx.stats" /* process id, random number */

typedef _Atomic uint64_t segment_word;

/* What operations are told apart in counters and latencies. */
enum op_class { CLASS_READ, CLASS_WRITE, CLASS_SYNC, CLASS_OTHER, CLASSES };
#define LATENCY_CLASSES CLASS_OTHER /* the first so many have latencies */

/* Strings are NUL-terminated. Written once. */
struct segment_header {
    uint64_t magic, version;
    uint64_t bytes;                    /* of the whole segment */
    uint64_t header_bytes;             /* where the table of sections begins */
    uint64_t sections, section_stride; /* number of entries, bytes from one to the next */
    uint64_t pid, started_ns;          /* of the engine: CLOCK_REALTIME */
    char boot_id[40], comm[16];        /* of the system's start; the program */
    char name[32], library[16];        /* of the engine; the version of the library */
    char kernel[88];                   /* release */
};

/*
 * The last, since minor version 1 and only where not all rings have a block: one block like a
 * ring's, in which the counters of those without one are added up by the thread that ticks.
 */
enum segment_kind {
    SEGMENT_ENGINE = 1,
    SEGMENT_RINGS,
    SEGMENT_TARGET,
    SEGMENT_ERRORS,
    SEGMENT_REST
};

struct segment_section {
    uint64_t kind;
    uint64_t offset, count, stride; /* bytes from the start; blocks; bytes of one */
};

/* Latencies in steps of powers of two: bucket k ends at 2^k us, the last one never. */
#define SEGMENT_BUCKETS 26
struct segment_latency {
    segment_word sum_ns, buckets[SEGMENT_BUCKETS];
};

/*
 * A ring's counters. Written under the ring's lock, but for completed, failed,
 * resubmitted and spills, which are added to, and number, limit and phase, which
 * the thread that ticks writes. A ring that does not exist yet has depth 0; the store of
 * depth is a release, and what was stored before it is the ring's number.
 */
struct segment_ring {
    _Alignas(64) segment_word completed[CLASSES]; /* callbacks begun */
    segment_word bytes[2];                        /* read, written; parts of transfers at once */
    segment_word failed;                          /* of completed: with a negative result */
    segment_word unstarted; /* signed: +1 accepted and not started, -1 started later or once more */
    segment_word in_flight, peak_in_flight, queued;
    segment_word submit_calls, spills, resubmitted;
    segment_word number, depth; /* of the ring; operations it may have in the kernel */
    segment_word limit, phase;  /* of the target that it works for most */
    segment_word flags;         /* AURAIO_RING_ */
    segment_word reserved[5];
    struct segment_latency latency[LATENCY_CLASSES]; /* samples, by parts of transfers */
};

/* A device, by the thread that ticks. A target that does not exist yet has phase 0 and made 0. */
struct segment_target {
    segment_word sequence;
    segment_word made; /* 1 */
    segment_word dev_major, dev_minor, stream;
    segment_word limit, in_flight, queued, phase, knee;
    segment_word limit_raised, limit_lowered, searches;
    segment_word completed, bytes; /* parts of transfers; what these moved */
    segment_word p99_ns, baseline_ns, milli_iops, bytes_per_second; /* window; search; window */
    segment_word reserved[5];
};

/* The engine, by the thread that ticks. */
struct segment_engine {
    _Alignas(64) segment_word sequence;
    segment_word heartbeat_ns; /* CLOCK_REALTIME of the last tick */
    segment_word backend, uring_errno, features_available, features_used;
    segment_word rings_max, rings_made, rings_left_out; /* the last: those without a block */
    segment_word queue_depth, batch, limit, ceiling_ns, phase;
    segment_word limit_raised, limit_lowered;
    segment_word eagain, wait_calls, abandoned, fatal_errno;
    segment_word pool_bytes, pool_buffers, pool_cached_bytes, pool_shards;
    segment_word p99_ns, bytes_per_second; /* window */
    segment_word peak_in_flight;
    /* Since minor version 1, 0 before; written once. */
    segment_word instance;      /* tells engines of one process and one name apart: from 1 */
    segment_word pid_namespace; /* in which header.pid counts: its inode; 0: not known */
    segment_word reserved[3];
};

#endif
