/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File I/O in a program that already has an event loop: the engine is one more
 * descriptor in epoll, beside a timer and the signals.
 *
 *     event_loop FILE...
 *
 * Counts lines and bytes of all files at once, like `wc -lc`. When the engine's
 * descriptor is readable, auraio_poll() runs the callbacks that are due; it never
 * blocks. Every second the timer tells how far it is; SIGINT and SIGTERM cancel
 * what is in flight and end the program properly, a second one ends it at once.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BLOCK = 128 * 1024, MAX_FILES = 64 };

struct file {
    auraio_engine_t *engine;
    const char *path;
    int fd;
    char *buf;
    int64_t lines, bytes;
    bool stop; /* no further read */
    bool done;
    int error;
};

static void read_next(struct file *file);

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "event_loop: %s: %s\n", what, strerror(error));
    exit(1);
}

static void finish(struct file *file, int error)
{
    file->error = error;
    file->done = true;
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct file *file = user_data;

    (void)req;
    if (result < 0) {
        finish(file, (int)-result);
        return;
    }
    for (ssize_t i = 0; i < result; i++)
        file->lines += file->buf[i] == '\n';
    file->bytes += result;
    if (result == 0)
        finish(file, 0);
    else if (file->stop)
        finish(file, ECANCELED);
    else
        read_next(file);
}

static void read_next(struct file *file)
{
    if (!auraio_read(file->engine, file->fd, auraio_buf(file->buf), BLOCK, file->bytes, on_read,
                     file))
        finish(file, errno);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll", errno);
}

static int every_second(void)
{
    struct itimerspec period = {{1, 0}, {1, 0}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd >= 0 && timerfd_settime(fd, 0, &period, NULL) < 0)
        die("timerfd", errno);
    return fd;
}

static int end_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        die("sigprocmask", errno);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell_progress(int timer, const struct file *files, int count)
{
    uint64_t ticks;
    int64_t bytes = 0;

    if (read(timer, &ticks, sizeof ticks) < 0)
        return;
    for (int i = 0; i < count; i++)
        bytes += files[i].bytes;
    fprintf(stderr, "event_loop: %" PRId64 " bytes so far\n", bytes);
}

/* The callbacks of what is cancelled still come, so the loop goes on till then. */
static void cancel_all(int signals, struct file *files, int count)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof info) < 0)
        return;
    if (files[0].stop)
        die("second signal", EINTR);
    for (int i = 0; i < count; i++) {
        files[i].stop = true;
        if (!files[i].done && auraio_cancel_fd(files[i].engine, files[i].fd) < 0)
            die("auraio_cancel_fd", errno);
    }
}

static bool all_done(const struct file *files, int count)
{
    for (int i = 0; i < count; i++)
        if (!files[i].done)
            return false;
    return true;
}

static void loop(auraio_engine_t *engine, struct file *files, int count)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int completions = auraio_get_poll_fd(engine);
    int timer = every_second(), signals = end_signals();

    watch(epoll, completions);
    watch(epoll, timer);
    watch(epoll, signals);
    for (int i = 0; i < count; i++)
        read_next(&files[i]);

    while (!all_done(files, count)) {
        struct epoll_event event;
        int ready = epoll_wait(epoll, &event, 1, -1);

        if (ready < 0 && errno != EINTR)
            die("epoll_wait", errno);
        if (ready < 1)
            continue;
        if (event.data.fd == completions && auraio_poll(engine) < 0)
            die("auraio_poll", errno);
        if (event.data.fd == timer)
            tell_progress(timer, files, count);
        if (event.data.fd == signals)
            cancel_all(signals, files, count);
    }
    close(signals);
    close(timer);
    close(epoll); /* the completions' descriptor is the engine's own */
}

static void print_counts(const struct file *files, int count)
{
    int64_t lines = 0, bytes = 0;

    for (int i = 0; i < count; i++) {
        if (files[i].error)
            die(files[i].path, files[i].error);
        printf("%" PRId64 " %" PRId64 " %s\n", files[i].lines, files[i].bytes, files[i].path);
        lines += files[i].lines;
        bytes += files[i].bytes;
    }
    if (count > 1)
        printf("%" PRId64 " %" PRId64 " total\n", lines, bytes);
}

int main(int argc, char **argv)
{
    static struct file files[MAX_FILES];
    int count = argc - 1;

    if (count < 1 || count > MAX_FILES) {
        fprintf(stderr, "usage: event_loop FILE... (up to %d)\n", MAX_FILES);
        return 2;
    }
    auraio_engine_t *engine = auraio_create();
    if (!engine)
        die("auraio_create", errno);
    for (int i = 0; i < count; i++) {
        files[i].engine = engine;
        files[i].path = argv[i + 1];
        files[i].fd = open(files[i].path, O_RDONLY | O_CLOEXEC);
        if (files[i].fd < 0)
            die(files[i].path, errno);
        files[i].buf = auraio_buffer_alloc(engine, BLOCK);
        if (!files[i].buf)
            die("auraio_buffer_alloc", errno);
    }

    loop(engine, files, count);
    print_counts(files, count);

    for (int i = 0; i < count; i++) {
        auraio_buffer_free(engine, files[i].buf);
        close(files[i].fd);
    }
    auraio_destroy(engine);
    return 0;
}
