/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The simulated EFA for fuzzing: a front end that is quick to create and destroy, whose time
 * advances only on command, and that counts the model's allocations. Each ring is its own
 * allocation, so the address sanitizer detects every access outside it.
 */
#ifndef EFA_FUZZ_DEVICE_H
#define EFA_FUZZ_DEVICE_H

#include "driver/transport.h"
#include "efasim.h"
#include "fuzz.h"

struct fuzz_device;

/* All memory that clients can register. */
#define FUZZ_MEMORY 16384
extern uint8_t fuzz_memory[FUZZ_MEMORY];

/* A few small objects of everything, in place of the limits of an adapter. */
void fuzz_small_limits(struct efasim_config *config);

struct fuzz_device *fuzz_device_create(const struct efasim_config *config);

/* Requires that nothing is left: no object of a client, no mapping, no memory. */
void fuzz_device_destroy(struct fuzz_device *device);

/* Payloads go through the copy callback instead of straight from source to target. */
void fuzz_device_set_indirect(struct fuzz_device *device, bool indirect);

const struct efa_transport *fuzz_device_transport(struct fuzz_device *device, unsigned index);
struct efasim *fuzz_device_model(struct fuzz_device *device);

/* Runs the adapters until nothing is left to do now; then lets time pass. Both end. */
void fuzz_device_run(struct fuzz_device *device);
void fuzz_device_advance(struct fuzz_device *device, uint64_t nanoseconds);

/* A client stored to a doorbell at this address. */
void fuzz_device_report_write(struct fuzz_device *device, uint64_t address);

/* How often a client broke the device's rules. */
unsigned fuzz_device_violations(const struct fuzz_device *device);

#endif
