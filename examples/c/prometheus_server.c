/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prometheus_server [SCRAPES]: a program with a job of its own that lets Prometheus scrape it, by
 * the smallest HTTP server there is: one request a connection, one connection at a time.
 * Prints its address, and ends after so many scrapes (1).
 */
#include <auraio_prometheus.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The job: something is written and read back. */
static void work(auraio_engine_t *engine)
{
    static char block[4096];
    FILE *file = tmpfile();

    if (!file)
        fail("tmpfile");
    for (int i = 0; i < 16; i++)
        if (!auraio_write(engine, fileno(file), auraio_buf(block), sizeof block,
                          i * (int64_t)sizeof block, NULL, NULL))
            fail("auraio_write");
    if (auraio_drain(engine, -1) < 0)
        fail("auraio_drain");
    fclose(file);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        fail("socket");
    printf("http://127.0.0.1:%d/metrics\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* The metrics may grow between two calls: once more with room for what was needed. */
static char *metrics(auraio_engine_t *engine, size_t *length)
{
    ssize_t size = 32768, needed;
    char *text = NULL;

    for (;;) {
        free(text);
        text = malloc((size_t)size);
        needed = text ? auraio_prom_format(engine, text, (size_t)size, 0) : -1;
        if (needed < 0)
            fail("auraio_prom_format");
        if (needed < size)
            break;
        size = needed + 1024;
    }
    *length = (size_t)needed;
    return text;
}

static void send_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the client is gone */
        text += n;
        length -= (size_t)n;
    }
}

static void answer(int fd, auraio_engine_t *engine)
{
    const struct timeval patience = {.tv_sec = 5};
    char request[4096], head[256];
    size_t length;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (recv(fd, request, sizeof request, 0) <= 0)
        return;
    char *text = metrics(engine, &length);
    int n = snprintf(head, sizeof head,
                     "HTTP/1.0 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                     AURAIO_PROM_CONTENT_TYPE, length);
    send_all(fd, head, (size_t)n);
    send_all(fd, text, length);
    free(text);
}

int main(int argc, char **argv)
{
    auraio_engine_t *engine = auraio_create();
    int scrapes = argc > 1 ? atoi(argv[1]) : 1;

    if (!engine)
        fail("auraio_create");
    work(engine);
    int listening = listen_anywhere();
    for (int i = 0; i < scrapes; i++) {
        int client = accept(listening, NULL, NULL);
        if (client < 0)
            fail("accept");
        answer(client, engine);
        close(client);
    }
    close(listening);
    auraio_destroy(engine);
    return 0;
}
