/* SPDX-License-Identifier: Apache-2.0 */
/* The shared library is loaded, used and unloaded a hundred times, each time by a thread that
 * exits after it was unloaded. AURAIO_LIBRARY names the library. It must not be linked, so this
 * program uses nothing of it by name, and nothing of the tests' support that does. */
#include "tap.h"

#include <auraio.h>

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 100 };

static const char *library;

/* A function of the library, by name; ISO C has no cast from void * to it. */
#define LOAD(handle, type, name)                                                                   \
    type;                                                                                          \
    *(void **)&(name) = dlsym((handle), "auraio_" #name)

static void note_call(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    *(int *)user_data += result == 0;
}

/* Counts to *arg: loaded, used, unloaded. */
static void *use_once(void *arg)
{
    int called = 0, *good = arg;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle) {
        note("%s", dlerror());
        return NULL;
    }
    LOAD(handle, auraio_engine_t * (*create)(void), create);
    LOAD(handle, auraio_request_t * (*nop)(auraio_engine_t *, auraio_callback_t, void *), nop);
    LOAD(handle, int (*drain)(auraio_engine_t *, int), drain);
    LOAD(handle, void *(*buffer_alloc)(auraio_engine_t *, size_t), buffer_alloc);
    LOAD(handle, void (*buffer_free)(auraio_engine_t *, void *), buffer_free);
    LOAD(handle, void (*destroy)(auraio_engine_t *), destroy);
    if (!create || !nop || !drain || !buffer_alloc || !buffer_free || !destroy)
        return NULL;
    auraio_engine_t *engine = create();
    if (!engine || !nop(engine, note_call, &called) || drain(engine, 10000) != 1)
        return NULL;
    void *buffer = buffer_alloc(engine, 4096); /* the pool keeps something for this thread */
    buffer_free(engine, buffer);
    destroy(engine);
    *good += called == 1 && buffer && dlclose(handle) == 0;
    return NULL;
}

int main(void)
{
    int good = 0;

    library = getenv("AURAIO_LIBRARY");
    if (!library || access(library, R_OK) != 0)
        skip_all("AURAIO_LIBRARY names no shared library");
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, use_once, &good) != 0)
            bail("pthread_create");
        pthread_join(thread, NULL);
    }
    is(good, ROUNDS, "loaded, used and unloaded, the thread exiting after it");
    return done();
}
