/* SPDX-License-Identifier: Apache-2.0 */
/* Values are expanded once, when they are read: first variables, then keywords, then
 * arithmetic. As in fio an sign beside a keyword counts without parentheses, too. */
#include "expand.h"

#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_EXPANDED_BYTES = 65536, MAX_NESTING = 32 };

struct text {
    char *at;
    size_t len;
    bool failed;
    const char *why; /* NULL: no memory */
};

static void fail(struct text *text, const char *why)
{
    text->failed = true;
    text->why = why;
}

static void append(struct text *text, const char *from, size_t len)
{
    char *grown;

    if (text->failed)
        return;
    if (text->len + len > MAX_EXPANDED_BYTES) {
        fail(text, "the value is too long");
        return;
    }
    grown = realloc(text->at, text->len + len + 1);
    if (grown == NULL) {
        fail(text, NULL);
        return;
    }
    text->at = grown;
    if (len > 0)
        memcpy(grown + text->len, from, len);
    text->len += len;
    grown[text->len] = '\0';
}

static char *finish(struct text *text, const char **why)
{
    if (!text->failed)
        return text->at;
    *why = text->why;
    free(text->at);
    return NULL;
}

/* A variable that is not set is an empty text, as in fio. */
static size_t append_variable(struct text *text, const char *value)
{
    const char *end = strchr(value, '}');
    char name[256];
    const char *content;
    size_t len = end != NULL ? (size_t)(end - value) - 2 : 0;

    if (end == NULL || len == 0 || len >= sizeof(name)) {
        append(text, value, 1);
        return 1;
    }
    memcpy(name, value + 2, len);
    name[len] = '\0';
    content = getenv(name);
    if (content != NULL)
        append(text, content, strlen(content));
    return len + 3;
}

static char *expand_variables(const char *value, const char **why)
{
    struct text text = {NULL, 0, false, NULL};

    append(&text, "", 0);
    while (*value != '\0') {
        size_t plain = strcspn(value, "$");

        append(&text, value, plain);
        value += plain;
        if (value[0] == '$' && value[1] == '{') {
            value += append_variable(&text, value);
        } else if (value[0] == '$') {
            append(&text, value, 1);
            value++;
        }
    }
    return finish(&text, why);
}

static long long keyword_value(const char *at, size_t *len)
{
    static const char *const names[] = {"$pagesize", "$mb_memory", "$ncpus"};
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const long long values[] = {page, (long long)pages * page / (1024 * 1024),
                                sysconf(_SC_NPROCESSORS_ONLN)};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        *len = strlen(names[i]);
        if (strncmp(at, names[i], *len) == 0)
            return values[i];
    }
    *len = 0;
    return 0;
}

static char *expand_keywords(const char *value, bool *any, const char **why)
{
    struct text text = {NULL, 0, false, NULL};

    append(&text, "", 0);
    while (*value != '\0') {
        size_t plain = strcspn(value, "$"), len = 0;
        long long number;

        append(&text, value, plain);
        value += plain;
        if (*value == '\0')
            break;
        number = keyword_value(value, &len);
        if (len > 0) {
            char digits[32];

            *any = true;
            append(&text, digits, (size_t)snprintf(digits, sizeof(digits), "%lld", number));
        } else {
            append(&text, value, 1);
            len = 1;
        }
        value += len;
    }
    return finish(&text, why);
}

struct sum {
    const char *at;
    const struct expansion *how;
    unsigned nesting;
    bool is_bad;
};

static int64_t read_sum(struct sum *sum);

static void skip_blanks(struct sum *sum)
{
    while (*sum->at == ' ' || *sum->at == '\t')
        sum->at++;
}

static int64_t read_literal(struct sum *sum)
{
    const uint64_t ns_per_us = 1000;
    struct piece piece = {sum->at, 0};
    uint64_t number = 0;
    int r;

    while (isalnum((unsigned char)sum->at[piece.len]))
        piece.len++;
    if (sum->how->is_time) {
        r = value_time(piece, ns_per_us, &number);
        number /= ns_per_us;
    } else {
        r = value_size(piece, sum->how->kb_base, &number);
    }
    if (r < 0 || number > INT64_MAX)
        sum->is_bad = true;
    sum->at += piece.len;
    return sum->is_bad ? 0 : (int64_t)number;
}

static int64_t read_factor(struct sum *sum)
{
    int64_t number;

    skip_blanks(sum);
    if (*sum->at != '(' && *sum->at != '-')
        return read_literal(sum);
    if (++sum->nesting > MAX_NESTING) {
        sum->is_bad = true;
        return 0;
    }
    if (*sum->at++ == '-') {
        sum->is_bad |= __builtin_sub_overflow(0, read_factor(sum), &number);
    } else {
        number = read_sum(sum);
        if (*sum->at == ')')
            sum->at++;
        else
            sum->is_bad = true;
    }
    sum->nesting--;
    return number;
}

static int64_t power(struct sum *sum, int64_t base, int64_t exponent)
{
    int64_t result = 1;

    if (exponent < 0 || exponent > 63)
        sum->is_bad = true;
    for (int64_t i = 0; i < exponent && !sum->is_bad; i++)
        sum->is_bad = __builtin_mul_overflow(result, base, &result);
    return result;
}

static int64_t read_power(struct sum *sum)
{
    int64_t number = read_factor(sum);

    skip_blanks(sum);
    while (*sum->at == '^' && !sum->is_bad) {
        sum->at++;
        number = power(sum, number, read_factor(sum));
        skip_blanks(sum);
    }
    return number;
}

static int64_t read_product(struct sum *sum)
{
    int64_t number = read_power(sum);

    for (;;) {
        char sign = *sum->at;
        int64_t right;

        if (sum->is_bad || sign == '\0' || strchr("*/%", sign) == NULL)
            return number;
        sum->at++;
        right = read_power(sum);
        if (sign == '*')
            sum->is_bad |= __builtin_mul_overflow(number, right, &number);
        else if (right <= 0)
            sum->is_bad = true;
        else
            number = sign == '/' ? number / right : number % right;
        skip_blanks(sum);
    }
}

static int64_t read_sum(struct sum *sum)
{
    int64_t number = read_product(sum);

    while (!sum->is_bad && (*sum->at == '+' || *sum->at == '-')) {
        char sign = *sum->at++;
        int64_t right = read_product(sum);

        if (sign == '+')
            sum->is_bad |= __builtin_add_overflow(number, right, &number);
        else
            sum->is_bad |= __builtin_sub_overflow(number, right, &number);
    }
    return number;
}

static void append_number(struct text *text, const struct sum *sum, int64_t number)
{
    char digits[32];

    if (sum->is_bad || number < 0) {
        fail(text, "the arithmetic cannot be worked out; valid values: numbers, + - * / % ^ ( )");
        return;
    }
    append(text, digits,
           (size_t)snprintf(digits, sizeof(digits), "%lld%s", (long long)number,
                            sum->how->is_time ? "us" : ""));
}

/* Each outermost pair of parentheses becomes its number. */
static char *expand_parentheses(const char *value, const struct expansion *how, const char **why)
{
    struct text text = {NULL, 0, false, NULL};

    append(&text, "", 0);
    while (*value != '\0' && !text.failed) {
        size_t plain = strcspn(value, "(");

        append(&text, value, plain);
        value += plain;
        if (*value == '(') {
            struct sum sum = {value, how, 0, false};
            int64_t number = read_factor(&sum);

            append_number(&text, &sum, number);
            value = sum.at;
        }
    }
    return finish(&text, why);
}

static char *expand_whole(const char *value, const struct expansion *how, const char **why)
{
    struct sum sum = {value, how, 0, false};
    struct text text = {NULL, 0, false, NULL};
    int64_t number = read_sum(&sum);

    if (sum.is_bad || *sum.at != '\0')
        return expand_parentheses(value, how, why);
    append_number(&text, &sum, number);
    return finish(&text, why);
}

char *expand_value(const char *value, const struct expansion *how, const char **why)
{
    bool any_keyword = false;
    char *with_variables = expand_variables(value, why), *plain = NULL, *result;

    if (with_variables != NULL)
        plain = expand_keywords(with_variables, &any_keyword, why);
    free(with_variables);
    if (plain == NULL || !how->arithmetic)
        return plain;
    if (any_keyword && strpbrk(plain, "+-*/%^") != NULL)
        result = expand_whole(plain, how, why);
    else
        result = expand_parentheses(plain, how, why);
    free(plain);
    return result;
}
