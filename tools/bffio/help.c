/* SPDX-License-Identifier: Apache-2.0 */
/* --cmdhelp and --enghelp, from the table of options. */
#include "jobs.h"

#include <stdio.h>
#include <string.h>

static const char *kind_name(const struct option_def *def)
{
    static const char *const names[] = {
        [OPT_BARE] = "no value, or boolean (0, 1)",
        [OPT_BOOL] = "boolean (0, 1)",
        [OPT_UNSIGNED] = "number",
        [OPT_UNSIGNED_3] = "number, or three for read,write,trim",
        [OPT_INT] = "number",
        [OPT_U64] = "number",
        [OPT_U64_3] = "size, or three for read,write,trim",
        [OPT_PERCENT_OR_SIZE] = "size or percentage",
        [OPT_TIME] = "time",
        [OPT_TIME_3] = "time, or three for read,write,trim",
        [OPT_DECIMAL] = "number with a fraction",
        [OPT_STRING] = "text",
        [OPT_ENUM] = "one of the valid values",
        [OPT_ENUM_BOOL] = "one of the valid values",
        [OPT_CUSTOM] = "text with parts",
    };

    if (def->kind == OPT_CUSTOM)
        return def->values != NULL ? names[OPT_ENUM] : def->form;
    return names[def->kind];
}

static void print_line(const struct option_def *def)
{
    if (def->tier != TIER_REFUSED)
        printf("%-26s: %s\n", def->name, def->help);
}

static void print_detail(const struct option_def *def)
{
    char values[512];

    printf("%20s: %s\n", def->name, def->help);
    if (def->alias != NULL)
        printf("%20s: %s\n", "alias", def->alias);
    printf("%20s: %s\n", "type", kind_name(def));
    printf("%20s: %s\n", "default", def->preset != NULL ? def->preset : "none");
    if (def->tier == TIER_REFUSED)
        return;
    option_describe_values(def, values, sizeof(values));
    printf("%20s: %s\n", "valid values", values);
    if (def->tier == TIER_IGNORED)
        printf("%20s: accepted, without effect\n", "note");
}

bool print_option_help(const char *which)
{
    const struct option_def *def;
    const struct place place = {"command line", 0};

    if (which == NULL || strcmp(which, "all") == 0) {
        for (size_t i = 0; (def = option_at(i)) != NULL; i++)
            print_line(def);
        return true;
    }
    def = option_find(which);
    if (def != NULL) {
        print_detail(def);
        return true;
    }
    def = option_closest(which);
    if (def != NULL)
        say(place, "cmdhelp", "no option '%.60s'; did you mean %s?", which, def->name);
    else
        say(place, "cmdhelp", "no option '%.60s'; --cmdhelp lists all", which);
    return false;
}

static void print_engine_options(bool is_async)
{
    static const char *const names[] = {"hipri", "fixedbufs", "registerfiles", "sqthread_poll",
                                        "nowait"};

    for (size_t i = 0; is_async && i < sizeof(names) / sizeof(names[0]); i++)
        print_line(option_find(names[i]));
    if (!is_async)
        puts("no options of its own");
}

bool print_engine_help(const char *which)
{
    const struct option_def *def = option_find("ioengine");
    struct piece engine, option;

    if (which == NULL) {
        puts("Available engines:");
        for (const struct option_value *value = def->values; value->name != NULL; value++)
            if (value->value != VALUE_REFUSED)
                printf("\t%s\n", value->name);
        return true;
    }
    if (piece_split(piece_of(which), ',', &engine, &option))
        return print_option_help(option.at);
    for (const struct option_value *value = def->values; value->name != NULL; value++)
        if (value->value != VALUE_REFUSED && piece_is(engine, value->name)) {
            print_engine_options(value->value == ENGINE_AURAIO ||
                                 value->value == ENGINE_ASYNC_NAME);
            return true;
        }
    say((struct place){"command line", 0}, "enghelp", "no engine '%.60s'; --enghelp lists all",
        which);
    return false;
}
