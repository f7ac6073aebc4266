/* SPDX-License-Identifier: Apache-2.0 */
/* Values of randseed and random_distribution. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ZONES = 256 };

int set_randseed(struct setting *setting, const char *value)
{
    int r = value_size(piece_of(value), 1024, &setting->job->randseed);

    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->randseed_given = true;
    return 0;
}

static void forget_zones(struct job *job, unsigned dir)
{
    free(job->zones[dir]);
    job->zones[dir] = NULL;
    job->n_zones[dir] = 0;
}

static int read_zone(struct setting *setting, struct piece piece, bool is_absolute,
                     struct zone_share *zone)
{
    struct piece access, size;
    int r = piece_split(piece, '/', &access, &size) ? 0 : -EINVAL;

    *zone = (struct zone_share){0, 0, 0};
    if (r == 0)
        r = value_decimal(access, &zone->access_percent);
    if (r == 0 && is_absolute)
        r = value_size(size, setting->job->kb_base, &zone->size_bytes);
    else if (r == 0)
        r = value_decimal(size, &zone->size_percent);
    if (r == 0 && (zone->access_percent > 100 || zone->size_percent > 100))
        r = -ERANGE;
    if (r == 0 && is_absolute && zone->size_bytes == 0)
        r = -ERANGE;
    if (r < 0)
        return option_wrong(setting, "'%.*s' is no zone; valid values: PERCENT/%s",
                            piece.len > 60 ? 60 : (int)piece.len, piece.at,
                            is_absolute ? "SIZE" : "PERCENT");
    return 0;
}

static int set_zones(struct setting *setting, struct piece list, bool is_absolute, unsigned dir)
{
    struct job *job = setting->job;
    struct zone_share zones[MAX_ZONES];
    struct piece rest = list, piece;
    double access = 0, size = 0;
    size_t n = 0;

    for (; piece_next(&rest, ':', &piece); n++) {
        if (n == MAX_ZONES)
            return option_wrong(setting, "more than %d zones", MAX_ZONES);
        if (read_zone(setting, piece, is_absolute, &zones[n]) < 0)
            return -EINVAL;
        access += zones[n].access_percent;
        size += zones[n].size_percent;
    }
    if (fabs(access - 100) > 0.01)
        return option_wrong(setting, "the percentages of access make %g, not 100", access);
    if (!is_absolute && fabs(size - 100) > 0.01)
        return option_wrong(setting, "the percentages of size make %g, not 100", size);
    forget_zones(job, dir);
    job->zones[dir] = malloc(n * sizeof(zones[0]));
    if (job->zones[dir] == NULL)
        return option_no_memory(setting);
    memcpy(job->zones[dir], zones, n * sizeof(zones[0]));
    job->n_zones[dir] = n;
    return 0;
}

/* read,write,trim; a missing part is the one before it. */
static int set_zoned(struct setting *setting, struct piece list, enum distribution dist)
{
    struct piece rest = list, piece;
    bool is_absolute = dist == DIST_ZONED_ABS;

    for (unsigned n = 0; piece_next(&rest, ',', &piece); n++) {
        unsigned last = rest.at != NULL ? n : DIRECTIONS - 1;

        if (n == DIRECTIONS)
            return option_wrong(setting, "more than three parts; valid values: read,write,trim");
        for (unsigned dir = n; dir <= last; dir++)
            if (set_zones(setting, piece, is_absolute, dir) < 0)
                return -EINVAL;
    }
    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        setting->job->dist[dir] = dist;
    return 0;
}

/* fio's own limits. */
static int check_curve(struct setting *setting, enum distribution dist, double value, double center)
{
    if (dist == DIST_ZIPF && (value <= 0 || fabs(value - 1) < 1e-9))
        return option_wrong(setting, "theta is out of range; valid values: above 0, not 1");
    if (dist == DIST_PARETO && (value <= 0 || value >= 1))
        return option_wrong(setting, "h is out of range; valid values: between 0 and 1");
    if (dist == DIST_NORMAL && value >= 100)
        return option_wrong(setting, "the deviation is out of range; valid values: 0 to below 100");
    if (center > 1)
        return option_wrong(setting, "the center is out of range; valid values: 0 to 1");
    return 0;
}

static int wrong_number(struct setting *setting, struct piece piece)
{
    return option_wrong(setting, "'%.*s' is no number; valid values: NAME:NUMBER[:CENTER]",
                        piece.len > 60 ? 60 : (int)piece.len, piece.at);
}

static int set_curve(struct setting *setting, struct piece parameters, enum distribution dist)
{
    static const double presets[] = {[DIST_ZIPF] = 1.1, [DIST_PARETO] = 0.2, [DIST_NORMAL] = 0};
    struct job *job = setting->job;
    struct piece first, second;
    double value = presets[dist], center = -1;
    bool has_center = piece_split(parameters, ':', &first, &second);

    if (first.len > 0 && value_decimal(first, &value) < 0)
        return wrong_number(setting, first);
    if (has_center && value_decimal(second, &center) < 0)
        return wrong_number(setting, second);
    if (check_curve(setting, dist, value, center) < 0)
        return -EINVAL;
    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        forget_zones(job, dir);
        job->dist[dir] = dist;
        job->dist_value[dir] = value;
        job->dist_center[dir] = center;
    }
    return 0;
}

int set_random_distribution(struct setting *setting, const char *value)
{
    struct piece name, parameters;
    bool has_parameters = piece_split(piece_of(value), ':', &name, &parameters);

    for (const struct option_value *known = setting->def->values; known->name != NULL; known++) {
        enum distribution dist = (enum distribution)known->value;

        if (!piece_is(name, known->name))
            continue;
        if (has_parameters && (parameters.len == 0 || dist == DIST_RANDOM))
            break;
        if (dist == DIST_ZONED || dist == DIST_ZONED_ABS)
            return set_zoned(setting, parameters, dist);
        if (dist != DIST_RANDOM)
            return set_curve(setting, parameters, dist);
        for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
            forget_zones(setting->job, dir);
            setting->job->dist[dir] = DIST_RANDOM;
            setting->job->dist_center[dir] = -1;
        }
        return 0;
    }
    return option_bad_value(setting, piece_of(value), -EINVAL);
}
