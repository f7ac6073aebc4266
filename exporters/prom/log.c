/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on standard error, in logfmt or JSON. */
#include "clean.h"
#include "prom.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static enum level least = LEVEL_INFO;
static bool as_json;

void log_init(enum level level, bool json)
{
    least = level;
    as_json = json;
}

void log_line(enum level level, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char message[512], text[3 * sizeof message], quoted[2 * sizeof text], when[32];
    size_t n = 0;
    struct tm tm;
    time_t now = time(NULL);
    va_list ap;

    if (level < least)
        return;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    clean_text(text, message, sizeof message); /* names of files may be anything */
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            quoted[n++] = '\\';
        quoted[n++] = *c;
    }
    quoted[n] = 0;
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    fprintf(stderr,
            as_json ? "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":\"%s\"}\n"
                    : "time=%s level=%s msg=\"%s\"\n",
            when, names[level], quoted);
}
