/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the statistics that engines publish: plain structures out of segments, which
 * are taken for hostile until every number in them has been looked at. For auraio-prom,
 * auraio-top and libauraio-prom.
 *
 * A scan goes through the directories and keeps what it found until the next scan:
 *
 *     struct reader *reader = reader_new();
 *     reader_scan(reader, false);
 *     for (size_t i = 0; i < reader_count(reader); i++) {
 *         const struct reader_engine *engine = reader_get(reader, i);
 *         for (int r = 0; r < engine->ring_count; r++) {
 *             struct reader_ring ring;
 *             if (reader_ring(engine, r, &ring)) ...
 *         }
 *     }
 *     reader_free(reader);
 *
 * Not for several threads at once. Nothing here waits for the engines.
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of one user; what is beyond is left out, the dead first. */
#define READER_USER_MAX 64               /* segments */
#define READER_USER_BYTES_MAX (8u << 20) /* of segments */
#define READER_USER_NAMES_MAX 1024       /* files that are looked at */
#define READER_USER_TOLD_MAX 256         /* dead segments that cannot be removed */
/* Of all. Users take turns, so that nobody's segments push out more than their share. */
#define READER_ALL_MAX 4096
#define READER_BYTES_MAX (64u << 20)
#define READER_BUCKETS 26 /* of a latency; reader_bucket_seconds tells where they end */
#define READER_TARGETS_MAX 64
#define READER_ERRNOS 134

/* Indexes of ops and latency. */
enum reader_class { READER_READ, READER_WRITE, READER_SYNC, READER_OTHER, READER_CLASSES };
#define READER_LATENCIES 3

/* Why a file was not taken. */
enum reader_error {
    READER_OK,
    READER_OPEN,  /* cannot be opened or read */
    READER_FILE,  /* no regular file, more than one link, not of the directory's owner, a name twice
                   */
    READER_SIZE,  /* too small, too large, or not the size it claims */
    READER_MAGIC, /* no segment */
    READER_VERSION, /* of another major version */
    READER_LAYOUT,  /* a section lies outside or is not there, a ring or device twice */
    READER_TORN,    /* was being written all the time */
    READER_LIMIT,   /* more than one of the limits above, or of the caller's weight */
    READER_PLACE, /* a user's directory that is somebody else's, or where another file system is */
    READER_ERRORS
};
const char *reader_error_name(int error); /* "open" to "place"; NULL for any other value */

struct reader_latency {
    uint64_t buckets[READER_BUCKETS]; /* each for itself; the last is all that is longer */
    uint64_t count, sum_ns;           /* of all */
};

struct reader_ring {
    int number;
    uint64_t ops[READER_CLASSES], bytes[2], failed;
    uint64_t in_flight, peak_in_flight, queued;
    uint64_t submit_calls, spills, resubmitted;
    uint64_t queue_depth, limit;
    int phase;      /* auraio_phase_t */
    unsigned flags; /* AURAIO_RING_ */
    struct reader_latency latency[READER_LATENCIES];
};

struct reader_target {
    unsigned dev_major, dev_minor;
    bool stream;                             /* pipes, sockets, terminals of that device */
    uint64_t limit, in_flight, queued, knee; /* a knee of 0: none is known */
    int phase;
    uint64_t limit_raised, limit_lowered, searches;
    uint64_t ops, bytes;
    double p99_seconds, baseline_p99_seconds, iops, bytes_per_second;
};

struct reader_pool {
    uint64_t bytes, buffers, cached_bytes, shards;
};

/* Strings are valid UTF-8 without control characters. */
struct reader_engine {
    uid_t uid;  /* of the file's owner */
    bool alive; /* its process holds the lock, or held it when the heartbeat was last seen */
    uint64_t pid;
    double started, heartbeat; /* seconds since the epoch; last time completions were processed */
    char comm[16 * 3], name[32 * 3 + 24], library[16 * 3], kernel[88 * 3];
    int backend; /* auraio_backend_t */
    int uring_errno, fatal_errno;
    uint64_t features_available, features_used;
    uint64_t pid_namespace; /* where pid counts; 0: not known */
    uint32_t instance;      /* the engine's wish for the number behind its name */

    /* Sums over the rings; those without a block of their own as of the heartbeat */
    uint64_t ops[READER_CLASSES], bytes[2], failed;
    uint64_t in_flight, queued, submit_calls, spills, resubmitted;
    struct reader_latency latency[READER_LATENCIES];
    uint64_t errors[READER_ERRNOS]; /* failed operations by errno; 0: any other */

    /* As of the heartbeat */
    uint64_t rings_made, rings_max, rings_left_out, queue_depth;
    uint64_t batch, limit;  /* batch 0: no number */
    double ceiling_seconds; /* of the P99; 0: none */
    int phase;              /* of the target that has done most */
    uint64_t limit_raised, limit_lowered, eagain, wait_calls, abandoned, peak_in_flight;
    double p99_seconds, bytes_per_second;
    struct reader_pool pool;

    int ring_count, target_count; /* for reader_ring and reader_target */
    const void *bytes_of_segment; /* the rest is the reader's */
    size_t size, engine_at, rings_at, ring_stride, targets_at, target_stride;
};

struct reader;

/* NULL: no memory. */
struct reader *reader_new(void);
void reader_free(struct reader *reader);

/*
 * Directories for reader_scan instead of those of the host, which are $AURAIO_STATS_DIR or, where
 * that is not set: /run/auraio/UID of everybody who lets us, /run/user/UID/auraio likewise, and
 * $XDG_RUNTIME_DIR/auraio. In a directory lie segments of its owner, and directories of users
 * that have their ids as names. Returns false without memory.
 */
bool reader_add_directory(struct reader *reader, const char *path);

/*
 * Engines are left out, by users in turns as above, when the weights of a user's or of all come to
 * more than that.
 */
typedef uint64_t reader_weight(const struct reader_engine *engine);
void reader_weigh(struct reader *reader, reader_weight *weight, uint64_t user_max,
                  uint64_t all_max);

/*
 * Reads all segments anew. Engines of one pid and name get "#" and a number after it, but for one;
 * which, is settled when a segment is first seen, by age, and stays as long as that is seen, so
 * that nobody takes over the name of another. What belongs to a process that is gone is told once,
 * with alive false, and then left out; with remove it is unlinked as well. Returns the number of
 * engines.
 */
size_t reader_scan(struct reader *reader, bool remove);

/*
 * The last scan ran out of descriptors or memory, so that engines may be missing, and some told
 * that will have other numbers next time. What was known of names and the dead before it is not
 * forgotten.
 */
bool reader_is_exhausted(const struct reader *reader);

size_t reader_count(const struct reader *reader);
const struct reader_engine *reader_get(const struct reader *reader, size_t i);

/* Files that were not taken since reader_new, by reason. */
uint64_t reader_errors(const struct reader *reader, int error);

/* Ring i of 0..ring_count-1 in the order in which they were made. False: there is none. */
bool reader_ring(const struct reader_engine *engine, int i, struct reader_ring *ring);
bool reader_target(const struct reader_engine *engine, int i, struct reader_target *target);

/* One segment in memory; it is used, not copied, as long as engine is. uid, alive are set to 0 and
 * true. READER_OK or why not. */
enum reader_error reader_parse(const void *segment, size_t size, struct reader_engine *engine);

/* Whether nobody wrote to engine or targets while the copy that was parsed was made, going by
 * another copy that was made later. */
bool reader_is_settled(const struct reader_engine *engine, const void *later);

/* Where bucket k ends, in seconds; INFINITY for the last. */
double reader_bucket_seconds(int k);

/* "2^k us" of the bucket in which fraction (0..1) of the samples end, in seconds; 0 without any. */
double reader_percentile_seconds(const struct reader_latency *latency, double fraction);

#endif
