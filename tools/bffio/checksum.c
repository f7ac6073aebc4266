/* SPDX-License-Identifier: Apache-2.0 */
/* See checksum.h. */
#include "checksum.h"

#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_CRC = -1 };

size_t checksum_size(enum verify_kind kind)
{
    switch (kind) {
    case VERIFY_CRC32C:
    case VERIFY_XXHASH:
        return 4;
    case VERIFY_MD5:
        return MD5_DIGEST_SIZE;
    case VERIFY_SHA1:
        return SHA1_DIGEST_SIZE;
    case VERIFY_SHA256:
        return 64;
    case VERIFY_SHA512:
        return 128;
    case VERIFY_NONE:
    case VERIFY_META:
    case VERIFY_PATTERN:
    case VERIFY_PATTERN_NO_HEADER:
        break;
    }
    return 0;
}

/* The padded last block of SHA-256, its number of bits in little endian, and over its first
 * bytes the low byte of each word of the state after it. */
static void last_block_256(const unsigned char *data, size_t len, unsigned char *sum)
{
    size_t tail = len % 64;
    uint64_t bits = (uint64_t)len * 8;
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, len - tail, data);
    memset(sum, 0, 64);
    memcpy(sum, data + len - tail, tail);
    sum[tail] = 0x80;
    if (tail >= 56) {
        sha256_update(&ctx, 64, sum);
        memset(sum, 0, 64);
    }
    memcpy(sum + 56, &bits, sizeof(bits));
    sha256_update(&ctx, 64, sum);
    for (int i = 0; i < 8; i++)
        sum[i] = (unsigned char)ctx.state[i];
}

/* The block buffer of SHA-512 without its end: the rest of the data over the first block. */
static void last_block_512(const unsigned char *data, size_t len, unsigned char *sum)
{
    size_t tail = len % 128;

    memset(sum, 0, 128);
    memcpy(sum, data, len < 128 ? len : 128);
    memcpy(sum, data + len - tail, tail);
}

static void words_of_sha1(const void *data, size_t len, unsigned char *sum)
{
    struct sha1_ctx ctx;
    unsigned char digest[SHA1_DIGEST_SIZE];

    sha1_init(&ctx);
    sha1_update(&ctx, len, data);
    sha1_digest(&ctx, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        sum[i] = digest[(i & ~3UL) + 3 - i % 4];
}

void checksum_fio(enum verify_kind kind, const void *data, size_t len,
                  unsigned char sum[CHECKSUM_MAX])
{
    struct md5_ctx md5;
    uint32_t word;

    switch (kind) {
    case VERIFY_CRC32C:
        word = crc32c((uint32_t)FIRST_CRC, data, len);
        memcpy(sum, &word, sizeof(word));
        break;
    case VERIFY_XXHASH:
        word = XXH32(data, len, 1);
        memcpy(sum, &word, sizeof(word));
        break;
    case VERIFY_MD5:
        md5_init(&md5);
        md5_update(&md5, len, data);
        md5_digest(&md5, MD5_DIGEST_SIZE, sum);
        break;
    case VERIFY_SHA1:
        words_of_sha1(data, len, sum);
        break;
    case VERIFY_SHA256:
        last_block_256(data, len, sum);
        break;
    case VERIFY_SHA512:
        last_block_512(data, len, sum);
        break;
    case VERIFY_NONE:
    case VERIFY_META:
    case VERIFY_PATTERN:
    case VERIFY_PATTERN_NO_HEADER:
        break;
    }
}

void checksum_true(enum verify_kind kind, const void *data, size_t len,
                   unsigned char sum[CHECKSUM_MAX])
{
    struct sha256_ctx sha256;
    struct sha512_ctx sha512;

    memset(sum, 0, CHECKSUM_MAX);
    if (kind == VERIFY_SHA256) {
        sha256_init(&sha256);
        sha256_update(&sha256, len, data);
        sha256_digest(&sha256, SHA256_DIGEST_SIZE, sum);
    } else if (kind == VERIFY_SHA512) {
        sha512_init(&sha512);
        sha512_update(&sha512, len, data);
        sha512_digest(&sha512, SHA512_DIGEST_SIZE, sum);
    }
}
