/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare [OPTION]... [TABLE]...: measures the contestants against each other.
 *
 * Each run is a process of its own. In a round every contestant runs once at every depth, and the
 * order moves on by one from round to round. A ratio is taken within a round, where both sides had
 * the same machine; its median over the rounds is printed with bounds. Without TABLE all of them.
 */
#include "figures.h"
#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static int rounds = 9, ms = 250, size_mib = 256;
static const char *base;
static const char *directories[] = {[IN_MEMORY] = "/dev/shm", [ON_DISK] = "."};
static int depths[DEPTHS_MOST]; /* in place of the tables' own when the first is not 0 */

static char programs[PATH_MAX]; /* where the contestants are: beside this program */
static char file[PATH_MAX];     /* that is read; empty while there is none */

static void remove_file(void)
{
    if (file[0])
        unlink(file);
    file[0] = '\0';
}

static void on_signal(int signal_number)
{
    if (file[0])
        unlink(file);
    _exit(128 + signal_number);
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: compare [--rounds N] [--ms N] [--size MIB] [--depths N,N...]\n"
                    "               [--base CONTESTANT] [--memory DIR] [--disk DIR] [TABLE...]\n"
                    "tables:");
    for (int i = 0; i < table_count; i++)
        fprintf(stderr, " %s", tables[i].name);
    fprintf(stderr, "\n");
    exit(2);
}

static int number(const char *text, int most)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end || value < 1 || value > most)
        usage();
    return (int)value;
}

static void read_depths(char *list)
{
    int n = 0;

    for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
        if (n == DEPTHS_MOST)
            usage();
        depths[n++] = number(word, 32768);
    }
    if (!n)
        usage();
}

static void read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"rounds", required_argument, NULL, 'r'}, {"ms", required_argument, NULL, 't'},
        {"size", required_argument, NULL, 's'},   {"depths", required_argument, NULL, 'd'},
        {"base", required_argument, NULL, 'b'},   {"memory", required_argument, NULL, 'm'},
        {"disk", required_argument, NULL, 'k'},   {0},
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (letter) {
        case 'r':
            rounds = number(optarg, 10000);
            break;
        case 't':
            ms = number(optarg, 3600000);
            break;
        case 's':
            size_mib = number(optarg, 1 << 20);
            break;
        case 'd':
            read_depths(optarg);
            break;
        case 'b':
            base = optarg;
            break;
        case 'm':
            directories[IN_MEMORY] = optarg;
            break;
        case 'k':
            directories[ON_DISK] = optarg;
            break;
        default:
            usage();
        }
    }
    for (int i = optind; i < argc; i++) {
        if (!table_named(argv[i]))
            usage();
    }
    if (base && !contestant_named(base))
        give_up("no contestant has the name of the base", 0);
}

static void find_programs(void)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (len < 0)
        give_up("/proc/self/exe", errno);
    self[len] = '\0';
    snprintf(programs, sizeof programs, "%s", dirname(self));
}

static void print_machine(void)
{
    struct utsname system;
    char line[256], *model = NULL;
    FILE *cpuinfo = fopen("/proc/cpuinfo", "re");

    if (uname(&system) != 0)
        give_up("uname", errno);
    while (cpuinfo && !model && fgets(line, sizeof line, cpuinfo)) {
        if (strncmp(line, "model name", 10) == 0)
            model = strchr(line, ':');
    }
    if (model)
        model[strcspn(model, "\n")] = '\0';
    printf("Linux %s, %s, %ld CPUs%s. Each figure is the median of %d rounds of %d ms; in "
           "brackets\n",
           system.release, system.machine, sysconf(_SC_NPROCESSORS_ONLN), model ? model : "",
           rounds, ms);
    printf(rounds < VALUES_FOR_BOUNDS ? "the least and the greatest, as these are too few rounds.\n"
                                      : "bounds of the median that hold with 95 %% probability.\n");
    if (cpuinfo)
        fclose(cpuinfo);
}

/* Keeps those that can run here; the first of them makes the file. */
static void find_contestants(struct results *results, struct setting *setting)
{
    const struct table *table = results->table;
    struct outcome outcome;
    char why[4096];

    setting->ops = 1;
    setting->depth = 1;
    for (int i = 0; i < CONTESTANTS_MOST && table->contestants[i]; i++) {
        const struct contestant *contestant = contestant_named(table->contestants[i]);
        if (run_contestant(contestant, table, setting, &outcome, why, sizeof why))
            results->contestants[results->contestant_count++] = contestant;
        else
            fprintf(stderr, "compare: %s: left out of %s: %.*s\n", contestant->name, table->name,
                    (int)strcspn(why, "\n"), why);
    }
    setting->ops = 0;
}

static void run_round(const struct results *results, struct setting *setting, int round)
{
    char said[4096];

    setting->seed = (unsigned)round + 1;
    for (int depth = 0; depth < results->depth_count; depth++) {
        setting->depth = results->depths[depth];
        for (int turn = 0; turn < results->contestant_count; turn++) {
            int i = (turn + round) % results->contestant_count;
            if (!run_contestant(results->contestants[i], results->table, setting,
                                outcome_at(results, i, depth, round), said, sizeof said))
                give_up("a contestant that could run before no longer can", 0);
        }
    }
}

static void run_table(const struct table *table)
{
    struct results results = {.table = table, .rounds = rounds};
    struct setting setting = {programs, file, (long)size_mib << 20, 1, ms, 0, 1};

    for (const int *depth = depths[0] ? depths : table->depths;
         results.depth_count < DEPTHS_MOST && depth[results.depth_count]; results.depth_count++)
        results.depths[results.depth_count] = depth[results.depth_count];
    snprintf(file, sizeof file, "%s/auraio-compare-%ld.tmp", directories[table->place],
             (long)getpid());
    find_contestants(&results, &setting);
    int runs = rounds * results.depth_count * results.contestant_count;
    fprintf(stderr, "compare: %s: %d runs, about %d s\n", table->name, runs,
            (int)((double)runs * ms / 1000 + 1));
    if (!runs) {
        remove_file();
        return;
    }
    results.outcomes = calloc((size_t)runs, sizeof *results.outcomes);
    if (!results.outcomes)
        give_up("results", ENOMEM);
    for (int round = 0; round < rounds; round++)
        run_round(&results, &setting, round);
    print_results(&results, base);
    if (fflush(stdout) != 0)
        give_up("output", errno);
    free(results.outcomes);
    remove_file();
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};

    read_options(argc, argv);
    find_programs();
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
        sigaction(SIGHUP, &action, NULL) != 0)
        give_up("sigaction", errno);
    if (atexit(remove_file) != 0)
        give_up("atexit", ENOMEM);
    print_machine();
    for (int i = optind; i < argc; i++)
        run_table(table_named(argv[i]));
    for (int i = 0; optind == argc && i < table_count; i++)
        run_table(&tables[i]);
    return 0;
}
