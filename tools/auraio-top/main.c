/* SPDX-License-Identifier: Apache-2.0 */
/* auraio-top: engines as top(1) shows processes. See auraio-top(1). */
#include "top.h"

#include <auraio.h>
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FAILED 2

static const char help[] =
    "usage: auraio-top [--once | --json] [OPTION...]\n"
    "Shows the engines of libauraio that publish their statistics.\n"
    "\n"
    "  -1, --once              print the table once and end\n"
    "  -j, --json              the same as one JSON object\n"
    "  -i, --interval=SECONDS  between two looks, 0.1 to 3600; 1 by default\n"
    "  -s, --sort=KEY          iops, bytes, in-flight, limit, p99, pid or name; iops by default\n"
    "  -r, --reverse           the other way round\n"
    "  -d, --devices           a row for each device as well\n"
    "  -f, --filter=TEXT       only engines with TEXT in name, program or user\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version of the library in use\n";

static const struct option options[] = {
    {"once", no_argument, NULL, '1'},           {"json", no_argument, NULL, 'j'},
    {"interval", required_argument, NULL, 'i'}, {"sort", required_argument, NULL, 's'},
    {"reverse", no_argument, NULL, 'r'},        {"devices", no_argument, NULL, 'd'},
    {"filter", required_argument, NULL, 'f'},   {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},        {NULL, 0, NULL, 0},
};

struct wish {
    bool once, json;
    double interval;
    struct view view;
};

static bool complain(const char *option, const char *value, const char *valid)
{
    fprintf(stderr, "auraio-top: --%s: %s: valid values: %s\n", option, value, valid);
    return false;
}

static bool take_interval(struct wish *wish, const char *text)
{
    char *end;

    errno = 0;
    wish->interval = strtod(text, &end);
    if (end == text || *end || errno || !(wish->interval >= .1 && wish->interval <= 3600))
        return complain("interval", text, "0.1 to 3600 (seconds)");
    return true;
}

static bool take_sort(struct wish *wish, const char *text)
{
    int key = sort_key_of(text);

    if (key < 0)
        return complain("sort", text, "iops, bytes, in-flight, limit, p99, pid, name");
    wish->view.key = (enum sort_key)key;
    return true;
}

static bool take_filter(struct wish *wish, const char *text)
{
    if (strlen(text) >= sizeof wish->view.filter)
        return complain("filter", text, "up to 63 bytes");
    strcpy(wish->view.filter, text);
    return true;
}

static int fail(const char *why)
{
    fprintf(stderr, "auraio-top: %s\n", why);
    return FAILED;
}

static int fail_to_write(void)
{
    fprintf(stderr, "auraio-top: standard output: %s\n", strerror(errno));
    return FAILED;
}

static void say(const char *text)
{
    fputs(text, stdout);
    exit(fflush(stdout) != 0 || ferror(stdout) ? fail_to_write() : 0);
}

static bool take_option(struct wish *wish, int option)
{
    switch (option) {
    case '1':
        wish->once = true;
        return true;
    case 'j':
        wish->json = true;
        return true;
    case 'i':
        return take_interval(wish, optarg);
    case 's':
        return take_sort(wish, optarg);
    case 'r':
        wish->view.reversed = true;
        return true;
    case 'd':
        wish->view.with_devices = true;
        return true;
    case 'f':
        return take_filter(wish, optarg);
    case 'h':
        say(help);
        return true;
    case 'V':
        printf("auraio-top %s\n", auraio_version());
        say("");
        return true;
    default:
        return false; /* getopt has said why */
    }
}

static void sleep_for(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};

    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* NULL, or why engines are missing. */
static const char *look(struct watch *watch)
{
    if (!watch_look(watch))
        return "no memory";
    return watch_is_incomplete(watch) ? "not all engines can be read: no memory or descriptors"
                                      : NULL;
}

/* Two looks, so that there are rates to print. */
static int print_once(struct watch *watch, const struct wish *wish)
{
    const char *problem = look(watch);

    if (!problem) {
        sleep_for(wish->interval);
        problem = look(watch);
    }
    if (problem)
        return fail(problem);
    bool printed = wish->json ? print_json(watch, &wish->view) : print_text(watch, &wish->view);
    return printed ? 0 : fail_to_write();
}

int main(int argc, char **argv)
{
    struct wish wish = {.interval = 1};

    setlocale(LC_CTYPE, "");
    wish.view.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    for (int option; (option = getopt_long(argc, argv, "1ji:s:rdf:hV", options, NULL)) != -1;)
        if (!take_option(&wish, option))
            return FAILED;
    if (optind < argc) {
        fprintf(stderr, "auraio-top: %s: takes no arguments; see auraio-top --help\n",
                argv[optind]);
        return FAILED;
    }
    struct watch *watch = watch_new();
    if (!watch)
        return fail("no memory");
    int status;
    if (wish.once || wish.json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
        status = print_once(watch, &wish);
    else
        status = show_screen(watch, &wish.view, wish.interval);
    watch_free(watch);
    return status;
}
