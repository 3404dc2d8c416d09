/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Network byte order, without a header of an operating system. The machines are little-endian. */
#ifndef EFA_TOOLS_BYTE_ORDER_H
#define EFA_TOOLS_BYTE_ORDER_H

#include <stdint.h>

static inline uint32_t to_big_endian32(uint32_t value)
{
    return value << 24 | (value & 0xff00u) << 8 | (value >> 8 & 0xff00u) | value >> 24;
}

static inline uint32_t from_big_endian32(uint32_t value)
{
    return to_big_endian32(value);
}

static inline void put_big_endian32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static inline uint32_t get_big_endian32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint64_t get_big_endian64(const uint8_t *bytes)
{
    return (uint64_t)get_big_endian32(bytes) << 32 | get_big_endian32(bytes + 4);
}

#endif
