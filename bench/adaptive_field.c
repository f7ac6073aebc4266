/* SPDX-License-Identifier: Apache-2.0 */
#include "adaptive_field.h"

#include "adaptive_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CALIBRATION_MS = 500, POWERS_MOST = 16 };

void field_add_depth(struct field *field, int depth)
{
    struct contestant *contestants = field->contestants;
    int at = field->static_count;

    while (at > 0 && contestants[at - 1].depth > depth)
        at--;
    if (depth < 1 || depth > READS_PER_DISK || (at > 0 && contestants[at - 1].depth == depth))
        return;
    memmove(&contestants[at + 1], &contestants[at],
            (size_t)(field->static_count - at) * sizeof *contestants);
    contestants[at] = (struct contestant){.depth = depth};
    snprintf(contestants[at].name, sizeof contestants[at].name, "static %d", depth);
    field->count = ++field->static_count;
}

void field_add_powers(struct field *field, int factor)
{
    for (int depth = 1; depth <= READS_PER_DISK; depth *= factor)
        field_add_depth(field, depth);
}

void field_add_around(struct field *field, int knee)
{
    for (int quarters = 3; quarters <= 6; quarters++)
        field_add_depth(field, knee * quarters / 4);
}

static void add_law(struct field *field, const char *name, auraio_control_t law)
{
    struct contestant *c = &field->contestants[field->count++];

    *c = (struct contestant){.law = law};
    snprintf(c->name, sizeof c->name, "%s", name);
}

void field_add_laws(struct field *field)
{
    add_law(field, "AIMD", AURAIO_CONTROL_AIMD);
    add_law(field, "KNEE", AURAIO_CONTROL_KNEE);
}

struct calibration calibrate(const struct disk *disk)
{
    struct run_plan plan = {.disks = disk,
                            .disk_count = 1,
                            .part_count = 1,
                            .warm_s = .1,
                            .seconds = CALIBRATION_MS / 1e3,
                            .seed = 1};
    double iops[POWERS_MOST], p99[POWERS_MOST], most = 0;
    int n = 0, knee = 0;

    for (int depth = 1; depth <= READS_PER_DISK; depth *= 2, n++) {
        struct contestant contestant = {.depth = depth};
        struct run run;
        run_contestant(&plan, &contestant, &run);
        iops[n] = run.parts[0].iops;
        p99[n] = run.parts[0].p99_ms;
        most = fmax(most, iops[n]);
        run_free(&run);
    }
    while (iops[knee] < .97 * most)
        knee++;
    return (struct calibration){.knee = 1 << knee, .ceiling_ms = sqrt(p99[0] * p99[knee])};
}
