/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Loads the library and opens a device. On Windows the interface kit loads efawin.dll; a native
 * build uses a simulated device. Failures are printed.
 */
#ifndef EFA_TOOLS_LIBRARY_H
#define EFA_TOOLS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct ibv_context;
struct ibv_device;

/* Makes the verbs calls usable, until tool_unload_library. */
bool tool_load_library(void);
void tool_unload_library(void);

#ifdef _WIN32
/* As tool_load_library. 0, or the errno value of what was printed. */
int tool_load_dll(void);
#endif

/* Name, version and path of the loaded library in one line. */
void tool_describe_library(char *text, size_t size);

/* The same in parts, of TOOL_FILE_VERSION and TOOL_SHOWN_PATH bytes; empty if not known. */
void tool_find_library(char *version, char *file);

/*
 * Whether the loaded efawin.dll is the one for the simulated EFA, which uses efasim and no driver.
 * False in a native build, where the driver that the programs ask is simulated.
 */
bool tool_library_is_simulated(void);

/* Whether another process can have an adapter that reaches ours. If not, that was printed. */
bool tool_reaches_other_processes(void);

/* Returns the devices, NULL-terminated, for ibv_free_device_list; NULL without any device. */
struct ibv_device **tool_list_devices(int *count);

/* Opens one of them. */
struct ibv_context *tool_open(struct ibv_device *device);

/* Opens the device of that name, or the first one for NULL. */
struct ibv_context *tool_open_device(const char *name);

#endif
