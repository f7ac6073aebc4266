/* SPDX-License-Identifier: Apache-2.0 */
/* What a job does next: files, offsets, sizes, directions, contents. It knows nothing of engines
 * and clocks; the runner asks for one operation after the other. A workload belongs to its job's
 * thread. With the same randseed the offsets are those of fio. */
#ifndef BFFIO_WORKLOAD_H
#define BFFIO_WORKLOAD_H

#include "job.h"

#include <sys/types.h>

struct work_file {
    char *path;
    size_t name_at; /* where in it the name begins, behind directory= */
    int fd;         /* -1: not open */
    uint64_t begin; /* first byte of the job's part */
    uint64_t size;  /* bytes of it from there */
    bool is_block, created;
};

enum io_kind { IO_READ, IO_WRITE, IO_TRIM, IO_FSYNC, IO_FDATASYNC, IO_SYNC_RANGE };

/* One operation. The workload fills it, the runner carries it out and hands it back. The
 * runner owns buf; it belongs to the kernel between submission and completion. */
struct io_unit {
    enum io_kind kind;
    enum direction dir; /* where it is counted; syncs: WRITES */
    struct work_file *file;
    uint64_t offset, len;
    void *buf;
    int buf_index;   /* of registered buffers, -1: none */
    uint64_t seed;   /* of a write's contents */
    uint64_t number; /* in the order of the job's writes, for the verify header */
    bool verifying;  /* a read whose contents are to be checked */
    bool in_flight;
    uint64_t start_ns; /* when its making began: slat counts from here (runner) */
    uint64_t issue_ns; /* when it was handed over (runner) */
    ssize_t result;    /* bytes or negative errno (runner) */
    void *owner;       /* the runner's */
    struct io_unit *next;
    void *piece; /* the workload's: a write that is to be verified */
};

enum next_result {
    NEXT_READY, /* the unit is filled in */
    NEXT_WAIT,  /* nothing until something in flight has completed (serialize_overlap, verify) */
    NEXT_DONE,  /* this round of the workload is complete */
    NEXT_FAILED /* errno says why, a message was printed */
};

struct workload;

/* Before anything runs, in the order of the jobs, as fio does: names the files, checks them,
 * lays out what reads need (real data), sizes them. 0, or -1 after a message on stderr. */
struct workload *workload_new(const struct job *job);
int workload_prepare(struct workload *work);
/* Laying out and reading in advance ask now and then, and end early, without a message and with
 * ECANCELED, when the answer is true. */
void workload_set_stop(struct workload *work, bool (*is_wanted)(const void *arg), const void *arg);
/* In the job's thread: opens (O_DIRECT, O_SYNC, create_on_open), invalidates, pre-reads. */
int workload_open(struct workload *work);
size_t workload_files(struct workload *work, struct work_file **files);
/* Bytes of the largest operation. */
uint64_t workload_max_bs(const struct workload *work);
/* Total bytes this job means to move, 0 when only time ends it: for the ETA. */
uint64_t workload_bytes(const struct workload *work);

/* Once for each buffer before its first operation: what writes put on the device. */
void workload_fill_buffer(struct workload *work, void *buf, size_t len);
/* A mixed job whose directions have rates of their own: the next operation goes this way, with
 * DIRECTIONS the mix decides (the runner asks before each operation). */
void workload_prefer(struct workload *work, enum direction dir);
enum next_result workload_next(struct workload *work, struct io_unit *unit);
/* The other end of workload_next: after the completion, whatever the result. A verify error is
 * told here: returns 0 or -EILSEQ after a message. With a short result that is no error the
 * runner submits the rest itself first. */
int workload_completed(struct workload *work, struct io_unit *unit);
/* A trim, at once and in the caller's thread. 0 or a negative errno. */
int workload_trim(struct workload *work, struct io_unit *unit);
/* Starts the next round (loops, time_based); begins reading back when verify asks for it.
 * false: there is none. `timed_out`: the runtime is over, only verification may follow. */
bool workload_again(struct workload *work, bool timed_out);
/* A write has found no room, and fill_device asks for that: nothing more is written. */
void workload_device_full(struct workload *work);
bool workload_is_verifying(const struct workload *work);
/* end_fsync, fsync_on_close, closing, unlinking. 0 or a negative errno after a message. */
int workload_close(struct workload *work);
void workload_free(struct workload *work);

#endif
