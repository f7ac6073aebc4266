/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the simulated kernel share. One thread, so no locks. An
 * object (ring, event counter, timer, epoll set, open file) lives as long as a
 * descriptor, a registered set or an operation refers to it.
 */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include "simkern.h"

#include "kern.h"

#include <stdatomic.h>
#include <stdio.h>

#define SIM_FDS 4096
#define SIM_NEVER UINT64_MAX
#define SIM_OP_FTRUNCATE 55 /* newer than the headers */
#define SIM_POISON 0xa5

enum sim_kind { SIM_RING, SIM_EVENT, SIM_TIMER, SIM_EPOLL, SIM_FILE };

struct sim_inode {
    struct sim_inode *next;
    char *path; /* NULL once unlinked */
    unsigned char *data;
    int64_t size, capacity, room; /* room: allocated */
    int64_t bad_from, bad_to;
    uint64_t number;
    unsigned minor;
    int opens;
    bool directory, hung, silent;
};

struct sim_obj {
    enum sim_kind kind;
    int refs;
    struct sim_op *pollers;
    struct sim_ring *ring;
    uint64_t count;    /* event */
    uint64_t at_ns;    /* timer; 0: disarmed */
    struct sim_watch { /* epoll */
        struct sim_obj *obj;
        int fd;
        uint64_t data;
    } * watches;
    unsigned n_watches;
    struct sim_inode *inode; /* file */
    int flags;
    int64_t position;
};

enum sim_op_state {
    OP_NEW,
    OP_LINKED,
    OP_WAITING,
    OP_RUNNING,
    OP_POLLING,
    OP_HUNG,
    OP_SILENT,
    OP_DONE
};

struct sim_op {
    struct sim_op *next;          /* task work, overflow, pollers or hung list */
    struct sim_op *older, *newer; /* the ring's operations in flight */
    struct sim_op *link;          /* started when this one succeeds */
    struct sim_ring *ring;        /* NULL: a direct call */
    enum sim_op_state state;
    uint8_t opcode;
    uint8_t sqe_flags;
    bool counted; /* in the device's count of data operations */
    bool on_channel;
    bool cancel_asked;
    bool fixed_buffer;
    uint64_t user_data;
    struct sim_obj *file; /* a reference */
    struct iovec one, *iov;
    int iovcnt;
    int64_t offset, length;
    uint32_t flags; /* the operation's own: rw_flags, open_flags, ... */
    uint32_t mode;
    char *path, *path2;
    void *out;
    uint64_t checksum; /* of what a write is about to write */
    int result;
    uint64_t at_ns, serial;
};

struct sim_ring {
    struct sim_ring *next;
    struct sim_obj *obj; /* NULL once closed */
    unsigned flags, features, id;
    unsigned sq_entries, cq_entries;
    unsigned char *rings; /* the mapped memory */
    struct io_uring_sqe *sqes;
    size_t rings_len, sqes_len;
    int rings_mapped, sqes_mapped;
    _Atomic unsigned *sq_head, *sq_tail, *sq_flags, *cq_head, *cq_tail, *cq_flags;
    unsigned *sq_array;
    struct io_uring_cqe *cqes;
    unsigned taken, posted;                  /* the kernel's own copies of sq_head and cq_tail */
    struct sim_op *work, **work_end;         /* done, their CQEs not yet posted */
    struct sim_op *overflow, **overflow_end; /* likewise, the queue was full */
    struct sim_op *ops;                      /* newest in flight */
    unsigned n_ops, n_data;
    struct iovec *buffers;
    unsigned n_buffers;
    struct sim_obj **files;
    unsigned n_files;
    struct sim_obj *event;
    uint64_t idle_ns, idle_at_ns; /* SQPOLL: when its thread falls asleep */
};

struct sim_device {
    unsigned busy, n_waiting, room;
    struct sim_op **waiting;
    unsigned limit;
};

struct sim {
    struct sim_config config;
    struct sim_rand rand, test_rand;
    struct sim_counts counts;
    uint64_t now_ns, serial, calls_idle;
    struct sim_obj *fds[SIM_FDS];
    bool library_fd[SIM_FDS]; /* made by the library: must be gone when the engine is */
    int fd_high;              /* descriptors in use are below this */
    struct sim_ring *rings;
    struct sim_ring *registered_rings[16];
    struct sim_inode *inodes;
    struct sim_device devices[SIM_DEVICES];
    struct sim_op *hung;
    unsigned ring_limit, setups, next_file;
    int cpu;
    bool trace;
};

extern struct sim sim;

#define sim_trace(...)                                                                             \
    do {                                                                                           \
        if (sim.trace) {                                                                           \
            fprintf(stderr, "%12.3f ", (double)sim.now_ns / 1000.);                                \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
        }                                                                                          \
    } while (0)

/* Memory of the simulator itself: failure ends the program. */
void *sim_xalloc(size_t n, size_t size);
void *sim_xrealloc(void *ptr, size_t n, size_t size);
char *sim_xstrdup(const char *s);

/* sim_time.c */
void sim_kernel_call(uint64_t cost_ns); /* every call of the library begins here */
void sim_schedule(struct sim_op *op, uint64_t at_ns);
bool sim_wait(bool (*ready)(void *), void *arg, uint64_t deadline_ns, const char *where);
void sim_heap_free(void);
uint64_t sim_kern_now_ns(void);
void sim_kern_sleep_us(unsigned us);

/* sim_fd.c */
struct sim_obj *sim_obj_new(enum sim_kind kind);
void sim_obj_get(struct sim_obj *obj);
void sim_obj_put(struct sim_obj *obj);
int sim_fd_new(struct sim_obj *obj, bool of_library);
struct sim_obj *sim_fd_get(int fd); /* NULL: not open */
int sim_kern_close(int fd);
int sim_kern_dup(int fd);

/* sim_poll.c */
bool sim_obj_readable(const struct sim_obj *obj);
void sim_obj_notify(struct sim_obj *obj);
void sim_event_add(struct sim_obj *obj);
void sim_poll_arm(struct sim_op *op);
void sim_poll_disarm(struct sim_op *op);
uint64_t sim_next_timer(void);
void sim_expire_timers(void);
void sim_epoll_forget(const struct sim_obj *obj);
int sim_kern_eventfd(void);
int sim_kern_event_write(int fd);
int sim_kern_event_read(int fd);
int sim_kern_timerfd(void);
int sim_kern_timer_set(int fd, uint64_t at_ns);
int sim_kern_epoll_create(void);
int sim_kern_epoll_add(int epfd, int fd, uint64_t data);
int sim_kern_epoll_del(int epfd, int fd);
int sim_kern_epoll_wait(int epfd, uint64_t *data, int max, int timeout_ms);
int sim_kern_poll(int fd, bool for_writing, int timeout_ms);

/* sim_ring.c */
int sim_kern_setup(unsigned entries, struct io_uring_params *params);
void *sim_kern_mmap(size_t len, int fd, uint64_t offset, int *error);
void sim_kern_munmap(void *addr, size_t len);
void sim_ring_closed(struct sim_ring *ring);
void sim_ring_check(struct sim_ring *ring);
void sim_rings_sweep(bool all); /* frees what nobody has any more; all: operations left too */

/* sim_enter.c */
int sim_kern_enter(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                   const void *arg, size_t arg_size);
void sim_sqpoll(struct sim_ring *ring);

/* sim_complete.c */
void sim_op_add(struct sim_op *op);
void sim_op_done(struct sim_op *op, int result);
void sim_op_free(struct sim_op *op);
void sim_run_work(struct sim_ring *ring);
void sim_flush_overflow(struct sim_ring *ring);
unsigned sim_cq_ready(const struct sim_ring *ring);

/* sim_sqe.c: a struct sim_op from an SQE; negative errno as the kernel's preparation gives it */
int sim_prepare(struct sim_op *op, const struct io_uring_sqe *sqe);
bool sim_opcode_is_known(unsigned opcode);
bool sim_opcode_is_data(unsigned opcode);
bool sim_opcode_is_write(unsigned opcode);

/* sim_device.c */
void sim_start(struct sim_op *op);
void sim_finish(struct sim_op *op); /* its service time is over */
int sim_cancel(struct sim_ring *ring, struct sim_op *request);
void sim_release_hung(const struct sim_inode *inode);
uint64_t sim_service_ns(void);
void sim_faults_reset(void);

/* sim_fault.c */
int sim_faulty_result(struct sim_op *op);

/* sim_exec.c: the effect of one operation on files */
int sim_execute(struct sim_op *op, int64_t most);

/* sim_files.c */
struct sim_inode *sim_inode_find(const char *path);
int sim_inode_open(const char *path, int flags, bool by_library);
void sim_inode_close(struct sim_obj *obj);
int sim_inode_unlink(const char *path, int flags);
int sim_inode_rename(const char *from, const char *to, unsigned flags);
int sim_inode_mkdir(const char *path);
int sim_inode_resize(struct sim_inode *inode, int64_t size);
void sim_files_free(void);

/* sim_register.c */
int sim_kern_register(int fd, unsigned opcode, const void *arg, unsigned n);
void sim_unregister_all(struct sim_ring *ring);

/* sim_direct.c fills in the entries for calls on files, sim_memory.c those for memory */
void sim_direct_ops(struct kern_ops *ops);
void sim_memory_ops(struct kern_ops *ops);
void sim_memory_reset(void);

#endif
