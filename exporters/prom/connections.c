/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected. Each connection serves one request: LIMIT_S for it to arrive, as long for
 * the answer to be taken, and a second more for each MiB of it. The main thread cuts off who
 * is later; how often something trickles in or out is no excuse. The time that a daemon's only
 * thread gathers a scrape counts for none of its connections: nothing can arrive or leave then.
 */
#include "http.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LIMIT_S 5
#define BYTES_PER_S ((size_t)1 << 20)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection *connections; /* under lock */

static time_t now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

static struct connection *add(struct site *site, int fd, const struct MHD_Daemon *daemon)
{
    struct connection *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->site = site;
    c->fd = fd;
    c->daemon = daemon;
    c->until_s = now_s() + LIMIT_S;
    c->next = connections;
    if (c->next)
        c->next->before = c;
    connections = c;
    atomic_fetch_add(&site->connections, 1);
    return c;
}

static void take_out(struct connection *c)
{
    if (c->next)
        c->next->before = c->before;
    if (c->before)
        c->before->next = c->next;
    else
        connections = c->next;
    handle_closed(c);
    atomic_fetch_sub(&c->site->connections, 1);
    free(c);
}

void connection_note(void *site, struct MHD_Connection *connection, void **context,
                     enum MHD_ConnectionNotificationCode code)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *of =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_DAEMON);

    pthread_mutex_lock(&lock);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = info && of ? add(site, info->connect_fd, of->daemon) : NULL;
    } else if (*context) {
        take_out(*context);
        *context = NULL;
    }
    pthread_mutex_unlock(&lock);
}

struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void set_until(struct connection *c, time_t until_s)
{
    pthread_mutex_lock(&lock);
    c->until_s = until_s;
    pthread_mutex_unlock(&lock);
}

void connection_waits(struct connection *c)
{
    set_until(c, 0);
}

void connection_is_answered(struct connection *c, size_t size)
{
    set_until(c, now_s() + LIMIT_S + (time_t)(size / BYTES_PER_S));
}

/* The daemon's thread is here, so none of its connections comes or goes until it ends this. */
time_t connections_hold(const struct connection *gathers)
{
    pthread_mutex_lock(&lock);
    for (struct connection *c = connections; c; c = c->next)
        if (c->daemon == gathers->daemon)
            c->is_held = true;
    pthread_mutex_unlock(&lock);
    return now_s();
}

void connections_go_on(const struct connection *gathers, time_t since_s)
{
    time_t held_s = now_s() - since_s;

    pthread_mutex_lock(&lock);
    for (struct connection *c = connections; c; c = c->next) {
        if (c->daemon != gathers->daemon)
            continue;
        c->is_held = false;
        if (c->until_s)
            c->until_s += held_s;
    }
    pthread_mutex_unlock(&lock);
}

void connections_cut_off_slow(void)
{
    time_t now = now_s();

    pthread_mutex_lock(&lock);
    for (struct connection *c = connections; c; c = c->next)
        if (c->until_s && !c->is_held && now >= c->until_s)
            shutdown(c->fd, SHUT_RDWR);
    pthread_mutex_unlock(&lock);
}
