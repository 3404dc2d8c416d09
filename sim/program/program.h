/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of efasim share: exit statuses, messages, the parts that `run` is made of. */
#ifndef EFASIM_PROGRAM_PROGRAM_H
#define EFASIM_PROGRAM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "../../src/os/compiler.h"
#include "../fronts/service/service.h"

enum program_exit {
    PROGRAM_OK = 0,
    PROGRAM_FAILED = 1,
    PROGRAM_USAGE = 2,
    PROGRAM_CANNOT_RUN = 126, /* as of a shell: the command is there and cannot be run */
    PROGRAM_NO_COMMAND = 127, /* the command was not found */
    PROGRAM_SIGNALLED = 128   /* and the signal's number: the command was ended by it */
};

/* message.c: a line "efasim: ..." on standard error, whole also when several threads write. */
void program_say(const char *format, ...) EFA_PRINTF(1, 2);
/* The same; returns PROGRAM_USAGE. */
int program_usage(const char *what, const char *argument);

/* config_file.c: the default, or what the file says. False: it was said why. */
bool program_read_config(const char *path, struct efasim_config *config);

/* serving.c: an instance, its log and what is to be reported of it. */
struct serving_options {
    const char *config; /* a file, or NULL */
    const char *name;   /* of the instance, or NULL */
    const char *trace;  /* a file, or NULL */
    bool verbose;
    void (*violated)(void); /* a violation ends the run; NULL: nothing */
    void (*stop)(void);     /* somebody asked for it */
};
struct serving;
/* NULL: it was said why. */
struct serving *serving_start(const struct serving_options *options);
/*
 * Reports violations and what clients left, and ends the instance. Returns `status`, or PROGRAM_FAILED
 * where that is PROGRAM_OK and the trace is not complete.
 */
int serving_stop(struct serving *serving, int status);
const struct efasim_instance *serving_instance(const struct serving *serving);
unsigned serving_adapters(const struct serving *serving);
/* The options that `run` and `serve` share: 1 where argv[*i] was one, 0 where not, -1 a mistake. */
int serving_option(struct serving_options *options, int argc, char **argv, int *i);

/* child_linux.c */
/* Runs the command to its end with the environment given, and returns its exit status. */
int child_run(char **command, char **environment);
/* From any thread. */
void child_end(void);

/* sysfs_linux.c: what libfabric reads about adapters, as files. False: it was said why. */
bool sysfs_make(const char *folder, unsigned adapters);
void sysfs_remove(const char *folder);

/* environment.c: what makes programs find an instance. False: it was said why. */
struct program_environment {
    bool no_preload;
    char preload[512];
    char sysfs[EFASIM_INSTANCE_PATH_SIZE + 16];
};
bool environment_make(struct program_environment *environment, const struct serving *serving);
void environment_remove(const struct program_environment *environment);
/* Sets the variables in this process. */
bool environment_set(const struct program_environment *environment, const struct serving *serving);
/* Prints them as lines for a shell. */
void environment_print(const struct program_environment *environment,
                       const struct serving *serving);

/* run.c, serve.c, control.c: the commands; `argv` begins after the command's name. */
int run_command(int argc, char **argv);
int serve_command(int argc, char **argv);
bool control_is_command(const char *name);
int control_command(const char *name, int argc, char **argv);

#endif
