/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Paths of MAX_PATH (260) characters and more, which Windows takes in one form only. */
#ifndef EFA_OS_LONG_PATH_WINDOWS_H
#define EFA_OS_LONG_PATH_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/* What the long form adds to a path, in characters. */
#define EFA_LONG_PATH_PREFIX 7

/* Whether Windows takes a path, made absolute, in its long form only. */
bool efa_os_is_long_path(const wchar_t *path);

/*
 * The absolute path in its long form, \\?\C:\... or \\?\UNC\server\..., in `room` of `size`
 * characters. NULL, with the last error set, if it does not fit or is not a path.
 */
const wchar_t *efa_os_long_path(const wchar_t *path, wchar_t *room, uint32_t size);

#endif
