/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up options, setting the plain kinds, and the one builder of messages. */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All tables in one, made at the first use. */
static const struct option_def *const *all_options(size_t *n)
{
    enum { MOST_OPTIONS = 512 };
    static const struct option_def *const tables[] = {
        io_options, file_options, pace_options, machine_options, report_options, refused_options};
    static const struct option_def *all[MOST_OPTIONS];
    static size_t count;

    if (count == 0)
        for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
            for (const struct option_def *def = tables[t]; def->name != NULL; def++)
                if (count < MOST_OPTIONS)
                    all[count++] = def;
    *n = count;
    return all;
}

const struct option_def *option_at(size_t index)
{
    size_t n;
    const struct option_def *const *all = all_options(&n);

    return index < n ? all[index] : NULL;
}

const struct option_def *option_find(const char *name)
{
    const struct option_def *def;

    for (size_t i = 0; (def = option_at(i)) != NULL; i++)
        if (strcmp(def->name, name) == 0 || (def->alias != NULL && strcmp(def->alias, name) == 0))
            return def;
    return NULL;
}

const struct option_def *option_by_prefix(const char *prefix, bool *several)
{
    const struct option_def *def, *found = NULL;
    size_t len = strlen(prefix);

    *several = false;
    for (size_t i = 0; (def = option_at(i)) != NULL; i++)
        if (strncmp(def->name, prefix, len) == 0 ||
            (def->alias != NULL && strncmp(def->alias, prefix, len) == 0)) {
            *several = found != NULL;
            if (*several)
                return NULL;
            found = def;
        }
    return found;
}

/* Levenshtein's distance, in one row. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    size_t row[LONGEST + 1], a_len = strlen(a), b_len = strlen(b);

    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

const struct option_def *option_closest(const char *name)
{
    const struct option_def *def, *found = NULL;
    size_t own = strlen(name), least = own / 2 + 1;

    for (size_t i = 0; (def = option_at(i)) != NULL; i++) {
        const char *const known[] = {def->name, def->alias};

        for (size_t k = 0; k < 2 && known[k] != NULL && def->tier != TIER_REFUSED; k++) {
            size_t len = strlen(known[k]), far = len > own ? len - own : own - len;

            /* The lengths alone may be that far apart. */
            if (far < least)
                far = distance(name, known[k]);
            if (far < least) {
                least = far;
                found = def;
            }
        }
    }
    return found;
}

bool option_needs_value(const struct option_def *def)
{
    return def->kind != OPT_BARE && !def->value_optional;
}

/* In one write, so that lines of several writers stay whole. */
static void say_list(struct place place, const char *option, const char *format, va_list ap)
{
    char text[1024], message[1600], line[16] = "";

    vsnprintf(text, sizeof(text), format, ap);
    if (place.line > 0)
        snprintf(line, sizeof(line), ":%d", place.line);
    snprintf(message, sizeof(message), "bffio: %.200s%s: %.200s%s%s", place.file, line,
             option != NULL ? option : "", option != NULL ? ": " : "", text);
    for (char *c = message; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    fprintf(stderr, "%s\n", message);
}

void say(struct place place, const char *option, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    say_list(place, option, format, ap);
    va_end(ap);
}

int option_wrong(struct setting *setting, const char *format, ...)
{
    va_list ap;

    if (setting->quiet)
        return -EINVAL;
    va_start(ap, format);
    say_list(setting->place, setting->name, format, ap);
    va_end(ap);
    return -EINVAL;
}

int option_no_memory(struct setting *setting)
{
    setting->no_memory = true;
    return -EINVAL;
}

void option_warn(struct setting *setting, const char *format, ...)
{
    va_list ap;

    if (setting->quiet)
        return;
    va_start(ap, format);
    say_list(setting->place, setting->name, format, ap);
    va_end(ap);
    (*setting->warnings)++;
}

static void list_values(const struct option_def *def, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct option_value *value = def->values; value->name != NULL; value++) {
        if (value->value == VALUE_REFUSED || used >= size)
            continue;
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", value->name);
    }
}

void option_describe_values(const struct option_def *def, char *text, size_t size)
{
    static const char *const forms[] = {
        [OPT_BARE] = "0, 1, or none",
        [OPT_BOOL] = "0, 1",
        [OPT_UNSIGNED] = "a number",
        [OPT_UNSIGNED_3] = "a number, or three for read,write,trim",
        [OPT_INT] = "a number",
        [OPT_U64] = "a number",
        [OPT_U64_3] = "a number as 4k, or three for read,write,trim",
        [OPT_PERCENT_OR_SIZE] = "a size as 4096, 4k, 1m, or a percentage as 10%",
        [OPT_TIME] = "a time with d, h, m, s, ms, us",
        [OPT_TIME_3] = "a time with d, h, m, s, ms, us, or three for read,write,trim",
        [OPT_DECIMAL] = "a number",
        [OPT_STRING] = "a text",
    };

    if (def->values != NULL)
        list_values(def, text, size);
    else if (def->form != NULL)
        snprintf(text, size, "%s", def->form);
    else if (def->min != 0 && def->max != 0)
        snprintf(text, size, "%s from %lld to %lld", forms[def->kind], (long long)def->min,
                 (long long)def->max);
    else if (def->max != 0)
        snprintf(text, size, "%s up to %lld", forms[def->kind], (long long)def->max);
    else if (def->unit_us > 0)
        snprintf(text, size, "%s (without: %s)", forms[def->kind], def->unit_us == 1 ? "us" : "s");
    else
        snprintf(text, size, "%s", forms[def->kind]);
}

int option_bad_value(struct setting *setting, struct piece piece, int r)
{
    char values[512];
    int shown = piece.len > 60 ? 60 : (int)piece.len;

    option_describe_values(setting->def, values, sizeof(values));
    if (r == -ENOMEM)
        return option_no_memory(setting);
    return option_wrong(setting, "'%.*s' is %s; valid values: %s", shown, piece.at,
                        r == -ERANGE ? "out of range" : "no valid value", values);
}

int option_not_done(struct setting *setting, const char *value)
{
    char values[512];

    list_values(setting->def, values, sizeof(values));
    return option_wrong(setting, "'%.60s' is not done by bffio; valid values: %s", value, values);
}

int set_string(struct setting *setting, char **field, const char *value)
{
    char *copy = strdup(value);

    if (copy == NULL)
        return option_no_memory(setting);
    free(*field);
    *field = copy;
    return 0;
}
