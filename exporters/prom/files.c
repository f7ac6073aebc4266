/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a configuration: their contents, and whether they are still the same. */
#include "prom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

/* Of a pipe without a writer not even the opening would come back. */
static FILE *open_plain(struct config_file *file, const char **why)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    FILE *f = fd >= 0 && fstat(fd, &file->read) == 0 ? fdopen(fd, "r") : NULL;

    *why = f ? NULL : strerror(errno);
    if (f && S_ISDIR(file->read.st_mode))
        *why = strerror(EISDIR);
    else if (f && !S_ISREG(file->read.st_mode))
        *why = "not a plain file";
    if (fd >= 0 && !f)
        close(fd);
    return f;
}

static const char *read_text(FILE *f, char *text)
{
    size_t n = fread(text, 1, FILE_MAX + 1, f);

    if (ferror(f))
        return strerror(errno);
    if (n > FILE_MAX)
        return strerror(EFBIG);
    text[n] = 0;
    return strlen(text) == n ? NULL : "not a text";
}

char *file_contents(struct config_file *file, const char **why)
{
    /* First, so that one which comes between the two is another than it was. */
    bool there = stat(file->path, &file->read) == 0;
    FILE *f = open_plain(file, why);
    char *text = *why ? NULL : malloc(FILE_MAX + 1);

    if (!*why)
        *why = text ? read_text(f, text) : strerror(ENOMEM);
    if (!there && !f)
        file->read = (struct stat){0};
    file->seen = file->read;
    if (f)
        fclose(f);
    if (*why) {
        free(text);
        return NULL;
    }
    return text;
}

void config_free(struct config *config)
{
    free(config->certificate);
    free(config->key);
    free(config->client_ca);
    for (int i = 0; i < config->user_count; i++) {
        free(config->users[i].name);
        free(config->users[i].hash);
    }
    for (int i = 0; i < CONFIG_FILES; i++)
        free(config->files[i].path);
    *config = (struct config){0};
}

void config_take_files(struct config *config, struct config *from)
{
    memcpy(config->files, from->files, sizeof config->files);
    memset(from->files, 0, sizeof from->files);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

bool config_has_changed(struct config *config, bool *steady)
{
    bool changed = false;

    for (struct config_file *f = config->files; f < config->files + CONFIG_FILES; f++) {
        struct stat now = {0};
        if (!f->path)
            continue;
        if (stat(f->path, &now) != 0)
            now = (struct stat){0};
        changed |= !is_same(&f->read, &now);
        *steady &= is_same(&f->seen, &now);
        f->seen = now;
    }
    return changed;
}

void config_count_as_read(struct config *config)
{
    bool steady = true;

    config_has_changed(config, &steady);
    for (int i = 0; i < CONFIG_FILES; i++)
        config->files[i].read = config->files[i].seen;
}
