/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read every regular file below a directory, as a backup or an indexer does.
 *
 *     bulk_reader [--compare] [--cold] [--direct] [--depth N] [--threads-backend]
 *                 [--then COMMAND] DIRECTORY
 *
 * N lanes work side by side. Each opens a piece of a file, reads it block by block and
 * closes it, all through the engine; every callback asks for the next step. --compare
 * has one thread read the same with open, pread and close, in turn with the engine, and
 * checks that both saw the same bytes. --cold asks the kernel to drop the files' pages
 * first. --then has a shell run COMMAND while the engine is still there, so that others can
 * look at its statistics. Symbolic links are not followed, other file systems not entered.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK = 128 * 1024,      /* the longest read */
    PIECE = 4 * 1024 * 1024, /* what a lane reads of a file it has opened */
    MAX_DEPTH = 512,         /* each lane has a file open */
    ROUNDS = 3
};

static int compare, cold, direct, threads;
static long depth = 64;
static const char *then;
static int open_flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;

/* A file has one, or more when it is long, so that many lanes can read it. */
struct piece {
    const char *path;
    int64_t begin, end;
};

/* The list is made before anything is measured. */
static struct piece *pieces;
static size_t piece_count;
static int errors;

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "bulk_reader: %s: %s\n", what, why);
    exit(1);
}

static void complain(const char *path, int error)
{
    fprintf(stderr, "bulk_reader: %s: %s\n", path, strerror(error));
    errors++;
}

static void grow_pieces(void)
{
    size_t places = piece_count ? 2 * piece_count : 1;
    struct piece *more = reallocarray(pieces, places, sizeof *pieces);

    if (!more)
        die("list of files", strerror(ENOMEM));
    pieces = more;
}

/* Opens the file as both sides will, so that what cannot be read is told once, here. */
static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    if (type == FTW_DNR || type == FTW_NS)
        complain(path, EACCES);
    if (type != FTW_F || !S_ISREG(st->st_mode))
        return 0;
    int fd = open(path, open_flags);
    if (fd < 0 && direct && errno == EINVAL)
        die(path, "no O_DIRECT on this file system");
    if (fd < 0 || close(fd) < 0) {
        complain(path, errno);
        return 0;
    }
    path = strdup(path);
    if (!path)
        die("list of files", strerror(ENOMEM));
    for (int64_t begin = 0; begin == 0 || begin < st->st_size; begin += PIECE) {
        if ((piece_count & (piece_count - 1)) == 0) /* full at every power of two */
            grow_pieces();
        int64_t end = st->st_size - begin > PIECE ? begin + PIECE : st->st_size;
        pieces[piece_count++] = (struct piece){path, begin, end};
    }
    return 0;
}

/* Of one pass over all files. */
struct result {
    int64_t files, bytes, reads;
    uint64_t checksum;
    double seconds;
};

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Drops what is cached, if asked to; returns the time at which the round begins. */
static double begin_round(void)
{
    for (const struct piece *p = pieces; cold && p < pieces + piece_count; p++) {
        int fd = open(p->path, open_flags);
        int64_t len = p->end - p->begin;
        if (fd < 0 || (errno = posix_fadvise(fd, p->begin, len, POSIX_FADV_DONTNEED)) != 0)
            complain(p->path, errno);
        if (fd >= 0)
            close(fd);
    }
    return now();
}

/* O_DIRECT wants aligned lengths; the end of the file cuts the read short. */
static size_t read_length(const struct piece *piece, int64_t offset)
{
    return direct || piece->end - offset > BLOCK ? BLOCK : (size_t)(piece->end - offset);
}

/* Blocks come in any order. Fletcher's two sums tell where in its block a word stood, what the
 * first begins with tells which block it was. */
static void add_block(struct result *result, const struct piece *piece, int64_t offset,
                      uint64_t *words, size_t len)
{
    uint64_t a = ((uint64_t)(piece - pieces) << 32) + (uint64_t)offset, b = 0;

    memset((char *)words + len, 0, -len % sizeof *words); /* fills the last word up */
    for (size_t i = 0; i < (len + sizeof *words - 1) / sizeof *words; i++)
        b += a += words[i];
    result->checksum += a ^ (b << 29 | b >> 35);
    result->bytes += (int64_t)len;
    result->reads++;
}

/* The engine and its pass: the latest, or the one going on. */
static auraio_engine_t *engine;
static size_t next_piece;
static struct result pass;

struct lane {
    const struct piece *piece;
    int64_t offset; /* of the next block */
    int fd;         /* negative: none open */
    uint64_t *buf;
};

static void on_done(auraio_request_t *req, ssize_t result, void *user_data);

/* The lane's next step: to open a piece, read on in it, or close it. */
static void go_on(struct lane *lane)
{
    auraio_request_t *req;

    if (lane->fd < 0 && next_piece == piece_count)
        return;
    if (lane->fd < 0) {
        lane->piece = &pieces[next_piece++];
        lane->offset = lane->piece->begin;
        req = auraio_openat(engine, AT_FDCWD, lane->piece->path, open_flags, 0, on_done, lane);
    } else if (lane->offset < lane->piece->end) {
        req = auraio_read(engine, lane->fd, auraio_buf(lane->buf),
                          read_length(lane->piece, lane->offset), lane->offset, on_done, lane);
    } else {
        req = auraio_close(engine, lane->fd, on_done, lane);
    }
    if (!req)
        die(lane->piece->path, strerror(errno));
}

static void on_done(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct lane *lane = user_data;
    auraio_op_type_t type = auraio_request_op_type(req);

    if (result < 0) {
        complain(lane->piece->path, (int)-result);
        lane->offset = lane->piece->end;
    } else if (type == AURAIO_OP_READ) {
        add_block(&pass, lane->piece, lane->offset, lane->buf, (size_t)result);
        lane->offset += BLOCK;
    } else if (type == AURAIO_OP_CLOSE) {
        pass.files += lane->piece->begin == 0;
    }
    if (type != AURAIO_OP_READ)
        lane->fd = type == AURAIO_OP_OPENAT ? (int)result : -1;
    go_on(lane);
}

static struct result read_with_engine(void)
{
    static struct lane lanes[MAX_DEPTH];
    double start = begin_round();

    pass = (struct result){0};
    next_piece = 0;
    for (int i = 0; i < depth; i++) {
        lanes[i] = (struct lane){.fd = -1, .buf = auraio_buffer_alloc(engine, BLOCK)};
        if (!lanes[i].buf)
            die("auraio_buffer_alloc", strerror(errno));
        go_on(&lanes[i]);
    }
    if (auraio_drain(engine, -1) < 0)
        die("auraio_drain", strerror(errno));
    for (int i = 0; i < depth; i++)
        auraio_buffer_free(engine, lanes[i].buf);
    pass.seconds = now() - start;
    return pass;
}

/* The plain way: one thread, one call after the other. */
static struct result read_plainly(void)
{
    double start = begin_round();
    struct result result = {0};
    uint64_t *buf = aligned_alloc(BLOCK, BLOCK);

    if (!buf)
        die("buffer", strerror(errno));
    for (const struct piece *p = pieces; p < pieces + piece_count; p++) {
        int fd = open(p->path, open_flags);
        ssize_t n = fd;
        for (int64_t offset = p->begin; n >= 0 && offset < p->end; offset += BLOCK) {
            n = pread(fd, buf, read_length(p, offset), offset);
            if (n >= 0)
                add_block(&result, p, offset, buf, (size_t)n);
        }
        if (n < 0)
            complain(p->path, errno);
        if (fd >= 0 && close(fd) == 0)
            result.files += p->begin == 0;
    }
    free(buf);
    result.seconds = now() - start;
    return result;
}

static void print_pass(void)
{
    auraio_stats_t stats;
    auraio_features_t features;

    if (auraio_get_stats(engine, &stats) < 0 || auraio_get_features(engine, &features) < 0)
        die("statistics", strerror(errno));
    printf("files          %" PRId64 "\nbytes          %" PRId64 "\n", pass.files, pass.bytes);
    printf("checksum       %016" PRIx64 "\nseconds        %.6f\n", pass.checksum, pass.seconds);
    printf("IOPS           %.0f\n", (double)pass.reads / pass.seconds);
    printf("highest depth  %d\n", stats.peak_in_flight);
    printf("P99            %.3f ms (0: the run was too short)\n", stats.p99_latency_ms);
    printf("backend        %s\n", auraio_backend_name(features.backend));
    printf("page cache     %s\n",
           cold ? "asked the kernel to drop it each round" : "left as it was");
}

static void run_comparison(const char *directory)
{
    double ours = 0, theirs = 0;
    int won = 0;

    read_plainly(); /* not counted: fills what caches there are */
    printf("             engine        pread\n");
    for (int i = 1; i <= ROUNDS; i++) {
        struct result a = read_with_engine();
        struct result b = read_plainly();
        if (a.files != b.files || a.bytes != b.bytes || a.checksum != b.checksum)
            die(directory, "engine and pread read different bytes");
        printf("round %d %9.6f s  %9.6f s\n", i, a.seconds, b.seconds);
        ours += a.seconds;
        theirs += b.seconds;
        won += a.seconds < b.seconds;
    }
    printf("all     %9.6f s  %9.6f s\nratio   %9.2f\n", ours, theirs, theirs / ours);
    const char *verdict = won == ROUNDS ? "Gained" : won == 0 ? "Lost" : "No clear difference";
    printf("%s: the engine won %d of %d rounds and was %.2f times as fast as pread.\n\n", verdict,
           won, ROUNDS, theirs / ours);
}

static void parse(int argc, char **argv)
{
    const struct option known[] = {
        {"compare", no_argument, &compare, 1},
        {"cold", no_argument, &cold, 1},
        {"direct", no_argument, &direct, O_DIRECT},
        {"threads-backend", no_argument, &threads, 1},
        {"depth", required_argument, NULL, 'd'},
        {"then", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    char *end = "";
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1 && c != '?')
        if (c == 'd')
            depth = strtol(optarg, &end, 10);
        else if (c == 't')
            then = optarg;
    if (c == '?' || *end || depth < 1 || depth > MAX_DEPTH || optind != argc - 1) {
        fprintf(stderr, "usage: bulk_reader [--compare] [--cold] [--direct] [--depth N] "
                        "[--threads-backend] [--then COMMAND] DIRECTORY\n");
        exit(2);
    }
    open_flags |= direct;
}

int main(int argc, char **argv)
{
    auraio_options_t options;

    parse(argc, argv);
    const char *directory = argv[optind];
    if (chdir(directory) < 0 || nftw(".", visit, 16, FTW_PHYS | FTW_MOUNT) < 0)
        die(directory, strerror(errno));
    if (piece_count == 0)
        die(directory, "no regular file to read");
    if (cold)
        sync(); /* dirty pages cannot be dropped */

    auraio_options_init(&options);
    snprintf(options.name, sizeof options.name, "bulk_reader");
    options.single_thread = true;
    options.queue_depth = (int)depth; /* a callback may use the place of what it reports */
    options.backend = threads ? AURAIO_BACKEND_THREADS : AURAIO_BACKEND_AUTO;
    engine = auraio_create_with_options(&options);
    if (!engine)
        die("auraio_create_with_options", strerror(errno));
    if (compare)
        run_comparison(directory);
    else
        read_with_engine();
    print_pass();
    fflush(stdout);
    if (then && system(then) != 0)
        errors++;
    auraio_destroy(engine);
    return errors > 0;
}
