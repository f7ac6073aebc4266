/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong with files and contents, told on one line of stderr. */
#include "work.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* File names may hold anything: control bytes become '?', so that a line stays a line. */
static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

int work_message(const struct job *job, const char *subject, const char *format, ...)
{
    char text[512], number[16] = "", line[1024];
    const int error = errno;
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (job->line)
        snprintf(number, sizeof(number), ":%d", job->line);
    snprintf(line, sizeof(line), "bffio: %s%s: %s: %s: %s", job->source ? job->source : "-", number,
             job->name ? job->name : "-", subject, text);
    make_plain(line);
    fprintf(stderr, "%s\n", line);
    errno = error;
    return -1;
}
