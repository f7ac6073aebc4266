/* SPDX-License-Identifier: Apache-2.0 */
/* auraio-info: what this kernel offers and what the library would use. See auraio-info(1). */
#include "info.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { USES_URING = 0, USES_THREADS = 1, FAILED = 2 };

static const char help[] = "usage: auraio-info [--json]\n"
                           "Tells what io_uring gives here, what libauraio would use of it, and\n"
                           "what to do about the rest.\n"
                           "\n"
                           "  -j, --json     one JSON object instead of text\n"
                           "  -h, --help     this text\n"
                           "  -V, --version  the version of the library in use\n"
                           "\n"
                           "exit status: 0 io_uring is used, 1 threads are, 2 error\n";

static const struct option options[] = {
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int fail_to_write(void)
{
    fprintf(stderr, "auraio-info: standard output: %s\n", strerror(errno));
    return FAILED;
}

static int say(const char *text)
{
    return fputs(text, stdout) == EOF || fflush(stdout) != 0 || ferror(stdout) ? fail_to_write()
                                                                               : 0;
}

static int report(bool as_json)
{
    struct info info = {0};

    if (auraio_probe(&info.features) != 0) {
        fprintf(stderr, "auraio-info: auraio_probe: %s\n", strerror(errno));
        return FAILED;
    }
    info_look_around(&info.around);
    info_find_remedies(&info);
    if (!(as_json ? info_print_json(&info) : info_print_text(&info)))
        return fail_to_write();
    return info.features.backend == AURAIO_BACKEND_URING ? USES_URING : USES_THREADS;
}

int main(int argc, char **argv)
{
    bool as_json = false;

    for (int option; (option = getopt_long(argc, argv, "jhV", options, NULL)) != -1;) {
        switch (option) {
        case 'j':
            as_json = true;
            break;
        case 'h':
            return say(help);
        case 'V':
            printf("auraio-info %s\n", auraio_version());
            return say("");
        default:
            return FAILED;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "auraio-info: %s: takes no arguments; see auraio-info --help\n",
                argv[optind]);
        return FAILED;
    }
    return report(as_json);
}
