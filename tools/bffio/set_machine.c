/* SPDX-License-Identifier: Apache-2.0 */
/* Values of CPU lists and lists of errors. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add_cpu(struct setting *setting, uint64_t cpu, cpu_set_t *cpus)
{
    long here = sysconf(_SC_NPROCESSORS_CONF);

    if (cpu >= CPU_SETSIZE || (!setting->parse_only && here > 0 && cpu >= (uint64_t)here))
        return option_wrong(setting, "this machine has no CPU %llu; valid values: 0 to %ld",
                            (unsigned long long)cpu, here - 1);
    CPU_SET((size_t)cpu, cpus);
    return 0;
}

static int take_cpus(struct setting *setting, const cpu_set_t *cpus)
{
    if (CPU_COUNT(cpus) == 0)
        return option_wrong(setting, "no CPU; valid values: %s", setting->def->form);
    setting->job->cpus = *cpus;
    setting->job->cpus_given = true;
    return 0;
}

int set_cpus_allowed(struct setting *setting, const char *value)
{
    struct piece rest = piece_of(value), piece, low, high;
    cpu_set_t cpus;

    CPU_ZERO(&cpus);
    while (piece_next(&rest, ',', &piece)) {
        uint64_t first, last;
        bool is_range = piece_split(piece, '-', &low, &high);
        int r = value_size(low, 1024, &first);

        last = first;
        if (r == 0 && is_range)
            r = value_size(high, 1024, &last);
        if (r == 0 && last < first)
            r = -EINVAL;
        if (r < 0)
            return option_bad_value(setting, piece, r);
        for (uint64_t cpu = first; cpu <= last; cpu++)
            if (add_cpu(setting, cpu, &cpus) < 0)
                return -EINVAL;
    }
    return take_cpus(setting, &cpus);
}

int set_cpumask(struct setting *setting, const char *value)
{
    uint64_t mask;
    cpu_set_t cpus;
    int r = value_size(piece_of(value), 1024, &mask);

    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    CPU_ZERO(&cpus);
    for (unsigned cpu = 0; cpu < 64; cpu++)
        if ((mask >> cpu & 1) != 0 && add_cpu(setting, cpu, &cpus) < 0)
            return -EINVAL;
    return take_cpus(setting, &cpus);
}

int set_continue_on_error(struct setting *setting, const char *value)
{
    struct piece rest = piece_of(value), piece;
    unsigned bits = 0;

    while (piece_next(&rest, ',', &piece)) {
        const struct option_value *known = setting->def->values;

        while (known->name != NULL && !piece_is(piece, known->name))
            known++;
        if (known->name == NULL)
            return option_bad_value(setting, piece, -EINVAL);
        bits |= (unsigned)known->value;
    }
    setting->job->continue_on_error = bits;
    return 0;
}

enum { MAX_IGNORED = 64, ERROR_LISTS = 3 };

static int set_error_list(struct setting *setting, struct piece list, unsigned kind)
{
    struct job *job = setting->job;
    struct piece piece;
    int errors[MAX_IGNORED], *copy = NULL;
    size_t n = 0;

    for (; list.len > 0 && piece_next(&list, ':', &piece); n++) {
        if (n == MAX_IGNORED)
            return option_wrong(setting, "more than %d errors", MAX_IGNORED);
        if (value_errno(piece, &errors[n]) < 0)
            return option_bad_value(setting, piece, -EINVAL);
    }
    if (n > 0) {
        copy = malloc(n * sizeof(*copy));
        if (copy == NULL)
            return option_no_memory(setting);
        memcpy(copy, errors, n * sizeof(*copy));
    }
    free(job->ignored_errors[kind]);
    job->ignored_errors[kind] = copy;
    job->n_ignored_errors[kind] = n;
    return 0;
}

int set_ignore_error(struct setting *setting, const char *value)
{
    struct piece rest = piece_of(value), piece;

    for (unsigned kind = 0; piece_next(&rest, ',', &piece); kind++) {
        if (kind == ERROR_LISTS || *value == '\0')
            return option_bad_value(setting, piece_of(value), -EINVAL);
        if (set_error_list(setting, piece, kind) < 0)
            return -EINVAL;
    }
    return 0;
}
