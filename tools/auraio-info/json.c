/* SPDX-License-Identifier: Apache-2.0 */
/* For programs: one object; a value that is not known is null. */
#include "json.h"
#include "info.h"

#include <stdio.h>

static void add_number(struct json *json, const char *key, long value)
{
    if (value >= 0)
        json_int(json, key, value);
    else
        json_null(json, key);
}

static void add_limit(struct json *json, const char *key, rlim_t limit)
{
    if (limit == RLIM_INFINITY)
        json_null(json, key);
    else
        json_uint(json, key, limit);
}

static void add_process(struct json *json, const struct surroundings *around)
{
    json_object(json, "process");
    add_number(json, "processors", around->processors);
    add_number(json, "io_uring_disabled", around->uring_disabled);
    add_number(json, "io_uring_group", around->uring_group);
    add_number(json, "seccomp", around->seccomp);
    add_limit(json, "locked_bytes_max",
              around->can_lock_everything ? RLIM_INFINITY : around->locked.rlim_cur);
    add_limit(json, "descriptors_max", around->files.rlim_cur);
    json_end(json, '}');
}

static void add_features(struct json *json, const struct info *info)
{
    json_object(json, "features");
    for (int i = 0; i < info_feature_count; i++)
        json_bool(json, auraio_feature_name(info_features[i].bit),
                  info_has(info, info_features[i].bit));
    json_end(json, '}');
}

static void add_remedies(struct json *json, const struct info *info)
{
    json_array(json, "remedies");
    for (int i = 0; i < info->remedy_count; i++)
        json_string(json, NULL, info->remedies[i]);
    json_end(json, ']');
}

bool info_print_json(const struct info *info)
{
    const auraio_features_t *features = &info->features;
    struct textbuf text = {0};
    struct json json = {.out = &text};

    json_object(&json, NULL);
    json_string(&json, "version", auraio_version());
    json_string(&json, "backend", auraio_backend_name(features->backend));
    add_number(&json, "errno", features->uring_errno);
    json_string(&json, "reason", features->reason);
    json_string(&json, "kernel", features->kernel_release);
    json_string(&json, "liburing", features->liburing_running);
    json_string(&json, "liburing_built", features->liburing_built);
    add_process(&json, &info->around);
    add_features(&json, info);
    add_remedies(&json, info);
    json_end(&json, '}');
    textbuf_puts(&text, "\n");
    bool printed = textbuf_print(&text, stdout);
    textbuf_free(&text);
    return printed;
}
