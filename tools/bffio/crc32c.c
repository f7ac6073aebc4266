/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C (Castagnoli), with the instruction of SSE4.2 where the CPU has it. */
#include "checksum.h"

#include <pthread.h>
#include <string.h>

static uint32_t table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0);
        table[i] = crc;
    }
}

static uint32_t by_table(uint32_t crc, const unsigned char *data, size_t len)
{
    pthread_once(&once, make_table);
    while (len--)
        crc = crc >> 8 ^ table[(crc ^ *data++) & 255];
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const unsigned char *data, size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; len -= 8, data += 8) {
        uint64_t word;

        memcpy(&word, data, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    while (len--)
        crc = __builtin_ia32_crc32qi(crc, *data++);
    return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return by_instruction(crc, data, len);
#endif
    return by_table(crc, data, len);
}
