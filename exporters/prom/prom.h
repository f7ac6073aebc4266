/* SPDX-License-Identifier: Apache-2.0 */
/* auraio-prom: what its parts know of each other. */
#ifndef PROM_H
#define PROM_H

#include "reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define HEALTHY_PATH "/-/healthy"

/* options.c: the command line. Strings are the command line's own. */
#define ADDRESSES_MAX 16
enum level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

struct options {
    const char *addresses[ADDRESSES_MAX];
    int address_count;
    const char *path, *config;
    int max_requests; /* 0: any number */
    bool systemd_socket, rings, once, json;
    enum level level;
};

/* -1: go on; else the status to exit with, --help and --version having been answered. */
int options_read(struct options *options, int argc, char **argv);

/* log.c: lines on standard error, key and value. */
void log_init(enum level level, bool json);
__attribute__((format(printf, 2, 3))) void log_line(enum level level, const char *format, ...);

/* config.c: --web.config.file; all memory is its own. */
#define USERS_MAX 256
struct user {
    char *name, *hash;
};
enum client_auth { CLIENT_NONE, CLIENT_IF_GIVEN, CLIENT_REQUIRED };

/* A file, how it was when it was read, and at the last look. Zeros: not there. */
enum { CONFIG_FILE, CERTIFICATE_FILE, KEY_FILE, CLIENT_CA_FILE, CONFIG_FILES };
struct config_file {
    char *path;
    struct stat read, seen;
};

struct config {
    char *certificate, *key, *client_ca; /* contents of the files; NULL: no TLS, no client CA */
    enum client_auth client_auth;
    bool only_tls13;
    struct user users[USERS_MAX];
    int user_count;
    struct config_file files[CONFIG_FILES]; /* paths are NULL where there is none */
};
bool config_read(struct config *config, const char *path); /* false: told in the log */
/* The setting with which one protects and the other does not, or does less; NULL: there is none. */
const char *config_lost(const struct config *before, const struct config *after);

/* files.c: a whole file as a string, to be freed; NULL: *why says so. */
char *file_contents(struct config_file *file, const char **why);
void config_free(struct config *config); /* it is empty then */
void config_take_files(struct config *config, struct config *from);
/* Whether a file of it is another than it was when it was read. steady is set to false when one is
 * another than at the last look: it may be half written. */
bool config_has_changed(struct config *config, bool *steady);
/* They count as read as they are now. */
void config_count_as_read(struct config *config);

/* listen.c: descriptors that listen, -1 after the last one. False: told in the log. */
bool listen_all(const struct options *options, int *fds, int room);

/* scrape.c: all metrics as text, to be freed; NULL: no memory, or no descriptors to see all
 * engines. Any thread. */
bool scrape_init(bool rings);
void scrape_end(void);
char *scrape(bool openmetrics, size_t *size);

/* serve.c: HTTP on these descriptors until a signal ends it; the site is freed. The exit status. */
struct site;
int serve(struct site *site, const int *fds);

#endif
