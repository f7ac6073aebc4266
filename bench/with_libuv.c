/* SPDX-License-Identifier: Apache-2.0 */
/* An event loop whose files are served by threads: libuv, with a thread for each operation. */
#include "load.h"

#include <uv.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MOST = 128 };

static uv_loop_t loop;
static uv_fs_t *requests; /* one for each slot */

static void must(const char *what, int error)
{
    if (error < 0)
        load_fail(what, -error);
}

static void on_done(uv_fs_t *request);

static void submit(struct slot *slot)
{
    uv_fs_t *request = &requests[slot->index];
    uv_buf_t buf = uv_buf_init(slot->buf, (unsigned)load.block);

    request->data = slot;
    switch (slot->kind) {
    case READ_BLOCK:
        must("uv_fs_read", uv_fs_read(&loop, request, load.fd, &buf, 1, slot->offset, on_done));
        break;
    case WRITE_BLOCK:
        must("uv_fs_write", uv_fs_write(&loop, request, load.fd, &buf, 1, slot->offset, on_done));
        break;
    case SYNC_FILE:
        must("uv_fs_fsync", uv_fs_fsync(&loop, request, load.fd, on_done));
        break;
    }
}

static void on_done(uv_fs_t *request)
{
    struct worker *worker = load.workers;
    struct slot *slot = request->data;
    ssize_t result = request->result;

    uv_fs_req_cleanup(request);
    worker_done(worker, slot, result);
    if (worker_next(worker, slot))
        submit(slot);
}

static void run(struct worker *worker)
{
    for (int i = 0; i < load.depth && worker_next(worker, &load.slots[i]); i++)
        submit(&load.slots[i]);
    must("uv_run", uv_run(&loop, UV_RUN_DEFAULT));
}

/* libuv looks at it when the first operation is handed to its threads. */
static void set_thread_count(void)
{
    char count[12];

    snprintf(count, sizeof count, "%d", load.depth < THREADS_MOST ? load.depth : THREADS_MOST);
    if (setenv("UV_THREADPOOL_SIZE", count, 1) < 0)
        load_fail("setenv", errno);
}

int main(int argc, char **argv)
{
    static const struct contestant contestant = {NULL, false, false, false};

    load_open(argc, argv, &contestant);
    set_thread_count();
    requests = calloc((size_t)load.depth, sizeof *requests);
    if (!requests)
        load_fail("memory", ENOMEM);
    must("uv_loop_init", uv_loop_init(&loop));
    load_run(1, run);
    load_close(0);
    must("uv_loop_close", uv_loop_close(&loop));
    free(requests);
    return 0;
}
