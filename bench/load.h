/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work all contestants do, so that they differ in nothing but how they do it: options, the
 * file, slots with their buffers, the sequence of operations, the check of results, latencies, and
 * the line of output.
 *
 * A contestant calls load_open, sets itself up, then load_run with what its threads do. Each of
 * them has a worker. worker_next and worker_done are inline: they are the hot loop's share.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Log-linear buckets of 1/64 of their value; the unit is 1 ns. Longer ones count as the longest. */
enum { LATENCY_BITS = 40, LATENCY_BUCKETS = (LATENCY_BITS - 5) * 64 };

enum kind { READ_BLOCK, WRITE_BLOCK, SYNC_FILE };

/* SUBMIT_WAIT: worker 0 submits and computes, another completes. BOTH: two workers do both. */
enum threading { ONE_THREAD, SUBMIT_WAIT, BOTH };

/* The place of one operation in flight. */
struct slot {
    char *buf;
    int64_t offset;
    uint64_t begun_ns; /* with --latency */
    ssize_t expected;  /* result */
    enum kind kind;
    int index;
    atomic_bool is_busy; /* with SUBMIT_WAIT: worker 0 sets it, who completes clears it */
};

/* What one thread has done; no other looks before it has ended. */
struct worker {
    uint64_t random;
    int64_t begun; /* operations */
    int64_t done;
    int64_t quota;     /* begin so many, then ask load_more */
    int64_t chunk;     /* by which the quota grows */
    uint64_t asked_ns; /* when it grew last */
    uint64_t calls;    /* system calls for I/O, as far as the contestant counts them */
    uint64_t longest_ns;
    uint32_t *latencies; /* LATENCY_BUCKETS */
} __attribute__((aligned(128)));

/* Constant while operations run. */
struct load {
    int fd;
    bool direct, mix, latency;
    size_t block;
    uint64_t blocks; /* of the file */
    struct slot *slots;
    int depth;
    struct worker *workers;
    int worker_count;
    enum threading threading;
    int flags; /* number of --flags in the list of the contestant */
    int batch;
    int rings;
};
extern struct load load;

/* What a contestant can do beyond the common options. */
struct contestant {
    const char *const *flags; /* names for --flags, the first is the default; NULL: it has none */
    bool has_batch;
    bool has_rings;
    bool has_threading;
};

/* Parses, opens and fills the file, allocates slots. Exits on any error. */
void load_open(int argc, char **argv, const struct contestant *contestant);

/* Runs body in each of n threads, the calling one alone when n is 1, and times it. */
void load_run(int n, void (*body)(struct worker *worker));

/* Prints the line of output, with calls on top of those of the workers, and closes the file. */
void load_close(uint64_t calls);

/* Exit status 1, and 77 for a contestant that cannot run here; error is an errno or 0. */
_Noreturn void load_fail(const char *what, int error);
_Noreturn void load_skip(const char *what, int error);

/* The seldom parts of the two below. */
bool load_more(struct worker *worker);
void load_choose_kind(struct slot *slot, uint32_t random);
void load_note_latency(struct worker *worker, const struct slot *slot);
_Noreturn void load_wrong_result(const struct slot *slot, ssize_t result);

static inline uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Sets the slot's next operation, or tells that there is none. The upper half of a linear
 * congruential generator is random enough to choose blocks, and costs next to nothing. */
static inline bool worker_next(struct worker *worker, struct slot *slot)
{
    if (worker->begun == worker->quota && !load_more(worker))
        return false;
    worker->begun++;
    uint64_t x = worker->random * 6364136223846793005u + 1442695040888963407u;
    worker->random = x;
    slot->offset = (int64_t)(((x >> 32) * load.blocks >> 32) * load.block);
    if (load.mix)
        load_choose_kind(slot, (uint32_t)(x >> 13));
    if (load.latency)
        slot->begun_ns = now_ns();
    return true;
}

/* Takes the result of the slot's operation. */
static inline void worker_done(struct worker *worker, const struct slot *slot, ssize_t result)
{
    if (result != slot->expected)
        load_wrong_result(slot, result);
    worker->done++;
    if (load.latency)
        load_note_latency(worker, slot);
}

#endif
