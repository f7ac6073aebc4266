/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the library's messages go: nowhere, unless the program takes them.
 *
 *     log_handler FILE LOGFILE
 *
 * Reads FILE with an engine whose messages are appended to LOGFILE, one line
 * each with time and level. At the end it does something wrong on purpose, so
 * that there is something to see: it frees a pointer that is not the pool's. The
 * library catches that, says so at level ERR and leaves the pointer alone.
 */
#define _GNU_SOURCE 1

#include <auraio.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 128 * 1024 };

struct log {
    FILE *file;
    int min_level; /* the least important level that is written: syslog's, so the greatest */
    _Atomic int lines;
};

struct answer {
    bool done;
    ssize_t result;
};

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "log_handler: %s: %s\n", what, strerror(error));
    exit(1);
}

static const char *level_name(int level)
{
    switch (level) {
    case AURAIO_LOG_ERR:
        return "ERR";
    case AURAIO_LOG_WARN:
        return "WARN";
    case AURAIO_LOG_NOTICE:
        return "NOTICE";
    case AURAIO_LOG_INFO:
        return "INFO";
    default:
        return "DEBUG";
    }
}

/* Comes from any thread that uses an engine: one fprintf is one whole line. */
static void on_log(int level, const char *msg, void *user_data)
{
    struct log *log = user_data;
    struct timespec ts;
    struct tm tm;
    char when[32] = "";

    if (level > log->min_level)
        return;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (gmtime_r(&ts.tv_sec, &tm))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf(log->file, "%s.%03ldZ %-6s %s\n", when, ts.tv_nsec / 1000000, level_name(level), msg);
    log->lines++;
}

static void on_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct answer *answer = user_data;

    (void)req;
    answer->result = result;
    answer->done = true;
}

static int64_t read_file(auraio_engine_t *engine, const char *path, int fd)
{
    int64_t bytes = 0;
    struct answer answer;
    void *buf = auraio_buffer_alloc(engine, BLOCK);

    if (!buf)
        die("auraio_buffer_alloc", errno);
    do {
        answer = (struct answer){false, 0};
        if (!auraio_read(engine, fd, auraio_buf(buf), BLOCK, bytes, on_read, &answer))
            die(path, errno);
        while (!answer.done)
            if (auraio_wait(engine, -1) < 0)
                die("auraio_wait", errno);
        if (answer.result < 0)
            die(path, (int)-answer.result);
        bytes += answer.result;
    } while (answer.result == BLOCK);
    auraio_buffer_free(engine, buf);
    return bytes;
}

int main(int argc, char **argv)
{
    struct log log = {.min_level = AURAIO_LOG_DEBUG};
    static char not_the_pools[64];

    if (argc != 3) {
        fprintf(stderr, "usage: log_handler FILE LOGFILE\n");
        return 2;
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(argv[1], errno);
    log.file = fopen(argv[2], "ae");
    if (!log.file)
        die(argv[2], errno);
    auraio_set_log_handler(on_log, &log); /* before the first engine, to hear it begin */

    auraio_engine_t *engine = auraio_create();
    if (!engine)
        die("auraio_create", errno);
    int64_t bytes = read_file(engine, argv[1], fd);
    auraio_buffer_free(engine, not_the_pools);
    auraio_destroy(engine);

    /* No engine is left, so no message can come after this. */
    auraio_set_log_handler(NULL, NULL);
    printf("%s: %" PRId64 " bytes read, %d messages in %s\n", argv[1], bytes, log.lines, argv[2]);
    if (fclose(log.file) != 0)
        die(argv[2], errno);
    close(fd);
    return 0;
}
