/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auraio-prom's HTTP side. A site is what one reading of the configuration made: daemons of
 * libmicrohttpd, one for each socket and each with one thread, and who may come in. A new
 * reading makes a new site on the same sockets; the old one finishes what it has begun.
 */
#ifndef HTTP_H
#define HTTP_H

#include "prom.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <time.h>

#define DIGEST_BYTES 32
#define DAEMONS_MAX 64

/* auth.c: passwords. A bcrypt hash costs its time once; one thread of each site computes them,
 * and who waits for it is suspended. */
enum verdict { VERDICT_NONE, VERDICT_WAITS, VERDICT_IN, VERDICT_OUT, VERDICT_BUSY };

/* Where a client is. */
struct address {
    int family;
    unsigned char bytes[8]; /* zeros behind those of the family */
};

/* Of one connection. The thread of its daemon has it, but for the time that it waits. */
struct question {
    struct MHD_Connection *connection;
    int user;   /* whose hash it is compared with */
    bool known; /* false: nobody's question, which takes as long as somebody's */
    char *password;
    struct address address;
    unsigned char digest[DIGEST_BYTES]; /* of user and password */
    enum verdict verdict;
};

struct auth;
/* Right passwords of users with the same hash are known from before, which may be NULL. NULL: told
 * in the log. */
struct auth *auth_start(const struct config *config, struct auth *before);
/* VERDICT_WAITS: the connection is suspended, and resumed when question->verdict stands there. */
enum verdict auth_ask(struct auth *auth, struct question *question,
                      struct MHD_Connection *connection);
void auth_stop(struct auth *auth); /* who waits, and who asks from now on, is sent away */
void auth_free(struct auth *auth); /* when it has been stopped and nobody can ask any more */

/* waiting.c: the order in which passwords are compared. */
#define WAITING_MAX 16
#define TURNS_MAX 64
struct waiting {
    struct question *list[WAITING_MAX + 1]; /* the oldest first */
    int count;
    struct address served[TURNS_MAX]; /* a ring: who had the last turns */
    unsigned turns;
};
struct address address_of(struct MHD_Connection *connection, int fd);
struct question *waiting_add(struct waiting *w, struct question *q); /* who has to go, or NULL */
struct question *waiting_next(struct waiting *w); /* whose turn it is; there must be one */

/* connections.c: who is connected, and until when. One lock for all. */
struct connection {
    struct connection *next, *before; /* under the lock */
    struct site *site;
    int fd;
    const struct MHD_Daemon *daemon;
    time_t until_s; /* under the lock; 0: it waits for us */
    bool is_held;   /* under the lock: the daemon's thread gathers a scrape, maybe for another */
    bool scrapes;
    struct question question;
};

void connection_note(void *site, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code);
struct connection *connection_of(struct MHD_Connection *connection); /* NULL: no memory */
void connection_waits(struct connection *c);
/* While the thread of its daemon gathers a scrape, from the moment that the first returns. */
time_t connections_hold(const struct connection *gathers);
void connections_go_on(const struct connection *gathers, time_t since_s);
void connection_is_answered(struct connection *c, size_t size);
void connections_cut_off_slow(void);

/* accept.c: what a client likes best, by the weights it gives. */
bool wants_openmetrics(struct MHD_Connection *connection);
bool wants_gzip(struct MHD_Connection *connection);

/* tls.c: what is wrong with the key pair, or with the clients' CA; NULL: nothing. */
const char *tls_check(const struct config *config, bool client_ca);
/* Whether the client's certificate is as it should be. */
bool tls_trusts(enum client_auth client_auth, struct MHD_Connection *connection);

/* handle.c: one request. */
enum MHD_Result handle(void *site, struct MHD_Connection *connection, const char *url,
                       const char *method, const char *version, const char *upload,
                       size_t *upload_size, void **context);
void handle_closed(struct connection *c);

/* site.c */
struct site {
    const struct options *options;
    struct config config;
    struct auth *auth; /* NULL: no passwords */
    struct MHD_Daemon *daemons[DAEMONS_MAX];
    int quiet_fds[DAEMONS_MAX]; /* of daemons that accept no more; -1: it still has its own */
    int daemon_count, daemon_max;
    _Atomic int connections;
};

struct site *site_new(const struct options *options); /* NULL: told in the log */
bool site_read(struct site *site);                    /* its configuration; false: told */
/* It knows the right passwords that one before it, which may be NULL, has met. False: told. */
bool site_start(struct site *site, const int *fds, const struct site *before);
void site_accepts_no_more(struct site *site);
void site_free(struct site *site); /* whoever is connected is cut off; NULL is none */

#endif
