/* SPDX-License-Identifier: Apache-2.0 */
/* One request: who may come in, which page it asks for, and the page. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_LEVEL 1
#define RETRY_S "1"

static _Atomic int scrapes; /* that are being answered */

void handle_closed(struct connection *c)
{
    if (c->scrapes)
        atomic_fetch_sub(&scrapes, 1);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              struct MHD_Response *response, size_t size)
{
    if (!response)
        return MHD_NO;
    connection_is_answered(connection_of(connection), size);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Response *page(const char *type, const char *text)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                             MHD_RESPMEM_MUST_COPY);

    if (r)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    return r;
}

/* A few words, with a header if name is not NULL. */
static enum MHD_Result say(struct MHD_Connection *connection, unsigned status, const char *text,
                           const char *name, const char *value)
{
    struct MHD_Response *r = page("text/plain; charset=utf-8", text);

    if (r && name)
        MHD_add_response_header(r, name, value);
    return answer(connection, status, r, 0);
}

/* gzip in place of text, which is freed. NULL: it cannot be had, and text is as it was. */
static char *compress_text(char *text, size_t *size)
{
    z_stream z = {0};
    char *out = NULL;

    if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    uLong bound = deflateBound(&z, (uLong)*size);
    out = malloc(bound);
    z.next_in = (Bytef *)text;
    z.avail_in = (uInt)*size;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)bound;
    bool good = out && deflate(&z, Z_FINISH) == Z_STREAM_END;
    *size = good ? z.total_out : *size;
    deflateEnd(&z);
    free(good ? text : out);
    return good ? out : NULL;
}

/* A scrape, as gzip where that is wanted and can be had. NULL: no memory or descriptors. */
static char *gather(const struct connection *c, bool openmetrics, bool *gzip, size_t *size)
{
    time_t since_s = connections_hold(c);
    char *text = scrape(openmetrics, size), *packed = NULL;

    if (text && *gzip)
        packed = compress_text(text, size);
    *gzip = packed != NULL;
    connections_go_on(c, since_s);
    return packed ? packed : text;
}

static enum MHD_Result say_metrics(struct MHD_Connection *connection, struct connection *c)
{
    bool openmetrics = wants_openmetrics(connection), gzip = wants_gzip(connection);
    int most = c->site->options->max_requests;
    size_t size;

    c->scrapes = true;
    if (atomic_fetch_add(&scrapes, 1) >= most && most)
        return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many scrapes at once\n",
                   MHD_HTTP_HEADER_RETRY_AFTER, RETRY_S);
    char *text = gather(c, openmetrics, &gzip, &size);
    if (!text)
        return say(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "Out of memory or descriptors\n",
                   NULL, NULL);
    struct MHD_Response *r = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
                            openmetrics
                                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8");
    MHD_add_response_header(r, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
    if (gzip)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    return answer(connection, MHD_HTTP_OK, r, size);
}

static enum MHD_Result landing_page(struct MHD_Connection *connection, const char *path)
{
    char text[1024];

    snprintf(text, sizeof text,
             "<!DOCTYPE html>\n<html lang=\"en\"><head><title>auraio-prom</title></head>\n"
             "<body><h1>auraio-prom</h1><p>Statistics of all libauraio engines of this host.</p>\n"
             "<p><a href=\"%s\">Metrics</a></p></body></html>\n",
             path);
    return answer(connection, MHD_HTTP_OK, page("text/html; charset=utf-8", text), 0);
}

static enum MHD_Result give_page(struct MHD_Connection *connection, struct connection *c,
                                 const char *url, const char *method)
{
    const char *path = c->site->options->path;
    bool metrics = strcmp(url, path) == 0, healthy = strcmp(url, HEALTHY_PATH) == 0;

    if (!metrics && !healthy && strcmp(url, "/") != 0)
        return say(connection, MHD_HTTP_NOT_FOUND, "Not found\n", NULL, NULL);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Method not allowed\n",
                   MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (metrics)
        return say_metrics(connection, c);
    return healthy ? say(connection, MHD_HTTP_OK, "Healthy\n", NULL, NULL)
                   : landing_page(connection, path);
}

/* Asks once; who had to wait comes back with the verdict. */
static enum verdict verdict_of(struct MHD_Connection *connection, struct connection *c)
{
    if (!c->site->auth)
        return VERDICT_IN;
    if (c->question.verdict == VERDICT_NONE)
        return auth_ask(c->site->auth, &c->question, connection);
    return c->question.verdict;
}

enum MHD_Result handle(void *site, struct MHD_Connection *connection, const char *url,
                       const char *method, const char *version, const char *upload,
                       size_t *upload_size, void **context)
{
    struct connection *c = connection_of(connection);

    (void)site, (void)version, (void)upload, (void)context;
    if (!c)
        return MHD_NO;
    if (*upload_size) { /* of a body that nobody wants */
        *upload_size = 0;
        return MHD_YES;
    }
    if (!tls_trusts(c->site->config.client_auth, connection))
        return say(connection, MHD_HTTP_FORBIDDEN, "A client certificate is required\n", NULL,
                   NULL);
    enum verdict verdict = verdict_of(connection, c);
    if (verdict == VERDICT_IN)
        return give_page(connection, c, url, method);
    if (verdict == VERDICT_WAITS) {
        connection_waits(c);
        return MHD_YES;
    }
    if (verdict == VERDICT_BUSY)
        return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many passwords at once\n",
                   MHD_HTTP_HEADER_RETRY_AFTER, RETRY_S);
    return say(connection, MHD_HTTP_UNAUTHORIZED, "Unauthorized\n",
               MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"auraio-prom\"");
}
