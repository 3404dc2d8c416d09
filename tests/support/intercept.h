/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A transport in front of another one: counts commands and replies to selected ones itself, in ways
 * that no device would. The other transport may be NULL: then there is no driver.
 */
#ifndef INTERCEPT_H
#define INTERCEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/transport.h"

struct intercept;

/* What happens to a request of `code`. */
struct intercept_rule {
    uint32_t code;     /* 0: none */
    unsigned skip;     /* let so many pass first */
    unsigned count;    /* then strike so often; 0: always */
    uint32_t error;    /* fail with it, the request does not reach the device */
    bool carried_out;  /* with `error`: it does reach the device, and fails with it afterwards */
    bool swallow;      /* succeed, but the request does not reach the device */
    bool set_returned; /* carry it out, but report `returned` bytes */
    uint32_t returned;
    uint32_t patch_offset, patch_size; /* carry it out, and overwrite bytes of the reply */
    uint64_t patch_value;
};

#define INTERCEPT_RULES 4
#define INTERCEPT_FUNCTIONS 16

struct intercept {
    struct efa_transport transport; /* first: found from it */
    const struct efa_transport *inner;
    uint32_t open_error;  /* fail to open with it */
    uint32_t every_error; /* fail every request with it: none reaches the device */
    struct intercept_rule rules[INTERCEPT_RULES];
    unsigned requests[INTERCEPT_FUNCTIONS]; /* by function number, less 0x801 */
    unsigned opens, closes;
    unsigned char last_input[64];
    uint32_t last_input_size;
};

void intercept_init(struct intercept *intercept, const struct efa_transport *inner);

/* Puts a rule in the first free place, and returns it for further setting. */
struct intercept_rule *intercept_add(struct intercept *intercept, uint32_t code);
void intercept_clear(struct intercept *intercept);
unsigned intercept_count(const struct intercept *intercept, uint32_t code);

#endif
