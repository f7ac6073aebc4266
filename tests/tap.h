/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TAP for the tests: one program, one behaviour, each check a numbered line.
 * A program runs its checks and returns done(); what went wrong is printed
 * beside the check that saw it. Checks may be made from any thread.
 */
#ifndef TAP_H
#define TAP_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t tap_lock = PTHREAD_MUTEX_INITIALIZER;
static int tap_count, tap_failed;

__attribute__((format(printf, 4, 5))) static inline bool tap_ok(bool good, const char *file,
                                                                int line, const char *format, ...)
{
    va_list ap;

    pthread_mutex_lock(&tap_lock);
    tap_count++;
    printf("%sok %d - ", good ? "" : "not ", tap_count);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    printf("\n");
    if (!good) {
        tap_failed++;
        printf("# failed at %s:%d\n", file, line);
    }
    fflush(stdout);
    pthread_mutex_unlock(&tap_lock);
    return good;
}

/* ok(condition, "what must be true", ...) */
#define ok(good, ...) tap_ok((good), __FILE__, __LINE__, __VA_ARGS__)

/* is(got, wanted, "what", ...) for integers; prints both when they differ */
#define is(got, wanted, ...)                                                                       \
    do {                                                                                           \
        long long tap_got = (long long)(got), tap_wanted = (long long)(wanted);                    \
        if (!tap_ok(tap_got == tap_wanted, __FILE__, __LINE__, __VA_ARGS__))                       \
            printf("#      got %lld\n#   wanted %lld\n", tap_got, tap_wanted);                     \
    } while (0)

#define note(...)                                                                                  \
    do {                                                                                           \
        printf("# " __VA_ARGS__);                                                                  \
        printf("\n");                                                                              \
    } while (0)

/* The whole program is skipped for a reason the machine gives. */
#define skip_all(...)                                                                              \
    do {                                                                                           \
        printf("1..0 # SKIP " __VA_ARGS__);                                                        \
        printf("\n");                                                                              \
        exit(0);                                                                                   \
    } while (0)

#define bail(...)                                                                                  \
    do {                                                                                           \
        printf("Bail out! " __VA_ARGS__);                                                          \
        printf("\n");                                                                              \
        exit(99);                                                                                  \
    } while (0)

/* One check is skipped for a reason the machine gives. */
#define skip(what, ...)                                                                            \
    do {                                                                                           \
        pthread_mutex_lock(&tap_lock);                                                             \
        printf("ok %d - %s # SKIP ", ++tap_count, what);                                           \
        printf(__VA_ARGS__);                                                                       \
        printf("\n");                                                                              \
        pthread_mutex_unlock(&tap_lock);                                                           \
    } while (0)

static inline int done(void)
{
    printf("1..%d\n", tap_count);
    fflush(stdout);
    return tap_failed || !tap_count ? 1 : 0;
}

#endif
