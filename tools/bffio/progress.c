/* SPDX-License-Identifier: Apache-2.0 */
/* The ETA line: on a terminal it is written over itself. It shares stdout with the report, so it is
 * silent where another form than text goes there. */
#include "report.h"

#include <stdio.h>
#include <unistd.h>

static size_t shown; /* columns of the line that stands there */

static bool wanted(const struct settings *settings)
{
    const bool text = !settings->formats || (settings->formats & FORMAT_NORMAL);

    if (settings->eta < 0 || (!text && !settings->output))
        return false;
    return settings->eta > 0 || isatty(STDOUT_FILENO);
}

/* "r=..,w=.." of the directions that move. */
static void rates_text(struct textbuf *out, const uint64_t *rates, unsigned digits, bool binary,
                       enum unit unit)
{
    bool any = false;

    for (int dir = 0; dir < DIRECTIONS; dir++) {
        if (!rates[dir])
            continue;
        textbuf_printf(out, "%s%c=%s", any ? "," : "", "rwt"[dir],
                       number_text(rates[dir], digits, binary, unit).text);
        any = true;
    }
}

static bool moves(const uint64_t *rates)
{
    return rates[READS] || rates[WRITES] || rates[TRIMS];
}

static void eta_text(struct textbuf *out, uint64_t seconds)
{
    const unsigned long long s = seconds;

    if (s >= 86400)
        textbuf_printf(out, "%02llud:", s / 86400);
    if (s >= 3600)
        textbuf_printf(out, "%02lluh:", s / 3600 % 24);
    textbuf_printf(out, "%02llum:%02llus", s / 60 % 60, s % 60);
}

static void line_text(struct textbuf *out, const struct progress *progress)
{
    textbuf_printf(out, "Jobs: %u (f=%u): [%s", progress->running, progress->files,
                   progress->states);
    if (progress->percent < 0)
        textbuf_puts(out, "][-.-%]");
    else
        textbuf_printf(out, "][%3.1f%%]", progress->percent);
    if (moves(progress->rate_bytes)) {
        textbuf_puts(out, "[");
        rates_text(out, progress->rate_bytes, 4, true, UNIT_BYTES_PER_S);
        textbuf_puts(out, "]");
    }
    if (moves(progress->rate_iops)) {
        textbuf_puts(out, "[");
        rates_text(out, progress->rate_iops, 4, false, UNIT_NONE);
        textbuf_puts(out, " IOPS]");
    }
    textbuf_puts(out, "[eta ");
    if (progress->eta_s < INT32_MAX)
        eta_text(out, progress->eta_s);
    else
        textbuf_puts(out, "--");
    textbuf_puts(out, "]");
}

void output_progress(const struct settings *settings, const struct progress *progress)
{
    struct textbuf out = {0};

    if (!wanted(settings))
        return;
    line_text(&out, progress);
    if (!out.failed) {
        int width = (int)(shown > out.len ? shown : out.len);

        printf("%-*s%s", width, out.data, settings->eta_newline ? "\n" : "\r");
        fflush(stdout);
        shown = settings->eta_newline ? 0 : out.len;
    }
    textbuf_free(&out);
}

void output_progress_end(const struct settings *settings)
{
    if (!wanted(settings) || !shown)
        return;
    printf("%*s\r", (int)shown, "");
    fflush(stdout);
    shown = 0;
}
