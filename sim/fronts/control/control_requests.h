/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Serving the requests of control_protocol.h. */
#ifndef EFASIM_CONTROL_CONTROL_REQUESTS_H
#define EFASIM_CONTROL_CONTROL_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct efasim;

struct control_target {
    struct efasim *sim;
    bool has_trace; /* there is a file for the trace */
    void *(*allocate)(size_t size);
    void (*release)(void *memory);
};

/* Copies what a request returns. Returns a Win32 error code. */
uint32_t control_reply(void *buffer, uint32_t output_size, const void *answer, uint32_t size,
                       uint32_t *returned);

/*
 * `buffer` is input and output. Returns a Win32 error code. *returned is always set to the size of
 * the output, 0 on failure.
 */
uint32_t control_serve(const struct control_target *target, uint32_t code, void *buffer,
                       uint32_t input_size, uint32_t output_size, uint32_t *returned);

#endif
