/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The device without our library: requests through DeviceIoControl, descriptors written by hand.
 * Knows the wire formats and nothing of src/queue or src/verbs.
 */
#ifndef EFAWIN_TESTS_RAW_EFA_H
#define EFAWIN_TESTS_RAW_EFA_H

#include <windows.h>

#include <stdbool.h>
#include <stdint.h>

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/protocol.h"

#define RAW_QKEY 0x11111111u

struct raw_efa {
    HANDLE device;
    struct efa_device_info info;
    uint16_t pdn;
    uint16_t own_ah; /* for the device's own GID: how two processes on one machine meet */
};

/* 0 or the error of CreateFileW. */
uint32_t raw_open_device(HANDLE *device);
/* 0 or a Win32 error. `returned` may be NULL. */
uint32_t raw_request(HANDLE device, uint32_t code, const void *input, uint32_t input_size,
                     void *output, uint32_t output_size, uint32_t *returned);

/* Opens the device, negotiates, allocates a PD and an address handle for the device itself. */
bool raw_efa_open(struct raw_efa *efa, uint32_t interface_version);
void raw_efa_close(struct raw_efa *efa);

uint32_t raw_register(struct raw_efa *efa, void *memory, size_t size, uint8_t permissions,
                      uint32_t *lkey);

/* A queue pair with its own completion queue. */
struct raw_efa_qp {
    struct efa_cq_info cq;
    struct efa_qp_info info;
    uint32_t depth; /* of both rings, in descriptors; a power of two */
    uint32_t sends; /* producer counters */
    uint32_t receives;
    uint32_t num_sub_cqs;
    uint32_t consumed[16]; /* per sub-CQ */
};

bool raw_qp_create(struct raw_efa *efa, struct raw_efa_qp *qp, enum efa_driver_qp_type type,
                   uint32_t depth);
uint32_t raw_qp_modify_to(struct raw_efa *efa, struct raw_efa_qp *qp,
                          enum efa_driver_qp_state state);

/* Writes a descriptor; the doorbell makes it valid. */
void raw_post_send(struct raw_efa_qp *qp, uint16_t request_id, uint16_t ah, uint32_t destination_qp,
                   const void *data, uint32_t size, uint32_t lkey);
void raw_ring_send(struct raw_efa_qp *qp);
void raw_post_receive(struct raw_efa_qp *qp, uint16_t request_id, void *data, uint32_t size,
                      uint32_t lkey);
void raw_ring_receive(struct raw_efa_qp *qp);

/* The next completion, if there is one. */
bool raw_poll(struct raw_efa_qp *qp, struct efa_completion_entry *entry);
/* As above within ten seconds. */
bool raw_wait(struct raw_efa_qp *qp, struct efa_completion_entry *entry);

#endif
