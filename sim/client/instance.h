/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Names of instances of the service, and how a client finds one. A name has letters, digits, '_',
 * '-' and '.'. On Linux the socket is in a folder that only its user can enter:
 * $XDG_RUNTIME_DIR/efasim, or /tmp/efasim-UID if that variable is not set. On Windows the pipe's
 * name contains the user's SID.
 */
#ifndef EFASIM_CLIENT_INSTANCE_H
#define EFASIM_CLIENT_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

/* The environment variable that names the instance, or on Linux the path of its socket. */
#define EFASIM_INSTANCE_VARIABLE "EFASIM_INSTANCE"
/* The environment variable with the number of the only adapter that clients see. */
#define EFASIM_DEVICE_VARIABLE "EFASIM_DEVICE"
#define EFASIM_INSTANCE_DEFAULT "default"
#define EFASIM_INSTANCE_NAME_LIMIT 31u

#ifdef _WIN32
#define EFASIM_INSTANCE_PATH_SIZE 256u /* limit of a pipe's name */
struct efasim_instance {
    char name[EFASIM_INSTANCE_NAME_LIMIT + 1];
    char pipe[EFASIM_INSTANCE_PATH_SIZE];
};
#else
#define EFASIM_INSTANCE_PATH_SIZE 108u /* limit of a Unix socket's address, with the zero */
struct efasim_instance {
    char folder[EFASIM_INSTANCE_PATH_SIZE];
    char socket[EFASIM_INSTANCE_PATH_SIZE];
    char lock[EFASIM_INSTANCE_PATH_SIZE];
};
#endif

/* The name of an instance's adapter: on Linux efa_0, efa_1; on Windows EFA and EFA_1, as the
 * driver names them. */
void efasim_adapter_name(unsigned number, char *name, size_t size);

/* If false, `message` says what a valid name is. */
bool efasim_instance_check_name(const char *name, char *message, size_t message_size);

/*
 * Finds an instance by name, or on Linux by the path of its socket. NULL stands for the
 * environment's instance, or the default one. If false, `message` says what is wrong with the name.
 */
bool efasim_instance_find(const char *name, struct efasim_instance *instance, char *message,
                          size_t message_size);

#endif
