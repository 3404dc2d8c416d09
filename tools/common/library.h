/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * From a program's start to an open device: on Windows the interface kit loads efawin.dll, in a
 * native build a simulated device stands behind the library. Failures are printed.
 */
#ifndef EFA_TOOLS_LIBRARY_H
#define EFA_TOOLS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct ibv_context;
struct ibv_device;

/* Makes the verbs calls usable; undone by tool_unload_library. */
bool tool_load_library(void);
void tool_unload_library(void);

/* Name, version and place of the loaded library in one line. */
void tool_describe_library(char *text, size_t size);

/* The same in parts: TOOL_FILE_VERSION and TOOL_SHOWN_PATH bytes; empty where not known. */
void tool_find_library(char *version, char *file);

/* The devices, NULL-terminated, for ibv_free_device_list; NULL where there is none. */
struct ibv_device **tool_list_devices(int *count);

/* Opens one of them. */
struct ibv_context *tool_open(struct ibv_device *device);

/* Opens the device of that name, or the first one for NULL. */
struct ibv_context *tool_open_device(const char *name);

#endif
