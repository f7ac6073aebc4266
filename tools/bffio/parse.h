/* SPDX-License-Identifier: Apache-2.0 */
/* From a command line and its job files to jobs. */
#ifndef BFFIO_PARSE_H
#define BFFIO_PARSE_H

#include "job.h"

struct job_list {
    struct job *jobs; /* one for each section; numjobs is not yet unfolded */
    size_t n;
};

enum parse_result {
    PARSED,      /* run the jobs */
    PARSED_DONE, /* --help, --version, --cmdhelp, --showcmd, --parse-only: all is said, exit with 0
                  */
    PARSE_FAILED /* all is said on stderr, exit with 1 */
};

/* Messages go to stderr as "bffio: FILE:LINE: OPTION: what is wrong; valid values". */
enum parse_result parse_command_line(int argc, char **argv, struct settings *settings,
                                     struct job_list *list);
/* For the fuzzer and tests: the text of one job file. */
enum parse_result parse_job_text(const char *text, size_t len, struct settings *settings,
                                 struct job_list *list);
void job_list_free(struct job_list *list);
void settings_free(struct settings *settings);

#endif
