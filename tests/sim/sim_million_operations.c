/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random workloads on the simulated kernel, engine after engine, each with a seed
 * of its own, until the wanted number of operations is done. Each runs in a child
 * process: what the library remembers between engines would make a run depend on
 * those before it, and its seed alone would not bring it back.
 *
 *     sim_million_operations [--seed N] [--ops N]
 *
 * Without: AURAIO_SIM_SEED and AURAIO_SIM_OPS, else a seed from the clock and
 * 20000 operations. --ops 1 is the one engine of that seed, without a child.
 */
#include "workload.h"

#include "tap.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t number(const char *text, uint64_t otherwise)
{
    return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t fresh_seed(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Operations done; 0: it failed and said why. */
static uint64_t run_in_child(uint64_t seed)
{
    int status;
    uint64_t *n = mmap(NULL, sizeof *n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (n == MAP_FAILED)
        bail("no memory");
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        bail("no process");
    if (!pid) {
        *n = (uint64_t)run_workload(seed);
        exit(0);
    }
    bool good = waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
    uint64_t done_ops = good ? *n : 0;
    munmap(n, sizeof *n);
    if (!good && !(WIFEXITED(status) && WEXITSTATUS(status) == 1)) /* 1: sim_fail told it */
        note("replay: sim_million_operations --seed %llu --ops 1", (unsigned long long)seed);
    return done_ops;
}

int main(int argc, char **argv)
{
    uint64_t seed = number(getenv("AURAIO_SIM_SEED"), fresh_seed());
    uint64_t ops = number(getenv("AURAIO_SIM_OPS"), 20000), n = 0, more = 1;
    int engines = 0;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--seed"))
            seed = number(argv[i + 1], 0);
        else if (!strcmp(argv[i], "--ops"))
            ops = number(argv[i + 1], 0);
    }
    note("seed %llu, %llu operations", (unsigned long long)seed, (unsigned long long)ops);
    struct sim_rand seeds = {seed};
    for (uint64_t next = seed; n < ops && more; next = sim_next(&seeds)) {
        more = ops == 1 ? (uint64_t)run_workload(next) : run_in_child(next);
        n += more;
        engines++;
    }
    ok(n >= ops, "%llu operations on %d engines, each answered once and rightly",
       (unsigned long long)n, engines);
    return done();
}
