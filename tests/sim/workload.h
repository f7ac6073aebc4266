/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random workload over the public API, and the model it is held against: what
 * each file must contain, what each operation may answer. Every operation is a
 * struct work; works of one chain share a struct group and are judged together,
 * in order, when the last of them has been called back.
 *
 * Operations in flight never overlap where it would matter: a group locks the
 * blocks it writes, and readers share theirs.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "simkern.h"

#include <auraio.h>
#include <sys/stat.h>

#define FILES 6
#define FILE_BYTES (192 * 1024)
#define BLOCK 4096
#define BLOCKS (FILE_BYTES / BLOCK)
#define WORKS 256
#define WORK_BYTES (24 * 1024)
#define NAMES 24
#define STALE 64
#define IOVECS 6

struct model_file {
    int fd;
    unsigned char *bytes; /* what it must hold */
    int64_t size;
    int64_t bad_from, bad_to; /* EIO here */
    bool full;                /* cannot grow: ENOSPC beyond size */
    bool direct;
    bool silent; /* transfers end by cancel or deadline alone, and all have one */
    unsigned device;
    int users[BLOCKS]; /* readers, or -1: one writer */
};

/* A path; one operation at a time. */
struct model_name {
    char path[24];
    bool exists, directory, busy;
    int64_t size;
    int fd; /* open on it, or -1 */
};

struct work {
    struct group *group;
    auraio_request_t *req;
    auraio_op_t op; /* as submitted */
    struct model_file *file;
    struct model_name *name, *name2;
    unsigned char *buffer;
    struct iovec iov[IOVECS];
    struct statx st;
    int index; /* of the work and of its registered buffer */
    int64_t total;
    uint64_t submitted_ns;
    bool cancelled, called;
    int64_t result;
    int error; /* auraio_request_error in the callback */
};

struct group {
    int n, called;
    struct work *works[AURAIO_CHAIN_MAX];
    struct model_file *file;
    int first_block, last_block;
    bool writes;
    struct group *next_free;
};

enum set_state { SET_NONE, SET_USABLE, SET_LEAVING };

struct workload {
    auraio_engine_t *engine;
    auraio_options_t options;
    struct model_file files[FILES];
    struct model_name names[NAMES];
    struct work works[WORKS];
    struct group groups[WORKS];
    struct work *free_works[WORKS];
    struct group *free_groups;
    int n_free;
    unsigned char *memory;

    int wanted; /* operations still to submit */
    int depth;  /* operations a ring holds: asked for, or what the kernel granted */
    int window; /* most outstanding */
    int outstanding;
    bool shutting_down; /* nothing more from callbacks */
    bool in_callback;
    bool only_nops; /* what is submitted now: no block of a file limits how many */
    enum set_state buffers, fixed_files;
    struct model_file *slots[FILES]; /* what each registered place names */
    int max_in_flight;               /* of set_max_in_flight; 0: none */
    auraio_request_t *stale[STALE];
    unsigned n_stale;
    int poll_fd; /* -1: not handed out */
    /* Each of these keeps the library from its short ways, so that not all programs do it. */
    bool uses_poll_fd, uses_deadlines;
    bool woken;  /* a wait may return with less than it was to wait for */
    int stop_in; /* callbacks until one stops run; 0: none does */

    uint64_t submitted, called_back, bytes, failed;
};

extern struct workload the_workload; /* one at a time; callbacks find it here */

/* The random stream of the run. */
uint64_t pick(uint64_t n);
bool percent(unsigned p);

/* workload_model.c */
void model_init(struct workload *w, unsigned device_count);
void model_free(struct workload *w);
bool lock_blocks(struct model_file *file, int first, int last, bool write);
void unlock_blocks(struct model_file *file, int first, int last, bool write);
void judge_group(struct workload *w, struct group *group);

/* workload_names.c: operations on names and on the files behind them */
bool prepare_name_op(struct workload *w, struct work *work);
void judge_name_op(struct work *work);
void release_names(struct work *work);

/* workload_calls.c */
auraio_request_t *call_single(auraio_engine_t *engine, const auraio_op_t *op);

/* workload_submit.c */
struct work *work_get(struct workload *w);
void submit_something(struct workload *w);
void called_back(auraio_request_t *req, ssize_t result, void *user_data);

/* workload_wait.c */
void wait_somehow(struct workload *w);
void drain(struct workload *w);

/* workload_control.c: everything besides submitting and waiting */
void do_something_else(struct workload *w);
void do_from_callback(struct workload *w);
void settle_limit(struct workload *w); /* nothing is in flight: from here the limit counts */

/* workload_run.c: one engine with its kernel, all choices from the seed; operations done */
int run_workload(uint64_t seed);

#endif
