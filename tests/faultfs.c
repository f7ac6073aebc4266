/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server half runs in a forked child, one thread, one loop: it takes requests
 * from the kernel as the orders allow and answers each at once, late, or when the
 * orders let go of it. The test's half starts, watches and stops it. The two share
 * one anonymous mapping, the orders; every field of it is atomic but the data,
 * which a test reads or writes only while no transfer is under way.
 */
#define FUSE_USE_VERSION 35

#include "faultfs.h"

#include "support.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A hung transfer keeps even a killed test from exiting until the server is gone,
 * so the server has to end by itself before the runner's limit, which it tells. */
enum { LIFETIME_S = 100, EARLIER_S = 20, MOST_HELD = 256, FILE_INODE = 2, CACHED_INODE = 3 };

static const char file_name[] = "file", cached_name[] = "cached";
static const double attributes_valid_s = 1000;

struct answer {
    fuse_req_t req;
    double due_ms;
    int error;
    size_t count;
    const unsigned char *data; /* NULL: a write's answer, the count alone */
};

static struct faultfs_orders *orders; /* the server's view */
static struct answer waiting[MOST_HELD];
static int waiting_count;
static volatile sig_atomic_t asked_to_end;

static void fill_attributes(fuse_ino_t ino, struct stat *st)
{
    memset(st, 0, sizeof *st);
    st->st_ino = ino;
    st->st_uid = getuid();
    st->st_gid = getgid();
    st->st_nlink = 1;
    st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
    st->st_size = ino == FUSE_ROOT_ID ? 0 : (off_t)FAULTFS_BYTES;
    st->st_blksize = 4096;
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    bool cached = strcmp(name, cached_name) == 0;
    struct fuse_entry_param entry = {.ino = cached ? CACHED_INODE : FILE_INODE,
                                     .attr_timeout = attributes_valid_s,
                                     .entry_timeout = attributes_valid_s};

    if (parent != FUSE_ROOT_ID || !(cached || strcmp(name, file_name) == 0)) {
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

static void on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
    fi->direct_io = ino == FILE_INODE; /* else a short answer to a read would be its end */
    fuse_reply_open(req, fi);
}

static void on_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
    (void)ino;
    (void)datasync;
    (void)fi;
    fuse_reply_err(req, 0);
}

static void send_answer(const struct answer *a)
{
    if (a->error)
        fuse_reply_err(a->req, a->error);
    else if (a->data)
        fuse_reply_buf(a->req, (const char *)a->data, a->count);
    else
        fuse_reply_write(a->req, a->count);
}

static void send_what_is_due(void)
{
    int kept = 0;

    if (atomic_load(&orders->hold))
        return;
    for (int i = 0; i < waiting_count; i++)
        if (waiting[i].due_ms > now_ms())
            waiting[kept++] = waiting[i];
        else
            send_answer(&waiting[i]);
    waiting_count = kept;
    atomic_store(&orders->held, kept);
}

/* What the orders make of a transfer: its count, or an errno. */
static int judge(size_t *count, size_t offset)
{
    unsigned most = atomic_load(&orders->most_bytes);
    int64_t error_offset = atomic_load(&orders->error_offset);

    if (atomic_load(&orders->error_after) > 0) {
        atomic_fetch_sub(&orders->error_after, 1);
    } else if (atomic_load(&orders->error_calls) > 0) {
        atomic_fetch_sub(&orders->error_calls, 1);
        return atomic_load(&orders->error);
    }
    if (error_offset >= 0 && offset >= (size_t)error_offset)
        return atomic_load(&orders->error);
    if (error_offset >= 0 && *count > (size_t)error_offset - offset)
        *count = (size_t)error_offset - offset;
    if (most && *count > most)
        *count = most;
    return 0;
}

static void transfer(fuse_req_t req, const char *from, size_t len, off_t off)
{
    size_t offset = (size_t)off < FAULTFS_BYTES ? (size_t)off : FAULTFS_BYTES;
    struct answer a = {.req = req, .count = len, .data = from ? NULL : orders->data + offset};

    if (a.count > FAULTFS_BYTES - offset)
        a.count = FAULTFS_BYTES - offset;
    if (from && !a.count)
        a.error = EFBIG;
    if (!a.error)
        a.error = judge(&a.count, offset);
    if (from && !a.error)
        memcpy(orders->data + offset, from, a.count);
    a.due_ms = now_ms() + atomic_load(&orders->delay_ms);
    atomic_fetch_add(from ? &orders->writes : &orders->reads, 1);
    if (waiting_count == MOST_HELD) {
        fuse_reply_err(req, ENOBUFS);
        return;
    }
    waiting[waiting_count++] = a;
    atomic_store(&orders->held, waiting_count);
    send_what_is_due();
}

static void on_read(fuse_req_t req, fuse_ino_t ino, size_t len, off_t off,
                    struct fuse_file_info *fi)
{
    (void)ino;
    (void)fi;
    transfer(req, NULL, len, off);
}

static void on_write(fuse_req_t req, fuse_ino_t ino, const char *from, size_t len, off_t off,
                     struct fuse_file_info *fi)
{
    (void)ino;
    (void)fi;
    transfer(req, from, len, off);
}

static void on_signal(int number)
{
    (void)number;
    asked_to_end = 1;
}

static void serve_until_ended(struct fuse_session *session)
{
    struct fuse_buf buf = {.mem = NULL};

    while (!fuse_session_exited(session) && !asked_to_end) {
        struct pollfd ready = {.fd = fuse_session_fd(session), .events = POLLIN};
        bool stalled = atomic_load(&orders->stall);
        poll(&ready, stalled ? 0 : 1, stalled || waiting_count ? 1 : 20);
        send_what_is_due();
        if (!(ready.revents & (POLLIN | POLLERR)) || atomic_load(&orders->stall))
            continue;
        if (fuse_session_receive_buf(session, &buf) > 0)
            fuse_session_process_buf(session, &buf);
    }
    free(buf.mem);
}

/* Never returns. Tells through the pipe that the file system is mounted. */
static _Noreturn void serve(const char *directory, int told)
{
    const struct fuse_lowlevel_ops ops = {.lookup = on_lookup,
                                          .getattr = on_getattr,
                                          .open = on_open,
                                          .read = on_read,
                                          .write = on_write,
                                          .fsync = on_fsync};
    char program[] = "faultfs", option[] = "-ofsname=faultfs,subtype=faultfs";
    char *argv[] = {program, option, NULL};
    struct fuse_args args = FUSE_ARGS_INIT(2, argv);
    struct sigaction action = {.sa_handler = on_signal};
    struct fuse_session *session = fuse_session_new(&args, &ops, sizeof ops, NULL);

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    if (!session || fuse_session_mount(session, directory) != 0)
        _exit(1);
    int fd = fuse_session_fd(session), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    for (int i = 0; i < 3; i++) /* a server that lives on must not keep the runner's pipes open */
        dup2(null, i);
    if (write(told, "", 1) == 1)
        serve_until_ended(session);
    fuse_session_unmount(session);
    _exit(0);
}

static struct faultfs *running;

static void stop_at_exit(void)
{
    if (running && running->owner == getpid())
        faultfs_stop(running);
}

static unsigned lifetime_s(void)
{
    const char *limit = getenv("AURAIO_TEST_TIMEOUT");
    int limit_s = limit ? atoi(limit) : 0;

    return (unsigned)(limit_s > 2 * EARLIER_S ? limit_s - EARLIER_S : LIFETIME_S);
}

static pid_t fork_server(const char *directory)
{
    pid_t test = getpid(), server;
    char byte;
    int told[2];

    if (pipe(told) != 0)
        return -1;
    fflush(stdout);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        alarm(lifetime_s());
        if (getppid() != test)
            _exit(1);
        close(told[0]);
        serve(directory, told[1]);
    }
    close(told[1]);
    if (server > 0 && read(told[0], &byte, 1) != 1) {
        waitpid(server, NULL, 0);
        server = -1;
    }
    close(told[0]);
    return server;
}

struct faultfs *faultfs_start(void)
{
    struct faultfs *fs = calloc(1, sizeof *fs);

    if (!fs)
        return NULL;
    scratch_path(fs->directory, "faultfs");
    orders = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (orders == MAP_FAILED || mkdir(fs->directory, 0700) != 0)
        goto none;
    fs->orders = orders;
    faultfs_calm(fs);
    fs->server = access("/dev/fuse", R_OK | W_OK) == 0 ? fork_server(fs->directory) : -1;
    if (fs->server < 0) {
        rmdir(fs->directory);
        goto none;
    }
    fs->owner = getpid();
    running = fs;
    atexit(stop_at_exit);

    /* The first poll of a connection asks the server, and would hang with it later. */
    struct pollfd once = {.fd = faultfs_open(fs, 0), .events = POLLIN};
    poll(&once, 1, 0);
    close(once.fd);
    return fs;

none:
    if (orders != MAP_FAILED)
        munmap(orders, sizeof *orders);
    free(fs);
    errno = ENOTSUP;
    return NULL;
}

struct faultfs *faultfs_needed(void)
{
    struct faultfs *fs = faultfs_start();

    if (!fs)
        skip_all("FUSE is not to be had here");
    return fs;
}

void faultfs_stop(struct faultfs *fs)
{
    double deadline_ms = now_ms() + 60000;
    bool alive = true;

    running = NULL;
    kill(fs->server, SIGTERM);
    while (alive && now_ms() < deadline_ms) {
        usleep(1000);
        alive = waitpid(fs->server, NULL, WNOHANG) == 0;
    }
    if (alive) {
        kill(fs->server, SIGKILL);
        waitpid(fs->server, NULL, 0);
        umount2(fs->directory, MNT_DETACH);
    }
    rmdir(fs->directory);
    munmap(fs->orders, sizeof *fs->orders);
    free(fs);
}

void faultfs_calm(struct faultfs *fs)
{
    struct faultfs_orders *o = fs->orders;

    memset(o, 0, offsetof(struct faultfs_orders, data));
    atomic_store(&o->error_offset, -1);
    for (size_t i = 0; i < FAULTFS_BYTES; i++)
        o->data[i] = pattern(i);
}

static int open_name(struct faultfs *fs, const char *name, int flags)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%.*s/%s", PATH_MAX - 16, fs->directory, name);
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        bail("open %s: %s", path, strerror(errno));
    return fd;
}

int faultfs_open(struct faultfs *fs, int flags)
{
    return open_name(fs, file_name, O_RDWR | flags);
}

int faultfs_open_for_short_writes(struct faultfs *fs)
{
    return open_name(fs, cached_name, O_WRONLY);
}

bool faultfs_wait_held(struct faultfs *fs, int count)
{
    double deadline_ms = now_ms() + 60000;

    while (atomic_load(&fs->orders->held) < count && now_ms() < deadline_ms)
        usleep(1000);
    return atomic_load(&fs->orders->held) >= count;
}
