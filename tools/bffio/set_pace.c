/* SPDX-License-Identifier: Apache-2.0 */
/* Values of depth, delays and targets. */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int set_iodepth(struct setting *setting, const char *value)
{
    uint64_t depth = 0;
    int r = 0;

    setting->job->iodepth_auto = strcmp(value, "auto") == 0;
    if (!setting->job->iodepth_auto) {
        r = value_size(piece_of(value), 1024, &depth);
        if (r == 0 && (depth == 0 || depth > INT_MAX))
            r = -ERANGE;
    }
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->iodepth = (unsigned)depth;
    return 0;
}

int set_startdelay(struct setting *setting, const char *value)
{
    const uint64_t second_ns = 1000000000;
    struct piece low, high;
    bool is_range = piece_split(piece_of(value), '-', &low, &high) ||
                    piece_split(piece_of(value), ':', &low, &high);
    uint64_t min, max = 0;
    int r = value_time(low, second_ns, &min);

    if (r == 0 && is_range)
        r = value_time(high, second_ns, &max);
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    if (is_range && max < min) {
        uint64_t swapped = min;

        min = max;
        max = swapped;
    }
    setting->job->startdelay_us = min / 1000;
    setting->job->startdelay_max_us = max / 1000;
    return 0;
}

int set_latency_target(struct setting *setting, const char *value)
{
    int r = value_time(piece_of(value), 1000, &setting->job->latency_target_ns);

    return r < 0 ? option_bad_value(setting, piece_of(value), r) : 0;
}

int set_target_p99(struct setting *setting, const char *value)
{
    uint64_t ns;
    int r = value_time(piece_of(value), 0, &ns);

    if (r == 0 && ns == 0)
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->target_p99_ns = ns;
    return 0;
}

/* The limit of bw is in bytes per second, of iops a count, of slopes and with % a percentage. */
int set_steadystate(struct setting *setting, const char *value)
{
    static const struct {
        const char *name;
        bool iops, slope;
    } criteria[] = {
        {"iops", true, false},
        {"iops_slope", true, true},
        {"bw", false, false},
        {"bw_slope", false, true},
    };
    struct job *job = setting->job;
    struct piece name, limit;
    bool is_percent;

    if (!piece_split(piece_of(value), ':', &name, &limit) || limit.len == 0)
        return option_wrong(setting, "'%s' has no limit; valid values: %s", value,
                            setting->def->form);
    is_percent = limit.at[limit.len - 1] == '%';
    limit.len -= is_percent;
    for (size_t i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++) {
        uint64_t bytes;
        double number;
        int r;

        if (!piece_is(name, criteria[i].name))
            continue;
        r = value_decimal(limit, &number);
        if (r < 0 && !criteria[i].iops && !is_percent) {
            r = value_size(limit, job->kb_base, &bytes);
            number = (double)bytes;
        }
        if (r < 0)
            break;
        job->steadystate_iops = criteria[i].iops;
        job->steadystate_slope = criteria[i].slope;
        job->steadystate_percent = is_percent;
        job->steadystate_limit = number;
        return set_string(setting, &job->steadystate, value);
    }
    return option_bad_value(setting, piece_of(value), -EINVAL);
}
