/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Commands about a running instance: stop, and those that others have (status.c, efasim_ctl). */
#include <string.h>

#include "../../src/driver/win32_error.h"
#include "../client/connection.h"
#include "../ctl/commands.h"
#include "../fronts/service/system.h"
#include "program.h"

#define STOP_TRIES 1000
#define STOP_PAUSE (10 * SYSTEM_MILLISECOND)

static const char *instance; /* NULL: the instance of the environment */

static struct efasim_connection *open_control(bool quiet)
{
    const struct efasim_purpose_options options = {EFASIM_PURPOSE_CONTROL, 0, false};
    struct efasim_connection *connection;
    struct efasim_welcome welcome;

    if (efasim_connection_open(instance, &options, &connection, &welcome) == EFA_WIN32_SUCCESS)
        return connection;
    if (!quiet)
        program_say("%s", welcome.message[0] ? welcome.message : "not enough memory");
    return NULL;
}

/* Messages for errors of valid requests. */
static int fail(uint32_t error)
{
    switch (error) {
    case EFA_WIN32_NOT_FOUND:
        program_say("the instance has no such object or adapter");
        break;
    case EFA_WIN32_FILE_NOT_FOUND:
        program_say("the instance has no trace file: start it with --trace FILE");
        break;
    case EFA_WIN32_DEVICE_NOT_CONNECTED:
        program_say("the instance ended meanwhile");
        break;
    default:
        program_say("the instance rejects the request (error %u): use efasim from one build",
                    error);
    }
    return PROGRAM_FAILED;
}

int control_request(uint32_t code, const void *input, uint32_t input_size, void *output,
                    uint32_t output_size)
{
    struct efasim_connection *connection = open_control(false);
    uint32_t returned, error;

    if (!connection)
        return PROGRAM_FAILED;
    error = efasim_connection_request(connection, code, input, input_size, output, output_size,
                                      &returned);
    efasim_connection_close(connection);
    if (error != EFA_WIN32_SUCCESS)
        return fail(error);
    if (returned == output_size)
        return PROGRAM_OK;
    program_say("the instance replied %u bytes instead of %u: use efasim from one build", returned,
                output_size);
    return PROGRAM_FAILED;
}

/* Waits until the instance is gone. */
static int stop(void)
{
    int status = control_request(EFASIM_SERVICE_STOP, NULL, 0, NULL, 0);

    if (status != PROGRAM_OK)
        return status;
    for (int i = 0; i < STOP_TRIES; i++) {
        struct efasim_connection *connection = open_control(true);

        if (!connection)
            return PROGRAM_OK;
        efasim_connection_close(connection);
        system_sleep(STOP_PAUSE);
    }
    program_say("the instance did not stop within %u s",
                (unsigned)(STOP_TRIES * STOP_PAUSE / SYSTEM_SECOND));
    return PROGRAM_FAILED;
}

bool control_is_command(const char *name)
{
    return strcmp(name, "status") == 0 || strcmp(name, "stop") == 0 || ctl_is_command(name);
}

/* Removes --instance NAME from the arguments. Returns how many are left, or -1. */
static int take_instance(int argc, char **argv)
{
    int left = 0;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--instance") != 0) {
            argv[left++] = argv[i];
            continue;
        }
        instance = program_value(argc, argv, &i);
        if (!instance)
            return -1;
    }
    return left;
}

int control_command(const char *name, int argc, char **argv)
{
    static const struct ctl_program program = {"efasim", control_request};

    argc = take_instance(argc, argv);
    if (argc < 0)
        return PROGRAM_USAGE;
    if (ctl_is_command(name))
        return ctl_run(&program, name, argc, argv);
    if (strcmp(name, "status") == 0)
        return status_command(argc, argv);
    return argc == 0 ? stop() : program_usage("unknown argument", argv[0]);
}
