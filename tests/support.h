/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What most tests need: an engine on the backend under test, scratch files on a
 * real file system, and a callback that keeps what it was told.
 *
 * The backend comes from the environment: AURAIO_TEST_BACKEND is "uring" (the
 * default), "single" (io_uring with single_thread) or "threads".
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <auraio.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#else
#include <stdatomic.h>

/* What a callback was told. Zero it before use; it must outlive the operation. */
struct seen {
    _Atomic int calls;
    _Atomic ssize_t result;
    _Atomic int error; /* auraio_request_error() inside the callback */
    auraio_request_t *req;
};

/* A callback: user_data is a struct seen *. */
void see(auraio_request_t *req, ssize_t result, void *user_data);

/* Waits until what was seen, at most 400 s; false after that. */
bool wait_seen(auraio_engine_t *engine, struct seen *seen);
#endif

/* Options with the backend under test set. */
void test_options(auraio_options_t *options);

/* An engine with them; bails out when there is none. NULL for the defaults. */
auraio_engine_t *test_engine(const auraio_options_t *options);

bool on_threads(void); /* the backend under test is the thread backend */
bool on_single(void);  /* ... is io_uring with single_thread */

/* A scratch directory of this program's own: removed at exit. Below $TMPDIR or the
 * current directory, so that it lies on a real file system. */
const char *scratch_dir(void);

/* A path in it (static buffer per call site is the caller's: buf of size PATH_MAX). */
const char *scratch_path(char *buf, const char *name);

/* A new file of that many bytes, byte i = pattern(i); open flags besides O_RDWR|O_CREAT. */
int scratch_file(const char *name, size_t bytes, int flags);
unsigned char pattern(uint64_t offset);
bool matches_pattern(const void *buf, size_t len, uint64_t offset);

/* Milliseconds, monotonic. */
double now_ms(void);

/* Open descriptors and threads (kernel's iou-* workers aside) of this process. */
int count_fds(void);
int count_threads(void);

#ifdef __cplusplus
}
#endif

#endif
