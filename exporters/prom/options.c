/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: flags as other exporters have them, --flag=VALUE or --flag VALUE. */
#include "prom.h"

#include <auraio/version.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES_MAX 256

static const char usage[] =
    "usage: auraio-prom [FLAG...]\n"
    "Serves the statistics of all libauraio engines of this host to Prometheus.\n"
    "\n"
    "  --web.listen-address=ADDRESS  HOST:PORT, :PORT, [HOST]:PORT or unix:PATH, repeatable\n"
    "                                (127.0.0.1:9837)\n"
    "  --web.systemd-socket          listen on the sockets that systemd hands over\n"
    "  --web.telemetry-path=PATH     where the metrics are (/metrics)\n"
    "  --web.config.file=FILE        TLS and passwords\n"
    "  --web.max-requests=N          scrapes at once, 0 for any number (40)\n"
    "  --collector.rings             metrics of each ring as well\n"
    "  --once                        one scrape to standard output, and exit\n"
    "  --log.level=LEVEL             debug, info, warn or error (info)\n"
    "  --log.format=FORMAT           logfmt or json (logfmt)\n"
    "  --version                     the version\n"
    "  --help                        this text\n";

static int complain(const char *what, const char *flag)
{
    fprintf(stderr, "auraio-prom: %s: %s; --help tells what there is\n", flag, what);
    return 2;
}

static int say(const char *text)
{
    if (fputs(text, stdout) != EOF && fflush(stdout) == 0)
        return 0;
    fprintf(stderr, "auraio-prom: standard output: %s\n", strerror(errno));
    return 1;
}

/* The value of flag name in argv[*i], which may be the next word; NULL: another flag. */
static const char *value_of(const char *name, char **argv, int *i)
{
    size_t n = strlen(name);

    if (strncmp(argv[*i], name, n) != 0)
        return NULL;
    if (argv[*i][n] == '=')
        return argv[*i] + n + 1;
    return !argv[*i][n] && argv[*i + 1] ? argv[++*i] : NULL;
}

static int index_of(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

/* What a client would have to escape is no good: the page at / has a link to it. */
static const char *wrong_with_path(const char *path)
{
    if (path[0] != '/' || !path[1])
        return "not a path that begins with / and goes on";
    if (strlen(path) > PATH_BYTES_MAX)
        return "longer than 256 bytes";
    for (const char *c = path; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"#%&<>?\\^`{|}", *c))
            return "has a character that does not stand in paths as it is";
    return strcmp(path, HEALTHY_PATH) == 0 ? "taken already" : NULL;
}

/* False: not a flag with a value. *error: what is wrong with it. */
static bool read_value(struct options *o, char **argv, int *i, const char **error)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    static const char *const formats[] = {"logfmt", "json", NULL};
    const char *value;
    char *end;

    if ((value = value_of("--web.listen-address", argv, i))) {
        if (o->address_count == ADDRESSES_MAX)
            *error = "more than 16 addresses";
        else
            o->addresses[o->address_count++] = value;
    } else if ((value = value_of("--web.telemetry-path", argv, i))) {
        o->path = value;
        *error = wrong_with_path(value);
    } else if ((value = value_of("--web.config.file", argv, i))) {
        o->config = value;
    } else if ((value = value_of("--web.max-requests", argv, i))) {
        long n = strtol(value, &end, 10);
        o->max_requests = (int)n;
        if (end == value || *end || n < 0 || n > 1000000)
            *error = "not a number from 0 to 1000000";
    } else if ((value = value_of("--log.level", argv, i))) {
        int level = index_of(value, levels);
        o->level = level < 0 ? LEVEL_INFO : (enum level)level;
        if (level < 0)
            *error = "not debug, info, warn or error";
    } else if ((value = value_of("--log.format", argv, i))) {
        o->json = index_of(value, formats) == 1;
        if (index_of(value, formats) < 0)
            *error = "not logfmt or json";
    } else {
        return false;
    }
    return true;
}

int options_read(struct options *o, int argc, char **argv)
{
    *o = (struct options){.path = "/metrics", .max_requests = 40, .level = LEVEL_INFO};
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i], *error = NULL;
        if (strcmp(flag, "--help") == 0 || strcmp(flag, "-h") == 0)
            return say(usage);
        if (strcmp(flag, "--version") == 0)
            return say("auraio-prom, version " AURAIO_VERSION_STRING "\n");
        if (strcmp(flag, "--web.systemd-socket") == 0)
            o->systemd_socket = true;
        else if (strcmp(flag, "--collector.rings") == 0)
            o->rings = true;
        else if (strcmp(flag, "--once") == 0)
            o->once = true;
        else if (!read_value(o, argv, &i, &error))
            return complain("unknown, or without its value", flag);
        if (error)
            return complain(error, flag);
    }
    if (!o->address_count)
        o->addresses[o->address_count++] = "127.0.0.1:9837";
    return -1;
}
