/* SPDX-License-Identifier: Apache-2.0 */
/* What writes put on the device. Buffers are filled once; each write then changes a few words of
 * them, which costs next to nothing and keeps blocks different (scramble_buffers). */
#include "work.h"

#include <string.h>

void contents_init(struct workload *work)
{
    const struct job *job = work->job;
    bool plain = !job->zero_buffers && !job->buffer_pattern_len;

    work->filling = FILL_ONCE;
    if (job->refill_buffers || job->compress_percent || job->dedupe_percent)
        work->filling = FILL_REFILL;
    else if (job->scramble_buffers && plain)
        work->filling = FILL_SCRAMBLE;
    if (job->verify != VERIFY_NONE)
        work->filling = FILL_ONCE;
    work->scramble = work->seeds[STREAM_CONTENTS];
}

/* Groups of four words: 1, 2, 3 and 5 times a base, which grows by a factor; at the end words of
 * the base alone. */
void contents_random(void *buf, size_t len, uint64_t seed)
{
    const uint64_t factor = 0x61c8864680b583ebULL;
    unsigned char *to = buf;
    uint64_t base = seed, words[4];

    for (; len >= sizeof(words); len -= sizeof(words), base *= factor) {
        for (unsigned i = 0; i < 4; i++)
            words[i] = base * (i < 3 ? i + 1 : 5);
        memcpy(to, words, sizeof(words));
        to += sizeof(words);
    }
    for (size_t n; len; len -= n, to += n, base *= factor) {
        n = len < sizeof(base) ? len : sizeof(base);
        memcpy(to, &base, n);
    }
}

void contents_pattern(void *buf, size_t len, const unsigned char *pattern, size_t pattern_len)
{
    unsigned char *to = buf;
    size_t have = pattern_len < len ? pattern_len : len;

    memcpy(to, pattern, have);
    /* Whole patterns are doubled until the buffer is full. */
    while (have < len) {
        size_t more = have < len - have ? have : len - have;

        memcpy(to + have, to, more);
        have += more;
    }
}

static void fill_still(const struct job *job, void *buf, size_t len)
{
    if (job->buffer_pattern_len)
        contents_pattern(buf, len, job->buffer_pattern, job->buffer_pattern_len);
    else
        memset(buf, 0, len);
}

/* A part that does not compress, then one that does. */
static void fill_segment(const struct job *job, void *buf, size_t len, uint64_t seed)
{
    size_t hard = len * (100 - job->compress_percent) / 100;

    contents_random(buf, hard, seed);
    if (hard < len)
        fill_still(job, (char *)buf + hard, len - hard);
}

/* A copy takes its numbers from where the latest original has left off, as the next original
 * will: so copies come before what they copy. With 100 percent nothing ever moves on. */
static void fill_mixed(struct workload *work, void *buf, size_t len)
{
    const struct job *job = work->job;
    unsigned char *to = buf;
    struct taus copy, *taus = &work->contents;
    size_t chunk = job->bs_min[WRITES];

    if (job->compress_chunk && job->compress_chunk < chunk)
        chunk = job->compress_chunk;
    if (job->dedupe_percent >= 100) {
        taus = &copy;
    } else if (job->dedupe_percent && taus_percent(&work->dedupe) <= job->dedupe_percent) {
        copy = work->contents_before;
        taus = &copy;
    }
    while (len) {
        size_t now = len < chunk ? len : chunk;

        if (job->dedupe_percent >= 100)
            copy = work->contents;
        fill_segment(job, to, now, taus_product(taus));
        to += now;
        len -= now;
    }
    if (taus == &work->contents)
        work->contents_before = work->contents;
}

void contents_fill(struct workload *work, void *buf, size_t len)
{
    const struct job *job = work->job;

    if (job->compress_percent || job->dedupe_percent)
        fill_mixed(work, buf, len);
    else if (job->buffer_pattern_len || job->zero_buffers)
        fill_still(job, buf, len);
    else
        contents_random(buf, len, taus_product(&work->contents));
}

void workload_fill_buffer(struct workload *work, void *buf, size_t len)
{
    if (work->writes)
        contents_fill(work, buf, len);
    else
        memset(buf, 0, len);
}

/* One cache line in 512 bytes: the offset, and a number that no other write has. */
void contents_scramble(struct workload *work, void *buf, uint64_t offset, size_t len)
{
    uint64_t number = work->scramble += 0x9e3779b97f4a7c15ULL;
    char *line = (char *)buf + (((number >> 32) ^ (offset >> 9)) & 7) * 64;

    for (uint64_t blocks = len >> 9; blocks; blocks--) {
        memcpy(line, &offset, sizeof(offset));
        memcpy(line + 48, &number, sizeof(number));
        offset += 512;
        line += 512;
    }
}
