/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <math.h>

/* The length of the valid UTF-8 sequence at text, 0 if it is none. */
static unsigned utf8_len(const unsigned char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned len = text[0] < 0x80             ? 1
                   : (text[0] & 0xe0) == 0xc0 ? 2
                   : (text[0] & 0xf0) == 0xe0 ? 3
                   : (text[0] & 0xf8) == 0xf0 ? 4
                                              : 0;
    uint32_t code;

    if (len < 2)
        return len;
    code = text[0] & (0x7fu >> len);
    for (unsigned i = 1; i < len; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    return code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : len;
}

static void quoted(struct textbuf *out, const char *value)
{
    const unsigned char *text = (const unsigned char *)value;

    textbuf_puts(out, "\"");
    while (*text) {
        unsigned len = utf8_len(text);

        if (!len)
            textbuf_puts(out, "\\ufffd");
        else if (*text == '"' || *text == '\\')
            textbuf_printf(out, "\\%c", *text);
        else if (*text < 0x20 || *text == 0x7f)
            textbuf_printf(out, "\\u%04x", *text);
        else
            textbuf_add(out, (const char *)text, len);
        text += len ? len : 1;
    }
    textbuf_puts(out, "\"");
}

static void new_line(struct json *json)
{
    if (json->compact)
        return;
    textbuf_puts(json->out, "\n");
    for (unsigned i = 0; i < json->depth; i++)
        textbuf_puts(json->out, "  ");
}

static void begin_value(struct json *json, const char *key)
{
    if (!json->depth)
        return;
    if (!json->first)
        textbuf_puts(json->out, json->compact ? ", " : ",");
    new_line(json);
    json->first = false;
    if (key) {
        quoted(json->out, key);
        textbuf_puts(json->out, json->compact ? ": " : " : ");
    }
}

static void open_bracket(struct json *json, const char *key, const char *bracket)
{
    begin_value(json, key);
    textbuf_puts(json->out, bracket);
    json->depth++;
    json->first = true;
}

void json_object(struct json *json, const char *key)
{
    open_bracket(json, key, "{");
}

void json_array(struct json *json, const char *key)
{
    open_bracket(json, key, "[");
}

void json_end(struct json *json, char bracket)
{
    json->depth--;
    new_line(json);
    textbuf_add(json->out, &bracket, 1);
    json->first = false;
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    textbuf_printf(json->out, "%llu", (unsigned long long)value);
}

void json_int(struct json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    textbuf_printf(json->out, "%lld", (long long)value);
}

void json_float(struct json *json, const char *key, double value)
{
    begin_value(json, key);
    textbuf_printf(json->out, "%f", isfinite(value) ? value : 0.0);
}

void json_double(struct json *json, const char *key, double value)
{
    begin_value(json, key);
    textbuf_printf(json->out, "%.17g", isfinite(value) ? value : 0.0);
}

void json_null(struct json *json, const char *key)
{
    begin_value(json, key);
    textbuf_puts(json->out, "null");
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin_value(json, key);
    textbuf_puts(json->out, value ? "true" : "false");
}

void json_string(struct json *json, const char *key, const char *value)
{
    begin_value(json, key);
    quoted(json->out, value ? value : "");
}
