/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a workload, shared by its parts: files.c names and sizes, layout.c writes files,
 * open.c opens and closes, offsets.c places operations, contents.c and verify.c fill and check
 * buffers, history.c remembers writes, workload.c puts them in order. All of it belongs to the
 * job's thread; before that thread runs, to the one that prepares the jobs. */
#ifndef BFFIO_WORK_H
#define BFFIO_WORK_H

#include "randmap.h"
#include "random.h"
#include "skewed.h"
#include "workload.h"

#define NOWHERE UINT64_MAX

enum place_kind { PLACE_FILE, PLACE_BLOCK, PLACE_CHAR };

/* One file as the workload sees it, beside the work_file of the same index. */
struct place {
    enum place_kind kind;
    uint64_t real_size; /* of the whole file or device */
    uint64_t begin;     /* where the job's part begins */
    uint64_t size;      /* bytes of the part */
    uint64_t last_start[DIRECTIONS], last_end[DIRECTIONS];
    uint64_t dirty_begin, dirty_end; /* written since the last sync; NOWHERE: nothing */
    struct randmap map;
    struct skewed skewed;
    bool done;      /* nothing more to do in this round */
    bool is_open;   /* counts against openfiles */
    bool extend;    /* is to be laid out */
    bool is_closed; /* as fio would have it, and fsync_on_close still to be done */
    bool was_open;
    unsigned users; /* units that are out, with opens_late */
};

/* A write that is to be read back. */
struct piece {
    uint64_t offset, seed, number;
    struct work_file *file;
    uint32_t len;
    bool in_flight;
    bool gone; /* failed, or written over by a later one */
};

enum { HISTORY_CHUNK = 1024 };

struct history_chunk {
    struct history_chunk *next;
    size_t first, n;
    struct piece piece[HISTORY_CHUNK];
};

struct history {
    bool sorted;                       /* without a random map: by place, the latest only */
    void *tree;                        /* tsearch(3), sorted */
    struct history_chunk *head, *tail; /* in the order of the writes */
    uint64_t len;
};

struct extent {
    uint64_t offset, len;
    const struct work_file *file;
    bool writes;
};

enum phase { PHASE_RUN, PHASE_VERIFY, PHASE_OVER };

struct zone_index {      /* for each of the 100 percents of accesses */
    uint64_t begin, end; /* percent, or bytes with zoned_abs */
};

struct workload {
    const struct job *job;
    struct work_file *files;
    struct place *places;
    size_t n_files;
    uint64_t size, io_size; /* what the job's size= and io_size= came to */
    uint64_t min_bs, max_bs;
    bool reads, writes, trims, random, trim_write, with_map, constant_bs, invalidates;

    struct taus bs[DIRECTIONS], verify, mix, next_file, block, file_size, contents,
        sequential[DIRECTIONS];
    struct taus dedupe, zone, contents_before;
    uint64_t seeds[STREAMS];
    struct zone_index *zones[DIRECTIONS]; /* 100 of them, or NULL */
    struct bs_share *bssplit[DIRECTIONS]; /* by rising percent, as fio goes through them */

    enum phase phase;
    bool opened, backlog, round_ended;
    bool is_synced; /* and nothing done since */
    int error;      /* negative errno of making the data safe, for workload_close */
    bool (*is_stop_wanted)(const void *arg); /* or NULL */
    const void *stop_arg;
    unsigned loops_left;
    uint64_t round_issued; /* bytes of this round, all directions, verification too */
    uint64_t round_done;
    uint64_t issued_bytes[DIRECTIONS]; /* of all rounds, verification apart */
    uint64_t issues[DIRECTIONS];
    uint64_t done_bytes;      /* of all rounds, verification too */
    uint64_t sequence_left;   /* operations until the next new place */
    enum direction preferred; /* by rates of their own; DIRECTIONS: by the mix */
    enum direction mix_dir;   /* the direction of a mixed job now */
    uint64_t mix_until;       /* issues of mix_dir that end it */
    bool last_was_sync;
    enum direction last_dir, last_completed;
    bool any_issued;

    size_t turn;           /* of the files, roundrobin */
    size_t serving;        /* the file now */
    uint64_t serving_left; /* operations it still gets; 0: choose */
    bool is_serving;
    size_t done_files;
    size_t open_files, open_now; /* at most; files whose turn it is */
    bool opens_late;             /* not all are open from the beginning on */
    size_t n_fds, sweep;         /* open now; where to look for one to close */

    bool fast; /* fast.c applies */
    enum direction fast_dir;
    uint64_t fast_left; /* operations until the long way has to look at the limits again */
    uint64_t fast_bs, fast_end;
    double fast_blocks;

    bool device_full;
    enum { FILL_ONCE, FILL_SCRAMBLE, FILL_REFILL } filling;
    uint64_t scramble; /* varies the contents of writes */
    struct history history;
    uint64_t verify_batch;
    uint64_t verify_interval; /* effective */
    bool dry_run;             /* verify_only: names the writes without doing them */
    unsigned in_flight;       /* all units that are out */

    struct extent *extents;   /* in flight, with serialize_overlap */
    size_t n_extents, n_used; /* room, and what of it is taken, from the beginning on */
    struct io_unit held;      /* an operation that waits for an overlapping one */
    bool is_held;
    void *held_data; /* what it writes */
    void *dump;      /* a buffer for what was expected */
};

/* "bffio: FILE:LINE: JOB: SUBJECT: text" on stderr, one line. Returns -1. */
__attribute__((format(printf, 3, 4))) int work_message(const struct job *job, const char *subject,
                                                       const char *format, ...);

/* workload.c: -1 with ECANCELED when somebody wants an end, else 0. */
int work_interrupted(const struct workload *work);
/* files.c */
int files_name(struct workload *work);
int files_size(struct workload *work);
/* fio numbers the jobs of a section 0, n - 1, n - 2 .. 1, in names, directories and offsets. */
unsigned job_number(const struct job *job);
uint64_t place_begin(const struct workload *work, const struct place *place);
/* layout.c */
int files_lay_out(struct workload *work);
/* open.c */
int files_open(struct workload *work);
/* With opens_late: a unit's file is open from here until it is let go. 0, or -1 after a message. */
int file_hold(struct workload *work, const struct io_unit *unit);
void file_let_go(struct workload *work, const struct io_unit *unit);
int file_invalidate(const struct workload *work, size_t index);
int files_pre_read(struct workload *work);
int files_sync(struct workload *work);
/* fsync_on_close of the files that are done with. 0, or -1 with errno after a message. */
int files_sync_closed(struct workload *work);
int files_write_out(struct workload *work);
int files_close(struct workload *work);
/* unlink_each_loop: other files of the same names. 0, or -1 with work->error after a message. */
int files_renew(struct workload *work);

/* offsets.c */
void streams_start(struct workload *work);
void place_reset(struct workload *work, size_t index);
int places_init(struct workload *work);
void places_free(struct workload *work);
/* The next operation of a direction in a file: false when the file has none left. */
bool place_next(struct workload *work, size_t index, enum direction dir, uint64_t *offset,
                uint64_t *len);

/* sequence.c */
/* Nothing more to do in a file in this round. */
void place_exhausted(struct workload *work, size_t index);
/* The next operation of a round, without regard to limits and overlaps. */
enum next_result next_operation(struct workload *work, struct io_unit *unit);

/* overlap.c: serialize_overlap */
bool overlap_enter(struct workload *work, const struct io_unit *unit);
void overlap_leave(struct workload *work, const struct io_unit *unit);
void overlap_hold(struct workload *work, const struct io_unit *unit);
enum next_result overlap_take_held(struct workload *work, struct io_unit *unit);

/* fast.c */
void fast_init(struct workload *work);
/* While fast_left is not 0. false: the long way goes on from here. */
bool fast_next(struct workload *work, struct io_unit *unit);

/* contents.c */
void contents_init(struct workload *work);
void contents_random(void *buf, size_t len, uint64_t seed);
void contents_pattern(void *buf, size_t len, const unsigned char *pattern, size_t pattern_len);
void contents_fill(struct workload *work, void *buf, size_t len);
void contents_scramble(struct workload *work, void *buf, uint64_t offset, size_t len);

/* verify.c */
int verify_check_options(struct workload *work);
void verify_fill(struct workload *work, struct io_unit *unit);
int verify_check(struct workload *work, const struct io_unit *unit);

/* history.c */
struct piece *history_add(struct workload *work, const struct io_unit *unit); /* or NULL */
struct piece *history_first(struct workload *work);
void history_take_first(struct workload *work);
void history_completed(struct piece *piece, bool good);
void history_free(struct history *history);

#endif
