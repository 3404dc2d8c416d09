/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Extensible structures of efadv (inlen, comp_mask): a caller passes the size it was built with.
 *
 * An input structure is read: what it has beyond what this library knows must be 0, or the caller
 * asks for something that it would not get. An output structure is only written: callers pass it
 * uninitialised, so nothing in it is looked at.
 */
#ifndef EFA_VERBS_EXTENSION_H
#define EFA_VERBS_EXTENSION_H

#include "infiniband/efadv.h"
#include "os/compiler.h"

/* The size of a structure that ends with `member`. */
#define EFA_SIZE_THROUGH(type, member) \
    (offsetof(struct type, member) + sizeof((struct type *)NULL)->member)

/*
 * Every such structure begins with a 64-bit comp_mask, of which no bit is known on input. EINVAL
 * where `inlen` is less than `least`, the mask is not 0, or bytes from `known` to `inlen` are not.
 */
int efa_check_input(const char *call, const void *structure, size_t known, size_t least,
                    uint32_t inlen);

/* EINVAL where `inlen` is less than `least`: the smallest size that callers of this call have. */
int efa_check_output(const char *call, size_t least, uint32_t inlen);

/* Copies as much of `source` as the caller's structure has room for, and clears what lies beyond. */
void efa_fill_output(void *structure, uint32_t inlen, const void *source, size_t known);

#endif
