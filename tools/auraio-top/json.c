/* SPDX-License-Identifier: Apache-2.0 */
/* All that is known of the rows, in base units, as one JSON object. */
#include "json.h"
#include "top.h"

#include <auraio.h>

static void add_device(struct json *json, const struct device *device)
{
    json_object(json, NULL);
    json_string(json, "device", device->name);
    json_double(json, "iops", device->iops);
    json_double(json, "bytes_per_second", device->bytes);
    json_uint(json, "in_flight", device->in_flight);
    json_uint(json, "queued", device->queued);
    json_uint(json, "limit", device->limit);
    json_uint(json, "knee", device->knee);
    json_string(json, "phase", auraio_phase_name(device->phase));
    json_double(json, "p99_seconds", device->p99_seconds);
    json_end(json, '}');
}

static void add_row(struct json *json, const struct row *row)
{
    json_object(json, NULL);
    json_uint(json, "pid", row->pid);
    json_uint(json, "uid", row->uid);
    json_string(json, "user", row->user);
    json_string(json, "comm", row->comm);
    json_string(json, "name", row->name);
    json_bool(json, "alive", row->alive);
    json_string(json, "backend", auraio_backend_name((auraio_backend_t)row->backend));
    json_double(json, "started", row->started);
    json_double(json, "heartbeat", row->heartbeat);
    json_double(json, "iops", row->iops);
    json_double(json, "reads_per_second", row->reads);
    json_double(json, "writes_per_second", row->writes);
    json_double(json, "read_bytes_per_second", row->read_bytes);
    json_double(json, "written_bytes_per_second", row->written_bytes);
    json_double(json, "errors_per_second", row->errors);
    json_uint(json, "in_flight", row->in_flight);
    json_uint(json, "queued", row->queued);
    json_uint(json, "limit", row->limit);
    json_string(json, "phase", auraio_phase_name(row->phase));
    json_double(json, "p50_seconds", row->p50_seconds);
    json_double(json, "p99_seconds", row->p99_seconds);
    json_array(json, "devices");
    for (int i = 0; i < row->device_count; i++)
        add_device(json, &row->devices[i]);
    json_end(json, ']');
    json_end(json, '}');
}

bool print_json(struct watch *watch, const struct view *view)
{
    size_t count;
    struct row **rows = watch_rows(watch, view, &count);
    struct textbuf text = {0};
    struct json json = {.out = &text};

    json_object(&json, NULL);
    json_double(&json, "interval_seconds", watch_seconds(watch));
    json_array(&json, "engines");
    for (size_t i = 0; i < count; i++)
        add_row(&json, rows[i]);
    json_end(&json, ']');
    json_end(&json, '}');
    textbuf_puts(&text, "\n");
    bool printed = textbuf_print(&text, stdout);
    textbuf_free(&text);
    return printed;
}
