/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Give up on a read that takes too long: first by hand with auraio_cancel(),
 * then by a deadline given with the operation.
 *
 *     cancel_request FILE MILLISECONDS
 *
 * A regular file answers in time. A FIFO that nobody writes to (mkfifo) never
 * does, and shows both ways out. A cancellation is a request: the callback still
 * runs, exactly once, and only then is the buffer free. -ECANCELED and -ETIME
 * mean that the read was really stopped; a count means that it won the race. What
 * a thread of the thread backend has begun is not stopped: that is told after 5 s.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LEN = 4096, GRACE_MS = 5000 };

struct answer {
    bool done;
    ssize_t result;
};

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "cancel_request: %s: %s\n", what, strerror(error));
    exit(1);
}

static double now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct answer *answer = user_data;

    (void)req;
    answer->result = result;
    answer->done = true;
}

/* Waits for the callback, that long at most. */
static bool answered(auraio_engine_t *engine, struct answer *answer, double timeout_ms)
{
    double end = now_ms() + timeout_ms;

    while (!answer->done && now_ms() < end)
        if (auraio_wait(engine, (int)(end - now_ms()) + 1) < 0)
            die("auraio_wait", errno);
    return answer->done;
}

static _Noreturn void give_up(const char *path)
{
    fprintf(stderr, "cancel_request: %s: has begun and cannot be stopped\n", path);
    exit(1);
}

static void report(const char *path, const char *how, const struct answer *answer, double took_ms)
{
    if (answer->result >= 0)
        printf("%s: %s: %zd bytes after %.1f ms\n", path, how, answer->result, took_ms);
    else if (answer->result == -ECANCELED || answer->result == -ETIME)
        printf("%s: %s: stopped after %.1f ms\n", path, how, took_ms);
    else
        die(path, (int)-answer->result);
}

static void cancel_by_hand(auraio_engine_t *engine, const char *path, int fd, void *buf,
                           int timeout_ms)
{
    struct answer answer = {false, 0};
    double start = now_ms();
    auraio_request_t *req = auraio_read(engine, fd, auraio_buf(buf), LEN, 0, on_read, &answer);

    if (!req)
        die(path, errno);
    if (!answered(engine, &answer, timeout_ms)) {
        /* EALREADY: it has completed meanwhile, its callback is on its way. */
        if (auraio_cancel(engine, req) < 0 && errno != EALREADY)
            die("auraio_cancel", errno);
        if (!answered(engine, &answer, GRACE_MS))
            give_up(path);
    }
    report(path, "cancelled by hand", &answer, now_ms() - start);
}

static void stop_by_deadline(auraio_engine_t *engine, const char *path, int fd, void *buf,
                             int timeout_ms)
{
    struct answer answer = {false, 0};
    auraio_op_t op = {0}; /* reserved bytes must be zero */
    double start = now_ms();

    op.type = AURAIO_OP_READ;
    op.fd = fd;
    op.buf = auraio_buf(buf);
    op.len = LEN;
    op.timeout_ms = timeout_ms;
    op.callback = on_read;
    op.user_data = &answer;
    if (auraio_submit(engine, &op, 1, NULL) != 1)
        die(path, errno);
    if (!answered(engine, &answer, timeout_ms + GRACE_MS))
        give_up(path);
    report(path, "with a deadline", &answer, now_ms() - start);
}

/* Opening a FIFO for reading alone would wait for a writer, and end with it. */
static int open_input(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        die(path, errno);
    int fd = open(path, (S_ISFIFO(st.st_mode) ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        die(path, errno);
    return fd;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long timeout_ms = argc == 3 ? strtol(argv[2], &end, 10) : 0;

    if (argc != 3 || *end || timeout_ms < 1 || timeout_ms > 60 * 1000) {
        fprintf(stderr, "usage: cancel_request FILE MILLISECONDS\n");
        return 2;
    }
    int fd = open_input(argv[1]);
    auraio_engine_t *engine = auraio_create();
    if (!engine)
        die("auraio_create", errno);
    void *buf = auraio_buffer_alloc(engine, LEN);
    if (!buf)
        die("auraio_buffer_alloc", errno);

    cancel_by_hand(engine, argv[1], fd, buf, (int)timeout_ms);
    stop_by_deadline(engine, argv[1], fd, buf, (int)timeout_ms);

    auraio_buffer_free(engine, buf);
    auraio_destroy(engine);
    close(fd);
    return 0;
}
