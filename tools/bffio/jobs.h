/* SPDX-License-Identifier: Apache-2.0 */
/* Builds jobs from sections. Options are kept as lines; a job is the defaults, then the lines of
 * [global], then its own, all set one after the other: nothing is ever copied from job to job.
 * The command line and each job file feed the same builder. */
#ifndef BFFIO_JOBS_H
#define BFFIO_JOBS_H

#include "options.h"
#include "parse.h"

struct line {
    const struct option_def *def;
    char *given_name; /* as written */
    char *value;      /* expanded; NULL: none */
    struct place place;
};

struct line_list {
    struct line *items;
    size_t n, room;
};

struct builder {
    const struct settings *settings;
    struct job_list *list;
    const char *const *wanted; /* --section; all where there is none */
    size_t n_wanted;
    bool *was_found; /* for each of them */
    bool shows;      /* --showcmd: jobs are printed when they are built */
    bool has_shown;
    bool separates; /* the next job begins with a stonewall: the first of a further file */

    struct line_list global, own;
    size_t n_global_shown;
    struct job scratch; /* takes [global]'s options as they come, for their messages */
    bool in_global, in_job;
    char *section; /* name of the one being read */
    struct place place;
    unsigned kb_base; /* last one given, for arithmetic */
    char **kept;      /* names of included files, which places point to */
    size_t n_kept;
    unsigned includes;
    uint64_t copies; /* jobs with their copies, against max_jobs */
    unsigned errors, warnings;
    bool no_memory; /* said; nothing more is read, nor complained of */
};

int builder_init(struct builder *builder, const struct settings *settings, struct job_list *list);
void builder_free(struct builder *builder);
void builder_begin_global(struct builder *builder, struct place place);
void builder_begin_job(struct builder *builder, const char *name, struct place place);
/* An option of the section that has begun; value NULL where there is none. Messages and
 * builder->errors tell what is wrong. */
void builder_option(struct builder *builder, const char *name, const char *value,
                    struct place place);
/* Ends the section and builds its job. */
void builder_end_section(struct builder *builder);
/* Back to so many lines of [global]: those of a file end with it. */
void builder_drop_global(struct builder *builder, size_t n);
__attribute__((format(printf, 4, 5))) void builder_error(struct builder *builder,
                                                         struct place place, const char *option,
                                                         const char *format, ...);

void builder_no_memory(struct builder *builder, struct place place, const char *option);

/* Takes the string over until the builder ends; NULL, with it freed, without memory. */
const char *builder_keep(struct builder *builder, char *string);

/* The text of a job file, named `file` in messages. */
void read_job_text(struct builder *builder, const char *file, const char *text, size_t len);
/* A job file, or "-". */
void read_job_file(struct builder *builder, const char *file);

/* Checks across options, with fio's repairs. False after a message. */
bool job_check(struct builder *builder, struct job *job);
/* Whether the user gave it, in [global] or the section. */
bool job_was_given(const struct job *job, const char *option);

/* A job of defaults alone. */
int job_init(struct job *job);
void job_free(struct job *job);

/* --showcmd */
void show_job(struct builder *builder, const struct job *job);
void show_end(struct builder *builder);

/* --help, --cmdhelp, --enghelp; false for what is not known, after a message. */
void print_usage(const char *called_as);
bool print_option_help(const char *which);
bool print_engine_help(const char *which);

#endif
