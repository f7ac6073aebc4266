/* SPDX-License-Identifier: Apache-2.0 */
/* A run: tasks, one thread each, and the main thread that starts, watches and ends them.
 *
 * Who touches what: a field of struct task belongs to the task's thread while it runs, and to the
 * main thread before and after (pthread_create, and `ended` read with acquire, order the two).
 * What both need in between is atomic, or guarded by the task's lock, which the I/O loop takes
 * only when told by `attention` that somebody wants a copy of the statistics. */
#ifndef BFFIO_RUN_H
#define BFFIO_RUN_H

#include "job.h"
#include "log.h"
#include "parse.h"
#include "stat.h"
#include "workload.h"

#include <auraio.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum attention { ATTEND_STOP = 1, ATTEND_COPY = 2, ATTEND_HANDED = 4 };

struct run;
struct shared;
struct flow;
struct steadies;

/* A job of the run: numjobs is unfolded. */
struct task {
    struct job job; /* a copy; its strings are the parser's */
    struct run *run;
    unsigned group;
    uint64_t startdelay_ns;
    struct workload *work;
    struct logs *logs;
    struct job_stat stat;
    struct flow *flow;     /* or NULL */
    struct shared *shared; /* the group's engine with iodepth=auto, else NULL */
    pthread_t thread;
    bool has_thread;
    uint32_t wave;     /* it starts when the gate has opened so often */
    uint64_t start_ns; /* when it did, the same for all of a wave */

    /* by the task, read by the main thread */
    _Atomic char state; /* fio's letter */
    atomic_bool ready;  /* opened, waits for the start */
    atomic_bool ended;
    _Atomic uint64_t began_ns; /* 0: not yet */
    _Atomic uint64_t shown_ns; /* of the next line; 0 while it changes */
    _Atomic uint64_t shown_bytes[DIRECTIONS], shown_ios[DIRECTIONS];

    /* by the main thread, read by the task */
    _Atomic uint32_t attention; /* enum attention bits; a futex */

    pthread_mutex_t lock;    /* of the next three */
    auraio_engine_t *engine; /* to be woken; NULL: there is none */
    struct job_stat copy;    /* for --status-interval */
    bool has_copy;
};

struct run {
    const struct settings *settings;
    struct task *tasks;
    size_t n_tasks;
    struct shared **shared; /* one for each run status group, or NULL */
    unsigned n_groups;
    struct flow *flows; /* one for each flow_id, room for all tasks */
    size_t n_flows;
    uint64_t began_ns;
    struct disks *disks;       /* or NULL */
    struct steadies *steadies; /* or NULL */
    struct bandwidth_log *log; /* or NULL */
    uint64_t logged_ns, logged_bytes[DIRECTIONS];
    const atomic_int *signals; /* SIGINT and SIGTERM that have come */
    sem_t changed; /* posted by tasks and signal handlers: the main thread looks again */
    sem_t copied;
    _Atomic uint32_t gate; /* a futex: tasks that are ready wait for their wave's turn */
    bool is_wave_pending;  /* threads that wait for the gate, or are on their way to it */
    bool exitall;
    bool stopped; /* by a signal */
    bool is_target_missed;
    bool is_report_lost; /* one of --status-interval */
    int exit_status;

    /* for the ETA */
    uint64_t shown_ns, shown_bytes[DIRECTIONS], shown_ios[DIRECTIONS];
};

/* run.c */
struct run *run_new(const struct settings *settings, const struct job_list *list);
void run_free(struct run *run);
/* Prepares files, runs all tasks to their end. `signals` counts SIGINT and SIGTERM. */
void run_tasks(struct run *run, atomic_int *signals);
void run_terminate(struct run *run, const struct task *cause, enum exit_what what);

/* task.c */
void *task_main(void *task);
/* Tells a task; wakes it wherever it sleeps. */
void task_attend(struct task *task, enum attention why);
/* The same, but not out of a wait for its engine. */
void task_signal(struct task *task, enum attention why);
void task_attended(struct task *task, enum attention why);
/* Sleeps until a time of now_ns, or until attention is wanted. */
void task_sleep(struct task *task, uint64_t until_ns);
/* With a message once for each job: the errno it ends with. */
void task_fail(struct task *task, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line on stderr, once more than the job's error. */
void task_say(const struct task *task, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* group.c: 0, or a negative errno after a message. */
int report_run(struct run *run, bool final);
/* ETA and states, once per interval. */
/* eta.c */
void show_progress(struct run *run);

#endif
