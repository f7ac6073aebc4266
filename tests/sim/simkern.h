/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated kernel behind the seam of lib/kern.h: io_uring instances, files,
 * waiting and the clock, for one application thread in virtual time. A run is a
 * function of its seed: it reorders, delays, shortens and fails as the
 * configuration says, and moves real bytes between real buffers and simulated
 * files.
 *
 * While it runs it watches what the library does to the kernel; what a correct
 * program never does (a lost buffer, a dirty SQE, sleep from which nothing can
 * wake it) ends the program with the seed and the command that replays it.
 */
#ifndef SIMKERN_H
#define SIMKERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Descriptors of the simulator begin here, so that one that reaches the real kernel fails. */
#define SIM_FD_BASE 1000000
#define SIM_DEVICES 4
#define SIM_OPCODES 64
#define SIM_ANY_OPCODE (-1)

#define SIM_MS 1000000ULL /* in ns */

struct sim_rand {
    uint64_t state;
};

uint64_t sim_next(struct sim_rand *r);
uint64_t sim_below(struct sim_rand *r, uint64_t n); /* 0 .. n - 1; 0 for n = 0 */
bool sim_chance(struct sim_rand *r, unsigned ppm);

/* Zero means: not so, none, or the default named. Rates are parts per million. */
struct sim_config {
    uint64_t seed;
    const char *replay; /* printed with a failure; must outlive the run */

    int cpus;                                /* default 1 */
    unsigned channels;                       /* operations a device works on at once, default 8 */
    uint64_t service_min_ns, service_max_ns; /* defaults 20 and 200 us, log-uniform between */
    unsigned inline_ppm;                     /* done before io_uring_enter returns */

    /* completions */
    unsigned short_ppm;     /* data operations that move less than they could */
    unsigned unaligned_ppm; /* of the short: not a multiple of 512 */
    unsigned eagain_ppm;    /* data operations */
    unsigned eintr_ppm;     /* positioned data operations, fsync, statx */
    unsigned ecanceled_ppm; /* every operation on files: it was never started */
    unsigned efault_ppm;    /* data operations in the areas of sim_transfers, once for each */
    unsigned overflow_ppm;  /* kept back as if the completion queue were full */

    /* calls */
    unsigned enter_error_ppm;   /* EAGAIN, EBUSY, EINTR or ENOMEM before anything is taken */
    unsigned enter_partial_ppm; /* only a part is taken, perhaps nothing (EAGAIN) */
    unsigned epoll_eintr_ppm;

    /* what the kernel has and grants */
    unsigned sq_cap, cq_cap;      /* most entries granted */
    size_t memlock_bytes;         /* rings beyond this: ENOMEM */
    int setup_errno;              /* io_uring_setup fails with it (a positive errno) ... */
    int setup_works_first;        /* ... after this many have succeeded */
    unsigned setup_flags_refused; /* IORING_SETUP_*: EINVAL */
    bool sqpoll_allowed;          /* else EPERM */
    unsigned features_missing;    /* IORING_FEAT_* */
    uint64_t opcodes_missing;     /* bit = opcode */
    int register_errno;           /* for the calls of register_refused */
    uint64_t register_refused;    /* bit = IORING_REGISTER_* */
    int epoll_errno, event_errno, timer_errno, mmap_errno, getcpu_errno;
    bool may_abandon; /* closing a ring that still owns buffers is expected */
};

void sim_install(const struct sim_config *config);
void sim_uninstall(void);          /* checks what sim_check_clean does, frees the simulated files */
struct sim_config *sim_live(void); /* may be changed at any time */
struct sim_rand *sim_test_rand(void); /* a stream of its own for the program's choices */
__attribute__((noreturn, format(printf, 1, 2))) void sim_fail(const char *format, ...);

/* Everything the library made is given back: rings, descriptors, memory. */
void sim_check_clean(const char *when);

/* Faults on schedule; counting starts with the call. A nth of 0 switches off. */
void sim_fail_enter(unsigned nth, int error, uint64_t for_ns); /* for_ns 0: once */
void sim_fail_alloc(unsigned nth, bool ever_after);
/* From the nth completion of that opcode on, times of them get result; after_effect: it was done */
void sim_fail_completion(int opcode, unsigned nth, unsigned times, int result, bool after_effect);

/* n areas of each bytes, one for the buffer of one transfer at a time. Over: its callback ran. */
void sim_transfers(const void *base, size_t each, unsigned n);
void sim_transfer_over(unsigned area);

/* Virtual time, in ns. The application computes for that long; devices work on. */
uint64_t sim_now(void);
void sim_advance(uint64_t ns);
void sim_sleep(uint64_t ns); /* in a system call: what waits for the thread is run as well */
bool sim_readable(int fd);

/* Files. They live in a flat table of absolute paths; a directory is a path too. */
int sim_file(size_t bytes); /* a new file, open for reading and writing, zeroed */
int sim_open(const char *path, int flags);
void sim_close(int fd);
bool sim_fd_is_open(int fd);
void sim_close_all_of_library(void); /* as somebody's close_range() under a live engine */
bool sim_exists(const char *path);
unsigned char *sim_file_data(int fd, int64_t *size);
void sim_file_grow(int fd, int64_t bytes);
void sim_file_device(int fd, unsigned minor);        /* below SIM_DEVICES */
void sim_file_flags(int fd, int flags);              /* adds O_APPEND, O_DIRECT, ... */
void sim_file_bad(int fd, int64_t from, int64_t to); /* reads and writes there: EIO */
void sim_file_capacity(int fd, int64_t bytes);       /* beyond it: ENOSPC */
void sim_file_hang(int fd, bool hung);               /* operations never end while it is so */
void sim_file_silent(int fd);                        /* transfers end when they are cancelled */

struct sim_counts {
    uint64_t enters, enter_errors, epoll_waits;
    uint64_t sqes, cqes, overflowed;
    uint64_t executed[SIM_OPCODES]; /* had their effect, by opcode; direct calls too, except
                                       those that ask for the state of an open file */
    uint64_t direct;                /* file calls made without a ring */
    uint64_t faults;                /* injected into completions */
    uint64_t allocs, alloc_failures;
    size_t alloc_live, alloc_bytes;
    unsigned rings, descriptors; /* the library's own, now */
    unsigned in_flight;          /* every operation the kernel has */
    unsigned data_in_flight[SIM_DEVICES], data_peak[SIM_DEVICES];
};

const struct sim_counts *sim_counts(void);

/* The places in the library that allocate, as far as they were met since the program began. */
struct sim_alloc_site {
    const void *at;
    unsigned calls, failures;
};
size_t sim_alloc_sites(const struct sim_alloc_site **all);

/* From now on a data operation beyond n in flight on the device is a failure; 0: any number. */
void sim_limit_data(unsigned minor, unsigned n);
/* Likewise for every single ring. */
void sim_limit_ring(unsigned n);

#endif
