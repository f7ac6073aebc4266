/* SPDX-License-Identifier: Apache-2.0 */
/* --showcmd: a job file as a command line that does the same. Options of a [global] that comes
 * after jobs are told with each job they hold for, since the command line has no other place. */
#include "jobs.h"

#include <stdio.h>
#include <string.h>

static void print_quoted(const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_^";

    if (value[strspn(value, plain)] == '\0') {
        fputs(value, stdout);
        return;
    }
    if (strpbrk(value, "\"$`\\!") == NULL) {
        printf("\"%s\"", value);
        return;
    }
    putchar('\'');
    for (; *value != '\0'; value++) {
        if (*value == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*value);
    }
    putchar('\'');
}

static void print_lines(const struct line_list *lines, size_t from)
{
    for (size_t i = from; i < lines->n; i++) {
        const struct line *line = &lines->items[i];

        if (strcmp(line->def->name, "name") == 0)
            continue;
        printf("--%s", line->given_name);
        if (line->value != NULL) {
            putchar('=');
            print_quoted(line->value);
        }
        putchar(' ');
    }
}

static void begin(struct builder *builder)
{
    if (builder->has_shown)
        return;
    builder->has_shown = true;
    printf("%s ", builder->settings->called_as);
    print_lines(&builder->global, 0);
    builder->n_global_shown = builder->global.n;
}

void show_job(struct builder *builder, const struct job *job)
{
    begin(builder);
    fputs("--name=", stdout);
    print_quoted(job->section);
    putchar(' ');
    print_lines(&builder->global, builder->n_global_shown);
    if (builder->separates)
        fputs("--stonewall ", stdout);
    print_lines(&builder->own, 0);
}

void show_end(struct builder *builder)
{
    begin(builder);
    putchar('\n');
}
