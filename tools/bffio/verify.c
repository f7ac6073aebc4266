/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what was read back, and says what is wrong, where, and what was wanted. */
#include "verify.h"

#include "checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One interval under examination. */
struct look {
    struct workload *work;
    const struct io_unit *unit;
    const unsigned char *data; /* header first, swapped back */
    struct verify_header header;
    uint64_t at; /* in the unit */
};

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

int verify_check_options(struct workload *work)
{
    const struct job *job = work->job;
    uint64_t least = job->bs_min[WRITES], most = job->bs_max[WRITES], len = job->verify_interval;
    size_t head = verify_header_size(job);

    if (job->verify == VERIFY_NONE)
        return 0;
    if (!len && least != most)
        len = least;
    if (len > least)
        len = least;
    if (work->reads && len > job->bs_min[READS])
        len = job->bs_min[READS];
    if (!len || least % len || most % len)
        len = gcd(least, most);
    work->verify_interval = len;
    if (head && head + job->verify_offset >= len)
        return work_message(job, "verify", "%s needs %zu bytes of each block, which has %llu",
                            job->verify_name ? job->verify_name : "the header",
                            head + job->verify_offset, (unsigned long long)len);
    if (job->verify_offset && job->verify_offset < head)
        return work_message(job, "verify_offset", "must be 0 or at least %zu, the header", head);
    if ((job->verify == VERIFY_PATTERN || job->verify == VERIFY_PATTERN_NO_HEADER) &&
        !job->verify_pattern_len)
        return work_message(job, "verify", "pattern needs verify_pattern");
    return 0;
}

static int bad(const struct look *look, const char *what, uint64_t is, uint64_t wanted)
{
    work_message(
        look->work->job, look->unit->file->path,
        "verify: offset %llu, length %llu (block at %llu, %llu bytes): %s is %#llx, wanted %#llx",
        (unsigned long long)(look->unit->offset + look->at),
        (unsigned long long)look->work->verify_interval, (unsigned long long)look->unit->offset,
        (unsigned long long)look->unit->len, what, (unsigned long long)is,
        (unsigned long long)wanted);
    return -EILSEQ;
}

/* The first byte that differs from what was wanted. */
static int bad_data(const struct look *look, const unsigned char *wanted, size_t from, size_t len)
{
    char what[64];
    size_t i = from;

    while (i < from + len && look->data[i] == wanted[i])
        i++;
    snprintf(what, sizeof(what), "the byte at offset %llu",
             (unsigned long long)(look->unit->offset + look->at + i));
    return bad(look, what, look->data[i], wanted[i]);
}

/* Whether this job wrote what it reads back now. Otherwise the seeds are the writer's, which may
 * have been another job, and the header tells them, as in fio. */
static bool wrote_it(const struct workload *work)
{
    return work->writes && !work->dry_run;
}

static int check_header(const struct look *look)
{
    const struct verify_header *header = &look->header;
    const struct workload *work = look->work;
    uint32_t crc = crc32c(UINT32_MAX, header, offsetof(struct verify_header, crc));

    if (header->magic != VERIFY_MAGIC)
        return bad(look, "the header's magic", header->magic, VERIFY_MAGIC);
    if (header->len != work->verify_interval)
        return bad(look, "the header's length", header->len, work->verify_interval);
    if (wrote_it(work) && look->unit->seed && header->seed != look->unit->seed)
        return bad(look, "the header's seed", header->seed, look->unit->seed);
    if (header->offset != look->unit->offset + look->at)
        return bad(look, "the header's offset", header->offset, look->unit->offset + look->at);
    if (work->writes && work->constant_bs && work->job->verify_write_sequence &&
        !work->job->time_based && header->number != (uint16_t)look->unit->number)
        return bad(look, "the header's number", header->number, (uint16_t)look->unit->number);
    if (header->kind != verify_number_of_kind(work->job->verify))
        return bad(look, "the header's kind", header->kind,
                   verify_number_of_kind(work->job->verify));
    if (header->crc != crc)
        return bad(look, "the header's checksum", header->crc, crc);
    return 0;
}

/* Whether the data behind the header is what the buffer says. */
static bool agrees(const struct look *look, const unsigned char *wanted, size_t head)
{
    return !memcmp(look->data + head, wanted + head, look->work->verify_interval - head);
}

/* What the interval must hold behind its header, from the header's seed. A job that only reads
 * may read in other sizes than the writer: then the first whole group of the data tells which
 * part of the write this is. */
static const unsigned char *wanted_data(const struct look *look, size_t head)
{
    const uint64_t back = 0x0e217c1e66c88cc3ULL; /* undoes a step of contents_random */
    const struct workload *work = look->work;
    unsigned char *buf = work->dump;
    struct io_unit like = *look->unit;
    size_t group = (head + 31) / 32 * 32;
    uint64_t base;

    like.seed = look->header.seed;
    verify_data(work, &like, buf);
    if (work->job->verify_pattern_len || work->writes || agrees(look, buf + look->at, head) ||
        group + 32 > work->verify_interval)
        return buf + look->at;
    memcpy(&base, look->data + group, sizeof(base));
    for (size_t i = 0; i < group; i += 32)
        base *= back;
    contents_random(buf + look->at, work->verify_interval, base);
    return buf + look->at;
}

static int bad_sum(const struct look *look, size_t head, const unsigned char *wanted_sum)
{
    const unsigned char *wanted = wanted_data(look, head);
    uint64_t is = 0, sum = 0;
    size_t len = checksum_size(look->work->job->verify);

    if (!agrees(look, wanted, head))
        return bad_data(look, wanted, head, look->work->verify_interval - head);
    memcpy(&is, look->data + sizeof(look->header), len < 8 ? len : 8);
    memcpy(&sum, wanted_sum, len < 8 ? len : 8);
    return bad(look, "the checksum", is, sum);
}

/* The header's checksum is over the data behind it. */
static int check_data(const struct look *look, size_t head)
{
    enum verify_kind kind = look->work->job->verify;
    size_t sum_len = checksum_size(kind), len = look->work->verify_interval - head;
    unsigned char sum[CHECKSUM_MAX], full[CHECKSUM_MAX];
    bool is_sha2 = kind == VERIFY_SHA256 || kind == VERIFY_SHA512;
    const unsigned char *wanted;

    if (sum_len) {
        const unsigned char *found = look->data + sizeof(look->header);

        checksum_fio(kind, look->data + head, len, sum);
        if (memcmp(sum, found, sum_len)) {
            checksum_true(kind, look->data + head, len, full);
            if (!is_sha2 || memcmp(full, found, sum_len))
                return bad_sum(look, head, sum);
        }
    }
    if (!is_sha2 && (sum_len || !look->work->job->verify_pattern_len))
        return 0;
    /* Here the header does not vouch for the data: compare all of it. */
    wanted = wanted_data(look, head);
    return agrees(look, wanted, head) ? 0 : bad_data(look, wanted, head, len);
}

static int check_interval(struct workload *work, const struct io_unit *unit, uint64_t at)
{
    unsigned char *data = (unsigned char *)unit->buf + at;
    struct look look = {.work = work, .unit = unit, .data = data, .at = at};
    size_t head = verify_header_size(work->job);
    int result;

    if (!head)
        return check_data(&look, 0);
    verify_swap(work->job, data);
    memcpy(&look.header, data, sizeof(look.header));
    result = check_header(&look);
    if (!result)
        result = check_data(&look, head);
    verify_swap(work->job, data);
    return result;
}

static void dump_one(const struct look *look, const void *data, const char *what)
{
    const char *path = look->unit->file->path, *slash = strrchr(path, '/');
    uint64_t offset = look->unit->offset + look->at;
    char name[512];
    ssize_t n;
    int fd;

    snprintf(name, sizeof(name), "%s.%llu.%s", slash ? slash + 1 : path, (unsigned long long)offset,
             what);
    fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
    n = fd < 0 ? -1 : write(fd, data, look->work->verify_interval);
    if (n != (ssize_t)look->work->verify_interval)
        work_message(look->work->job, name, "verify_dump: %s", n < 0 ? strerror(errno) : "short");
    else
        work_message(look->work->job, name, "%s data of %s at offset %llu is here", what, path,
                     (unsigned long long)offset);
    if (fd >= 0)
        close(fd);
}

/* What was read and what was wanted, for the eye. */
static void dump(struct workload *work, const struct io_unit *unit, uint64_t at)
{
    const unsigned char *data = (const unsigned char *)unit->buf + at;
    struct look look = {.work = work, .unit = unit, .data = data, .at = at};
    size_t head = verify_header_size(work->job);
    struct io_unit like = *unit;

    dump_one(&look, data, "received");
    memcpy(&look.header, data + (head ? work->job->verify_offset : 0), sizeof(look.header));
    if (head && !work->writes)
        like.number = look.header.number;
    if (!like.seed || !wrote_it(work))
        like.seed = head ? look.header.seed : 0;
    verify_make(work, &like, work->dump, &look.header);
    dump_one(&look, (unsigned char *)work->dump + at, "expected");
}

int verify_check(struct workload *work, const struct io_unit *unit)
{
    int result = 0;

    for (uint64_t at = 0; at + work->verify_interval <= unit->len; at += work->verify_interval) {
        if (check_interval(work, unit, at) == 0)
            continue;
        result = -EILSEQ;
        if (work->job->verify_dump)
            dump(work, unit, at);
        if (work->job->verify_fatal)
            break;
    }
    return result;
}
