/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON: laid out as fio lays it out, or compact on one line. Commas, indentation and
 * escapes are its business; what comes out is valid whatever the strings hold, and whole unless
 * out->failed. For bffio, auraio-info and auraio-top. */
#ifndef BFFIO_JSON_H
#define BFFIO_JSON_H

#include "textbuf.h"

struct json {
    struct textbuf *out;
    bool compact;
    bool first; /* nothing stands in the open object or array yet */
    unsigned depth;
};

/* key is NULL inside arrays and for the document itself. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json, char bracket);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_int(struct json *json, const char *key, int64_t value);
void json_float(struct json *json, const char *key, double value);  /* six decimals */
void json_double(struct json *json, const char *key, double value); /* all its digits */
void json_null(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
void json_string(struct json *json, const char *key, const char *value);

#endif
