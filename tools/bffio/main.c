/* SPDX-License-Identifier: Apache-2.0 */
/* bffio: parse, run, report. Exit status: 0; 1 for anything wrong; 3 when a latency target was
 * not met; 128 after SIGINT or SIGTERM. */
#include "clock.h"
#include "output.h"
#include "parse.h"
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_TARGET_MISSED = 3, EXIT_SIGNAL = 128, SAME_SIGNAL_MS = 300 };

static atomic_int signals;
static struct run *volatile the_run; /* for the handler alone */

/* The first one ends the run in order, a later one at once. timeout(1) sends each twice, to the
 * process and to its group: what comes right behind the first counts as the same. */
static void on_signal(int number)
{
    static _Atomic uint64_t first_ns;
    int error = errno;
    uint64_t now = now_ns();

    (void)number;
    if (atomic_fetch_add(&signals, 1) == 0)
        atomic_store(&first_ns, now);
    else if (now - atomic_load(&first_ns) > SAME_SIGNAL_MS * NS_PER_MS)
        _exit(EXIT_SIGNAL);
    if (the_run)
        sem_post(&the_run->changed);
    errno = error;
}

static void catch_signals(struct run *run)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    the_run = run;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int announce(struct run *run)
{
    struct job *jobs = calloc(run->n_tasks ? run->n_tasks : 1, sizeof *jobs);
    unsigned *groups = calloc(run->n_tasks ? run->n_tasks : 1, sizeof *groups);

    for (size_t i = 0; jobs && groups && i < run->n_tasks; i++) {
        jobs[i] = run->tasks[i].job;
        groups[i] = run->tasks[i].group;
    }
    int result = -ENOMEM;
    if (jobs && groups)
        result = output_begin(run->settings, jobs, groups, run->n_tasks);
    if (result == -ENOMEM)
        fputs("bffio: no memory\n", stderr);
    free(jobs);
    free(groups);
    return result;
}

static int run_all(const struct settings *settings, const struct job_list *list)
{
    struct run *run = run_new(settings, list);

    if (!run)
        return 1;
    catch_signals(run);
    int status = announce(run) == 0 ? 0 : 1;
    if (!status && settings->bandwidth_log) {
        run->log = bandwidth_log_new(settings->bandwidth_log);
        status = run->log ? 0 : 1;
    }
    if (!status) {
        run_tasks(run, &signals);
        if (run->log && bandwidth_log_write(run->log) != 0)
            run->exit_status = 1;
        output_progress_end(settings);
        bool is_told = report_run(run, true) == 0 && !run->is_report_lost;
        status = is_told ? run->exit_status : 1;
        if (!status && run->is_target_missed)
            status = EXIT_TARGET_MISSED;
        if (is_told && run->stopped)
            status = EXIT_SIGNAL;
    }
    the_run = NULL;
    run_free(run);
    return status;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    struct job_list list = {0};
    int status = 0;

    clock_begin();
    enum parse_result parsed = parse_command_line(argc, argv, &settings, &list);
    if (parsed == PARSED)
        status = run_all(&settings, &list);
    else if (parsed == PARSE_FAILED)
        status = 1;
    job_list_free(&list);
    settings_free(&settings);
    if (fflush(stdout) != 0 && !status) {
        fprintf(stderr, "bffio: standard output: %s\n", strerror(errno));
        status = 1;
    }
    return status;
}
