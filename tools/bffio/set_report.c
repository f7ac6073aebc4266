/* SPDX-License-Identifier: Apache-2.0 */
/* Values of percentiles, logs and what is measured. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PERCENTILES = 20 };

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

int set_percentile_list(struct setting *setting, const char *value)
{
    struct piece rest = piece_of(value), piece;
    double *list = malloc(MAX_PERCENTILES * sizeof(*list));
    size_t n = 0;
    int r = list != NULL ? 0 : -ENOMEM;

    for (; r == 0 && piece_next(&rest, ':', &piece); n++) {
        r = n < MAX_PERCENTILES ? value_decimal(piece, &list[n]) : -ERANGE;
        if (r == 0 && list[n] > 100)
            r = -ERANGE;
    }
    if (r < 0) {
        free(list);
        return option_bad_value(setting, piece_of(value), r);
    }
    qsort(list, n, sizeof(*list), compare_doubles);
    free(setting->job->percentiles);
    setting->job->percentiles = list;
    setting->job->n_percentiles = n;
    return 0;
}

/* Without a value the job's name begins the file's: an empty prefix until the name is known. */
int set_log(struct setting *setting, const char *value)
{
    char **prefix = (char **)(void *)((char *)setting->job + setting->def->offset);

    if (value != NULL && *value == '\0')
        return option_wrong(setting, "needs a value");
    return set_string(setting, prefix, value != NULL ? value : "");
}

int set_gtod_reduce(struct setting *setting, const char *value)
{
    struct job *job = setting->job;

    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return option_bad_value(setting, piece_of(value), -EINVAL);
    job->gtod_reduce = *value == '1';
    job->disable_lat = job->disable_clat = job->gtod_reduce;
    job->disable_slat = job->disable_bw = job->gtod_reduce;
    return 0;
}

int set_unified_reporting(struct setting *setting, const char *value)
{
    for (const struct option_value *known = setting->def->values; known->name != NULL; known++)
        if (strcmp(known->name, value) == 0) {
            setting->job->unified_rw_reporting = known->value == 1;
            setting->job->unified_both = known->value == 2;
            return 0;
        }
    return option_bad_value(setting, piece_of(value), -EINVAL);
}
