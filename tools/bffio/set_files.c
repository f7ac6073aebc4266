/* SPDX-License-Identifier: Apache-2.0 */
/* Values of file options, of verification and of what buffers hold. */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct option_value *known_value(const struct option_def *def, struct piece piece)
{
    for (const struct option_value *known = def->values; known->name != NULL; known++)
        if (piece_is(piece, known->name))
            return known;
    return NULL;
}

static int read_flag(struct setting *setting, const char *value, bool *flag)
{
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return option_bad_value(setting, piece_of(value), -EINVAL);
    *flag = *value == '1';
    return 0;
}

int set_file_service(struct setting *setting, const char *value)
{
    struct piece name, number;
    bool has_number = piece_split(piece_of(value), ':', &name, &number);
    const struct option_value *known = known_value(setting->def, name);
    uint64_t ops = 1;
    int r = known != NULL ? 0 : -EINVAL;

    if (r == 0 && known->value == VALUE_REFUSED)
        return option_not_done(setting, value);
    if (r == 0 && has_number)
        r = value_size(number, 1024, &ops);
    if (r == 0 && (ops == 0 || ops > UINT_MAX))
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->file_service = (enum file_service)known->value;
    setting->job->file_service_ops = (unsigned)ops;
    return 0;
}

int set_filesize(struct setting *setting, const char *value)
{
    struct piece low, high;
    bool is_range = piece_split(piece_of(value), '-', &low, &high) ||
                    piece_split(piece_of(value), ':', &low, &high);
    unsigned kb_base = setting->job->kb_base;
    uint64_t min, max;
    int r = value_size(low, kb_base, &min);

    max = min;
    if (r == 0 && is_range)
        r = value_size(high, kb_base, &max);
    if (r == 0 && (min == 0 || max == 0))
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->filesize_min = min < max ? min : max;
    setting->job->filesize_max = min < max ? max : min;
    return 0;
}

int set_sync(struct setting *setting, const char *value)
{
    const struct option_value *known = known_value(setting->def, piece_of(value));

    if (known == NULL)
        return option_bad_value(setting, piece_of(value), -EINVAL);
    setting->job->sync = known->value == 1;
    setting->job->dsync = known->value == 2;
    return 0;
}

int set_sync_file_range(struct setting *setting, const char *value)
{
    struct piece flags, number, name;
    uint64_t every = 1;
    unsigned bits = 0;
    int r = 0;

    if (piece_split(piece_of(value), ':', &flags, &number))
        r = value_size(number, 1024, &every);
    if (r == 0 && (every == 0 || every > UINT_MAX))
        r = -ERANGE;
    while (r == 0 && piece_next(&flags, ',', &name)) {
        if (piece_is(name, "wait_before"))
            bits |= SYNC_FILE_RANGE_WAIT_BEFORE;
        else if (piece_is(name, "write"))
            bits |= SYNC_FILE_RANGE_WRITE;
        else if (piece_is(name, "wait_after"))
            bits |= SYNC_FILE_RANGE_WAIT_AFTER;
        else
            r = -EINVAL;
    }
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    setting->job->sync_range_every = (unsigned)every;
    setting->job->sync_range_flags = bits;
    return 0;
}

int set_buffered(struct setting *setting, const char *value)
{
    bool flag = false;

    if (read_flag(setting, value, &flag) < 0)
        return -EINVAL;
    setting->job->direct = !flag;
    return 0;
}

int set_atomic(struct setting *setting, const char *value)
{
    if (read_flag(setting, value, &setting->job->atomic) < 0)
        return -EINVAL;
    if (setting->job->atomic)
        setting->job->direct = true;
    return 0;
}

/* A file behind the name (mmap:FILE) belongs to kinds that are refused, too. */
int set_mem(struct setting *setting, const char *value)
{
    struct piece name, file;
    const struct option_value *known;
    bool has_file = piece_split(piece_of(value), ':', &name, &file);

    known = known_value(setting->def, name);
    if (known != NULL && known->value == VALUE_REFUSED)
        return option_not_done(setting, value);
    if (known == NULL || has_file)
        return option_bad_value(setting, piece_of(value), -EINVAL);
    return 0;
}

int set_verify(struct setting *setting, const char *value)
{
    const struct option_value *known = known_value(setting->def, piece_of(value));

    if (known == NULL)
        return option_bad_value(setting, piece_of(value), -EINVAL);
    if (known->value == VALUE_REFUSED)
        return option_not_done(setting, value);
    setting->job->verify = (enum verify_kind)known->value;
    return set_string(setting, &setting->job->verify_name, value);
}

static int read_pattern(struct setting *setting, const char *value, struct pattern *pattern)
{
    int r;

    if (strchr(value, '\'') != NULL)
        return option_wrong(setting, "patterns from files are not done by bffio");
    r = value_pattern(piece_of(value), pattern);
    return r < 0 ? option_bad_value(setting, piece_of(value), r) : 0;
}

/* Without verify= it asks for that as well, as in fio. */
int set_verify_pattern(struct setting *setting, const char *value)
{
    struct job *job = setting->job;
    struct pattern pattern;

    if (read_pattern(setting, value, &pattern) < 0)
        return -EINVAL;
    free(job->verify_pattern);
    free(job->verify_pattern_offsets);
    job->verify_pattern = pattern.bytes;
    job->verify_pattern_len = pattern.len;
    job->verify_pattern_offsets = pattern.offsets;
    job->n_verify_pattern_offsets = pattern.n_offsets;
    if (job->verify != VERIFY_NONE)
        return 0;
    job->verify = VERIFY_PATTERN_NO_HEADER;
    return set_string(setting, &job->verify_name, "pattern");
}

int set_buffer_pattern(struct setting *setting, const char *value)
{
    struct job *job = setting->job;
    struct pattern pattern;

    if (read_pattern(setting, value, &pattern) < 0)
        return -EINVAL;
    free(pattern.offsets);
    if (pattern.n_offsets > 0) {
        free(pattern.bytes);
        return option_bad_value(setting, piece_of(value), -EINVAL);
    }
    free(job->buffer_pattern);
    job->buffer_pattern = pattern.bytes;
    job->buffer_pattern_len = pattern.len;
    if (job->compress_percent == 0)
        job->refill_buffers = false;
    job->scramble_buffers = false;
    job->zero_buffers = false;
    return 0;
}

int set_data_percentage(struct setting *setting, const char *value)
{
    bool is_dedupe = strcmp(setting->def->name, "dedupe_percentage") == 0;
    struct job *job = setting->job;
    uint64_t percent;
    int r = value_size(piece_of(value), 1024, &percent);

    if (r == 0 && percent > 100)
        r = -ERANGE;
    if (r < 0)
        return option_bad_value(setting, piece_of(value), r);
    if (is_dedupe)
        job->dedupe_percent = (unsigned)percent;
    else
        job->compress_percent = (unsigned)percent;
    if (percent > 0)
        job->refill_buffers = true;
    return 0;
}
