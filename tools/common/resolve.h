/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Addresses of a host by its name, with an end to the wait, which the system's own call has not. */
#ifndef EFA_TOOLS_RESOLVE_H
#define EFA_TOOLS_RESOLVE_H

#include <stdint.h>

struct addrinfo;

/*
 * The addresses for TCP, for freeaddrinfo. NULL after printing why: not known, not found until
 * `deadline` (of tool_now_ns), or Ctrl-C.
 */
struct addrinfo *tool_resolve(const char *host, uint16_t port, uint64_t deadline);

#endif
