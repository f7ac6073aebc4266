/* SPDX-License-Identifier: Apache-2.0 */
#include "clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Characters that are no text: general categories Cc, Cf, Zl and Zp, and what is no character. */
static const uint32_t unseen[][2] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x0600, 0x0605},
    {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x08e2, 0x08e2},
    {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0xd800, 0xdfff},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},   {0xfff9, 0xfffb},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_seen(uint32_t code)
{
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (code >= unseen[i][0] && code <= unseen[i][1])
            return false;
    return code <= 0x10ffff && (code & 0xfffe) != 0xfffe;
}

/* How many bytes at s belong together; fit: they are a character that can be seen. */
static size_t sequence(const unsigned char *s, size_t n, bool *fit)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

    *fit = false;
    if (!len || len > n)
        return 1;
    uint32_t code = len == 1 ? *s : *s & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 1;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[len])
        return 1;
    *fit = is_seen(code);
    return len;
}

void clean_text(char *to, const char *from, size_t n)
{
    const unsigned char *s = (const unsigned char *)from;
    bool fit;

    for (size_t i = 0, len; i < n - 1 && s[i]; i += len) {
        len = sequence(s + i, n - 1 - i, &fit);
        memcpy(to, fit ? from + i : "\xef\xbf\xbd", fit ? len : 3);
        to += fit ? len : 3;
    }
    *to = 0;
}
