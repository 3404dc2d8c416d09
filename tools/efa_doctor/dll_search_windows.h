/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The folders in which Windows looks for a DLL that is loaded by its name only. */
#ifndef EFA_DOCTOR_DLL_SEARCH_WINDOWS_H
#define EFA_DOCTOR_DLL_SEARCH_WINDOWS_H

#include <stdbool.h>
#include <wchar.h>

/*
 * Calls `visit` for each folder behind the program's own one, in Windows' order, until it returns
 * true; returns whether it did.
 */
bool doctor_visit_folders(bool (*visit)(const wchar_t *folder, void *argument), void *argument);

#endif
