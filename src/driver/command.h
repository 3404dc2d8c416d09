/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Sends one command through the transport and logs its failure. Only for files of this folder. */
#ifndef EFA_DRIVER_REQUEST_H
#define EFA_DRIVER_REQUEST_H

#include "driver.h"

/*
 * The driver succeeded, but its reply has the wrong size. No Win32 error has this value: those have
 * 32 bits.
 */
#define EFA_REPLY_WRONG_SIZE UINT64_MAX

/* Returns 0, a Win32 error, or EFA_REPLY_WRONG_SIZE. Logs nothing. */
uint64_t efa_driver_command_raw(struct efa_driver *driver, uint32_t code, const void *input,
                                uint32_t input_size, void *output, uint32_t output_size,
                                uint32_t *returned);

/*
 * Logs the result of a raw command under its `name`; returns 0 or an errno value. Once a command
 * has reported that the adapter is gone, further such reports are logged at level debug.
 */
int efa_driver_log_failure(struct efa_driver *driver, const char *name, uint64_t error,
                           uint32_t returned, uint32_t output_size);

/* Does both; returns 0 or an errno value. */
int efa_driver_command(struct efa_driver *driver, const char *name, uint32_t code,
                       const void *input, uint32_t input_size, void *output, uint32_t output_size);

/*
 * The same for a request that creates an object. `*created`: the reply holds at least its first
 * `handle_end` bytes, so the object exists and can be named, even where the request failed because
 * of the reply's size. That there is no more of a kind is an error once, and debug lines then:
 * programs evict one and try again.
 */
int efa_driver_create_command(struct efa_driver *driver, const char *name, uint32_t code,
                              const void *input, uint32_t input_size, void *output,
                              uint32_t output_size, uint32_t handle_end, bool *created);

#endif
