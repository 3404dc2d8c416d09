/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The EFA's 16-byte receive descriptor, as the adapter reads it from host memory. Little-endian.
 * A receive request takes one descriptor a buffer; FIRST and LAST bracket it, and the request id
 * stands in its first descriptor.
 */
#ifndef EFA_DEVICE_RECV_DESCRIPTOR_H
#define EFA_DEVICE_RECV_DESCRIPTOR_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define EFA_RECV_DESCRIPTOR_SIZE 16

/* lkey_ctrl: bits 23:0 are the lkey. */
#define EFA_RECV_FIRST 0x40000000u
#define EFA_RECV_LAST 0x80000000u
#define EFA_RECV_CTRL_MBZ 0x3f000000u

/*
 * The length field has 16 bits. No message is longer than the MTU, so this value stands for all
 * longer buffers.
 */
#define EFA_RECV_MAX_BUFFER 0xffffu

/* UD only: the message starts at this offset of the first buffer, after the space of a GRH. */
#define EFA_UD_GRH_SIZE 40

struct efa_recv_descriptor {
    uint32_t address_low;
    uint32_t address_high;
    uint16_t request_id;
    uint16_t length;
    uint32_t lkey_ctrl;
};

static_assert(sizeof(struct efa_recv_descriptor) == EFA_RECV_DESCRIPTOR_SIZE, "descriptor size");
static_assert(offsetof(struct efa_recv_descriptor, request_id) == 8, "request_id");
static_assert(offsetof(struct efa_recv_descriptor, lkey_ctrl) == 12, "lkey_ctrl");

#endif
