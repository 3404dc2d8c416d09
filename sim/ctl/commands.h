/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The commands that show and change a running simulation. efasim_ctl (for the driver) and efasim
 * (for the service) share them; each program supplies the call that sends a request to its
 * simulation.
 */
#ifndef EFASIM_CTL_COMMANDS_H
#define EFASIM_CTL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

enum ctl_exit { CTL_EXIT_OK = 0, CTL_EXIT_FAILED = 1, CTL_EXIT_USAGE = 2 };

struct ctl_program {
    const char *name; /* in front of each message */
    /* control/control_protocol.h. Returns CTL_EXIT_OK, or CTL_EXIT_FAILED after printing the
     * reason. */
    int (*request)(uint32_t code, const void *input, uint32_t input_size, void *output,
                   uint32_t output_size);
};

/* The text about these commands in --help. */
extern const char ctl_commands_help[];

/* Whether this is one of the commands. */
bool ctl_is_command(const char *name);

/* Runs the command; `arguments` are those after its name. Returns the exit code. */
int ctl_run(const struct ctl_program *program, const char *name, int count, char **arguments);

/* show.c: what a request returned, as text or JSON. */
int ctl_show_objects(const struct ctl_program *program, bool json);
int ctl_show_counters(const struct ctl_program *program, bool json);
int ctl_show_faults(const struct ctl_program *program, bool json);
int ctl_show_queue_pair(const struct ctl_program *program, uint32_t device, uint32_t number,
                        bool json);

#endif
