/* SPDX-License-Identifier: Apache-2.0 */
/* Options have fio's grammar: what fio takes is taken, with the same meaning; what it refuses is
 * refused; what it silently reads as something else is an error. */
#include "../tap.h"

#include "parse.h"
#include "parse_lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_WORDS = 16 };

static const char *const fio_start[] = {"fio", "--parse-only", "--name=a", "--size=64M"};

/* The words of a line as arguments, in the buffer; argv ends with NULL. */
static int make_arguments(const char *line, char *buffer, size_t size, char **argv)
{
    int argc = 0;
    size_t used = 0;
    char *word, *rest;
    static char copy[512];

    for (size_t i = 0; i < sizeof(fio_start) / sizeof(fio_start[0]); i++)
        argv[argc++] = (char *)(uintptr_t)fio_start[i];
    snprintf(copy, sizeof(copy), "%s", line);
    for (word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = buffer + used;
        used += (size_t)snprintf(buffer + used, size - used, "--%s", word) + 1;
    }
    argv[argc] = NULL;
    return argc;
}

static bool fio_takes(char **argv)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, 1);
        dup2(null, 2);
        execvp("fio", argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool we_take(int argc, char **argv)
{
    struct settings settings;
    struct job_list list;
    enum parse_result result = parse_command_line(argc, argv, &settings, &list);

    job_list_free(&list);
    settings_free(&settings);
    return result != PARSE_FAILED;
}

/* Each start of fio takes 0.1 s of a CPU: it is asked by make check-bffio. */
static void compare_lines(void)
{
    bool has_fio = getenv("AURAIO_TEST_FIO") != NULL;

    if (!has_fio)
        note("fio is not asked (AURAIO_TEST_FIO): only bffio's side is checked");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        enum verdict verdict = lines[i].verdict;
        char buffer[1024], *argv[MAX_WORDS + 1];
        int argc = make_arguments(lines[i].line, buffer, sizeof(buffer), argv);

        ok(we_take(argc, argv) == (verdict == TAKEN || verdict == BEYOND), "bffio %s %s",
           verdict == TAKEN || verdict == BEYOND ? "takes" : "refuses", lines[i].line);
        if (has_fio)
            ok(fio_takes(argv) == (verdict == TAKEN || verdict == STRICTER), "fio %s %s",
               verdict == TAKEN || verdict == STRICTER ? "takes" : "refuses", lines[i].line);
    }
}

static struct settings settings;
static struct job_list list;

/* The job of one section with these lines; kept until the next call. */
static const struct job *job_of(const char *text)
{
    static const struct job none;
    char file[1024];

    job_list_free(&list);
    settings_free(&settings);
    snprintf(file, sizeof(file), "[a]\n%s\n", text);
    ok(parse_job_text(file, strlen(file), &settings, &list) == PARSED && list.n == 1, "parsed");
    return list.n == 1 ? &list.jobs[0] : &none;
}

static void check_sizes(void)
{
    const struct job *job = job_of("bs=4k,8k,16k\nsize=1mib\nio_size=1m\noffset=50%");

    ok(job->bs_min[READS] == 4096 && job->bs_max[WRITES] == 8192 && job->bs_min[TRIMS] == 16384,
       "three block sizes");
    is(job->size, 1000000, "1mib is 1000^2 as in fio");
    is(job->io_size, 1048576, "1m is 1024^2");
    is(job->offset_percent, 50, "offset in percent");
    job = job_of("bs=16k,");
    ok(job->bs_min[READS] == 16384 && job->bs_min[WRITES] == 4096 && job->bs_min[TRIMS] == 4096,
       "an empty second size keeps the default for write and trim");
    job = job_of("bs=,,32k");
    ok(job->bs_min[READS] == 4096 && job->bs_min[WRITES] == 4096 && job->bs_min[TRIMS] == 32768,
       "only the size of trims");
    job = job_of("bs=1k\nkb_base=1000\nsize=1kib");
    ok(job->bs_min[READS] == 1000 && job->size == 1024, "kb_base counts wherever it stands");
    job = job_of("rw=randrw\nbssplit=4k/50:8k/30:16k:32k,1k/10:2k/90");
    is(job->n_bssplit[READS], 4, "four sizes of reads");
    ok(job->bssplit[READS][2].percent == 10 && job->bssplit[READS][3].percent == 10,
       "the silent ones share the rest");
    ok(job->bs_min[READS] == 4096 && job->bs_max[READS] == 32768, "their ends are the range");
    is(job->bssplit[TRIMS][1].bytes, 2048, "trims as writes");
    job = job_of("rate=,500k\nrate_iops_min=7");
    ok(job->rate_bytes[READS] == 0 && job->rate_bytes[WRITES] == 512000, "a rate for writes");
    job = job_of("size=(2*(3+1)^2-2)k\nbs=2*$pagesize");
    is(job->size, 30 * 1024, "arithmetic in parentheses");
    is(job->bs_min[READS], 2 * sysconf(_SC_PAGESIZE), "arithmetic beside a keyword");
}

static void check_times(void)
{
    const struct job *job = job_of("runtime=2\nramp_time=1m\nthinktime=5\nlatency_target=3ms\n"
                                   "latency_window=7\nstartdelay=5s-1s\nmax_latency=9");

    ok(job->runtime_us == 2000000 && job->ramp_us == 60000000, "seconds without a unit");
    ok(job->thinktime_us == 5 && job->latency_window_us == 7 && job->max_latency_us[TRIMS] == 9,
       "microseconds without a unit");
    ok(job->latency_target_ns == 3000000 && job->target_p99_ns == 3000000, "a target");
    ok(job->startdelay_us == 1000000 && job->startdelay_max_us == 5000000, "a turned range");
    job = job_of("target-p99=500us");
    ok(job->target_p99_ns == 500000 && job->iodepth_auto, "target-p99 finds the depth");
    job = job_of("runtime=(1s+500ms)\nramp_time=(20)");
    ok(job->runtime_us == 1500000 && job->ramp_us == 20, "arithmetic of times");
}

static void check_workload(void)
{
    const struct job *job = job_of("rw=randrw:8\nrwmixwrite=30\niodepth=4\niodepth_batch=9");

    ok(job->kind == (KIND_READ | KIND_WRITE | KIND_RANDOM) && job->sequence_ops == 8, "randrw:8");
    ok(job->read_percent == 70 && job->iodepth_batch == 4, "a mix; no batch above the depth");
    job = job_of("readwrite=read:-8k");
    ok(job->sequence_step_bytes == -8192 && !strcmp(job->kind_name, "read"), "read:-8k");
    job = job_of("random_distribution=zoned:50/5:50/95,60/10:40/90");
    ok(job->dist[READS] == DIST_ZONED && job->zones[WRITES][0].access_percent == 60 &&
           job->zones[TRIMS][1].size_percent == 90,
       "zones of reads and of the others");
    job = job_of("random_distribution=zipf");
    ok(job->dist_value[READS] == 1.1 && job->dist_center[READS] == -1, "zipf's own theta");
    job = job_of("ioengine=vsync\nsync=dsync\natomic=1");
    ok(job->engine == ENGINE_VSYNC && job->dsync && !job->sync && job->direct, "vsync, dsync");
    job = job_of("rw=write\nbsrange=4k-6k\nverify=md5");
    ok(job->verify_interval == 2048 && job->refill_buffers, "headers divide all sizes");
    job = job_of("verify_pattern=0x123\"ab\"-12");
    ok(job->verify == VERIFY_PATTERN_NO_HEADER && job->verify_pattern_len == 8 &&
           !memcmp(job->verify_pattern,
                   "\x01\x23"
                   "ab\xf4\xff\xff\xff",
                   8),
       "a pattern in fio's order of bytes");
    job = job_of("ignore_error=EIO:28,,ENODATA\ncpus_allowed=0");
    ok(job->n_ignored_errors[0] == 2 && job->ignored_errors[0][1] == 28 &&
           job->n_ignored_errors[1] == 0 && job->n_ignored_errors[2] == 1,
       "errors by name and number");
    job = job_of("percentile_list=99.9:50\nwrite_bw_log\nfile_service_type=random:3");
    ok(job->n_percentiles == 2 && job->percentiles[0] == 50, "percentiles in order");
    ok(!strcmp(job->log_prefix_bw, "a") && job->file_service_ops == 3, "a log named by the job");
}

int main(void)
{
    compare_lines();
    check_sizes();
    check_times();
    check_workload();
    job_list_free(&list);
    settings_free(&settings);
    return done();
}
