/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Maps the model's Win32 codes to NTSTATUS codes that Windows maps back to them. */
#ifndef EFASIM_DRIVER_NT_STATUS_H
#define EFASIM_DRIVER_NT_STATUS_H

#include <stdint.h>

/* An NTSTATUS for which GetLastError gives `win32_error`; 0 for 0. */
uint32_t nt_status_from_win32(uint32_t win32_error);

#endif
