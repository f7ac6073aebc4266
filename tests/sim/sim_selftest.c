/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated kernel, driven as a raw ring: it moves bytes, keeps the order of
 * chains, holds completions back as the flags say, and catches what it promises
 * to catch (in a child, for that ends the program).
 */
#include "simkern.h"

#include "kern.h"
#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct raw {
    int fd;
    struct io_uring_params p;
    unsigned char *map;
    size_t map_len, sqes_len;
    struct io_uring_sqe *sqes;
    unsigned tail;
};

static _Atomic unsigned *word(struct raw *raw, unsigned offset)
{
    return (_Atomic unsigned *)(void *)(raw->map + offset);
}

static void raw_open(struct raw *raw, unsigned entries, unsigned flags)
{
    int error;

    memset(raw, 0, sizeof *raw);
    raw->p.flags = flags;
    raw->fd = aur_kern.uring_setup(entries, &raw->p);
    if (raw->fd < 0)
        bail("no ring: %d", raw->fd);
    raw->map_len = raw->p.sq_off.array + raw->p.sq_entries * sizeof(unsigned);
    raw->sqes_len = raw->p.sq_entries * sizeof(struct io_uring_sqe);
    raw->map = aur_kern.mmap(raw->map_len, raw->fd, IORING_OFF_SQ_RING, &error);
    raw->sqes = aur_kern.mmap(raw->sqes_len, raw->fd, IORING_OFF_SQES, &error);
    for (unsigned i = 0; i < raw->p.sq_entries; i++)
        *word(raw, raw->p.sq_off.array + 4 * i) = i;
}

static void raw_close(struct raw *raw)
{
    aur_kern.munmap(raw->sqes, raw->sqes_len);
    aur_kern.munmap(raw->map, raw->map_len);
    aur_kern.close(raw->fd);
}

static struct io_uring_sqe *sqe(struct raw *raw, int op, int fd, void *buf, unsigned len,
                                uint64_t offset, uint64_t user_data)
{
    struct io_uring_sqe *s = &raw->sqes[raw->tail++ & (raw->p.sq_entries - 1)];

    memset(s, 0, sizeof *s);
    s->opcode = (uint8_t)op;
    s->fd = fd;
    s->addr = (uint64_t)(uintptr_t)buf;
    s->len = len;
    s->off = offset;
    s->user_data = user_data;
    *word(raw, raw->p.sq_off.tail) = raw->tail;
    return s;
}

static int enter(struct raw *raw, unsigned submit, unsigned wait)
{
    return aur_kern.uring_enter(raw->fd, submit, wait, wait ? IORING_ENTER_GETEVENTS : 0, NULL, 8);
}

static unsigned ready(struct raw *raw)
{
    return *word(raw, raw->p.cq_off.tail) - *word(raw, raw->p.cq_off.head);
}

struct outcome {
    uint64_t user_data;
    int res;
};

static struct outcome next_cqe(struct raw *raw)
{
    unsigned head = *word(raw, raw->p.cq_off.head);
    struct io_uring_cqe *cqes = (void *)(raw->map + raw->p.cq_off.cqes);
    struct io_uring_cqe *cqe = &cqes[head & (raw->p.cq_entries - 1)];
    struct outcome outcome = {cqe->user_data, cqe->res};

    *word(raw, raw->p.cq_off.head) = head + 1;
    return outcome;
}

static const struct sim_config plain = {.seed = 7};

static void bytes_move(void)
{
    struct raw raw;
    char out[4096], in[4096] = {0};

    sim_install(&plain);
    raw_open(&raw, 8, 0);
    int fd = sim_file(8192);
    memset(out, 'x', sizeof out);
    sqe(&raw, IORING_OP_WRITE, fd, out, sizeof out, 4096, 1);
    is(enter(&raw, 1, 1), 1, "a write is taken");
    struct outcome cqe = next_cqe(&raw);
    is(cqe.res, 4096, "it moves what it was given");
    sqe(&raw, IORING_OP_READ, fd, in, sizeof in, 4096, 2);
    enter(&raw, 1, 1);
    is(next_cqe(&raw).user_data, 2, "a read completes under its name");
    ok(!memcmp(in, out, sizeof in), "the bytes are those that were written");
    sqe(&raw, IORING_OP_READ, fd, in, sizeof in, 8192, 3);
    enter(&raw, 1, 1);
    is(next_cqe(&raw).res, 0, "nothing is read at the end of the file");
    raw_close(&raw);
    sim_uninstall();
}

/* Write, write, read of one place: only the order makes the read see the second. */
static void chains_keep_order(void)
{
    struct raw raw;
    char one[512], two[512], in[512];

    sim_install(&plain);
    raw_open(&raw, 8, 0);
    int fd = sim_file(512);
    memset(one, '1', sizeof one);
    memset(two, '2', sizeof two);
    sqe(&raw, IORING_OP_WRITE, fd, one, 512, 0, 1)->flags = IOSQE_IO_LINK;
    sqe(&raw, IORING_OP_WRITE, fd, two, 512, 0, 2)->flags = IOSQE_IO_LINK;
    sqe(&raw, IORING_OP_READ, fd, in, 512, 0, 3);
    is(enter(&raw, 3, 3), 3, "a chain is taken");
    ok(!memcmp(in, two, 512), "its parts ran in order");
    for (int i = 0; i < 3; i++)
        next_cqe(&raw);
    sqe(&raw, IORING_OP_READ, fd, in, 512, 512, 4)->flags = IOSQE_IO_LINK;
    sqe(&raw, IORING_OP_WRITE, fd, one, 512, 0, 5);
    enter(&raw, 2, 2);
    is(next_cqe(&raw).res, 0, "a short part completes");
    is(next_cqe(&raw).res, -ECANCELED, "and the rest of its chain is cancelled");
    raw_close(&raw);
    sim_uninstall();
}

static void completions_are_held_back(void)
{
    struct raw raw;
    char in[512];

    sim_install(&plain);
    raw_open(&raw, 8, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
    int fd = sim_file(512);
    sqe(&raw, IORING_OP_READ, fd, in, 512, 0, 1);
    enter(&raw, 1, 0);
    sim_advance(10 * SIM_MS);
    is(ready(&raw), 0, "a cooperative ring shows nothing while the thread computes");
    ok(*word(&raw, raw.p.sq_off.flags) & IORING_SQ_TASKRUN, "but says that it has something");
    enter(&raw, 0, 0);
    is(ready(&raw), 1, "any system call brings it");
    raw_close(&raw);

    raw_open(&raw, 8, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    sqe(&raw, IORING_OP_READ, fd, in, 512, 0, 1);
    enter(&raw, 1, 0);
    sim_advance(10 * SIM_MS);
    enter(&raw, 0, 0);
    is(ready(&raw), 0, "a deferring ring waits for GETEVENTS");
    ok(sim_readable(raw.fd), "yet polls readable");
    enter(&raw, 0, 1);
    is(ready(&raw), 1, "which brings it");
    raw_close(&raw);
    sim_uninstall();
}

static void a_full_queue_overflows(void)
{
    struct sim_config config = plain;
    struct raw raw;

    config.cq_cap = 4;
    sim_install(&config);
    raw_open(&raw, 4, 0);
    for (int i = 0; i < 6; i++) {
        sqe(&raw, IORING_OP_NOP, -1, NULL, 0, 0, 100 + (unsigned)i);
        enter(&raw, 1, 0);
    }
    is(ready(&raw), 4, "the queue takes what it holds");
    ok(*word(&raw, raw.p.sq_off.flags) & IORING_SQ_CQ_OVERFLOW, "the flag tells of the others");
    for (int i = 0; i < 4; i++)
        next_cqe(&raw);
    enter(&raw, 0, 1);
    is(ready(&raw), 2, "entering brings them");
    is(next_cqe(&raw).user_data, 104, "in order");
    ok(!(*word(&raw, raw.p.sq_off.flags) & IORING_SQ_CQ_OVERFLOW), "and the flag is gone");
    raw_close(&raw);
    sim_uninstall();
}

static void entering_fails_on_schedule(void)
{
    struct raw raw;

    sim_install(&plain);
    raw_open(&raw, 8, 0);
    sqe(&raw, IORING_OP_NOP, -1, NULL, 0, 0, 1);
    sim_fail_enter(1, EBUSY, 0);
    is(enter(&raw, 1, 0), -EBUSY, "the call fails as asked");
    is(enter(&raw, 1, 0), 1, "and the submission is still there for the next");
    sim_fail_enter(1, EAGAIN, SIM_MS);
    sqe(&raw, IORING_OP_NOP, -1, NULL, 0, 0, 2);
    int n = 0;
    while (enter(&raw, 1, 0) == -EAGAIN)
        n++;
    ok(n > 100, "for a while every call fails");
    raw_close(&raw);
    sim_uninstall();
}

static void cancelling(void)
{
    struct sim_config config = plain;
    struct raw raw;
    char buf[2][512];
    int results[4] = {0};

    config.channels = 1;
    sim_install(&config);
    raw_open(&raw, 8, 0);
    int fd = sim_file(1024);
    sqe(&raw, IORING_OP_READ, fd, buf[0], 512, 0, 1);
    sqe(&raw, IORING_OP_READ, fd, buf[1], 512, 512, 2);
    sqe(&raw, IORING_OP_ASYNC_CANCEL, -1, (void *)2, 0, 0, 3);
    is(enter(&raw, 3, 3), 3, "two reads and a request to cancel the second");
    for (int i = 0; i < 3; i++) {
        struct outcome cqe = next_cqe(&raw);
        results[cqe.user_data] = cqe.res;
    }
    is(results[1], 512, "the first is read");
    is(results[2], -ECANCELED, "the second had not begun");
    is(results[3], 0, "and was found");
    sqe(&raw, IORING_OP_ASYNC_CANCEL, -1, (void *)2, 0, 0, 3);
    enter(&raw, 1, 1);
    is(next_cqe(&raw).res, -ENOENT, "what is gone is not found");
    raw_close(&raw);
    sim_uninstall();
}

static void sleeping(void)
{
    struct raw raw;
    uint64_t data[4];

    sim_install(&plain);
    raw_open(&raw, 8, 0);
    int event = aur_kern.eventfd(), timer = aur_kern.timerfd(), set = aur_kern.epoll_create();
    aur_kern.epoll_add(set, timer, 11);
    aur_kern.epoll_add(set, raw.fd, 22);
    uint64_t before = sim_now();
    is(aur_kern.epoll_wait(set, data, 4, 5), 0, "nothing is ready");
    ok(sim_now() - before >= 5 * SIM_MS, "the time-out has passed");
    aur_kern.timer_set(timer, sim_now() + 2 * SIM_MS);
    is(aur_kern.epoll_wait(set, data, 4, -1), 1, "a timer ends the sleep");
    is(data[0], 11, "and is named");
    aur_kern.event_read(timer);
    sqe(&raw, IORING_OP_POLL_ADD, event, NULL, 0, 0, 5)->poll32_events = POLLIN;
    enter(&raw, 1, 0);
    aur_kern.event_write(event);
    is(aur_kern.epoll_wait(set, data, 4, -1), 1, "an event ends it through the ring");
    is(data[0], 22, "the ring is named");
    is(next_cqe(&raw).res, POLLIN, "the poll completes");
    struct __kernel_timespec ts = {.tv_nsec = 1000000};
    struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&ts};
    is(aur_kern.uring_enter(raw.fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg,
                            sizeof arg),
       -ETIME, "waiting in the ring has its time-out");
    aur_kern.close(set);
    aur_kern.close(timer);
    aur_kern.close(event);
    raw_close(&raw);
    sim_uninstall();
}

static uint64_t fingerprint(uint64_t seed)
{
    struct sim_config config = {.seed = seed, .short_ppm = 300000, .eagain_ppm = 100000};
    static char buf[64][4096];
    struct raw raw;
    uint64_t sum = 0;

    sim_install(&config);
    raw_open(&raw, 64, 0);
    int fd = sim_file(65536);
    for (unsigned i = 0; i < 64; i++)
        sqe(&raw, IORING_OP_READ, fd, buf[i], 4096, i * 512, i + 1);
    enter(&raw, 64, 64);
    while (ready(&raw)) {
        struct outcome cqe = next_cqe(&raw);
        sum = sum * 31 + cqe.user_data * 7 + (unsigned)cqe.res;
    }
    sum = sum * 31 + sim_now();
    raw_close(&raw);
    sim_uninstall();
    return sum;
}

/* The misdeed ends the program with 1; anything else means that it went unnoticed. */
static bool is_caught(void (*misdeed)(struct raw *))
{
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        struct raw raw;
        if (!freopen("/dev/null", "w", stdout))
            _exit(3);
        sim_install(&plain);
        raw_open(&raw, 4, 0);
        misdeed(&raw);
        _exit(0);
    }
    int status;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static char victim[512];

static void touch_a_buffer(struct raw *raw)
{
    sqe(raw, IORING_OP_READ, sim_file(512), victim, 512, 0, 1);
    enter(raw, 1, 0);
    victim[100] = 1;
    enter(raw, 0, 1);
}

static void close_in_flight(struct raw *raw)
{
    sqe(raw, IORING_OP_READ, sim_file(512), victim, 512, 0, 1);
    enter(raw, 1, 0);
    raw_close(raw);
}

static void sleep_for_ever(struct raw *raw)
{
    enter(raw, 0, 1);
}

static void lap_the_head(struct raw *raw)
{
    for (unsigned i = 0; i < 5; i++)
        sqe(raw, IORING_OP_NOP, -1, NULL, 0, 0, i + 1);
    enter(raw, 0, 0);
}

static void leave_a_field_set(struct raw *raw)
{
    sqe(raw, IORING_OP_FSYNC, sim_file(1), NULL, 0, 0, 1)->buf_index = 3;
    enter(raw, 1, 0);
}

static void use_a_name_twice(struct raw *raw)
{
    sqe(raw, IORING_OP_READ, sim_file(512), victim, 256, 0, 1);
    sqe(raw, IORING_OP_READ, sim_file(512), victim + 256, 256, 0, 1);
    enter(raw, 2, 0);
}

static void leak(struct raw *raw)
{
    raw_close(raw);
    if (aur_kern.alloc(64, 100))
        sim_uninstall();
}

static void free_twice(struct raw *raw)
{
    void *ptr = aur_kern.alloc(64, 100);

    (void)raw;
    aur_kern.free(ptr);
    aur_kern.free(ptr);
}

int main(void)
{
    bytes_move();
    chains_keep_order();
    completions_are_held_back();
    a_full_queue_overflows();
    entering_fails_on_schedule();
    cancelling();
    sleeping();
    ok(fingerprint(1) == fingerprint(1), "a seed repeats its run");
    ok(fingerprint(1) != fingerprint(2), "another seed makes another");
    ok(is_caught(touch_a_buffer), "a buffer touched in flight is noticed");
    ok(is_caught(close_in_flight), "a ring closed in flight is noticed");
    ok(is_caught(sleep_for_ever), "sleep without end is noticed");
    ok(is_caught(lap_the_head), "a tail that laps the head is noticed");
    ok(is_caught(leave_a_field_set), "a stale field is noticed");
    ok(is_caught(use_a_name_twice), "a name used twice is noticed");
    ok(is_caught(leak), "a leak is noticed");
    ok(is_caught(free_twice), "a second free is noticed");
    return done();
}
