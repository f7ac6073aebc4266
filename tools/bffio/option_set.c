/* SPDX-License-Identifier: Apache-2.0 */
/* Setting an option by its kind. */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static void *field(struct setting *setting)
{
    return (char *)setting->job + setting->def->offset;
}

static bool is_within(const struct option_def *def, uint64_t number, uint64_t type_max)
{
    uint64_t max = def->max > 0 ? (uint64_t)def->max : type_max;

    return number <= max && (int64_t)number >= def->min;
}

static int read_number(struct setting *setting, struct piece piece, uint64_t type_max,
                       uint64_t *number)
{
    int r = value_size(piece, setting->job->kb_base, number);

    if (r == 0 && !is_within(setting->def, *number, type_max))
        r = -ERANGE;
    return r < 0 ? option_bad_value(setting, piece, r) : 0;
}

static int read_us(struct setting *setting, struct piece piece, uint64_t *us)
{
    uint64_t ns;
    int r = value_time(piece, setting->def->unit_us * 1000, &ns);

    if (r == 0 && ns % 1000 != 0)
        r = -EINVAL;
    if (r < 0)
        return option_bad_value(setting, piece, r);
    *us = ns / 1000;
    return 0;
}

static int set_bool(struct setting *setting, const char *value)
{
    bool is_true = value == NULL || strcmp(value, "1") == 0;

    if (!is_true && strcmp(value, "0") != 0)
        return option_bad_value(setting, piece_of(value), -EINVAL);
    if (setting->def->offset != NOWHERE)
        *(bool *)field(setting) = is_true;
    return 0;
}

static int set_number(struct setting *setting, const char *value)
{
    bool is_long = setting->def->kind == OPT_U64;
    uint64_t number;

    if (read_number(setting, piece_of(value), is_long ? UINT64_MAX : UINT_MAX, &number) < 0)
        return -EINVAL;
    if (setting->def->offset == NOWHERE)
        return 0;
    if (is_long)
        *(uint64_t *)field(setting) = number;
    else
        *(unsigned *)field(setting) = (unsigned)number;
    return 0;
}

static int set_int(struct setting *setting, const char *value)
{
    const struct option_def *def = setting->def;
    int64_t number;
    int r = value_signed_size(piece_of(value), 1024, &number);

    if (r == 0 && (number < def->min || number > def->max))
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    *(int *)field(setting) = (int)number;
    return 0;
}

/* One for all, or read,write,trim: an empty place keeps what is there, and a missing third is the
 * second, as in fio. */
static int set_three(struct setting *setting, const char *value)
{
    enum option_kind kind = setting->def->kind;
    struct piece rest = piece_of(value), piece;
    unsigned n = 0;

    while (piece_next(&rest, ',', &piece)) {
        unsigned last = rest.at != NULL ? n : DIRECTIONS - 1;
        uint64_t number = 0;
        int r;

        if (n == DIRECTIONS || value[0] == '\0')
            return option_bad_value(setting, piece_of(value), -EINVAL);
        if (piece.len == 0) {
            n++;
            continue;
        }
        if (kind == OPT_TIME_3)
            r = read_us(setting, piece, &number);
        else
            r = read_number(setting, piece, kind == OPT_U64_3 ? UINT64_MAX : UINT_MAX, &number);
        if (r < 0)
            return r;
        for (unsigned dir = n; dir <= last; dir++) {
            if (kind == OPT_UNSIGNED_3)
                ((unsigned *)field(setting))[dir] = (unsigned)number;
            else
                ((uint64_t *)field(setting))[dir] = number;
        }
        n++;
    }
    return 0;
}

static int set_percent_or_size(struct setting *setting, const char *value)
{
    unsigned *percent = (unsigned *)(void *)((char *)setting->job + setting->def->offset2);
    struct piece piece = piece_of(value);
    uint64_t number;

    if (piece.len > 0 && piece.at[piece.len - 1] == '%') {
        int r;

        piece.len--;
        r = value_size(piece, 1024, &number);
        if (r == 0 && number > 100)
            r = -ERANGE;
        if (r < 0)
            return option_bad_value(setting, piece_of(value), r);
        *percent = (unsigned)number;
        *(uint64_t *)field(setting) = 0;
        return 0;
    }
    if (read_number(setting, piece, UINT64_MAX, &number) < 0)
        return -EINVAL;
    *(uint64_t *)field(setting) = number;
    *percent = 0;
    return 0;
}

static int set_decimal(struct setting *setting, const char *value)
{
    double number;
    int r = value_decimal(piece_of(value), &number);

    if (r == 0 && (number < (double)setting->def->min || number > (double)setting->def->max))
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    *(double *)field(setting) = number;
    return 0;
}

static int set_enum(struct setting *setting, const char *value)
{
    for (const struct option_value *known = setting->def->values; known->name != NULL; known++) {
        if (strcmp(known->name, value) != 0)
            continue;
        if (known->value == VALUE_REFUSED)
            return option_not_done(setting, value);
        if (setting->def->offset == NOWHERE)
            return 0;
        if (setting->def->kind == OPT_ENUM_BOOL)
            *(bool *)field(setting) = known->value != 0;
        else
            *(int *)field(setting) = known->value;
        return 0;
    }
    return option_bad_value(setting, piece_of(value), -EINVAL);
}

int option_set(struct setting *setting, const char *value)
{
    const struct option_def *def = setting->def;

    if (value == NULL && option_needs_value(def))
        return option_wrong(setting, "needs a value");
    switch (def->kind) {
    case OPT_BARE:
    case OPT_BOOL:
        return set_bool(setting, value);
    case OPT_UNSIGNED:
    case OPT_U64:
        return set_number(setting, value);
    case OPT_INT:
        return set_int(setting, value);
    case OPT_UNSIGNED_3:
    case OPT_U64_3:
    case OPT_TIME_3:
        return set_three(setting, value);
    case OPT_PERCENT_OR_SIZE:
        return set_percent_or_size(setting, value);
    case OPT_TIME:
        return read_us(setting, piece_of(value), field(setting));
    case OPT_DECIMAL:
        return set_decimal(setting, value);
    case OPT_STRING:
        return def->offset == NOWHERE ? 0 : set_string(setting, field(setting), value);
    case OPT_ENUM:
    case OPT_ENUM_BOOL:
        return set_enum(setting, value);
    case OPT_CUSTOM:
        return def->set(setting, value);
    }
    return -EINVAL;
}
