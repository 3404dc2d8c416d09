/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Shared by the files of efasim: exit statuses, messages, the parts of `run`. */
#ifndef EFASIM_PROGRAM_PROGRAM_H
#define EFASIM_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../../src/os/compiler.h"
#include "../fronts/service/service.h"
#include "../link/links.h"

enum program_exit {
    PROGRAM_OK = 0,
    PROGRAM_FAILED = 1,
    PROGRAM_USAGE = 2,
    PROGRAM_DIFFERS = 3,      /* of `diff` */
    PROGRAM_CANNOT_RUN = 126, /* as in a shell: the command exists and cannot be run */
    PROGRAM_NO_COMMAND = 127, /* the command was not found */
    PROGRAM_SIGNALLED = 128   /* plus the number of the signal that ended the command */
};

/* message.c: prints "efasim: ..." on standard error, as one line even if several threads write. */
void program_say(const char *format, ...) EFA_PRINTF(1, 2);
/* What the program ends with: PROGRAM_FAILED if it has succeeded but could not write its output,
 * else `status`. */
int program_end(int status);
/* The same; returns PROGRAM_USAGE. */
int program_usage(const char *what, const char *argument);
/* A file whose name begins with '-' can be given as ./-NAME. */
bool program_is_option(const char *argument);
/* The value of the option argv[*i], to which *i moves. NULL: there is no value, as was printed. */
const char *program_value(int argc, char **argv, int *i);

/* links_linux.c, links_windows.c: links to instances on other machines. */
struct program_links {
    struct links_options options;
    struct links *running; /* under a lock of links_linux.c */
};
/* As serving_option. */
int links_option(struct program_links *links, int argc, char **argv, int *i);
bool links_are_wanted(const struct program_links *links);
/* Before a configuration is read, and after it. */
void links_default(struct efasim_config *config);
bool links_adjust(const struct program_links *links, struct efasim_config *config);
/* False: the reason was printed. */
bool links_begin(struct program_links *links, struct efasim *sim,
                 void (*log)(void *context, enum efasim_log_level level, const char *line),
                 void *context);
void links_end(struct program_links *links);
/* Lists nothing where there are no links. From any thread. */
void links_tell(struct program_links *links, uint32_t first, struct efasim_service_links *listed);
int key_command(int argc, char **argv);

/* serving.c: an instance, its log, and the reports about it. */
struct serving_options {
    const char *config; /* a file, or NULL */
    const char *name;   /* of the instance, or NULL */
    const char *trace;  /* a file, or NULL */
    bool verbose;
    void (*violated)(void);      /* called if a violation must end the run; may be NULL */
    void (*stop)(void);          /* called if a client asks the instance to stop */
    struct program_links *links; /* NULL: none */
};
struct serving;
/* NULL: the reason was printed. */
struct serving *serving_start(const struct serving_options *options);
/*
 * Reports violations and objects that clients left, and stops the instance. Returns `status`, or
 * PROGRAM_FAILED if `status` is PROGRAM_OK and the trace is incomplete.
 */
int serving_stop(struct serving *serving, int status);
const struct efasim_instance *serving_instance(const struct serving *serving);
unsigned serving_adapters(const struct serving *serving);
/* The options that `run` and `serve` share. Returns 1 if argv[*i] was one, 0 if not, -1 after an
 * error. */
int serving_option(struct serving_options *options, int argc, char **argv, int *i);

/* files_linux.c, files_windows.c: a new file that children do not inherit. NULL: errno says why. */
FILE *program_create(const char *path);

/* child_linux.c, child_windows.c */
/*
 * Runs the command until it ends, and returns its exit status. `place` is its position in the
 * arguments of this program.
 */
int child_run(char **command, int place);
/* Ends the command. From any thread. */
void child_end(void);

/*
 * stop_linux.c, stop_windows.c: waiting for the end of `serve`: Ctrl-C, a signal or a client's
 * request.
 */
bool stop_prepare(void);
void stop_wait(void);
/* From any thread. */
void stop_request(void);
void stop_clean_up(void);

/* environment_linux.c, environment_windows.c: the variables by which programs find an instance. */
struct program_environment {
    bool no_preload;
#ifndef _WIN32
    char preload[512];
    char sysfs[EFASIM_INSTANCE_PATH_SIZE + 16];
#endif
};
/* False: the reason was printed. */
bool environment_make(struct program_environment *environment, const struct serving *serving);
void environment_remove(const struct program_environment *environment);
/* Sets the variables in this process. False: the reason was printed. */
bool environment_set(const struct program_environment *environment, const struct serving *serving);
bool environment_put(const char *name, const char *value);
/* Prints the variables as lines for a shell. */
void environment_print(const struct program_environment *environment,
                       const struct serving *serving);
/* An option of `run` that only this system has. */
bool environment_option(struct program_environment *environment, const char *option);
/* Lines of --help. */
extern const char environment_help_run[], environment_help_serve[], environment_help_examples[];

#ifdef _WIN32
/* Windows ends the process when a handler of console events returns, or after this time. */
#define PROGRAM_CLEAN_UP_MS 5000u
#else
/* sysfs_linux.c: creates the files that libfabric reads about adapters. False: the reason was
 * printed. */
bool sysfs_make(const char *folder, unsigned adapters);
void sysfs_remove(const char *folder);
#endif

/* status.c. `argv` is that of control_command. */
int status_command(int argc, char **argv);
/* control.c: a request to the instance. Returns an exit status; the reason was printed. */
int control_request(uint32_t code, const void *input, uint32_t input_size, void *output,
                    uint32_t output_size);

/* run.c, serve.c, control.c, diff.c: the commands; `argv` begins after the command's name. */
int run_command(int argc, char **argv);
int serve_command(int argc, char **argv);
int diff_command(int argc, char **argv);
bool control_is_command(const char *name);
int control_command(const char *name, int argc, char **argv);

#endif
