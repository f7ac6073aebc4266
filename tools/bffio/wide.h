/* SPDX-License-Identifier: Apache-2.0 */
/* Integers of 128 bits, as far as sums of squares need them: 32-bit compilers have none. Sums and
 * differences wrap. */
#ifndef BFFIO_WIDE_H
#define BFFIO_WIDE_H

#include <stdint.h>

struct wide {
    uint64_t low, high;
};

#ifdef __SIZEOF_INT128__
static inline struct wide wide_product(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = a;

    product *= b;
    return (struct wide){(uint64_t)product, (uint64_t)(product >> 64)};
}
#else
static inline struct wide wide_product(uint64_t a, uint64_t b)
{
    const uint64_t half = UINT32_MAX;
    uint64_t low = (a & half) * (b & half);
    uint64_t cross = (a >> 32) * (b & half) + (low >> 32); /* cannot overflow: (2^32 - 1) * 2^32 */
    uint64_t other = (a & half) * (b >> 32) + (cross & half);

    return (struct wide){other << 32 | (low & half),
                         (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32)};
}
#endif

static inline struct wide wide_sum(struct wide a, struct wide b)
{
    uint64_t low = a.low + b.low;

    return (struct wide){low, a.high + b.high + (low < b.low)};
}

static inline struct wide wide_difference(struct wide a, struct wide b)
{
    return (struct wide){a.low - b.low, a.high - b.high - (a.low < b.low)};
}

static inline double wide_to_double(struct wide a)
{
    return (double)a.high * 0x1p64 + (double)a.low;
}

#endif
