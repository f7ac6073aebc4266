/* SPDX-License-Identifier: Apache-2.0 */
/* From lines to jobs. */
#include "expand.h"
#include "jobs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds what a hostile file may ask for: every job sets every line of [global] again. */
enum { MAX_SECTION_LINES = 4096, MAX_SECTIONS = 65536 };

static void lines_cut(struct line_list *list, size_t n)
{
    while (list->n > n) {
        struct line *line = &list->items[--list->n];

        free(line->given_name);
        free(line->value);
    }
}

static int lines_add(struct line_list *list, struct line line)
{
    if (list->n == list->room) {
        size_t room = list->room > 0 ? 2 * list->room : 16;
        struct line *grown = reallocarray(list->items, room, sizeof(*grown));

        if (grown == NULL)
            return -ENOMEM;
        list->items = grown;
        list->room = room;
    }
    list->items[list->n++] = line;
    return 0;
}

void builder_error(struct builder *builder, struct place place, const char *option,
                   const char *format, ...)
{
    char text[1024];
    va_list ap;

    if (builder->no_memory)
        return;
    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    say(place, option, "%s", text);
    builder->errors++;
}

void builder_no_memory(struct builder *builder, struct place place, const char *option)
{
    builder_error(builder, place, option, "no memory");
    builder->no_memory = true;
}

int builder_init(struct builder *builder, const struct settings *settings, struct job_list *list)
{
    memset(builder, 0, sizeof(*builder));
    builder->settings = settings;
    builder->list = list;
    builder->kb_base = 1024;
    return job_init(&builder->scratch);
}

void builder_free(struct builder *builder)
{
    lines_cut(&builder->global, 0);
    lines_cut(&builder->own, 0);
    free(builder->global.items);
    free(builder->own.items);
    free(builder->section);
    for (size_t i = 0; i < builder->n_kept; i++)
        free(builder->kept[i]);
    free(builder->kept);
    job_free(&builder->scratch);
}

const char *builder_keep(struct builder *builder, char *string)
{
    char **grown = reallocarray(builder->kept, builder->n_kept + 1, sizeof(*grown));

    if (grown == NULL) {
        free(string);
        return NULL;
    }
    builder->kept = grown;
    return grown[builder->n_kept++] = string;
}

void builder_drop_global(struct builder *builder, size_t n)
{
    lines_cut(&builder->global, n);
    if (builder->n_global_shown > n)
        builder->n_global_shown = n;
}

/* 0 or -EINVAL. */
static int set_line(struct builder *builder, struct job *job, const struct line *line, bool quiet)
{
    struct setting setting = {.place = line->place,
                              .name = line->given_name,
                              .job = job,
                              .quiet = quiet,
                              .parse_only = builder->settings->parse_only,
                              .warnings = &builder->warnings,
                              .def = line->def};
    int r = option_set(&setting, line->value);

    if (setting.no_memory)
        builder_no_memory(builder, line->place, line->given_name);
    return r;
}

/* kb_base comes first, wherever it stands: it changes what sizes mean. */
static bool set_lines(struct builder *builder, struct job *job, const struct line_list *lines,
                      size_t from, bool quiet)
{
    unsigned errors = 0;

    for (int others = 0; others <= 1; others++)
        for (size_t i = from; i < lines->n && !builder->no_memory; i++) {
            bool is_base = strcmp(lines->items[i].def->name, "kb_base") == 0;

            if (is_base == (others == 0) && set_line(builder, job, &lines->items[i], quiet) < 0)
                errors++;
        }
    if (!quiet)
        builder->errors += errors;
    return errors == 0;
}

/* Each option once, with its last value, as JSON wants it. */
static int copy_given(const struct line_list *lines, struct given_option **given, size_t *n)
{
    *n = 0;
    *given = lines->n > 0 ? calloc(lines->n, sizeof(**given)) : NULL;
    if (*given == NULL)
        return lines->n > 0 ? -ENOMEM : 0;
    for (size_t i = 0; i < lines->n; i++) {
        const struct line *line = &lines->items[i];
        char *value = line->value != NULL ? strdup(line->value) : NULL;
        size_t at = 0;

        while (at < *n && strcmp((*given)[at].name, line->def->name) != 0)
            at++;
        if (line->value != NULL && value == NULL)
            return -ENOMEM;
        free((*given)[at].value);
        (*given)[at].value = value;
        if (at < *n)
            continue;
        (*given)[at].name = strdup(line->def->name);
        (*n)++;
        if ((*given)[at].name == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* write_bw_log without a value takes the job's name. */
static int name_logs(struct job *job)
{
    char **const logs[] = {&job->log_prefix_bw, &job->log_prefix_lat, &job->log_prefix_iops,
                           &job->log_prefix_hist};

    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        char **prefix = logs[i];

        if (*prefix == NULL || **prefix != '\0')
            continue;
        free(*prefix);
        *prefix = strdup(job->name);
        if (*prefix == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int fill_job(struct builder *builder, struct job *job)
{
    bool sets_all;

    job->section = strdup(builder->section);
    job->source = strdup(builder->place.file);
    job->line = builder->place.line;
    if (job->section == NULL || job->source == NULL)
        return -ENOMEM;
    sets_all = set_lines(builder, job, &builder->global, 0, true);
    free(job->name); /* [global] names no job, as in fio */
    job->name = strdup(builder->section);
    if (job->name == NULL)
        return -ENOMEM;
    sets_all &= set_lines(builder, job, &builder->own, 0, false);
    if (builder->no_memory)
        return -ENOMEM;
    if (copy_given(&builder->global, &job->global, &job->n_global) < 0 ||
        copy_given(&builder->own, &job->given, &job->n_given) < 0 || name_logs(job) < 0)
        return -ENOMEM;
    if (builder->separates)
        job->stonewall = true;
    return sets_all && job_check(builder, job) ? 0 : -EINVAL;
}

static void build_job(struct builder *builder)
{
    struct job_list *list = builder->list;
    struct job job;
    struct job *grown;
    int r = job_init(&job);

    if (r == 0)
        r = fill_job(builder, &job);
    if (r == 0) {
        grown = reallocarray(list->jobs, list->n + 1, sizeof(*grown));
        r = grown != NULL ? 0 : -ENOMEM;
        if (grown != NULL)
            list->jobs = grown;
    }
    if (r < 0) {
        job_free(&job);
        if (r == -ENOMEM)
            builder_no_memory(builder, builder->place, builder->section);
        return;
    }
    if (builder->shows)
        show_job(builder, &job);
    builder->separates = false;
    list->jobs[list->n++] = job;
}

void builder_begin_global(struct builder *builder, struct place place)
{
    builder_end_section(builder);
    builder->in_global = true;
    builder->place = place;
}

static bool is_wanted(struct builder *builder, const char *name)
{
    bool wanted = builder->n_wanted == 0 || builder->place.line == 0;

    for (size_t i = 0; i < builder->n_wanted; i++)
        if (strcmp(builder->wanted[i], name) == 0)
            wanted = builder->was_found[i] = true;
    return wanted;
}

void builder_begin_job(struct builder *builder, const char *name, struct place place)
{
    builder_end_section(builder);
    builder->place = place;
    builder->in_job = true;
    builder->section = strdup(name);
    if (builder->section == NULL)
        builder_no_memory(builder, place, name);
    else if (*name == '\0')
        builder_error(builder, place, NULL, "the name of the section is empty");
}

void builder_end_section(struct builder *builder)
{
    if (builder->in_global) {
        set_lines(builder, &builder->scratch, &builder->own, 0, false);
        for (size_t i = 0; i < builder->own.n; i++)
            if (lines_add(&builder->global, builder->own.items[i]) < 0) {
                builder_no_memory(builder, builder->place, NULL);
                break;
            } else {
                builder->own.items[i] = (struct line){NULL, NULL, NULL, {NULL, 0}};
            }
    } else if (builder->in_job && !builder->no_memory && builder->section != NULL &&
               *builder->section != '\0' && is_wanted(builder, builder->section)) {
        if (builder->list->n >= MAX_SECTIONS)
            builder_error(builder, builder->place, NULL, "more than %d jobs", MAX_SECTIONS);
        else
            build_job(builder);
    }
    lines_cut(&builder->own, 0);
    free(builder->section);
    builder->section = NULL;
    builder->in_global = builder->in_job = false;
}

static bool is_number(const struct option_def *def)
{
    switch (def->kind) {
    case OPT_BARE:
    case OPT_STRING:
    case OPT_ENUM:
    case OPT_ENUM_BOOL:
        return false;
    case OPT_CUSTOM:
        return def->set != set_name && def->set != set_log && def->set != set_verify_pattern &&
               def->set != set_buffer_pattern;
    default:
        return true;
    }
}

static void refuse_unknown(struct builder *builder, const char *name, struct place place)
{
    const struct option_def *closest = option_closest(name);

    if (closest != NULL)
        builder_error(builder, place, name, "no such option; did you mean %s?", closest->name);
    else
        builder_error(builder, place, name, "no such option; --cmdhelp lists all");
}

/* NULL also for no value; *failed tells. */
static char *expand(struct builder *builder, const struct option_def *def, const char *name,
                    const char *value, struct place place, bool *failed)
{
    bool is_time = def->kind == OPT_TIME || def->kind == OPT_TIME_3 || def->set == set_startdelay ||
                   def->set == set_latency_target;
    struct expansion how = {is_number(def), builder->kb_base, is_time};
    const char *why = NULL;
    char *expanded;

    *failed = false;
    if (value == NULL)
        return NULL;
    expanded = expand_value(value, &how, &why);
    *failed = expanded == NULL;
    if (*failed && why == NULL)
        builder_no_memory(builder, place, name);
    else if (*failed)
        builder_error(builder, place, name, "%s", why);
    if (!*failed && *expanded == '\0' && def->kind != OPT_BARE) {
        builder_error(builder, place, name, "needs a value");
        *failed = true;
    }
    if (!*failed && strcmp(def->name, "kb_base") == 0)
        builder->kb_base = strcmp(expanded, "1000") == 0 ? 1000 : 1024;
    return expanded;
}

void builder_option(struct builder *builder, const char *name, const char *value,
                    struct place place)
{
    const struct option_def *def = option_find(name);
    struct line line = {.def = def, .place = place};
    bool failed;

    if (def == NULL) {
        refuse_unknown(builder, name, place);
        return;
    }
    if (def->tier == TIER_REFUSED) {
        builder_error(builder, place, name, "bffio does not do this option of fio's");
        return;
    }
    if (builder->own.n + builder->global.n >= MAX_SECTION_LINES) {
        builder_error(builder, place, name, "more than %d options", MAX_SECTION_LINES);
        return;
    }
    line.value = expand(builder, def, name, value, place, &failed);
    line.given_name = failed ? NULL : strdup(name);
    if (!failed && (line.given_name == NULL || lines_add(&builder->own, line) < 0)) {
        builder_no_memory(builder, place, name);
        failed = true;
    }
    if (failed) {
        free(line.value);
        free(line.given_name);
    } else if (def->tier == TIER_IGNORED) {
        say(place, name, "ignored: %s", def->help);
    }
}
