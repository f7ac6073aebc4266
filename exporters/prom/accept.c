/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accept and Accept-Encoding (RFC 9110, 12.5): lists of names with parameters, each with a weight
 * q from 0, which means never, to 1. A header that comes several times is one list.
 */
#include "http.h"

#include <ctype.h>
#include <string.h>

#define WEIGHT_MAX 1000 /* q=1, in thousandths */
#define NOT_NAMED (-1)
#define SPACE " \t"

struct item {
    char name[64], version[16]; /* in lower case; empty where there is none, or too long a one */
    int weight;
};

/* A word, quoted or up to one of stops, in lower case; what does not fit is as if it was empty. */
static const char *read_word(const char *c, const char *stops, char *word, size_t size)
{
    bool quoted = *c == '"';
    size_t n = 0;

    for (c += quoted; *c && (quoted ? *c != '"' : !strchr(stops, *c)); c++) {
        if (quoted && *c == '\\' && c[1])
            c++;
        if (n < size)
            word[n++] = (char)tolower((unsigned char)*c);
    }
    word[n < size ? n : 0] = 0;
    return c + (quoted && *c);
}

/* What is no weight is as if it was not there. */
static int weight_of(const char *word)
{
    int weight = 0, unit = WEIGHT_MAX / 10;
    const char *c = word + (*word == '0');

    if (!*word || (*c && *c != '.'))
        return WEIGHT_MAX;
    for (c += *c == '.'; isdigit((unsigned char)*c) && unit; c++) {
        weight += (*c - '0') * unit;
        unit /= 10;
    }
    return weight;
}

/* The next of the list; false: there is none. */
static bool next_item(const char **list, struct item *item)
{
    const char *c = *list + strspn(*list, SPACE ",");
    char key[16], value[16];

    if (!*c)
        return false;
    *item = (struct item){.weight = WEIGHT_MAX};
    c = read_word(c, SPACE ";,", item->name, sizeof item->name);
    while (*c && *c != ',') {
        c += strspn(c, SPACE ";");
        c = read_word(c, SPACE "=;,", key, sizeof key);
        c += strspn(c, SPACE);
        value[0] = 0;
        if (*c == '=') {
            c++;
            c = read_word(c + strspn(c, SPACE), SPACE ";,", value, sizeof value);
        }
        if (strcmp(key, "q") == 0)
            item->weight = weight_of(value);
        else if (strcmp(key, "version") == 0)
            memcpy(item->version, value, sizeof value);
        c += strspn(c, SPACE);
    }
    *list = c;
    return true;
}

/* The weights of what is offered, and of the ranges that it falls into. */
struct weights {
    const char *header;
    int open, text, texts, any; /* of Accept */
    bool text_first;
    int gzip, identity, any_coding; /* of Accept-Encoding */
};

static void at_least(int *weight, int least)
{
    if (*weight < least)
        *weight = least;
}

static void weigh_type(struct weights *w, const struct item *item)
{
    const char *version = item->version;

    if (strcmp(item->name, "application/openmetrics-text") == 0) {
        if (!*version || strcmp(version, "1.0.0") == 0)
            at_least(&w->open, item->weight);
    } else if (strcmp(item->name, "text/plain") == 0) {
        if (!*version || strcmp(version, "0.0.4") == 0) {
            w->text_first |= w->open == NOT_NAMED;
            at_least(&w->text, item->weight);
        }
    } else if (strcmp(item->name, "text/*") == 0) {
        at_least(&w->texts, item->weight);
    } else if (strcmp(item->name, "*/*") == 0) {
        at_least(&w->any, item->weight);
    }
}

static void weigh_coding(struct weights *w, const struct item *item)
{
    if (strcmp(item->name, "gzip") == 0 || strcmp(item->name, "x-gzip") == 0)
        at_least(&w->gzip, item->weight);
    else if (strcmp(item->name, "identity") == 0)
        at_least(&w->identity, item->weight);
    else if (strcmp(item->name, "*") == 0)
        at_least(&w->any_coding, item->weight);
}

static enum MHD_Result weigh(void *user, enum MHD_ValueKind kind, const char *name,
                             const char *value)
{
    struct weights *w = user;
    struct item item;

    (void)kind;
    if (value && strcasecmp(name, w->header) == 0)
        while (next_item(&value, &item)) {
            weigh_type(w, &item);
            weigh_coding(w, &item);
        }
    return MHD_YES;
}

static struct weights weights_of(struct MHD_Connection *connection, const char *header)
{
    struct weights w = {.header = header,
                        .open = NOT_NAMED,
                        .text = NOT_NAMED,
                        .texts = NOT_NAMED,
                        .any = NOT_NAMED,
                        .gzip = NOT_NAMED,
                        .identity = NOT_NAMED,
                        .any_coding = NOT_NAMED};

    MHD_get_connection_values(connection, MHD_HEADER_KIND, weigh, &w);
    return w;
}

/* Text is for whoever does not ask for OpenMetrics by its name. */
bool wants_openmetrics(struct MHD_Connection *connection)
{
    struct weights w = weights_of(connection, MHD_HTTP_HEADER_ACCEPT);
    int text = w.text != NOT_NAMED ? w.text : w.texts != NOT_NAMED ? w.texts : w.any;

    return w.open > 0 && (w.open > text || (w.open == text && !w.text_first));
}

bool wants_gzip(struct MHD_Connection *connection)
{
    struct weights w = weights_of(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    int gzip = w.gzip != NOT_NAMED ? w.gzip : w.any_coding;

    return gzip > 0 && gzip >= w.identity;
}
