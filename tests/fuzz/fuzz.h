/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What every fuzz target uses: reading decisions off the input's bytes, stating properties, and
 * where log lines go. A target defines LLVMFuzzerTestOneInput and nothing else of a fuzzer's.
 */
#ifndef EFA_FUZZ_H
#define EFA_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that no input may break: else the process ends, and the fuzzer keeps the input. */
#define FUZZ_REQUIRE(condition)                                    \
    do {                                                           \
        if (!(condition))                                          \
            fuzz_broken(__FILE__, __LINE__, __func__, #condition); \
    } while (0)

_Noreturn void fuzz_broken(const char *file, int line, const char *function, const char *condition);

/* The library's log lines are made and counted, and go nowhere. */
void fuzz_count_log(void);
unsigned fuzz_log_lines(void);

/* What is left of the input. Past its end everything reads as zero. */
struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

static inline bool fuzz_more(const struct fuzz_input *input)
{
    return input->left != 0;
}

static inline void fuzz_bytes(struct fuzz_input *input, void *target, size_t size)
{
    size_t taken = size < input->left ? size : input->left;

    memset(target, 0, size);
    if (taken != 0)
        memcpy(target, input->data, taken);
    input->data += taken;
    input->left -= taken;
}

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
    uint8_t value;

    fuzz_bytes(input, &value, sizeof value);
    return value;
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
    uint16_t value;

    fuzz_bytes(input, &value, sizeof value);
    return value;
}

static inline uint32_t fuzz_u32(struct fuzz_input *input)
{
    uint32_t value;

    fuzz_bytes(input, &value, sizeof value);
    return value;
}

static inline uint64_t fuzz_u64(struct fuzz_input *input)
{
    uint64_t value;

    fuzz_bytes(input, &value, sizeof value);
    return value;
}

/* Whether all bytes are the same: quick where every comparison is traced. */
static inline bool fuzz_all_are(const void *memory, uint8_t value, size_t size)
{
    const uint8_t *bytes = memory;

    return size == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* Of 0 to bound - 1. */
static inline unsigned fuzz_below(struct fuzz_input *input, unsigned bound)
{
    return fuzz_u8(input) % bound;
}

/* Overwrites some bytes of what was right: an offset, a count and the bytes come from the input. */
static inline void fuzz_patch(struct fuzz_input *input, void *target, size_t size)
{
    size_t offset = (size <= 256 ? fuzz_u8(input) : fuzz_u16(input)) % size;
    size_t count = 1 + fuzz_u8(input) % 8u;

    if (count > size - offset)
        count = size - offset;
    fuzz_bytes(input, (uint8_t *)target + offset, count);
}

#endif
