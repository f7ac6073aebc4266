/* SPDX-License-Identifier: Apache-2.0 */
/* One table of switches: parsing and --help come out of it. */
#include "switches.h"

#include "jobs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

__attribute__((format(printf, 3, 4))) static void wrong(struct command *command, const char *name,
                                                        const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    say((struct place){"command line", 0}, name, "%s", text);
    command->failed = true;
}

static void no_memory(struct command *command, const char *name)
{
    wrong(command, name, "no memory");
    command->is_done = true;
}

static void bad_value(struct command *command, const struct switch_def *self, const char *value)
{
    wrong(command, self->name, "'%.60s' is no valid value; valid values: %s", value, self->form);
}

static void set_flag(struct command *command, const struct switch_def *self, const char *value)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"parse-only", &command->settings->parse_only},
        {"readonly", &command->settings->read_only},
        {"warnings-fatal", &command->settings->warnings_fatal},
        {"append-terse", &command->settings->append_terse},
        {"showcmd", &command->shows},
    };

    (void)value;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (strcmp(flags[i].name, self->name) == 0)
            *flags[i].flag = true;
}

static void set_text(struct command *command, const struct switch_def *self, char **field,
                     const char *value)
{
    char *copy = strdup(value);

    if (copy == NULL) {
        no_memory(command, self->name);
        return;
    }
    free(*field);
    *field = copy;
}

static void set_output(struct command *command, const struct switch_def *self, const char *value)
{
    if (*value == '\0')
        bad_value(command, self, value);
    else
        set_text(command, self, &command->settings->output, value);
}

static void set_bandwidth_log(struct command *command, const struct switch_def *self,
                              const char *value)
{
    set_text(command, self, &command->settings->bandwidth_log, value != NULL ? value : "agg");
}

static void set_formats(struct command *command, const struct switch_def *self, const char *value)
{
    static const struct {
        const char *name;
        unsigned bit;
    } formats[] = {
        {"normal", FORMAT_NORMAL}, {"terse", FORMAT_TERSE},     {"minimal", FORMAT_TERSE},
        {"json", FORMAT_JSON},     {"json+", FORMAT_JSON_PLUS},
    };
    struct piece rest = piece_of(value), piece;
    unsigned bits = 0;

    while (piece_next(&rest, ',', &piece)) {
        unsigned bit = 0;

        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
            if (piece_is(piece, formats[i].name))
                bit = formats[i].bit;
        if (bit == 0) {
            bad_value(command, self, value);
            return;
        }
        bits |= bit;
    }
    command->settings->formats = bits;
}

static void set_minimal(struct command *command, const struct switch_def *self, const char *value)
{
    (void)self;
    (void)value;
    command->settings->formats = FORMAT_TERSE;
}

static void set_terse_version(struct command *command, const struct switch_def *self,
                              const char *value)
{
    if (strlen(value) != 1 || *value < '2' || *value > '5')
        bad_value(command, self, value);
    else
        command->settings->terse_version = *value - '0';
}

static void set_interval(struct command *command, const struct switch_def *self, const char *value)
{
    const uint64_t second_ns = 1000000000, ms_ns = 1000000;
    bool is_status = strcmp(self->name, "status-interval") == 0;
    bool is_eta = strcmp(self->name, "eta-interval") == 0;
    uint64_t ns;

    if (value_time(piece_of(value), is_eta ? ms_ns : second_ns, &ns) < 0 || ns < ms_ns) {
        bad_value(command, self, value);
        return;
    }
    if (is_status)
        command->settings->status_interval_ms = ns / ms_ns;
    else
        command->settings->eta_interval_ms = ns / ms_ns;
    command->settings->eta_newline |= strcmp(self->name, "eta-newline") == 0;
}

static void set_eta(struct command *command, const struct switch_def *self, const char *value)
{
    if (strcmp(value, "auto") == 0)
        command->settings->eta = 0;
    else if (strcmp(value, "always") == 0)
        command->settings->eta = 1;
    else if (strcmp(value, "never") == 0)
        command->settings->eta = -1;
    else
        bad_value(command, self, value);
}

static void set_max_jobs(struct command *command, const struct switch_def *self, const char *value)
{
    const uint64_t most = 1000000;
    uint64_t jobs;

    if (value_size(piece_of(value), 1024, &jobs) < 0 || jobs == 0 || jobs > most)
        bad_value(command, self, value);
    else
        command->settings->max_jobs = jobs;
}

static void add_section(struct command *command, const struct switch_def *self, const char *value)
{
    const char **grown = reallocarray(command->sections, command->n_sections + 1, sizeof(*grown));

    if (grown == NULL) {
        no_memory(command, self->name);
        return;
    }
    command->sections = grown;
    grown[command->n_sections++] = value;
}

static void set_help(struct command *command, const struct switch_def *self, const char *value)
{
    command->is_done = true;
    if (strcmp(self->name, "help") == 0)
        print_usage(command->settings->called_as);
    else if (strcmp(self->name, "cmdhelp") == 0)
        command->failed |= !print_option_help(value);
    else if (strcmp(self->name, "enghelp") == 0)
        command->failed |= !print_engine_help(value);
    else if (strcmp(command->settings->called_as, "fio") == 0)
        puts("fio-3.42");
    else
        printf("bffio-%s (fio-3.42 compatible)\n", PACKAGE_VERSION);
}

static void ignore(struct command *command, const struct switch_def *self, const char *value)
{
    (void)command;
    (void)value;
    say((struct place){"command line", 0}, self->name, "ignored: %s", self->help);
}

static void refuse(struct command *command, const struct switch_def *self, const char *value)
{
    (void)value;
    wrong(command, self->name, "bffio does not do this switch of fio's");
}

#define NOT_HERE(text)                                                                             \
    {                                                                                              \
        text, OPTIONAL, refuse, NULL, NULL                                                         \
    }

const struct switch_def switches[] = {
    {"output", REQUIRED, set_output, "FILE", "Writes the report to a file"},
    {"output-format", REQUIRED, set_formats, "normal, json, json+, terse, or several by commas",
     "The form of the report"},
    {"minimal", WITHOUT, set_minimal, NULL, "The terse report"},
    {"append-terse", WITHOUT, set_flag, NULL, "The terse report after the normal one"},
    {"terse-version", REQUIRED, set_terse_version, "2, 3, 4, 5", "Which terse form"},
    {"status-interval", REQUIRED, set_interval, "a time from 1ms, in seconds without a unit",
     "A report at each interval"},
    {"bandwidth-log", OPTIONAL, set_bandwidth_log, "PREFIX", "Logs the bandwidth of all jobs"},
    {"eta", REQUIRED, set_eta, "auto, always, never", "Whether a line shows the progress"},
    {"eta-newline", REQUIRED, set_interval, "a time from 1ms, in seconds without a unit",
     "A new line of progress at each interval"},
    {"eta-interval", REQUIRED, set_interval, "a time from 1ms, in milliseconds without a unit",
     "How often the line changes"},
    {"readonly", WITHOUT, set_flag, NULL, "Refuses jobs that write or trim"},
    {"section", REQUIRED, add_section, "NAME", "Runs only this section of job files; may repeat"},
    {"max-jobs", REQUIRED, set_max_jobs, "1 to 1000000", "How many jobs may run at once"},
    {"parse-only", WITHOUT, set_flag, NULL, "Checks all options and ends"},
    {"showcmd", WITHOUT, set_flag, NULL, "Prints job files as a command line and ends"},
    {"warnings-fatal", WITHOUT, set_flag, NULL, "Warnings about options are errors"},
    {"cmdhelp", OPTIONAL, set_help, "OPTION", "Lists the options, or tells about one"},
    {"enghelp", OPTIONAL, set_help, "ENGINE", "Lists the engines, or tells about one"},
    {"version", WITHOUT, set_help, NULL, "Prints the version"},
    {"help", WITHOUT, set_help, NULL, "Prints this"},
    {"alloc-size", REQUIRED, ignore, "SIZE", "memory needs no limit"},
    NOT_HERE("debug"),
    NOT_HERE("server"),
    NOT_HERE("idle-prof"),
    NOT_HERE("client"),
    NOT_HERE("daemonize"),
    NOT_HERE("remote-config"),
    NOT_HERE("merge-blktrace-only"),
    NOT_HERE("cpuclock-test"),
    NOT_HERE("crctest"),
    NOT_HERE("memcpytest"),
    NOT_HERE("inflate-log"),
    NOT_HERE("trigger"),
    NOT_HERE("trigger-file"),
    NOT_HERE("trigger-timeout"),
    NOT_HERE("trigger-remote"),
    NOT_HERE("aux-path"),
    NOT_HERE("latency-log"),
    {NULL, WITHOUT, NULL, NULL, NULL},
};

const struct switch_def *switch_exact(const char *name)
{
    for (const struct switch_def *def = switches; def->name != NULL; def++)
        if (strcmp(def->name, name) == 0)
            return def;
    return NULL;
}

const struct switch_def *switch_find(const char *name, bool *several)
{
    const struct switch_def *found = NULL;

    *several = false;
    for (const struct switch_def *def = switches; def->name != NULL; def++) {
        if (strncmp(def->name, name, strlen(name)) != 0)
            continue;
        *several = found != NULL;
        if (*several)
            return NULL;
        found = def;
    }
    return found;
}

void print_usage(const char *called_as)
{
    printf("Usage: %s [SWITCHES] [OPTIONS] [--name=JOB OPTIONS]... [JOBFILE]...\n\nSwitches:\n",
           called_as);
    for (const struct switch_def *def = switches; def->name != NULL; def++)
        if (def->set != refuse)
            printf("  --%s%s%s\n        %s\n", def->name,
                   def->argument == REQUIRED   ? "="
                   : def->argument == OPTIONAL ? "[=VALUE]"
                                               : "",
                   def->argument == REQUIRED ? def->form : "", def->help);
    puts("\nOptions of jobs: --cmdhelp lists them, --cmdhelp=OPTION tells about one.");
}
