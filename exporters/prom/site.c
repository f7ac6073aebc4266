/* SPDX-License-Identifier: Apache-2.0 */
/* A site: its configuration, its daemons, and how they begin and end. */
#include "http.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define IDLE_S 60U /* a net below connections.c, which has the limits */
#define CONNECTIONS_MAX 512
#define CONNECTION_BYTES 16384

struct site *site_new(const struct options *options)
{
    struct site *site = calloc(1, sizeof *site);

    if (!site) {
        log_line(LEVEL_ERROR, "no memory");
        return NULL;
    }
    site->options = options;
    return site;
}

bool site_read(struct site *site)
{
    return !site->options->config || config_read(&site->config, site->options->config);
}

/* Of one daemon: this site and the one before it have half of all descriptors together, the other
 * half is for files. */
static unsigned connections_max(const struct site *site)
{
    const unsigned shares = 4 * (unsigned)site->daemon_max;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / shares > CONNECTIONS_MAX)
        return CONNECTIONS_MAX;
    return limit.rlim_cur > shares ? (unsigned)limit.rlim_cur / shares : 1;
}

/* The daemon closes its descriptor in the end, so it gets one of its own. */
static struct MHD_Daemon *start(struct site *site, int fd)
{
    const struct config *config = &site->config;
    unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    const char *priorities = config->only_tls13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
                                                : "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, config->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, config->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities},
        {config->client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, config->client_ca},
        {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (own < 0)
        return NULL;
    if (config->certificate)
        flags |= MHD_USE_TLS;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, site, MHD_OPTION_LISTEN_SOCKET, own,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_LIMIT, connections_max(site),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
        connection_note, site, MHD_OPTION_ARRAY, config->certificate ? tls : none, MHD_OPTION_END);
    if (!daemon)
        close(own);
    return daemon;
}

bool site_start(struct site *site, const int *fds, const struct site *before)
{
    if (site->config.user_count &&
        !(site->auth = auth_start(&site->config, before ? before->auth : NULL)))
        return false;
    while (site->daemon_max < DAEMONS_MAX && fds[site->daemon_max] >= 0)
        site->daemon_max++;
    for (int i = 0; i < site->daemon_max; i++) {
        struct MHD_Daemon *daemon = start(site, fds[i]);
        if (!daemon) {
            log_line(LEVEL_ERROR, "cannot serve%s", site->config.certificate ? " with TLS" : "");
            return false;
        }
        site->quiet_fds[site->daemon_count] = -1;
        site->daemons[site->daemon_count++] = daemon;
    }
    return true;
}

/* A daemon's thread may be at its socket until the daemon has stopped, so nobody else gets the
 * number of that descriptor before. */
void site_accepts_no_more(struct site *site)
{
    for (int i = 0; i < site->daemon_count; i++)
        site->quiet_fds[i] = MHD_quiesce_daemon(site->daemons[i]);
}

static void stop(struct MHD_Daemon *daemon, int quiet_fd)
{
    MHD_stop_daemon(daemon);
    if (quiet_fd >= 0)
        close(quiet_fd);
}

/* Nobody may be suspended when a daemon stops. */
void site_free(struct site *site)
{
    if (!site)
        return;
    if (site->auth)
        auth_stop(site->auth);
    for (int i = 0; i < site->daemon_count; i++)
        stop(site->daemons[i], site->quiet_fds[i]);
    if (site->auth)
        auth_free(site->auth);
    config_free(&site->config);
    free(site);
}
