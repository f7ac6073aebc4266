/* SPDX-License-Identifier: Apache-2.0 */
/* Makes what a verifiable write puts on the device. */
#include "checksum.h"
#include "verify.h"

#include <string.h>
#include <time.h>

unsigned verify_number_of_kind(enum verify_kind kind)
{
    switch (kind) {
    case VERIFY_META:
        return 1;
    case VERIFY_MD5:
        return 2;
    case VERIFY_CRC32C:
        return 5;
    case VERIFY_SHA256:
        return 9;
    case VERIFY_SHA512:
        return 10;
    case VERIFY_XXHASH:
        return 15;
    case VERIFY_SHA1:
        return 16;
    case VERIFY_PATTERN:
        return 17;
    case VERIFY_NONE:
    case VERIFY_PATTERN_NO_HEADER:
        break;
    }
    return 0;
}

size_t verify_header_size(const struct job *job)
{
    if (job->verify == VERIFY_NONE || job->verify == VERIFY_PATTERN_NO_HEADER)
        return 0;
    return sizeof(struct verify_header) + checksum_size(job->verify);
}

void verify_swap(const struct job *job, unsigned char *interval)
{
    unsigned char kept[sizeof(struct verify_header) + CHECKSUM_MAX];
    size_t len = verify_header_size(job);

    if (!job->verify_offset || !len)
        return;
    memcpy(kept, interval, len);
    memmove(interval, interval + job->verify_offset, len);
    memcpy(interval + job->verify_offset, kept, len);
}

void verify_data(const struct workload *work, const struct io_unit *unit, void *buf)
{
    const struct job *job = work->job;
    size_t step = job->verify_pattern_len;

    if (!step) {
        contents_random(buf, unit->len, unit->seed);
        return;
    }
    contents_pattern(buf, unit->len, job->verify_pattern, step);
    if (!job->n_verify_pattern_offsets)
        return;
    for (size_t at = 0; at < unit->len; at += step)
        for (size_t i = 0; i < job->n_verify_pattern_offsets; i++) {
            size_t field = at + job->verify_pattern_offsets[i];
            size_t room = field < unit->len ? unit->len - field : 0;

            memcpy((char *)buf + field, &unit->offset, room < 8 ? room : 8);
        }
}

void verify_make(const struct workload *work, const struct io_unit *unit, void *buf,
                 const struct verify_header *like)
{
    const struct job *job = work->job;
    size_t head = verify_header_size(job), len = work->verify_interval;
    struct verify_header header = {.magic = VERIFY_MAGIC,
                                   .kind = (uint16_t)verify_number_of_kind(job->verify),
                                   .len = (uint32_t)len,
                                   .seed = unit->seed,
                                   .time_s = like->time_s,
                                   .time_ns = like->time_ns,
                                   .thread = like->thread,
                                   .number = (uint16_t)unit->number};

    verify_data(work, unit, buf);
    for (uint64_t at = 0; head && at + len <= unit->len; at += len) {
        unsigned char *interval = (unsigned char *)buf + at, sum[CHECKSUM_MAX];

        header.offset = unit->offset + at;
        header.crc = crc32c(UINT32_MAX, &header, offsetof(struct verify_header, crc));
        checksum_fio(job->verify, interval + head, len - head, sum);
        memcpy(interval, &header, sizeof(header));
        memcpy(interval + sizeof(header), sum, head - sizeof(header));
        verify_swap(job, interval);
    }
}

void verify_fill(struct workload *work, struct io_unit *unit)
{
    struct verify_header like = {.thread = (uint16_t)(work->job->index + 1)};
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    like.time_s = (uint32_t)now.tv_sec;
    like.time_ns = (uint32_t)now.tv_nsec;
    unit->seed = work->job->verify_pattern_len ? 0 : taus_product(&work->verify);
    verify_make(work, unit, unit->buf, &like);
}
