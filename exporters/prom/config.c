/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web configuration file of other exporters: TLS and passwords in YAML. What is not
 * honoured here is refused, because who wrote it counts on it; each refusal is one line with
 * file, line and key.
 */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define HASH_LENGTH 60
#define COST_MIN 4
#define COST_MAX 15 /* each step doubles the time, and with this one it is seconds */

/* A setting as it stands in the file. */
struct spot {
    const char *key;
    unsigned long line; /* 0: it is not there */
};

/* Settings of tls_server_config. */
enum { CERT, KEY, CLIENT_CA, CLIENT_AUTH, MIN_VERSION, TLS_SETTINGS };
static const char *const tls_settings[TLS_SETTINGS] = {"cert_file", "key_file", "client_ca_file",
                                                       "client_auth_type", "min_version"};

struct reading {
    struct config *config;
    yaml_document_t document;
    struct spot tls[TLS_SETTINGS];
};

static bool refuse(const struct reading *r, struct spot spot, const char *what)
{
    log_line(LEVEL_ERROR, "%s:%lu: %s: %s", r->config->files[CONFIG_FILE].path, spot.line, spot.key,
             what);
    return false;
}

static const char *text_of(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* The contents of a file that a setting names, as it stands now. */
static bool read_named(const struct reading *r, struct spot spot, const char *name, int file,
                       char **contents)
{
    struct config_file *f = &r->config->files[file];
    const char *config = r->config->files[CONFIG_FILE].path, *slash = strrchr(config, '/');
    int directory = *name != '/' && slash ? (int)(slash - config) + 1 : 0;

    if (asprintf(&f->path, "%.*s%s", directory, config, name) < 0) {
        f->path = NULL;
        return refuse(r, spot, "no memory");
    }
    const char *why;
    *contents = file_contents(f, &why);
    return *contents || refuse(r, spot, why);
}

static bool read_client_auth(struct reading *r, struct spot spot, const char *value)
{
    static const char *const types[] = {"NoClientCert", "VerifyClientCertIfGiven",
                                        "RequireAndVerifyClientCert"};

    for (int i = CLIENT_NONE; i <= CLIENT_REQUIRED; i++)
        if (strcmp(value, types[i]) == 0) {
            r->config->client_auth = (enum client_auth)i;
            return true;
        }
    return refuse(r, spot,
                  "only NoClientCert, VerifyClientCertIfGiven and RequireAndVerifyClientCert "
                  "are to be had");
}

static bool read_tls(struct reading *r, struct spot spot, const char *value)
{
    struct config *config = r->config;
    int i = 0;

    while (i < TLS_SETTINGS && strcmp(spot.key, tls_settings[i]) != 0)
        i++;
    if (i == TLS_SETTINGS)
        return refuse(r, spot, "this setting of tls_server_config is not to be had");
    if (!value || !*value)
        return refuse(r, spot, "a single value is expected");
    r->tls[i] = spot;
    if (i == CERT)
        return read_named(r, spot, value, CERTIFICATE_FILE, &config->certificate);
    if (i == KEY)
        return read_named(r, spot, value, KEY_FILE, &config->key);
    if (i == CLIENT_CA)
        return read_named(r, spot, value, CLIENT_CA_FILE, &config->client_ca);
    if (i == CLIENT_AUTH)
        return read_client_auth(r, spot, value);
    config->only_tls13 = strcmp(value, "TLS13") == 0;
    return config->only_tls13 || strcmp(value, "TLS12") == 0 ||
           refuse(r, spot, "only TLS12 and TLS13 are to be had");
}

/* $2a$, $2b$ or $2y$, the cost in two digits, $, salt and hash. */
static const char *problem_of_hash(const char *hash)
{
    static const char alphabet[] = "./0123456789"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    if (!hash || strlen(hash) != HASH_LENGTH || strncmp(hash, "$2", 2) != 0 ||
        !strchr("aby", hash[2]) || hash[3] != '$' || hash[6] != '$' ||
        strspn(hash + 7, alphabet) != HASH_LENGTH - 7 || strspn(hash + 4, "0123456789") != 2)
        return "not a bcrypt hash";
    int cost = atoi(hash + 4);
    if (cost < COST_MIN || cost > COST_MAX)
        return "the cost of this bcrypt hash is not from 4 to 15";
    return NULL;
}

static bool read_user(struct reading *r, struct spot spot, const char *hash)
{
    struct config *config = r->config;
    const char *problem = problem_of_hash(hash);

    if (problem)
        return refuse(r, spot, problem);
    if (strchr(spot.key, ':'))
        return refuse(r, spot, "a name with a colon cannot be sent");
    if (config->user_count == USERS_MAX)
        return refuse(r, spot, "too many users");
    struct user *user = &config->users[config->user_count++];
    user->name = strdup(spot.key);
    user->hash = strdup(hash);
    return (user->name && user->hash) || refuse(r, spot, "no memory");
}

static bool read_http(struct reading *r, struct spot spot, const char *value)
{
    if (strcmp(spot.key, "http2") != 0)
        return refuse(r, spot, "this setting of http_server_config is not to be had");
    return (value && strcmp(value, "false") == 0) || refuse(r, spot, "HTTP/2 is not to be had");
}

typedef bool setting(struct reading *, struct spot, const char *value);

/* Whether a pair of the mapping before that one has the same key. */
static bool is_second(struct reading *r, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
                      const char *key)
{
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        const char *other = text_of(yaml_document_get_node(&r->document, p->key));
        if (other && strcmp(other, key) == 0)
            return true;
    }
    return false;
}

/* Where a pair stands; false: refused. */
static bool find_spot(struct reading *r, const yaml_node_t *mapping, const yaml_node_pair_t *pair,
                      struct spot *spot)
{
    const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);

    *spot = (struct spot){text_of(key), key->start_mark.line + 1};
    if (!spot->key) {
        spot->key = "?";
        return refuse(r, *spot, "a name is expected");
    }
    return !is_second(r, mapping, pair, spot->key) || refuse(r, *spot, "given twice");
}

/* Each pair of a section; an empty one may be left out. */
static bool read_section(struct reading *r, struct spot spot, const yaml_node_t *section,
                         setting *read)
{
    const char *text = text_of(section);

    if (text && (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0))
        return true;
    if (section->type != YAML_MAPPING_NODE)
        return refuse(r, spot, "a mapping is expected");
    for (yaml_node_pair_t *p = section->data.mapping.pairs.start;
         p < section->data.mapping.pairs.top; p++)
        if (!find_spot(r, section, p, &spot) ||
            !read(r, spot, text_of(yaml_document_get_node(&r->document, p->value))))
            return false;
    return true;
}

static bool read_sections(struct reading *r, const yaml_node_t *root)
{
    static const struct {
        const char *name;
        setting *read;
    } sections[] = {{"tls_server_config", read_tls},
                    {"basic_auth_users", read_user},
                    {"http_server_config", read_http}};
    const size_t count = sizeof sections / sizeof *sections;
    struct spot spot = {"?", root->start_mark.line + 1};

    if (root->type != YAML_MAPPING_NODE)
        return refuse(r, spot, "a mapping is expected");
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top;
         p++) {
        size_t i = 0;
        if (!find_spot(r, root, p, &spot))
            return false;
        while (i < count && strcmp(spot.key, sections[i].name) != 0)
            i++;
        if (i == count)
            return refuse(r, spot, "this section is not to be had");
        const yaml_node_t *section = yaml_document_get_node(&r->document, p->value);
        if (!read_section(r, spot, section, sections[i].read))
            return false;
    }
    return true;
}

/* What needs what in tls_server_config. */
static bool is_whole(struct reading *r)
{
    const struct config *config = r->config;
    const char *problem = NULL;

    for (int i = 0; i < TLS_SETTINGS; i++)
        if (r->tls[i].line && (!config->certificate || !config->key))
            return refuse(r, r->tls[i], "there is no TLS without both cert_file and key_file");
    if (config->client_auth != CLIENT_NONE && !config->client_ca)
        return refuse(r, r->tls[CLIENT_AUTH], "this needs a client_ca_file");
    if (config->client_ca && config->client_auth == CLIENT_NONE)
        return refuse(r, r->tls[CLIENT_CA], "this needs a client_auth_type that asks for it");
    if (config->certificate && (problem = tls_check(config, false)))
        return refuse(r, r->tls[CERT], problem);
    if (config->client_ca && (problem = tls_check(config, true)))
        return refuse(r, r->tls[CLIENT_CA], problem);
    return true;
}

const char *config_lost(const struct config *before, const struct config *after)
{
    if (before->user_count && !after->user_count)
        return "basic_auth_users";
    if (before->certificate && !after->certificate)
        return tls_settings[CERT];
    if (before->client_auth > after->client_auth)
        return tls_settings[CLIENT_AUTH];
    return before->only_tls13 && !after->only_tls13 ? tls_settings[MIN_VERSION] : NULL;
}

static bool complain_of_yaml(const struct config *config, const yaml_parser_t *parser)
{
    const char *path = config->files[CONFIG_FILE].path;

    if (parser->problem)
        log_line(LEVEL_ERROR, "%s:%lu: %s", path, (unsigned long)parser->problem_mark.line + 1,
                 parser->problem);
    else /* libyaml names every other problem */
        log_line(LEVEL_ERROR, "%s: no memory", path);
    return false;
}

/* The only document of the file. */
static bool read_document(struct config *config, yaml_parser_t *parser)
{
    struct reading r = {.config = config};

    if (!yaml_parser_load(parser, &r.document))
        return complain_of_yaml(config, parser);
    const yaml_node_t *root = yaml_document_get_root_node(&r.document);
    bool good = !root || (read_sections(&r, root) && is_whole(&r));
    yaml_document_delete(&r.document);
    if (!good || !root)
        return good;
    if (!yaml_parser_load(parser, &r.document))
        return complain_of_yaml(config, parser);
    root = yaml_document_get_root_node(&r.document);
    if (root)
        good = refuse(&r, (struct spot){"---", root->start_mark.line + 1}, "a second document");
    yaml_document_delete(&r.document);
    return good;
}

bool config_read(struct config *config, const char *path)
{
    struct config_file *f = &config->files[CONFIG_FILE];
    yaml_parser_t parser;

    const char *why = NULL;
    f->path = strdup(path);
    char *text = f->path ? file_contents(f, &why) : NULL;
    if (!text || !yaml_parser_initialize(&parser)) {
        log_line(LEVEL_ERROR, "%s: %s", path, why ? why : "no memory");
        free(text);
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    bool good = read_document(config, &parser);
    yaml_parser_delete(&parser);
    free(text);
    return good;
}
