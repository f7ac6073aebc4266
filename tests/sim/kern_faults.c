/* SPDX-License-Identifier: Apache-2.0 */
/* See kern_faults.h. */
#include "kern_faults.h"

#include "kern.h"

#include <errno.h>
#include <stdatomic.h>

#define STICKY_NS 50000000ull

static struct kern_ops under; /* what was there before */
static _Atomic unsigned calls[CALLS], left, failures;
static _Atomic uint64_t until_ns;
static struct { /* written by the test, read by the threads of the library too */
    _Atomic enum kern_call call;
    _Atomic int error;
    _Atomic bool sticky, ordered;
    void (*_Atomic make_true)(void);
} order;

#define NAME(result, name, parameters, arguments) #name,
const char *const kern_call_names[CALLS] = {KERN_CALLS(NAME) "mmap", "close", "alloc"};

static bool is_repeated(enum kern_call call, int error)
{
    return error == EINTR || error == EAGAIN || error == EBUSY ||
           (error == ENOMEM && call == CALL_uring_enter);
}

static bool is_over(enum kern_call call)
{
    uint64_t never = 0, now_ns;

    if (!is_repeated(call, order.error))
        return false;
    now_ns = under.now_ns();
    atomic_compare_exchange_strong(&until_ns, &never, now_ns + STICKY_NS);
    return now_ns >= atomic_load(&until_ns);
}

/* The errno that this call is to fail with, or 0. */
static int due(enum kern_call call)
{
    atomic_fetch_add(&calls[call], 1);
    if (!order.ordered || order.call != call)
        return 0;
    unsigned before = atomic_load(&left);
    while (before && !atomic_compare_exchange_weak(&left, &before, before - 1))
        ;
    if (before > 1 || (before == 0 && !order.sticky) || (order.sticky && is_over(call)))
        return 0;
    void (*make_true)(void) = order.make_true;
    if (!atomic_fetch_add(&failures, 1) && make_true)
        make_true();
    return order.error;
}

#define WRAP(result, name, parameters, arguments)                                                  \
    static result fail_##name parameters                                                           \
    {                                                                                              \
        int error = due(CALL_##name);                                                              \
        return error ? -error : under.name arguments;                                              \
    }
KERN_CALLS(WRAP)

static void *fail_mmap(size_t len, int fd, uint64_t offset, int *error)
{
    *error = due(CALL_mmap);
    return *error ? NULL : under.mmap(len, fd, offset, error);
}

/* Linux has given the number back by the time that it tells of an error. */
static int fail_close(int fd)
{
    int error = due(CALL_close), result = under.close(fd);

    return error ? -error : result;
}

static void *fail_alloc(size_t align, size_t size)
{
    return due(CALL_alloc) ? NULL : under.alloc(align, size);
}

static void *fail_alloc_raw(size_t align, size_t size)
{
    return due(CALL_alloc) ? NULL : under.alloc_raw(align, size);
}

#define PUT(result, name, parameters, arguments) aur_kern.name = fail_##name;
void kern_faults_install(void)
{
    under = aur_kern;
    KERN_CALLS(PUT)
    aur_kern.mmap = fail_mmap;
    aur_kern.close = fail_close;
    aur_kern.alloc = fail_alloc;
    aur_kern.alloc_raw = fail_alloc_raw;
    kern_fail_no_more();
    for (int i = 0; i < CALLS; i++)
        atomic_store(&calls[i], 0);
}

void kern_faults_remove(void)
{
    aur_kern = under;
}

void kern_fail(enum kern_call call, unsigned nth, int error, bool sticky)
{
    atomic_store(&left, nth);
    atomic_store(&failures, 0);
    atomic_store(&until_ns, 0);
    order.call = call;
    order.error = error;
    order.sticky = sticky;
    order.make_true = (void (*)(void))0;
    order.ordered = true;
}

void kern_before_failing(void (*make_true)(void))
{
    order.make_true = make_true;
}

void kern_fail_no_more(void)
{
    order.ordered = false;
}

unsigned kern_calls(enum kern_call call)
{
    return atomic_load(&calls[call]);
}

unsigned kern_failures(void)
{
    return atomic_load(&failures);
}
