/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The simulated EFA as a user-mode service: adapters for all processes of the same user. A program
 * needs only this header to run one; clients use client/service_transport.h.
 */
#ifndef EFASIM_SERVICE_SERVICE_H
#define EFASIM_SERVICE_SERVICE_H

#include "../../efasim.h"
#include "service_options.h"

struct efasim_service;

/* Starts a service, which runs until it is stopped. NULL: `message` has the reason. */
struct efasim_service *efasim_service_start(const struct efasim_service_options *options,
                                            char *message, size_t message_size);

/* Closes all sessions and removes the instance. */
void efasim_service_stop(struct efasim_service *service);

/* The model itself: counters, objects, faults, trace, removal. */
struct efasim *efasim_service_model(struct efasim_service *service);

#endif
