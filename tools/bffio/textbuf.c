/* SPDX-License-Identifier: Apache-2.0 */
#include "textbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct textbuf *buf, size_t more)
{
    size_t size = buf->size ? buf->size : 4096;
    char *data;

    if (buf->failed)
        return false;
    while (size - buf->len <= more)
        size *= 2;
    if (size == buf->size)
        return true;
    data = realloc(buf->data, size);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->size = size;
    return true;
}

void textbuf_add(struct textbuf *buf, const char *bytes, size_t len)
{
    if (!make_room(buf, len + 1))
        return;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void textbuf_puts(struct textbuf *buf, const char *text)
{
    textbuf_add(buf, text, strlen(text));
}

void textbuf_printf(struct textbuf *buf, const char *format, ...)
{
    va_list ap;
    int len;

    va_start(ap, format);
    len = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    if (len < 0)
        buf->failed = true;
    if (len < 0 || !make_room(buf, (size_t)len + 1))
        return;
    va_start(ap, format);
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, ap);
    va_end(ap);
    buf->len += (size_t)len;
}

bool textbuf_print(const struct textbuf *buf, FILE *to)
{
    if (buf->failed)
        errno = ENOMEM;
    return !buf->failed && fwrite(buf->data, 1, buf->len, to) == buf->len && fflush(to) == 0;
}

void textbuf_free(struct textbuf *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof(*buf));
}

static unsigned digits_of(uint64_t number)
{
    unsigned digits = 1;

    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits;
}

/* number + rest / step with `places` decimals, halves to even as printf rounds. */
static void decimals(char *text, size_t size, uint64_t number, uint64_t rest, uint64_t step,
                     unsigned places)
{
    char fraction[24] = "";

    if (places) {
        snprintf(fraction, sizeof(fraction), "%.*f", (int)places, (double)rest / (double)step);
        if (fraction[0] == '1') { /* 9.996 becomes 10.0 */
            number++;
            if (digits_of(number) > digits_of(number - 1))
                fraction[places + 1] = '\0';
        }
    } else if (rest >= step / 2) {
        number++;
    }
    snprintf(text, size, "%llu%s", (unsigned long long)number,
             fraction[0] && fraction[1] && fraction[2] ? fraction + 1 : "");
}

struct number_text number_text(uint64_t number, unsigned digits, bool binary, enum unit unit)
{
    static const char *const decimal_prefix[] = {"", "k", "M", "G", "T", "P", "E"};
    static const char *const binary_prefix[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    static const char *const names[] = {"", "B", "B/s", "bit/s"};
    const uint64_t step = binary ? 1024 : 1000;
    const char *const *prefix = binary ? binary_prefix : decimal_prefix;
    struct number_text out;
    uint64_t rest = 0;
    unsigned power = 0, places = 0;
    size_t len;

    if (unit == UNIT_BITS_PER_S)
        number = number > UINT64_MAX / 8 ? UINT64_MAX : number * 8;
    while (digits_of(number) > digits && power < 6) {
        rest = number % step;
        number /= step;
        power++;
    }
    if (power && digits_of(number) + 1 < digits)
        places = digits - digits_of(number) - 1;
    decimals(out.text, sizeof(out.text), number, rest, step, places);
    len = strlen(out.text);
    snprintf(out.text + len, sizeof(out.text) - len, "%s%s", prefix[power], names[unit]);
    return out;
}
