/* SPDX-License-Identifier: Apache-2.0 */
/* A job's operations are fio's: sequences taken from its logs, and what must hold of all: each
 * block once, within the file, the end that loops, io_size and number_ios ask for, wrapping. */
#include "workload_job.h"

struct place {
    enum direction dir;
    uint64_t offset_kib, len_kib;
};

static void use_bssplit(struct job *job)
{
    static struct bs_share shares[] = {{4096, 50}, {8192, 30}, {65536, 20}};

    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        job->bssplit[dir] = shares;
        job->n_bssplit[dir] = 3;
        job->bs_max[dir] = 65536;
    }
}

static void use_distribution(struct job *job, enum distribution kind, double value)
{
    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        job->dist[dir] = kind;
        job->dist_value[dir] = value;
    }
}

static void hand_back(struct workload *work, struct io_unit *unit)
{
    unit->result = (ssize_t)unit->len;
    workload_completed(work, unit);
}

static void same(const struct job *job, const struct place *wanted, size_t n, const char *what)
{
    struct io_unit unit;
    struct workload *work = begin_job(job, &unit);
    bool is_same = true;

    for (size_t i = 0; i < n; i++) {
        if (workload_next(work, &unit) != NEXT_READY)
            bail("%s: no operation", what);
        is_same = is_same && unit.dir == wanted[i].dir &&
                  unit.offset == wanted[i].offset_kib << 10 && unit.len == wanted[i].len_kib << 10;
        hand_back(work, &unit);
    }
    ok(is_same, "%s: the operations are fio's", what);
    end_job(work, &unit);
}

static void sequences_of_fio(void)
{
    const struct place plain[] = {{READS, 0, 4},  {READS, 44, 4}, {READS, 52, 4}, {READS, 28, 4},
                                  {READS, 24, 4}, {READS, 56, 4}, {READS, 32, 4}, {READS, 20, 4},
                                  {READS, 60, 4}, {READS, 4, 4},  {READS, 8, 4},  {READS, 40, 4}};
    const struct place second_job[] = {{READS, 16, 4}, {READS, 8, 4},  {READS, 36, 4},
                                       {READS, 0, 4},  {READS, 28, 4}, {READS, 40, 4},
                                       {READS, 44, 4}, {READS, 20, 4}, {READS, 24, 4},
                                       {READS, 4, 4},  {READS, 32, 4}, {READS, 12, 4}};
    const struct place mixed[] = {{READS, 60, 4},   {READS, 756, 4},  {READS, 860, 4},
                                  {WRITES, 480, 4}, {READS, 408, 4},  {READS, 864, 4},
                                  {WRITES, 388, 4}, {READS, 360, 4},  {READS, 932, 4},
                                  {READS, 68, 4},   {WRITES, 872, 4}, {READS, 664, 4}};
    const struct place split[] = {{READS, 60, 64},  {READS, 756, 4},  {READS, 860, 4},
                                  {READS, 480, 8},  {READS, 408, 4},  {READS, 864, 64},
                                  {READS, 388, 4},  {READS, 360, 28}, {READS, 932, 8},
                                  {READS, 124, 64}, {READS, 928, 4},  {READS, 664, 8}};
    const struct place zipf[] = {{READS, 740, 4}, {READS, 488, 4}, {READS, 740, 4}, {READS, 572, 4},
                                 {READS, 740, 4}, {READS, 488, 4}, {READS, 488, 4}, {READS, 184, 4},
                                 {READS, 740, 4}, {READS, 404, 4}, {READS, 152, 4}, {READS, 84, 4}};
    const struct place normal[] = {{READS, 24, 4},  {READS, 512, 4}, {READS, 480, 4},
                                   {READS, 108, 4}, {READS, 528, 4}, {READS, 612, 4},
                                   {READS, 176, 4}, {READS, 328, 4}, {READS, 1016, 4},
                                   {READS, 728, 4}, {READS, 816, 4}, {READS, 900, 4}};
    const struct place sequences[] = {{READS, 60, 4},  {READS, 64, 4},  {READS, 68, 4},
                                      {READS, 72, 4},  {READS, 756, 4}, {READS, 760, 4},
                                      {READS, 764, 4}, {READS, 768, 4}, {READS, 860, 4},
                                      {READS, 864, 4}, {READS, 868, 4}, {READS, 872, 4}};
    const struct place wide[] = {{READS, 60, 4}, {READS, 0, 4},  {READS, 4, 4},  {READS, 8, 4},
                                 {READS, 32, 4}, {READS, 12, 4}, {READS, 28, 4}, {READS, 20, 4},
                                 {READS, 52, 4}, {READS, 48, 4}, {READS, 36, 4}, {READS, 16, 4}};
    struct job job;

    job = default_job(KIND_READ | KIND_RANDOM, 64 << 10);
    same(&job, plain, sizeof(plain) / sizeof(plain[0]), "randread, each block once");

    job = default_job(KIND_READ | KIND_RANDOM, 64 << 10);
    job.index = 1;
    same(&job, second_job, sizeof(second_job) / sizeof(second_job[0]), "the second job of a run");

    job = default_job(KIND_READ | KIND_WRITE | KIND_RANDOM, 1 << 20);
    job.read_percent = 70;
    same(&job, mixed, sizeof(mixed) / sizeof(mixed[0]), "randrw with rwmixread=70");

    job = default_job(KIND_READ | KIND_RANDOM, 1 << 20);
    use_bssplit(&job);
    same(&job, split, sizeof(split) / sizeof(split[0]), "bssplit");

    job = default_job(KIND_READ | KIND_RANDOM, 1 << 20);
    use_distribution(&job, DIST_ZIPF, 1.2);
    same(&job, zipf, sizeof(zipf) / sizeof(zipf[0]), "zipf:1.2");

    job = default_job(KIND_READ | KIND_RANDOM, 1 << 20);
    use_distribution(&job, DIST_NORMAL, 10);
    same(&job, normal, sizeof(normal) / sizeof(normal[0]), "normal:10");

    job = default_job(KIND_READ | KIND_RANDOM, 1 << 20);
    job.sequence_ops = 4;
    same(&job, sequences, sizeof(sequences) / sizeof(sequences[0]), "randread:4");

    job = default_job(KIND_READ | KIND_RANDOM, 64 << 10);
    job.random64 = true;
    same(&job, wide, sizeof(wide) / sizeof(wide[0]), "random_generator=tausworthe64");
}

static void each_block_once(void)
{
    static bool seen[1000];
    struct job job = default_job(KIND_READ | KIND_RANDOM, sizeof(seen) * 4096);
    struct io_unit unit;
    struct workload *work = begin_job(&job, &unit);
    size_t n = 0;
    bool is_once = true;

    while (workload_next(work, &unit) == NEXT_READY) {
        is_once = is_once && unit.offset % 4096 == 0 && unit.offset / 4096 < sizeof(seen) &&
                  !seen[unit.offset / 4096];
        seen[unit.offset / 4096 % sizeof(seen)] = true;
        n++;
        hand_back(work, &unit);
    }
    ok(is_once, "with a random map no block is read twice");
    is(n, sizeof(seen), "and all are read");
    ok(!workload_again(work, false), "then it is over");
    end_job(work, &unit);
}

static size_t count(const struct job *job, bool *is_inside)
{
    struct io_unit unit;
    struct workload *work = begin_job(job, &unit);
    size_t n = 0;

    *is_inside = true;
    do
        while (n < 10000 && workload_next(work, &unit) == NEXT_READY) {
            *is_inside = *is_inside && unit.offset >= unit.file->begin &&
                         unit.offset + unit.len <= unit.file->begin + unit.file->size;
            n++;
            hand_back(work, &unit);
        }
    while (n < 10000 && workload_again(work, false));
    end_job(work, &unit);
    return n;
}

static void ends(void)
{
    struct job job = default_job(KIND_READ, 100 * 4096);
    bool is_inside;

    is(count(&job, &is_inside), 100, "a file is read once");
    job.loops = 3;
    is(count(&job, &is_inside), 300, "loops=3 reads it three times");
    job.loops = 1;
    job.io_size = 150 * 4096;
    is(count(&job, &is_inside), 150, "io_size goes beyond size");
    job.io_size = 0;
    job.number_ios = 7;
    is(count(&job, &is_inside), 7, "number_ios ends it early");
    job.number_ios = 0;
    job.offset = 40 * 4096;
    is(count(&job, &is_inside), 100, "offset moves the part");
    ok(is_inside, "and nothing is read outside of it");
    job.nrfiles = 4;
    is(count(&job, &is_inside), 100, "four files share the size");
    job.time_based = true;
    is(count(&job, &is_inside), 10000, "time_based wraps");
    ok(is_inside, "and stays inside");
}

static void syncs(void)
{
    struct job job = default_job(KIND_WRITE, 9 * 4096);
    struct io_unit unit;
    struct workload *work;
    char order[32] = "";

    job.fsync_every = 3;
    work = begin_job(&job, &unit);
    while (strlen(order) < sizeof(order) - 1 && workload_next(work, &unit) == NEXT_READY) {
        strcat(order, unit.kind == IO_FSYNC ? "s" : "w");
        hand_back(work, &unit);
    }
    /* fio ends when the bytes are written: no sync follows the last write. */
    ok(!strcmp(order, "wwwswwwswww"), "fsync=3 syncs after each third write: %s", order);
    end_job(work, &unit);
}

int main(void)
{
    enter_directory();
    sequences_of_fio();
    each_block_once();
    ends();
    syncs();
    leave_directory();
    return done();
}
