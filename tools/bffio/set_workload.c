/* SPDX-License-Identifier: Apache-2.0 */
/* Values of rw, ioengine, block sizes and random offsets. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int set_name(struct setting *setting, const char *value)
{
    if (*value == '\0')
        return option_wrong(setting, "needs a value");
    return set_string(setting, &setting->job->name, value);
}

static int set_step(struct setting *setting, struct piece number)
{
    struct job *job = setting->job;
    uint64_t ops;
    int r;

    job->sequence_ops = 0;
    job->sequence_step_bytes = 0;
    if (number.len == 0)
        return 0;
    if ((job->kind & KIND_RANDOM) == 0) {
        r = value_signed_size(number, job->kb_base, &job->sequence_step_bytes);
    } else {
        r = value_size(number, job->kb_base, &ops);
        if (r == 0 && ops == 0)
            r = -ERANGE;
        if (r == 0)
            job->sequence_ops = ops;
    }
    return r < 0 ? option_bad_value(setting, number, r) : 0;
}

int set_rw(struct setting *setting, const char *value)
{
    static const struct {
        const char *name;
        unsigned kind;
    } kinds[] = {
        {"read", KIND_READ},
        {"write", KIND_WRITE},
        {"trim", KIND_TRIM},
        {"rw", KIND_READ | KIND_WRITE},
        {"readwrite", KIND_READ | KIND_WRITE},
        {"randread", KIND_READ | KIND_RANDOM},
        {"randwrite", KIND_WRITE | KIND_RANDOM},
        {"randtrim", KIND_TRIM | KIND_RANDOM},
        {"randrw", KIND_READ | KIND_WRITE | KIND_RANDOM},
        {"trimwrite", KIND_TRIM | KIND_WRITE | KIND_TRIM_WRITE},
        {"randtrimwrite", KIND_TRIM | KIND_WRITE | KIND_TRIM_WRITE | KIND_RANDOM},
    };
    struct piece name, number;
    bool has_number = piece_split(piece_of(value), ':', &name, &number);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!piece_is(name, kinds[i].name))
            continue;
        if (has_number && number.len == 0)
            break;
        setting->job->kind = kinds[i].kind;
        if (set_string(setting, &setting->job->kind_name,
                       strcmp(kinds[i].name, "readwrite") == 0 ? "rw" : kinds[i].name) < 0)
            return -EINVAL;
        return set_step(setting, number);
    }
    return option_bad_value(setting, piece_of(value), -EINVAL);
}

int set_ioengine(struct setting *setting, const char *value)
{
    for (const struct option_value *known = setting->def->values; known->name != NULL; known++) {
        if (strcmp(known->name, value) != 0)
            continue;
        if (known->value == VALUE_REFUSED)
            return option_not_done(setting, value);
        setting->job->engine = (enum engine_kind)known->value;
        return set_string(setting, &setting->job->engine_name, value);
    }
    return option_bad_value(setting, piece_of(value), -EINVAL);
}

static int read_bs(struct setting *setting, struct piece piece, uint32_t *bytes)
{
    uint64_t number;
    int r = value_size(piece, setting->job->kb_base, &number);

    if (r == 0 && (number == 0 || number > UINT32_MAX))
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece, r);
    *bytes = (uint32_t)number;
    return 0;
}

static void forget_split(struct job *job, unsigned dir)
{
    free(job->bssplit[dir]);
    job->bssplit[dir] = NULL;
    job->n_bssplit[dir] = 0;
}

typedef int part_setter(struct setting *setting, struct piece piece, unsigned dir);

/* value is for read,write,trim; what an empty part and a missing one mean: see set_three(). */
static int set_parts(struct setting *setting, const char *value, part_setter *set)
{
    struct piece rest = piece_of(value), piece;
    const bool was_quiet = setting->quiet;
    unsigned n = 0;

    if (*value == '\0')
        return option_bad_value(setting, rest, -EINVAL);
    for (; piece_next(&rest, ',', &piece); n++) {
        unsigned last = rest.at != NULL ? n : DIRECTIONS - 1;

        if (n == DIRECTIONS)
            return option_bad_value(setting, piece_of(value), -EINVAL);
        for (unsigned dir = n; piece.len > 0 && dir <= last; dir++) {
            setting->quiet = was_quiet || dir > n; /* what there is to tell, once */
            if (set(setting, piece, dir) < 0)
                return -EINVAL;
        }
        setting->quiet = was_quiet;
    }
    return 0;
}

static int set_bs_part(struct setting *setting, struct piece piece, unsigned dir)
{
    struct job *job = setting->job;
    uint32_t bytes;

    if (read_bs(setting, piece, &bytes) < 0)
        return -EINVAL;
    job->bs_min[dir] = job->bs_max[dir] = bytes;
    forget_split(job, dir);
    return 0;
}

int set_bs(struct setting *setting, const char *value)
{
    return set_parts(setting, value, set_bs_part);
}

static int set_range_part(struct setting *setting, struct piece piece, unsigned dir)
{
    struct job *job = setting->job;
    struct piece low, high;
    uint32_t min, max;

    if (!piece_split(piece, '-', &low, &high) && !piece_split(piece, ':', &low, &high))
        return option_bad_value(setting, piece, -EINVAL);
    if (read_bs(setting, low, &min) < 0 || read_bs(setting, high, &max) < 0)
        return -EINVAL;
    job->bs_min[dir] = min < max ? min : max;
    job->bs_max[dir] = min < max ? max : min;
    forget_split(job, dir);
    return 0;
}

int set_bsrange(struct setting *setting, const char *value)
{
    return set_parts(setting, value, set_range_part);
}

static int set_align_part(struct setting *setting, struct piece piece, unsigned dir)
{
    return read_bs(setting, piece, &setting->job->bs_align[dir]);
}

int set_blockalign(struct setting *setting, const char *value)
{
    return set_parts(setting, value, set_align_part);
}

enum { NO_PERCENT = 101, MAX_SPLITS = 64 };

static int read_split(struct setting *setting, struct piece piece, struct bs_share *share)
{
    struct piece size, percent;
    uint64_t number = NO_PERCENT;
    int r = 0;

    piece_split(piece, '/', &size, &percent);
    if (percent.len > 0)
        r = value_size(percent, 1024, &number);
    if (r == 0 && percent.len > 0 && number > 100)
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece, r);
    share->percent = (unsigned)number;
    return read_bs(setting, size, &share->bytes);
}

/* Those without a percentage share what the others leave. As in fio, where they do not make 100
 * the last one has the rest, and what goes beyond is cut off. */
static int complete_shares(struct setting *setting, struct piece piece, struct bs_share *shares,
                           size_t n)
{
    unsigned sum = 0, silent = 0;

    for (size_t i = 0; i < n; i++) {
        if (shares[i].percent == NO_PERCENT)
            silent++;
        else
            sum += shares[i].percent;
    }
    if (sum > 100 && silent > 0)
        return option_wrong(setting, "'%.*s' has more than 100 percent",
                            piece.len > 60 ? 60 : (int)piece.len, piece.at);
    if (sum != 100 && silent == 0)
        option_warn(setting, "the percentages make %u, not 100", sum);
    for (size_t i = 0; i < n && silent > 0; i++)
        if (shares[i].percent == NO_PERCENT)
            shares[i].percent = (100 - sum) / silent;
    sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || sum + shares[i].percent > 100)
            shares[i].percent = 100 - sum;
        sum += shares[i].percent;
    }
    return 0;
}

static int set_split_part(struct setting *setting, struct piece piece, unsigned dir)
{
    struct job *job = setting->job;
    struct bs_share shares[MAX_SPLITS], *copy;
    struct piece rest = piece, part;
    size_t n = 0;

    while (piece_next(&rest, ':', &part)) {
        if (part.len == 0)
            continue;
        if (n == MAX_SPLITS)
            return option_wrong(setting, "more than %d sizes", MAX_SPLITS);
        if (read_split(setting, part, &shares[n]) < 0)
            return -EINVAL;
        n++;
    }
    if (n == 0)
        return option_bad_value(setting, piece, -EINVAL);
    if (complete_shares(setting, piece, shares, n) < 0)
        return -EINVAL;
    copy = malloc(n * sizeof(*copy));
    if (copy == NULL)
        return option_no_memory(setting);
    memcpy(copy, shares, n * sizeof(*copy));
    forget_split(job, dir);
    job->bssplit[dir] = copy;
    job->n_bssplit[dir] = n;
    job->bs_min[dir] = job->bs_max[dir] = copy[0].bytes;
    for (size_t i = 1; i < n; i++) {
        if (copy[i].bytes < job->bs_min[dir])
            job->bs_min[dir] = copy[i].bytes;
        if (copy[i].bytes > job->bs_max[dir])
            job->bs_max[dir] = copy[i].bytes;
    }
    return 0;
}

int set_bssplit(struct setting *setting, const char *value)
{
    return set_parts(setting, value, set_split_part);
}

int set_rwmix(struct setting *setting, const char *value)
{
    uint64_t percent;
    int r = value_size(piece_of(value), 1024, &percent);

    if (r == 0 && percent > 100)
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->read_percent =
        (unsigned)(strcmp(setting->def->name, "rwmixread") == 0 ? percent : 100 - percent);
    return 0;
}
