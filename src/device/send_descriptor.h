/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The EFA's 64-byte send descriptor, as the adapter reads it from its own memory. Little-endian.
 * Only the layout: src/queue writes descriptors, sim/ reads them.
 */
#ifndef EFA_DEVICE_SEND_DESCRIPTOR_H
#define EFA_DEVICE_SEND_DESCRIPTOR_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define EFA_SEND_DESCRIPTOR_SIZE 64
#define EFA_SEND_MAX_BUFFERS 2
#define EFA_SEND_MAX_INLINE 32

/* ctrl1: operation, flags. */
#define EFA_SEND_OP_MASK 0x0fu
#define EFA_SEND_OP_SEND 0x00u
#define EFA_SEND_OP_RDMA_READ 0x01u
#define EFA_SEND_OP_RDMA_WRITE 0x02u
#define EFA_SEND_HAS_IMM 0x10u
#define EFA_SEND_INLINE_MSG 0x20u
#define EFA_SEND_CTRL1_MBZ 0x40u
#define EFA_SEND_META_DESC 0x80u

/* ctrl2: ring phase, framing. A message is one descriptor, so first and last are always set. */
#define EFA_SEND_PHASE 0x01u
#define EFA_SEND_FIRST 0x04u
#define EFA_SEND_LAST 0x08u
#define EFA_SEND_COMP_REQ 0x10u
#define EFA_SEND_CTRL2_MBZ 0xe2u

#define EFA_LKEY_MASK 0x00ffffffu

struct efa_buffer_descriptor {
    uint32_t length;
    uint32_t lkey; /* 24 bits, the rest 0 */
    uint32_t address_low;
    uint32_t address_high;
};

struct efa_remote_address {
    uint32_t length;
    uint32_t rkey;
    uint32_t address_low;
    uint32_t address_high;
};

struct efa_send_descriptor {
    uint16_t request_id;
    uint8_t ctrl1;
    uint8_t ctrl2;
    uint16_t destination_qp;
    uint16_t length; /* buffers; with EFA_SEND_INLINE_MSG the inline bytes */
    uint32_t immediate_data;
    uint16_t address_handle;
    uint16_t reserved14;
    uint32_t qkey;
    uint8_t reserved20[12];
    union {
        struct efa_buffer_descriptor buffers[EFA_SEND_MAX_BUFFERS];
        uint8_t inline_data[EFA_SEND_MAX_INLINE];
        struct {
            struct efa_remote_address remote;
            struct efa_buffer_descriptor local;
        } rdma;
    } payload;
};

static_assert(sizeof(struct efa_send_descriptor) == EFA_SEND_DESCRIPTOR_SIZE, "descriptor size");
static_assert(offsetof(struct efa_send_descriptor, destination_qp) == 4, "destination_qp");
static_assert(offsetof(struct efa_send_descriptor, immediate_data) == 8, "immediate_data");
static_assert(offsetof(struct efa_send_descriptor, address_handle) == 12, "address_handle");
static_assert(offsetof(struct efa_send_descriptor, qkey) == 16, "qkey");
static_assert(offsetof(struct efa_send_descriptor, payload) == 32, "payload");

#endif
