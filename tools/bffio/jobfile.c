/* SPDX-License-Identifier: Apache-2.0 */
/* Job files: sections, options, comments, include. */
#include "jobs.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_LINE_BYTES = 8192, MAX_DEPTH = 16, MAX_INCLUDES = 1000, MAX_FILE_BYTES = 64 << 20 };

static void read_text(struct builder *builder, const char *file, const char *text, size_t len,
                      unsigned depth);

/* The whole stream, ending in a zero byte, for the caller to free; NULL with errno. */
static char *slurp(FILE *stream, size_t *len)
{
    char *text = NULL, *grown;
    size_t room = 0, got = 1;
    int error = 0;

    for (*len = 0; got > 0 && error == 0; *len += got) {
        got = 0;
        if (*len + 1 >= room) {
            room += 65536;
            grown = realloc(text, room);
            if (grown == NULL) {
                error = ENOMEM;
                break;
            }
            text = grown;
        }
        got = fread(text + *len, 1, room - *len - 1, stream);
        if (ferror(stream))
            error = errno != 0 ? errno : EIO;
        else if (*len > MAX_FILE_BYTES)
            error = EFBIG;
    }
    if (error != 0) {
        free(text);
        errno = error;
        return NULL;
    }
    text[*len] = '\0';
    return text;
}

static char *slurp_file(const char *file, size_t *len)
{
    FILE *stream = fopen(file, "re");
    char *text;
    int error;

    if (stream == NULL)
        return NULL;
    text = slurp(stream, len);
    error = errno;
    fclose(stream);
    errno = error;
    return text;
}

/* fio looks in the working directory, then beside the including file. */
static char *locate(const char *included, const char *from)
{
    char *copy, *path = NULL;

    if (included[0] == '/' || access(included, F_OK) == 0 || strchr(from, '/') == NULL)
        return strdup(included);
    copy = strdup(from);
    if (copy != NULL && asprintf(&path, "%s/%s", dirname(copy), included) < 0)
        path = NULL;
    free(copy);
    return path;
}

/* Only regular files: nothing that a job file names can make the parser wait. */
static char *slurp_include(const char *path, size_t *len)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return NULL;
    if (!S_ISREG(st.st_mode)) {
        errno = EINVAL;
        return NULL;
    }
    return slurp_file(path, len);
}

static void include(struct builder *builder, const char *name, struct place place, unsigned depth)
{
    const char *path = NULL;
    char *found, *text = NULL;
    size_t len = 0;

    if (depth >= MAX_DEPTH || builder->includes++ >= MAX_INCLUDES) {
        builder_error(builder, place, "include", "too many files; valid: %d deep, %d in all",
                      MAX_DEPTH, MAX_INCLUDES);
        return;
    }
    found = locate(name, place.file);
    if (found != NULL)
        path = builder_keep(builder, found);
    if (path != NULL)
        text = slurp_include(path, &len);
    if (text == NULL && errno == ENOMEM)
        builder_no_memory(builder, place, "include");
    else if (text == NULL)
        builder_error(builder, place, "include", "cannot read '%s': %s", name, strerror(errno));
    else
        read_text(builder, path, text, len, depth + 1);
    free(text);
}

/* Cuts off a comment and blanks at both ends. As in fio, comments begin at any ; or #. */
static char *strip(char *line)
{
    size_t len;

    line[strcspn(line, ";#")] = '\0';
    line += strspn(line, " \t\r\v\f");
    len = strlen(line);
    while (len > 0 && strchr(" \t\r\v\f", line[len - 1]) != NULL)
        len--;
    line[len] = '\0';
    return line;
}

static void read_section(struct builder *builder, char *line, struct place place, bool is_included)
{
    char *end = strchr(line, ']');

    if (is_included) {
        builder_error(builder, place, NULL, "an included file cannot begin a section");
        return;
    }
    if (end == NULL || end[1] != '\0') {
        builder_end_section(builder);
        builder_error(builder, place, NULL, "'%.60s' is no section; valid values: [NAME]", line);
        /* Its options are still looked at; neither a job nor [global] has them. */
        builder_begin_job(builder, "?", place);
        builder->in_job = false;
        return;
    }
    *end = '\0';
    if (strcasecmp(line + 1, "global") == 0)
        builder_begin_global(builder, place);
    else
        builder_begin_job(builder, line + 1, place);
}

static void read_option(struct builder *builder, char *line, struct place place)
{
    char *equals = strchr(line, '='), *value = NULL;

    if (equals != NULL) {
        *equals = '\0';
        value = strip(equals + 1);
        line = strip(line);
    }
    builder_option(builder, line, value, place);
}

static void read_line(struct builder *builder, char *line, struct place place, unsigned depth)
{
    size_t word;

    line = strip(line);
    word = strcspn(line, " \t=");
    if (*line == '\0')
        return;
    if (*line == '[') {
        read_section(builder, line, place, depth > 0);
    } else if (builder->section == NULL && !builder->in_global) {
        builder_error(builder, place, line,
                      "stands before the first section; valid values: "
                      "[global] or [NAME] above it");
    } else if (word == strlen("include") && strncmp(line, "include", word) == 0 &&
               line[word] != '=' && line[word] != '\0') {
        include(builder, strip(line + word), place, depth);
    } else {
        read_option(builder, line, place);
    }
}

static void read_text(struct builder *builder, const char *file, const char *text, size_t len,
                      unsigned depth)
{
    const char *end = text + len;
    int number = 1;

    for (; text < end && !builder->no_memory; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((newline != NULL ? newline : end) - text);
        struct place place = {file, number};

        if (n >= MAX_LINE_BYTES || memchr(text, '\0', n) != NULL) {
            builder_error(builder, place, NULL,
                          n >= MAX_LINE_BYTES ? "the line is longer than 8191 bytes"
                                              : "the line has a zero byte in it");
        } else {
            char *line = strndup(text, n);

            if (line == NULL)
                builder_no_memory(builder, place, NULL);
            else
                read_line(builder, line, place, depth);
            free(line);
        }
        text += n + (newline != NULL);
    }
}

void read_job_text(struct builder *builder, const char *file, const char *text, size_t len)
{
    size_t globals = builder->global.n;

    read_text(builder, file, text, len, 0);
    builder_end_section(builder);
    builder_drop_global(builder, globals);
}

void read_job_file(struct builder *builder, const char *file)
{
    bool is_stdin = strcmp(file, "-") == 0;
    size_t len;
    char *text = is_stdin ? slurp(stdin, &len) : slurp_file(file, &len);

    if (is_stdin)
        file = "stdin";
    if (text == NULL && errno == ENOMEM)
        builder_no_memory(builder, (struct place){file, 0}, NULL);
    else if (text == NULL)
        builder_error(builder, (struct place){file, 0}, NULL, "cannot read the job file: %s",
                      strerror(errno));
    else
        read_job_text(builder, file, text, len);
    free(text);
}
