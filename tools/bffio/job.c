/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a job: its defaults come from the table of options, as text. */
#include "jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int job_init(struct job *job)
{
    unsigned warnings = 0;
    const struct option_def *def;

    memset(job, 0, sizeof(*job));
    job->kb_base = 1024;
    job->verify_write_sequence = true;
    for (size_t i = 0; (def = option_at(i)) != NULL; i++) {
        struct setting setting = {.place = {"defaults", 0},
                                  .name = def->name,
                                  .job = job,
                                  .quiet = true,
                                  .warnings = &warnings,
                                  .def = def};

        if (def->preset != NULL && option_set(&setting, def->preset) < 0) {
            job_free(job);
            return -ENOMEM;
        }
    }
    return 0;
}

static void free_given(struct given_option *given, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(given[i].name);
        free(given[i].value);
    }
    free(given);
}

/* Strings of plain options are found in the table, the others are named here. */
void job_free(struct job *job)
{
    const struct option_def *def;

    for (size_t i = 0; (def = option_at(i)) != NULL; i++)
        if (def->kind == OPT_STRING && def->offset != NOWHERE)
            free(*(char **)(void *)((char *)job + def->offset));
    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        free(job->bssplit[dir]);
        free(job->zones[dir]);
        free(job->ignored_errors[dir]);
    }
    free(job->name);
    free(job->section);
    free(job->kind_name);
    free(job->engine_name);
    free(job->verify_name);
    free(job->verify_pattern);
    free(job->verify_pattern_offsets);
    free(job->buffer_pattern);
    free(job->steadystate);
    free(job->percentiles);
    free(job->log_prefix_bw);
    free(job->log_prefix_lat);
    free(job->log_prefix_iops);
    free(job->log_prefix_hist);
    free_given(job->given, job->n_given);
    free_given(job->global, job->n_global);
    free((char *)(uintptr_t)job->source);
    memset(job, 0, sizeof(*job));
}

void job_list_free(struct job_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        job_free(&list->jobs[i]);
    free(list->jobs);
    *list = (struct job_list){NULL, 0};
}

static bool names(const struct given_option *given, size_t n, const char *option)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(given[i].name, option) == 0)
            return true;
    return false;
}

bool job_was_given(const struct job *job, const char *option)
{
    return names(job->given, job->n_given, option) || names(job->global, job->n_global, option);
}

char *job_next_path(char **rest)
{
    char *begin = *rest, *to = begin;

    for (char *from = begin;; from++) {
        if (from[0] == '\\' && from[1] == ':') {
            *to++ = *++from;
            continue;
        }
        if (*from && *from != ':') {
            *to++ = *from;
            continue;
        }
        *rest = *from ? from + 1 : NULL;
        *to = '\0';
        return begin;
    }
}
