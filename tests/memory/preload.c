/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a program, it lets allocations fail from the moment in which main begins. Every
 * call of malloc and its kin counts, whoever makes it: the C library for a stream, libyaml for a
 * token. glibc only, under whose own names the allocator goes on.
 */
#include "orders.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NO_ORDERS 99 /* the status then */

#pragma GCC visibility push(default) /* to be found before the C library's */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *ptr);

static struct orders before_main, *orders = &before_main;

static _Thread_local bool is_elsewhere;

static bool is_refused(void)
{
    if (is_elsewhere)
        return false;
    int64_t nth = atomic_load(&orders->nth), call = atomic_fetch_add(&orders->calls, 1) + 1;

    if (!nth || call < nth || (call > nth && !atomic_load(&orders->ever_after)))
        return false;
    atomic_fetch_add(&orders->failures, 1);
    errno = ENOMEM;
    return true;
}

static void *counted(void *ptr)
{
    if (ptr)
        atomic_fetch_add(&orders->live, 1);
    return ptr;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return is_refused() ? NULL : counted(__libc_calloc(n, size));
}

void free(void *ptr)
{
    if (ptr)
        atomic_fetch_sub(&orders->live, 1);
    __libc_free(ptr);
}

void *realloc(void *ptr, size_t size)
{
    if (!ptr)
        return malloc(size);
    if (!size) {
        free(ptr);
        return NULL;
    }
    return is_refused() ? NULL : __libc_realloc(ptr, size);
}

void *memalign(size_t align, size_t size)
{
    return is_refused() ? NULL : counted(__libc_memalign(align, size));
}

void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int posix_memalign(void **ptr, size_t align, size_t size)
{
    int before = errno;
    void *block = memalign(align, size);

    errno = before;
    if (block)
        *ptr = block;
    return block ? 0 : ENOMEM;
}

/* glibc's name service ends the process when it has no memory for its configuration. */
struct passwd *getpwuid(uid_t uid)
{
    struct passwd *(*find)(uid_t);

    *(void **)&find = dlsym(RTLD_NEXT, "getpwuid");
    is_elsewhere = true;
    struct passwd *found = find(uid);
    is_elsewhere = false;
    return found;
}

/* A program that waits between two looks would be waited for in each of its runs. */
int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted, (void)left;
    return 0;
}

static void take_orders(void)
{
    const char *path = getenv(ORDERS_VARIABLE);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = MAP_FAILED;

    if (fd >= 0)
        map = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        _exit(NO_ORDERS);
    close(fd);
    orders = map;
    atomic_store(&orders->live, atomic_load(&before_main.live));
}

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);

static main_function *the_main;

static int begin(int argc, char **argv, char **environment)
{
    take_orders();
    return the_main(argc, argv, environment);
}

start_function __libc_start_main;
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*at_exit)(void), void *stack)
{
    start_function *start;

    *(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
    the_main = main;
    return start(begin, argc, argv, init, fini, at_exit, stack);
}
