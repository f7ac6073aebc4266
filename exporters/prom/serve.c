/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main thread: signals, clients that are slow, and configurations that change. It is the
 * only one that makes and ends sites.
 */
#include "http.h"

#include <signal.h>

#define STEADY_TICKS 2 /* before files that have changed are read */

/* The old site is there while somebody it has accepted waits for an answer, a tick at least. */
struct sites {
    struct site *now, *old;
    struct config refused; /* the files of one that is worth reading again when they change */
    int steady_ticks;
};

/* A file that somebody is writing can look like one without passwords or TLS. */
static bool is_weaker(const struct site *before, const struct site *after)
{
    const char *lost = config_lost(&before->config, &after->config);

    if (lost)
        log_line(LEVEL_ERROR, "%s: %s is lost: SIGHUP or a start takes it, a change alone does not",
                 before->options->config, lost);
    return lost != NULL;
}

static void reload(struct sites *sites, const int *fds, bool asked)
{
    struct site *site = site_new(sites->now->options);

    config_count_as_read(&sites->now->config); /* before it is read: later changes are seen */
    config_free(&sites->refused);
    if (!site || !site_read(site) || (!asked && is_weaker(sites->now, site)) ||
        !site_start(site, fds, sites->now)) {
        if (site)
            config_take_files(&sites->refused, &site->config);
        site_free(site);
        log_line(LEVEL_WARN, "the configuration stays as it was");
        return;
    }
    site_accepts_no_more(sites->now);
    site_free(sites->old);
    sites->old = sites->now;
    sites->now = site;
    log_line(LEVEL_INFO, "the configuration is read again");
}

static void tick(struct sites *sites, const int *fds)
{
    if (sites->old && atomic_load(&sites->old->connections) == 0) {
        site_free(sites->old);
        sites->old = NULL;
    }
    bool steady = true, changed = config_has_changed(&sites->now->config, &steady);
    changed |= config_has_changed(&sites->refused, &steady);
    sites->steady_ticks = steady ? sites->steady_ticks + 1 : 0;
    if (changed && sites->steady_ticks >= STEADY_TICKS)
        reload(sites, fds, false);
}

int serve(struct site *site, const int *fds)
{
    const struct timespec second = {.tv_sec = 1};
    struct sites sites = {.now = site};
    int signal = 0;
    sigset_t set;

    if (!site_start(site, fds, NULL)) {
        site_free(site);
        return 1;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    while (signal != SIGTERM && signal != SIGINT) {
        signal = sigtimedwait(&set, NULL, &second);
        connections_cut_off_slow();
        if (signal == SIGHUP && sites.now->options->config)
            reload(&sites, fds, true);
        else if (signal < 0)
            tick(&sites, fds);
    }
    site_free(sites.old);
    site_free(sites.now);
    config_free(&sites.refused);
    return 0;
}
