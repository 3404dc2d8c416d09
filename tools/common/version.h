/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Which versions meet here: the program's, the library's, the driver's. */
#ifndef EFA_TOOLS_VERSION_H
#define EFA_TOOLS_VERSION_H

#include <stddef.h>
#include <stdint.h>

/* The program's own. */
extern const char *const tool_version;

/* What the driver says when asked without the library. */
struct tool_driver_answer {
    uint32_t open_error;  /* Win32 error of opening the device; nothing else is known unless 0 */
    uint32_t query_error; /* that of the newest version's QUERY_DEVICE; 0 where one was answered */
    uint32_t reply_size;  /* bytes of that version's reply */
    unsigned spoken;      /* bit N: interface version N */
};

/* Opens the device, asks for each interface version, closes it. Changes nothing. */
void tool_ask_driver(struct tool_driver_answer *answer);

/* "3, 2, 1" */
void tool_describe_versions(unsigned spoken, char *text, size_t size);

/* What --version prints. */
void tool_print_versions(void);

#endif
