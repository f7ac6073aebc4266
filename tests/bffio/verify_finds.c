/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of verification accepts what it wrote and finds a flipped byte, in the header and in
 * the data, wherever it is, and names its place. */
#include "workload_job.h"

enum { BLOCKS = 8, BLOCK = 4096 };

static void move(struct io_unit *unit)
{
    if (unit->kind == IO_WRITE)
        unit->result = pwrite(unit->file->fd, unit->buf, unit->len, (off_t)unit->offset);
    else
        unit->result = pread(unit->file->fd, unit->buf, unit->len, (off_t)unit->offset);
}

static void flip(int fd, off_t at)
{
    unsigned char byte;

    if (pread(fd, &byte, 1, at) != 1)
        bail("no byte to flip");
    byte ^= 0x10;
    if (pwrite(fd, &byte, 1, at) != 1)
        bail("the byte cannot be flipped");
}

/* Writes all, flips the byte at `at` unless it is negative, reads back: how many blocks are bad,
 * and where the last of them is. */
static unsigned bad_blocks(const struct job *job, off_t at, uint64_t *where)
{
    struct io_unit unit;
    struct workload *work = begin_job(job, &unit);
    struct work_file *file;
    unsigned bad = 0;

    while (workload_next(work, &unit) == NEXT_READY) {
        move(&unit);
        workload_completed(work, &unit);
    }
    workload_files(work, &file);
    if (at >= 0)
        flip(file->fd, at);
    if (!workload_again(work, false) || !workload_is_verifying(work))
        bail("no reading back");
    while (workload_next(work, &unit) == NEXT_READY) {
        move(&unit);
        if (workload_completed(work, &unit) < 0) {
            bad++;
            *where = unit.offset;
        }
    }
    end_job(work, &unit);
    return bad;
}

/* Where the messages of stderr go, so that a name can be looked for in them. */
static char message[4096];

static unsigned bad_blocks_told(const struct job *job, off_t at, uint64_t *where)
{
    int kept = dup(STDERR_FILENO), fd = open("told", O_RDWR | O_CREAT | O_TRUNC, 0600);
    unsigned bad;
    ssize_t n;

    if (kept < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0)
        bail("stderr cannot be caught");
    bad = bad_blocks(job, at, where);
    dup2(kept, STDERR_FILENO);
    close(kept);
    n = pread(fd, message, sizeof(message) - 1, 0);
    message[n > 0 ? n : 0] = '\0';
    close(fd);
    unlink("told");
    return bad;
}

static void check_kind(struct job job, const char *what)
{
    static const off_t places[] = {4, 700, 2048, BLOCK - 1};
    uint64_t where = 0;
    unsigned found = 0;

    is(bad_blocks(&job, -1, &where), 0, "%s: what was written is accepted", what);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        found += bad_blocks_told(&job, 5 * BLOCK + places[i], &where) == 1 && where == 5 * BLOCK &&
                 strstr(message, "a.0.0") && strstr(message, "20480");
    is(found, sizeof(places) / sizeof(places[0]), "%s: each flipped byte is found and named", what);
}

static void check_exact_place(void)
{
    struct job job = default_job(KIND_WRITE, BLOCKS * BLOCK);
    uint64_t where;

    job.verify = VERIFY_CRC32C;
    bad_blocks_told(&job, 3 * BLOCK + 1234, &where);
    ok(strstr(message, "byte at offset 13522"), "the message names the byte");
}

int main(void)
{
    static const struct {
        enum verify_kind kind;
        const char *name;
    } kinds[] = {{VERIFY_CRC32C, "crc32c"}, {VERIFY_MD5, "md5"},       {VERIFY_SHA1, "sha1"},
                 {VERIFY_SHA256, "sha256"}, {VERIFY_SHA512, "sha512"}, {VERIFY_XXHASH, "xxhash"}};
    static unsigned char pattern[] = {0xde, 0xad, 0xbe};

    enter_directory();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct job job = default_job(KIND_WRITE | KIND_RANDOM, BLOCKS * BLOCK);

        job.verify = kinds[i].kind;
        check_kind(job, kinds[i].name);
        for (unsigned dir = 0; dir < DIRECTIONS; dir++)
            job.bs_min[dir] = job.bs_max[dir] = job.bs_align[dir] = 4 * BLOCK;
        job.verify_interval = 2048;
        job.verify_offset = 512;
        is(bad_blocks(&job, -1, &(uint64_t){0}), 0, "%s: with interval and offset too",
           kinds[i].name);
    }
    struct job job = default_job(KIND_WRITE, BLOCKS * BLOCK);
    job.verify = VERIFY_PATTERN_NO_HEADER;
    job.verify_pattern = pattern;
    job.verify_pattern_len = sizeof(pattern);
    check_kind(job, "pattern");
    job.verify = VERIFY_META;
    check_kind(job, "meta with a pattern");
    check_exact_place();
    leave_directory();
    return done();
}
