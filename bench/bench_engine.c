/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_engine [--quick]: what an engine costs that does nothing: the time to make, use once and
 * end it, and the memory it holds while idle, beside a bare io_uring instance of the same depth.
 */
#include "figures.h"

#include <auraio.h>
#include <liburing.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH = 256, RINGS_MANY = 64 };

/* One way to have an engine. rings 0: a bare instance, without the library. */
struct kind {
    const char *name;
    int rings;
    int used; /* whether one operation is run on it */
};

static const struct kind kinds[] = {
    {"io_uring_queue_init, one nop, io_uring_queue_exit", 0, 1},
    {"engine with 1 ring, one nop", 1, 1},
    {"engine with 64 rings, one nop", RINGS_MANY, 1},
    {"engine with 64 rings, unused", RINGS_MANY, 0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int rounds = 300;
static struct io_uring bare;
static auraio_engine_t *engine;

static void make_bare(void)
{
    struct io_uring_cqe *cqe;
    int error = io_uring_queue_init(DEPTH, &bare, IORING_SETUP_COOP_TASKRUN);

    /* Kernels before 5.19 do not know the flag. */
    if (error == -EINVAL)
        error = io_uring_queue_init(DEPTH, &bare, 0);
    if (error < 0)
        give_up("io_uring_queue_init", -error);
    struct io_uring_sqe *sqe = io_uring_get_sqe(&bare);
    if (!sqe)
        give_up("io_uring_get_sqe", EAGAIN);
    io_uring_prep_nop(sqe);
    if ((error = io_uring_submit_and_wait(&bare, 1)) < 0)
        give_up("io_uring_submit_and_wait", -error);
    if ((error = io_uring_peek_cqe(&bare, &cqe)) < 0)
        give_up("io_uring_peek_cqe", -error);
    io_uring_cqe_seen(&bare, cqe);
}

static void make_engine(const struct kind *kind)
{
    auraio_options_t options;

    auraio_options_init(&options);
    options.queue_depth = DEPTH;
    options.ring_count = kind->rings;
    options.backend = AURAIO_BACKEND_URING;
    engine = auraio_create_with_options(&options);
    if (!engine)
        give_up("auraio_create_with_options", errno);
    if (!kind->used)
        return;
    if (!auraio_nop(engine, NULL, NULL))
        give_up("auraio_nop", errno);
    if (auraio_wait(engine, -1) != 1)
        give_up("auraio_wait", errno);
}

static void make(const struct kind *kind)
{
    if (kind->rings)
        make_engine(kind);
    else
        make_bare();
}

static void end(const struct kind *kind)
{
    if (kind->rings)
        auraio_destroy(engine);
    else
        io_uring_queue_exit(&bare);
}

static void print_times(void)
{
    double *us = calloc((size_t)rounds * KINDS, sizeof *us);
    char text[64];

    if (!us)
        give_up("figures", ENOMEM);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < KINDS; i++) {
            int k = (i + round) % KINDS;
            double began = seconds_now();
            make(&kinds[k]);
            end(&kinds[k]);
            us[k * rounds + round] = (seconds_now() - began) * 1e6;
        }
    }
    printf("Making and ending, depth %d: us, median of %d with its 95 %% bounds.\n\n", DEPTH,
           rounds);
    printf("| | us |\n| --- | ---: |\n");
    for (int k = 0; k < KINDS; k++) {
        struct figure figure = figure_of(us + k * rounds, rounds);
        printf("| %s | %s |\n", kinds[k].name, figure_text(&figure, text, sizeof text));
    }
    free(us);
}

/* KiB of this process. */
struct memory {
    long resident;  /* pages of all kinds */
    long anonymous; /* of these, its own */
    long rings;     /* mapped of io_uring instances, which the kernel allocated */
    long locked;    /* by mlock and the like */
};

/* Adds up the lines of a file in /proc that begin with key; only those of mappings whose first
 * line has the word in it, unless that is NULL. */
static long sum_of(const char *path, const char *key, const char *word)
{
    char line[512];
    long sum = 0, kib;
    int counts = !word;
    FILE *file = fopen(path, "re");

    if (!file)
        give_up(path, errno);
    while (fgets(line, sizeof line, file)) {
        /* The first line of a mapping begins with its address, the others with a capital. */
        if (word && (line[0] < 'A' || line[0] > 'Z'))
            counts = strstr(line, word) != NULL;
        else if (counts && strncmp(line, key, strlen(key)) == 0 &&
                 sscanf(line + strlen(key), " %ld", &kib) == 1)
            sum += kib;
    }
    if (ferror(file))
        give_up(path, EIO);
    fclose(file);
    return sum;
}

static struct memory memory_now(void)
{
    struct memory memory;

    memory.resident = sum_of("/proc/self/smaps_rollup", "Rss:", NULL);
    memory.anonymous = sum_of("/proc/self/smaps_rollup", "Anonymous:", NULL);
    memory.rings = sum_of("/proc/self/smaps", "Size:", "anon_inode:[io_uring]");
    memory.locked = sum_of("/proc/self/status", "VmLck:", NULL);
    return memory;
}

/* In a process of its own, where nothing was made before. */
static void print_memory(const struct kind *kind)
{
    memory_now(); /* what reading takes is not counted */
    struct memory before = memory_now();
    make(kind);
    struct memory after = memory_now();
    printf("| %s | %ld | %ld | %ld | %ld |\n", kind->name, after.resident - before.resident,
           after.anonymous - before.anonymous, after.rings - before.rings,
           after.locked - before.locked);
    end(kind);
}

static void print_memories(void)
{
    int status;

    printf("While idle: KiB more than before it was made. Resident counts pages of the libraries\n"
           "that were touched for the first time; rings is memory shared with the kernel.\n\n");
    printf("| | resident | of these anonymous | rings | locked |\n"
           "| --- | ---: | ---: | ---: | ---: |\n");
    for (int k = 0; k < KINDS; k++) {
        fflush(stdout);
        pid_t child = fork();
        if (child < 0)
            give_up("fork", errno);
        if (child == 0) {
            print_memory(&kinds[k]);
            exit(0);
        }
        if (waitpid(child, &status, 0) < 0)
            give_up("waitpid", errno);
        if (status != 0)
            give_up("the process of a measure failed", 0);
    }
}

int main(int argc, char **argv)
{
    auraio_features_t features;

    if (argc > 2 || (argc == 2 && strcmp(argv[1], "--quick") != 0)) {
        fprintf(stderr, "usage: bench_engine [--quick]\n");
        return 2;
    }
    if (argc == 2)
        rounds = VALUES_FOR_BOUNDS;
    if (auraio_probe(&features) != 0)
        give_up("auraio_probe", errno);
    if (features.backend != AURAIO_BACKEND_URING) {
        fprintf(stderr, "bench_engine: no io_uring: %s\n", features.reason);
        return 77;
    }
    print_memories(); /* first, while this process is small */
    printf("\n");
    print_times();
    if (fflush(stdout) != 0 || ferror(stdout))
        give_up("output", errno);
    return 0;
}
