/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: switches first, wherever they stand, then options and jobs in their order,
 * then the job files. Options before the first --name, and behind --name=global, count for all
 * later jobs, those of files too. */
#include "parse.h"

#include "jobs.h"
#include "switches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct place here = {"command line", 0};

struct argument {                     /* one of the command line, with its value */
    char name[128];                   /* the full one */
    const char *value;                /* NULL: none */
    const struct switch_def *switch_; /* or NULL: an option */
    const char *file;                 /* neither: a job file */
    const char *problem;              /* or what is wrong with it */
};

/* A unique prefix stands for a switch, or else for an option. */
static void name_argument(struct argument *argument, bool *needs_value, bool *takes_next)
{
    bool several = false, several_options = false;
    const struct option_def *def = option_find(argument->name);
    const struct switch_def *found = switch_exact(argument->name);

    *needs_value = *takes_next = false;
    if (found == NULL && def == NULL)
        found = switch_find(argument->name, &several);
    if (found != NULL) {
        argument->switch_ = found;
        snprintf(argument->name, sizeof(argument->name), "%s", found->name);
        *needs_value = *takes_next = found->argument == REQUIRED;
        return;
    }
    if (def == NULL && !several) {
        def = option_by_prefix(argument->name, &several_options);
        if (def != NULL)
            snprintf(argument->name, sizeof(argument->name), "%s", def->name);
    }
    if (several || several_options)
        argument->problem = "several begin so; valid: a longer name, --help and --cmdhelp";
    if (def != NULL)
        *needs_value = *takes_next = option_needs_value(def) && def->tier != TIER_REFUSED;
}

/* Reads argv[*i] and moves on behind it and its value. */
static struct argument read_argument(int argc, char **argv, int *i, bool only_files)
{
    struct argument argument = {.value = NULL};
    const char *text = argv[(*i)++], *equals;
    bool needs_value, takes_next;
    size_t len;

    if (only_files || text[0] != '-' || text[1] == '\0') {
        argument.file = text;
        return argument;
    }
    text += text[1] == '-' ? 2 : 1;
    equals = strchr(text, '=');
    len = equals != NULL ? (size_t)(equals - text) : strlen(text);
    snprintf(argument.name, sizeof(argument.name), "%.*s", len > 120 ? 120 : (int)len, text);
    name_argument(&argument, &needs_value, &takes_next);
    if (equals != NULL)
        argument.value = equals + 1;
    else if (takes_next && *i < argc)
        argument.value = argv[(*i)++];
    if (argument.switch_ != NULL && argument.switch_->argument == WITHOUT && equals != NULL)
        argument.problem = "takes no value";
    else if (needs_value && argument.value == NULL)
        argument.problem = "needs a value";
    return argument;
}

static bool ends_options(char **argv, int *i, bool *only_files)
{
    if (*only_files || strcmp(argv[*i], "--") != 0)
        return false;
    *only_files = true;
    (*i)++;
    return true;
}

static void read_switches(struct command *command, int argc, char **argv)
{
    bool only_files = false;

    for (int i = 1; i < argc && !command->is_done;) {
        struct argument argument;

        if (ends_options(argv, &i, &only_files))
            continue;
        argument = read_argument(argc, argv, &i, only_files);
        if (argument.problem != NULL) {
            say(here, argument.name, "%s", argument.problem);
            command->failed = true;
        } else if (argument.switch_ != NULL) {
            argument.switch_->set(command, argument.switch_, argument.value);
        }
    }
}

/* --name=global is what [global] is in a file. */
static bool is_global(const struct argument *argument)
{
    return strcmp(argument->name, "name") == 0 && argument->value != NULL &&
           strcmp(argument->value, "global") == 0;
}

static void read_options(struct builder *builder, int argc, char **argv)
{
    bool only_files = false;

    builder_begin_global(builder, here);
    for (int i = 1; i < argc && !builder->no_memory;) {
        struct argument argument;

        if (ends_options(argv, &i, &only_files))
            continue;
        argument = read_argument(argc, argv, &i, only_files);
        if (argument.file != NULL || argument.switch_ != NULL)
            continue;
        if (is_global(&argument)) {
            builder_begin_global(builder, here);
            continue;
        }
        if (strcmp(argument.name, "name") == 0)
            builder_begin_job(builder, argument.value, here);
        builder_option(builder, argument.name, argument.value, here);
    }
    builder_end_section(builder);
}

static void read_files(struct builder *builder, int argc, char **argv)
{
    bool only_files = false, is_first = true;

    for (int i = 1; i < argc && !builder->no_memory;) {
        struct argument argument;

        if (ends_options(argv, &i, &only_files))
            continue;
        argument = read_argument(argc, argv, &i, only_files);
        if (argument.file == NULL)
            continue;
        builder->separates = !is_first;
        is_first = false;
        read_job_file(builder, argument.file);
    }
}

static void settings_init(struct settings *settings, const char *called_as)
{
    const char *slash = strrchr(called_as, '/');

    *settings = (struct settings){
        .called_as = slash != NULL ? slash + 1 : called_as,
        .formats = FORMAT_NORMAL,
        .terse_version = 3,
        .eta_interval_ms = 500,
        .max_jobs = 4096,
    };
}

void settings_free(struct settings *settings)
{
    free(settings->output);
    free(settings->bandwidth_log);
    settings->output = settings->bandwidth_log = NULL;
}

static void check_sections(struct builder *builder)
{
    for (size_t i = 0; i < builder->n_wanted; i++)
        if (!builder->was_found[i])
            builder_error(builder, here, "section", "no section '%.100s'", builder->wanted[i]);
}

static enum parse_result conclude(struct builder *builder, const struct command *command)
{
    const struct settings *settings = builder->settings;
    bool only_looks = settings->parse_only || command->shows;

    check_sections(builder);
    if (settings->warnings_fatal && builder->warnings > 0)
        builder_error(builder, here, "warnings-fatal", "there were warnings");
    if (builder->errors == 0 && builder->list->n == 0 && !only_looks) {
        builder_error(builder, here, NULL, "no job; valid: --name=JOB or a job file, see --help");
    }
    if (command->shows)
        show_end(builder);
    if (builder->errors > 0)
        return PARSE_FAILED;
    return only_looks ? PARSED_DONE : PARSED;
}

static enum parse_result build(struct command *command, int argc, char **argv,
                               struct job_list *list)
{
    enum parse_result result = PARSE_FAILED;
    struct builder builder;

    if (builder_init(&builder, command->settings, list) < 0) {
        say(here, NULL, "no memory");
        return PARSE_FAILED;
    }
    builder.shows = command->shows;
    builder.wanted = command->sections;
    builder.was_found = calloc(command->n_sections + 1, sizeof(bool));
    if (builder.was_found == NULL) {
        builder_no_memory(&builder, here, NULL);
    } else {
        builder.n_wanted = command->n_sections;
        read_options(&builder, argc, argv);
        read_files(&builder, argc, argv);
        result = conclude(&builder, command);
    }
    free(builder.was_found);
    builder_free(&builder);
    return result;
}

enum parse_result parse_command_line(int argc, char **argv, struct settings *settings,
                                     struct job_list *list)
{
    struct command command = {.settings = settings};
    enum parse_result result = PARSE_FAILED;

    *list = (struct job_list){NULL, 0};
    settings_init(settings, argc > 0 ? argv[0] : "bffio");
    read_switches(&command, argc, argv);
    if (command.is_done && !command.failed)
        result = PARSED_DONE;
    else if (!command.failed)
        result = build(&command, argc, argv, list);
    free(command.sections);
    if (result != PARSED)
        job_list_free(list);
    return result;
}

enum parse_result parse_job_text(const char *text, size_t len, struct settings *settings,
                                 struct job_list *list)
{
    enum parse_result result = PARSE_FAILED;
    struct builder builder;

    *list = (struct job_list){NULL, 0};
    settings_init(settings, "bffio");
    if (builder_init(&builder, settings, list) == 0) {
        read_job_text(&builder, "job file", text, len);
        result = builder.errors == 0 ? PARSED : PARSE_FAILED;
    }
    builder_free(&builder);
    if (result != PARSED)
        job_list_free(list);
    return result;
}
