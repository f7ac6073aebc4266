/* SPDX-License-Identifier: Apache-2.0 */
/* See finding.h. */
#include "finding.h"

#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding *finding_add(const struct inquiry *inquiry, const char *subject, bool is_met,
                            const char *bar)
{
    struct finding *finding = &inquiry->findings->finding[inquiry->findings->count++];

    if (inquiry->findings->count > FINDINGS)
        abort();
    finding->subject = subject;
    finding->is_judged = *bar;
    finding->is_met = is_met;
    finding->result[0] = '\0';
    snprintf(finding->bar, sizeof finding->bar, "%s", bar);
    return finding;
}

void finding_result(struct finding *finding, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(finding->result, sizeof finding->result, format, ap);
    va_end(ap);
}

void inquiry_run(const struct inquiry *inquiry, const char *name, struct setup *setup,
                 struct bout *bout)
{
    if (!scenario_find(name, inquiry->seed, setup))
        abort();
    bout_prepare(inquiry->world, setup, inquiry->seed, inquiry->steady_s, bout);
    bout_run(inquiry->world, setup, &inquiry->contestant, inquiry->seed, 0, bout);
    if (inquiry->tell)
        inquiry->tell(inquiry, name, setup, bout);
}

bool inquiry_group(const struct inquiry *inquiry, const char *name)
{
    static const struct {
        const char *name;
        void (*run)(const struct inquiry *inquiry);
    } groups[] = {{"random", inquiry_random},   {"change", inquiry_change},
                  {"ceiling", inquiry_ceiling}, {"rings", inquiry_rings},
                  {"calm", inquiry_calm},       {"rivals", inquiry_rivals},
                  {"rest", inquiry_rest}};
    bool is_all = !strcmp(name, "all"), is_known = is_all;

    for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (!is_all && strcmp(name, groups[i].name) != 0)
            continue;
        is_known = true;
        groups[i].run(inquiry);
    }
    return is_known;
}
