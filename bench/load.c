/* SPDX-License-Identifier: Apache-2.0 */
/* What is made here lasts as long as the process. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    FILL_BYTES = 1 << 20,
    FIRST_CHUNK = 16,
    LAST_CHUNK = 1024,  /* operations between two looks at the clock, or fewer */
    CHUNK_NS = 1000000, /* where they take longer than this */
    PERCENT_READS = 70,
    PERCENT_WRITES = 25
};

struct load load;

/* What getopt_long returns: for a switch 0; the numbers come first, so that they are indices. */
enum {
    SWITCH,
    SIZE,
    BLOCK,
    DEPTH,
    MS,
    OPS,
    SEED,
    BATCH,
    RINGS,
    NUMBERS,
    FILE_PATH,
    THREADS,
    FLAGS
};

static int64_t numbers[NUMBERS] = {
    [SIZE] = 64 << 20, [BLOCK] = PAGE, [DEPTH] = 32, [MS] = 1000, [SEED] = 1};
static int direct, mix, latency;
static const char *path;

static uint64_t begun_ns, ended_ns, deadline_ns;
static _Atomic int64_t claimed; /* of numbers[OPS] */
static pthread_barrier_t at_start;

void load_fail(const char *what, int error)
{
    if (error)
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(error));
    else
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(1);
}

void load_skip(const char *what, int error)
{
    fprintf(stderr, "%s: cannot run here: %s: %s\n", program_invocation_short_name, what,
            strerror(error));
    exit(77);
}

void load_wrong_result(const struct slot *slot, ssize_t result)
{
    static const char *const kinds[] = {"read", "write", "fsync"};

    fprintf(stderr, "%s: %s at %" PRId64 ": %zd in place of %zd%s%s\n",
            program_invocation_short_name, kinds[slot->kind], slot->offset, result, slot->expected,
            result < 0 ? ": " : "", result < 0 ? strerror((int)-result) : "");
    exit(1);
}

static int64_t number(const char *text, int64_t least, int64_t most)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most)
        load_fail(text, EINVAL);
    return value;
}

static int choice(const char *text, const char *const *names)
{
    for (int i = 0; names && names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    load_fail(text, EINVAL);
}

static void take_option(int option, const char *const *flags)
{
    static const char *const threadings[] = {"one", "submit-wait", "both", NULL};
    static const int64_t most[NUMBERS] = {
        [SIZE] = INT64_MAX, [BLOCK] = 1 << 30, [DEPTH] = 32768, [MS] = INT_MAX,
        [OPS] = INT64_MAX,  [SEED] = UINT_MAX, [BATCH] = 32768, [RINGS] = 32768,
    };

    if (option == '?') /* getopt_long has said what is wrong */
        exit(1);
    else if (option == FILE_PATH)
        path = optarg;
    else if (option == THREADS)
        load.threading = (enum threading)choice(optarg, threadings);
    else if (option == FLAGS)
        load.flags = choice(optarg, flags);
    else if (option != SWITCH)
        numbers[option] = number(optarg, option != SEED, most[option]);
}

static void take_options(int argc, char **argv, const struct contestant *contestant)
{
    static const struct option known[] = {
        {"file", required_argument, NULL, FILE_PATH},
        {"size", required_argument, NULL, SIZE},
        {"block", required_argument, NULL, BLOCK},
        {"depth", required_argument, NULL, DEPTH},
        {"direct", no_argument, &direct, 1},
        {"mix", no_argument, &mix, 1},
        {"ms", required_argument, NULL, MS},
        {"ops", required_argument, NULL, OPS},
        {"seed", required_argument, NULL, SEED},
        {"latency", no_argument, &latency, 1},
        {"threads", required_argument, NULL, THREADS},
        {"flags", required_argument, NULL, FLAGS},
        {"batch", required_argument, NULL, BATCH},
        {"rings", required_argument, NULL, RINGS},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(option, contestant->flags);
    if (optind < argc || !path)
        load_fail("--file PATH and options are wanted, nothing else", 0);
    if (numbers[BATCH] && !contestant->has_batch)
        load_fail("--batch is not for this one", 0);
    if (numbers[RINGS] && !contestant->has_rings)
        load_fail("--rings is not for this one", 0);
    if (load.threading != ONE_THREAD && !contestant->has_threading)
        load_fail("--threads is not for this one", 0);
    if (numbers[BATCH] > numbers[DEPTH])
        load_fail("--batch is above --depth", 0);
}

/* What the hot loop looks at, and the contestants. */
static void set_load(void)
{
    load.direct = direct;
    load.mix = mix;
    load.latency = latency;
    load.block = (size_t)numbers[BLOCK];
    load.depth = (int)numbers[DEPTH];
    load.batch = (int)numbers[BATCH];
    load.rings = (int)numbers[RINGS];
    load.blocks = (uint64_t)numbers[SIZE] / load.block;
    if (load.blocks == 0 || load.blocks > UINT32_MAX)
        load_fail("--size does not fit --block", 0);
}

/* Of words that are not zero, so that no file system can leave holes. */
static void fill_file(void)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    char *data = malloc(FILL_BYTES);

    if (fd < 0 || !data)
        load_fail(path, errno);
    memset(data, 0x5a, FILL_BYTES);
    for (int64_t at = 0; at < numbers[SIZE];) {
        int64_t left = numbers[SIZE] - at;
        ssize_t n = pwrite(fd, data, left < FILL_BYTES ? (size_t)left : FILL_BYTES, at);
        if (n < 0)
            load_fail(path, errno);
        at += n;
    }
    if (fsync(fd) < 0 || close(fd) < 0)
        load_fail(path, errno);
    free(data);
}

static void open_file(void)
{
    struct stat st;

    if (stat(path, &st) < 0 ? errno == ENOENT : st.st_size < numbers[SIZE])
        fill_file();
    load.fd = open(path, O_RDWR | O_CLOEXEC | (load.direct ? O_DIRECT : 0));
    if (load.fd < 0 && load.direct && errno == EINVAL)
        load_skip("O_DIRECT on this file system", errno);
    if (load.fd < 0)
        load_fail(path, errno);
    /* What is cached would have to be looked through by each direct transfer. */
    int error = load.direct ? posix_fadvise(load.fd, 0, 0, POSIX_FADV_DONTNEED) : 0;
    if (error)
        load_fail("posix_fadvise", error);
}

static void *memory_for(size_t n, size_t size, size_t alignment)
{
    void *memory;
    int error = posix_memalign(&memory, alignment, n * size);

    if (error)
        load_fail("memory", error);
    return memset(memory, 0, n * size);
}

/* Buffers are written to, so that each page of them is a page of its own. */
static void make_slots(void)
{
    size_t stride = (load.block + PAGE - 1) / PAGE * PAGE;
    char *data = memory_for((size_t)load.depth, stride, PAGE);

    memset(data, 0xa5, (size_t)load.depth * stride);
    load.slots = memory_for((size_t)load.depth, sizeof *load.slots, 64);
    for (int i = 0; i < load.depth; i++) {
        struct slot *slot = &load.slots[i];
        slot->buf = data + (size_t)i * stride;
        slot->expected = (ssize_t)load.block;
        slot->index = i;
    }
}

void load_open(int argc, char **argv, const struct contestant *contestant)
{
    take_options(argc, argv, contestant);
    set_load();
    open_file();
    make_slots();
}

/* Of a given number of operations one thread takes all at once, several one by one: only so all
 * of them are done whoever is the quicker. */
static bool claim(struct worker *worker)
{
    int64_t first = atomic_fetch_add_explicit(&claimed, worker->chunk, memory_order_relaxed);

    if (first >= numbers[OPS])
        return false;
    worker->quota += worker->chunk;
    return true;
}

bool load_more(struct worker *worker)
{
    if (numbers[OPS])
        return claim(worker);
    uint64_t now = now_ns();
    if (now >= deadline_ns)
        return false;
    if (now - worker->asked_ns < CHUNK_NS && worker->chunk < LAST_CHUNK)
        worker->chunk *= 2;
    worker->asked_ns = now;
    worker->quota += worker->chunk;
    return true;
}

void load_choose_kind(struct slot *slot, uint32_t random)
{
    uint64_t percent = (uint64_t)random * 100 >> 32;

    if (percent < PERCENT_READS)
        slot->kind = READ_BLOCK;
    else if (percent < PERCENT_READS + PERCENT_WRITES)
        slot->kind = WRITE_BLOCK;
    else
        slot->kind = SYNC_FILE;
    slot->expected = slot->kind == SYNC_FILE ? 0 : (ssize_t)load.block;
}

void load_note_latency(struct worker *worker, const struct slot *slot)
{
    uint64_t ns = now_ns() - slot->begun_ns, most = (UINT64_C(1) << LATENCY_BITS) - 1;
    uint64_t held = ns < most ? ns : most;
    int shift = held < 128 ? 0 : 57 - __builtin_clzll(held); /* leaves 64 to 127 */

    worker->latencies[(uint64_t)shift * 64 + (held >> shift)]++;
    if (ns > worker->longest_ns)
        worker->longest_ns = ns;
}

/* The middle of a bucket in us. */
static double bucket_us(int bucket)
{
    int shift = bucket < 128 ? 0 : bucket / 64 - 1;
    uint64_t low = (uint64_t)(bucket - shift * 64) << shift;

    return ((double)low + (double)((UINT64_C(1) << shift) - 1) / 2) / 1e3;
}

static double percentile_us(const uint32_t *latencies, int64_t count, int percent)
{
    int64_t rank = (count * percent + 99) / 100, seen = 0;
    int bucket = 0;

    while ((seen += latencies[bucket]) < rank)
        bucket++;
    return bucket_us(bucket);
}

static void make_workers(int n)
{
    load.worker_count = n;
    load.workers = memory_for((size_t)n, sizeof *load.workers, 128);
    for (int i = 0; i < n; i++) {
        struct worker *worker = &load.workers[i];
        /* Odd, hence never 0, and far apart. */
        worker->random =
            (((uint64_t)numbers[SEED] + (uint64_t)i * 0x10001) * 0x9e3779b97f4a7c15) | 1;
        worker->chunk = numbers[OPS] ? (n > 1 ? 1 : numbers[OPS]) : FIRST_CHUNK;
        if (load.latency)
            worker->latencies = memory_for(LATENCY_BUCKETS, sizeof *worker->latencies, 128);
    }
}

static void begin(void)
{
    begun_ns = now_ns();
    deadline_ns = begun_ns + (uint64_t)numbers[MS] * 1000000;
    for (int i = 0; i < load.worker_count; i++)
        load.workers[i].asked_ns = begun_ns;
}

static void (*thread_body)(struct worker *worker);

static void *run_thread(void *worker)
{
    pthread_barrier_wait(&at_start);
    pthread_barrier_wait(&at_start); /* in between the clock was started */
    thread_body(worker);
    return NULL;
}

static void run_threads(int n)
{
    pthread_t *threads = memory_for((size_t)n, sizeof *threads, 64);
    int error = pthread_barrier_init(&at_start, NULL, (unsigned)n + 1);

    for (int i = 0; i < n && !error; i++)
        error = pthread_create(&threads[i], NULL, run_thread, &load.workers[i]);
    if (error)
        load_fail("threads", error);
    pthread_barrier_wait(&at_start);
    begin();
    pthread_barrier_wait(&at_start);
    for (int i = 0; i < n; i++)
        if ((error = pthread_join(threads[i], NULL)) != 0)
            load_fail("pthread_join", error);
    free(threads);
}

void load_run(int n, void (*body)(struct worker *worker))
{
    make_workers(n);
    thread_body = body;
    if (n > 1) {
        run_threads(n);
    } else {
        begin();
        body(load.workers);
    }
    ended_ns = now_ns();
}

void load_close(uint64_t calls)
{
    double seconds = (double)(ended_ns - begun_ns) / 1e9;
    struct worker *all = load.workers; /* the first, to which the others are added */

    for (struct worker *w = all + 1; w < all + load.worker_count; w++) {
        all->begun += w->begun;
        all->done += w->done;
        all->calls += w->calls;
        all->longest_ns = w->longest_ns > all->longest_ns ? w->longest_ns : all->longest_ns;
        for (int i = 0; load.latency && i < LATENCY_BUCKETS; i++)
            all->latencies[i] += w->latencies[i];
    }
    if (all->begun != all->done || (numbers[OPS] && all->done != numbers[OPS]))
        load_fail("operations were lost", 0);
    printf("ops=%" PRId64 " seconds=%.6f iops=%.0f", all->done, seconds,
           (double)all->done / seconds);
    if (load.latency)
        printf(" p50_us=%.2f p99_us=%.2f max_us=%.2f", percentile_us(all->latencies, all->done, 50),
               percentile_us(all->latencies, all->done, 99), (double)all->longest_ns / 1e3);
    printf(" calls=%" PRIu64 "\n", all->calls + calls);
    if (fflush(stdout) != 0)
        load_fail("standard output", errno);
    if (close(load.fd) < 0)
        load_fail(path, errno);
}
