/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, one loop: answer what is due, take what has come, sleep until one of
 * them is next. It runs under SCHED_FIFO where it may, as a disk does not queue
 * for a CPU behind the program that uses it; that also takes the slack of 50 us
 * off its timers.
 */
#define FUSE_USE_VERSION 35

#include "server.h"

#include "settings.h"
#include "simdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    DISK_INODE = 2,
    CONTROL_INODE = 3,
    TRANSFER_MOST = 1 << 20,
    IN_FLIGHT_MOST = 1024,
    TAKEN_AT_ONCE = 8, /* requests, before what is due is looked at again */
    TEXT_MOST = 4096,
    EARLY_NS = 40000,   /* about how late a sleep ends; the rest is spent looking for requests */
    SLEEP_MOST_MS = 100 /* a signal that comes just before the sleep is seen after it */
};

static const double attributes_valid_s = 1000;

/* A request in the device. */
struct transfer {
    fuse_req_t req;
    uint64_t offset;
    size_t len;
    bool is_read;
    struct transfer *next_free;
};

static struct device device;
static uint64_t disk_bytes;
static struct transfer transfers[DEVICE_REQUESTS], *free_transfers;
static _Alignas(4096) uint64_t content[TRANSFER_MOST / sizeof(uint64_t) + 1];
static char report[TEXT_MOST]; /* the control file as it was last read from its beginning */
static size_t report_len;
static volatile sig_atomic_t asked_to_end;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool change(const char *text, size_t len)
{
    struct orders orders = {.settings = device.settings};

    if (!settings_read(&orders, text, len))
        return false;
    if (orders.forget)
        device_forget(&device);
    device_change(&device, &orders.settings, now_ns());
    return true;
}

static void fill_attributes(fuse_ino_t ino, struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_ino = ino;
    st->st_uid = getuid();
    st->st_gid = getgid();
    st->st_nlink = 1;
    st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
    st->st_size = ino == DISK_INODE ? (off_t)disk_bytes : 0;
    st->st_blksize = 4096;
}

static void on_init(void *unused, struct fuse_conn_info *conn)
{
    (void)unused;
    conn->max_background = IN_FLIGHT_MOST;
    conn->congestion_threshold = IN_FLIGHT_MOST;
    conn->want |= conn->capable & FUSE_CAP_ASYNC_DIO;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    bool is_disk = strcmp(name, "disk") == 0;
    struct fuse_entry_param entry = {.ino = is_disk ? DISK_INODE : CONTROL_INODE,
                                     .attr_timeout = attributes_valid_s,
                                     .entry_timeout = attributes_valid_s};

    if (parent != FUSE_ROOT_ID || !(is_disk || strcmp(name, "control") == 0)) {
        fuse_reply_err(req, ENOENT);
        return;
    }
    fill_attributes(entry.ino, &entry.attr);
    fuse_reply_entry(req, &entry);
}

static void on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    struct stat st;

    (void)fi;
    fill_attributes(ino, &st);
    fuse_reply_attr(req, &st, attributes_valid_s);
}

/* Truncating the control file is how a shell opens it; nothing changes. */
static void on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
                       struct fuse_file_info *fi)
{
    (void)st;
    if (ino != CONTROL_INODE && to_set & FUSE_SET_ATTR_SIZE)
        fuse_reply_err(req, EPERM);
    else
        on_getattr(req, ino, fi);
}

/* No page cache: each read is a request, and the control file has no size to hold it to. */
static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    (void)ino;
    fi->direct_io = 1;
    fuse_reply_open(req, fi);
}

static void on_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
    (void)ino;
    (void)datasync;
    (void)fi;
    fuse_reply_err(req, 0);
}

static void answer(struct transfer *t)
{
    if (t->is_read) {
        size_t into = t->offset % sizeof *content; /* a word may be cut */
        for (size_t i = 0; i * sizeof *content < into + t->len; i++)
            content[i] = simdisk_word(t->offset - into + i * sizeof *content);
        fuse_reply_buf(t->req, (const char *)content + into, t->len);
    } else {
        fuse_reply_write(t->req, t->len);
    }
    t->next_free = free_transfers;
    free_transfers = t;
}

static void begin(fuse_req_t req, bool is_read, size_t len, off_t off)
{
    struct transfer *t = free_transfers;
    uint64_t offset = (uint64_t)off < disk_bytes ? (uint64_t)off : disk_bytes;

    len = len < disk_bytes - offset ? len : disk_bytes - offset;
    if (len > TRANSFER_MOST)
        len = TRANSFER_MOST;
    if (!is_read && !len)
        fuse_reply_err(req, ENOSPC);
    else if (!t || device_arrive(&device, t, now_ns()) != 0)
        fuse_reply_err(req, ENOBUFS);
    else {
        free_transfers = t->next_free;
        *t = (struct transfer){req, offset, len, is_read, NULL};
    }
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t len, off_t off,
                    struct fuse_file_info *fi)
{
    (void)fi;
    if (ino == DISK_INODE) {
        begin(req, true, len, off);
        return;
    }
    if (off == 0)
        report_len = settings_print(&device, report, sizeof report);
    size_t at = (size_t)off < report_len ? (size_t)off : report_len;
    fuse_reply_buf(req, report + at, len < report_len - at ? len : report_len - at);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *from, size_t len, off_t off,
                     struct fuse_file_info *fi)
{
    (void)fi;
    if (ino == DISK_INODE)
        begin(req, false, len, off);
    else if (change(from, len))
        fuse_reply_write(req, len);
    else
        fuse_reply_err(req, EINVAL);
}

static void on_signal(int number)
{
    (void)number;
    asked_to_end = 1;
}

static void sleep_until_next(int fd)
{
    static bool is_spinning; /* after a long sleep only, so that a busy disk costs no more */
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    struct timespec timeout = {0, SLEEP_MOST_MS * 1000000L};
    uint64_t next = device_next_ns(&device), now = now_ns();

    if (next <= now + (is_spinning ? EARLY_NS : 0))
        return;
    is_spinning = next - now > 2 * EARLY_NS;
    if (is_spinning)
        next -= EARLY_NS;
    if (next - now < (uint64_t)timeout.tv_nsec)
        timeout.tv_nsec = (long)(next - now);
    ppoll(&ready, 1, &timeout, NULL);
}

static void serve(struct fuse_session *session)
{
    struct fuse_buf buf = {.mem = NULL};

    while (!fuse_session_exited(session) && !asked_to_end) {
        bool more = true;
        uint64_t now = now_ns();
        for (struct transfer *t; (t = device_take(&device, now));)
            answer(t);
        for (int i = 0; i < TAKEN_AT_ONCE && more; i++) {
            more = fuse_session_receive_buf(session, &buf) > 0;
            if (more)
                fuse_session_process_buf(session, &buf);
        }
        if (!more)
            sleep_until_next(fuse_session_fd(session));
    }
    free(buf.mem);
}

static bool prepare(const struct server_config *config)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sched_param priority = {.sched_priority = 2}; /* above a caller under chrt -f 1 */

    for (int i = 0; i < DEVICE_REQUESTS; i++) {
        transfers[i].next_free = free_transfers;
        free_transfers = &transfers[i];
    }
    disk_bytes = config->bytes;
    device_init(&device, config->bytes);
    if (config->settings && !change(config->settings, strlen(config->settings)))
        return false;
    prctl(PR_SET_TIMERSLACK, 1);
    sched_setscheduler(0, SCHED_FIFO, &priority);
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0 ||
        sigaction(SIGHUP, &action, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return false;
    return getppid() == config->parent;
}

int simdisk_serve(const struct server_config *config)
{
    const struct fuse_lowlevel_ops ops = {.init = on_init,
                                          .lookup = on_lookup,
                                          .getattr = on_getattr,
                                          .setattr = on_setattr,
                                          .open = on_open,
                                          .read = on_read,
                                          .write = on_write,
                                          .fsync = on_fsync};
    char program[] = "simdisk", option[] = "-ofsname=simdisk,subtype=simdisk";
    char *argv[] = {program, option, NULL};
    struct fuse_args args = FUSE_ARGS_INIT(2, argv);
    struct fuse_session *session = NULL;

    if (prepare(config))
        session = fuse_session_new(&args, &ops, sizeof ops, NULL);
    fuse_opt_free_args(&args);
    if (!session)
        return 1;
    if (fuse_session_mount(session, config->directory) != 0) {
        fuse_session_destroy(session);
        return 1;
    }
    int fd = fuse_session_fd(session);
    bool is_told = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0 &&
                   write(config->told, "\n", 1) == 1;
    if (is_told)
        serve(session);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    return is_told ? 0 : 1;
}
