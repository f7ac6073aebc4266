/* SPDX-License-Identifier: Apache-2.0 */
/* auraio-prom(8): the statistics of all engines of this host, for Prometheus. */
#include "http.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_once(void)
{
    size_t size = 0;
    char *text = scrape(false, &size);
    if (!text) {
        log_line(LEVEL_ERROR, "no memory or descriptors for a scrape");
        return 1;
    }
    bool written = fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0;
    if (!written)
        log_line(LEVEL_ERROR, "standard output: %s", strerror(errno));
    free(text);
    return written ? 0 : 1;
}

/* Before any thread is made, so that all of them leave these to serve(). */
static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int serve_all(const struct options *options)
{
    int fds[DAEMONS_MAX + 1];
    struct site *site = site_new(options);

    if (!site)
        return 1;
    if (!site_read(site) || !listen_all(options, fds, DAEMONS_MAX + 1)) {
        site_free(site);
        return 1;
    }
    return serve(site, fds);
}

int main(int argc, char **argv)
{
    struct options options;
    int status = options_read(&options, argc, argv);

    if (status >= 0)
        return status;
    log_init(options.level, options.json);
    if (!scrape_init(options.rings)) {
        log_line(LEVEL_ERROR, "no memory");
        return 1;
    }
    if (options.once) {
        status = print_once();
    } else {
        block_signals();
        status = serve_all(&options);
    }
    scrape_end();
    return status;
}
