/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Looks up the addresses of a host, with a time limit, which the system's call lacks. */
#ifndef EFA_TOOLS_RESOLVE_H
#define EFA_TOOLS_RESOLVE_H

#include <stdint.h>

struct addrinfo;

/*
 * Returns the addresses for TCP, for freeaddrinfo. NULL after printing the reason: unknown host, no
 * result until `deadline` (of tool_now_ns), or Ctrl-C.
 */
struct addrinfo *tool_resolve(const char *host, uint16_t port, uint64_t deadline);

#endif
