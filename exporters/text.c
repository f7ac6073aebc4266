/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that metrics are written with. */
#include "families.h"

#include <string.h>

static void put(struct text *text, const char *bytes, size_t n)
{
    if (text->len < text->cap) {
        size_t room = text->cap - text->len;
        memcpy(text->buf + text->len, bytes, n < room ? n : room);
    }
    text->len += n;
}

void text_put(struct text *text, const char *string)
{
    put(text, string, strlen(string));
}

/* The digits of number end at end; where they begin. */
static char *digits(char *end, uint64_t number)
{
    do
        *--end = (char)('0' + number % 10);
    while (number /= 10);
    return end;
}

void text_number(struct text *text, uint64_t number)
{
    char buf[20], *begin = digits(buf + sizeof buf, number);

    put(text, begin, (size_t)(buf + sizeof buf - begin));
}

void text_seconds(struct text *text, uint64_t ns)
{
    char buf[10], *begin;
    uint64_t fraction = ns % 1000000000;

    text_number(text, ns / 1000000000);
    if (!fraction)
        return;
    begin = digits(buf + sizeof buf, fraction + 1000000000); /* the one in front keeps the zeros */
    *begin = '.';
    size_t n = sizeof buf;
    while (buf[n - 1] == '0')
        n--;
    put(text, begin, n);
}

void text_label(struct text *text, const char *name, const char *value)
{
    text_put(text, name);
    text_put(text, "=\"");
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            text_put(text, "\\");
        put(text, value, 1);
    }
    text_put(text, "\"");
}

void text_family(struct text *text, const char *name, enum family_type type, const char *unit,
                 const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "info"};
    static const char *const suffixes[] = {"_total", "", "", "_info"};
    const char *suffix = text->openmetrics ? "" : suffixes[type];
    bool plain_info = type == INFO && !text->openmetrics;
    const char *const help_line[] = {"# HELP ", name, suffix, " ", help, "\n"};
    const char *const type_line[] = {
        "# TYPE ", name, suffix, " ", plain_info ? "gauge" : types[type], "\n"};
    const char *const unit_line[] = {"# UNIT ", name, " ", unit, "\n"};

    for (int i = 0; i < 6; i++)
        text_put(text, help_line[i]);
    for (int i = 0; i < 6; i++)
        text_put(text, type_line[i]);
    for (int i = 0; i < 5 && text->openmetrics && unit; i++)
        text_put(text, unit_line[i]);
}
