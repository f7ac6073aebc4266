/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: of addresses, or from systemd. */
#include "prom.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* sd_listen_fds(3) */
#define BACKLOG 128

static int fail(const char *address, const char *why)
{
    log_line(LEVEL_ERROR, "cannot listen on %s: %s", address, why);
    return -1;
}

static int listen_on(const char *address, const struct sockaddr *to, socklen_t size)
{
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

    if (fd < 0)
        return fail(address, strerror(errno));
    if (to->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (to->sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, to, size) || listen(fd, BACKLOG)) {
        int error = errno;
        close(fd);
        return fail(address, strerror(error));
    }
    return fd;
}

/* Whether it is a socket that nobody listens on any more. Who is asked may be too busy to answer.
 */
static bool is_left_behind(const struct sockaddr_un *to)
{
    struct stat st;

    if (lstat(to->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)to, sizeof *to) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

static int listen_unix(const char *address, const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    if (!*path || strlen(path) >= sizeof to.sun_path)
        return fail(address, "not a path for a socket");
    memcpy(to.sun_path, path, strlen(path));
    if (is_left_behind(&to))
        unlink(path);
    return listen_on(address, (const struct sockaddr *)&to, sizeof to);
}

/* getaddrinfo(3) takes 99999 for 34463. A port may also be a name. */
static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return *text && (text[digits] || (digits <= 5 && atol(text) <= 65535));
}

/* HOST:PORT into its parts; false: there is no port. */
static bool split(const char *address, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;

    if (!colon || !is_port(colon + 1) || n >= size)
        return false;
    if (n > 1 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    } else if (memchr(address, ':', n)) {
        return false;
    }
    memcpy(host, address, n);
    host[n] = 0;
    *port = colon + 1;
    return true;
}

/* Says where it listens, with the port that the system has chosen for port 0. */
static void tell(int fd, const char *address)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    struct sockaddr *to = (struct sockaddr *)&at;

    if (getsockname(fd, to, &size) == 0 && to->sa_family != AF_UNIX &&
        getnameinfo(to, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        log_line(LEVEL_INFO, strchr(host, ':') ? "listening on [%s]:%s" : "listening on %s:%s",
                 host, port);
    else
        log_line(LEVEL_INFO, "listening on %s", address);
}

/* As many sockets as the name has addresses; how many, -1: told. */
static int listen_address(const char *address, int *fds, int room)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    char host[256];
    const char *port;
    int n = 0;

    if (strncmp(address, "unix:", 5) == 0) {
        fds[0] = listen_unix(address, address + 5);
        return fds[0] < 0 ? -1 : 1;
    }
    if (!split(address, host, sizeof host, &port))
        return fail(address, "not HOST:PORT with a port up to 65535");
    int error = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (error)
        return fail(address, gai_strerror(error));
    for (struct addrinfo *a = found; a && n >= 0 && n < room; a = a->ai_next) {
        fds[n] = listen_on(address, a->ai_addr, a->ai_addrlen);
        if (fds[n] >= 0)
            n++;
        else if (!a->ai_next && n == 0)
            n = -1;
    }
    freeaddrinfo(found);
    return n;
}

/* A number above 0 from the environment, or 0. */
static long number_of(const char *name)
{
    const char *text = getenv(name);
    char *end;
    long n = text ? strtol(text, &end, 10) : 0;

    return text && *text && !*end && n > 0 ? n : 0;
}

static bool is_listening(int fd)
{
    int type = 0, listens = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
}

/* How many systemd hands over to this process; -1: told. */
static int from_systemd(int *fds, int room)
{
    long count = number_of("LISTEN_PID") == getpid() ? number_of("LISTEN_FDS") : 0;

    if (count > room) {
        log_line(LEVEL_ERROR, "LISTEN_FDS=%ld: systemd has handed over too many sockets", count);
        return -1;
    }
    for (int i = 0; i < (int)count; i++) {
        fds[i] = FIRST_FD + i;
        if (!is_listening(fds[i])) {
            log_line(LEVEL_ERROR, "descriptor %d from systemd is not a socket that listens",
                     fds[i]);
            return -1;
        }
        fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    return (int)count;
}

bool listen_all(const struct options *options, int *fds, int room)
{
    int n = from_systemd(fds, room - 1);

    if (n < 0)
        return false;
    if (options->systemd_socket && n == 0) {
        log_line(LEVEL_ERROR, "--web.systemd-socket: systemd has handed over no socket");
        return false;
    }
    for (int i = 0, given = n; !given && i < options->address_count; i++) {
        int more = listen_address(options->addresses[i], fds + n, room - 1 - n);
        if (more < 0)
            return false;
        while (more-- > 0)
            tell(fds[n++], options->addresses[i]);
    }
    fds[n] = -1;
    return true;
}
