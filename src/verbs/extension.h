/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Extensible structures of efadv (inlen, comp_mask). The caller passes the size that it was built
 * with.
 *
 * Input structures: bytes beyond the size that this library knows must be 0. Otherwise the caller
 * asks for something that the library cannot do. Output structures: callers may pass them
 * uninitialised, so the library only writes them.
 */
#ifndef EFA_VERBS_EXTENSION_H
#define EFA_VERBS_EXTENSION_H

#include "infiniband/efadv.h"
#include "os/compiler.h"

/* The size of a structure that ends with `member`. */
#define EFA_SIZE_THROUGH(type, member) \
    (offsetof(struct type, member) + sizeof((struct type *)NULL)->member)

/*
 * Every such structure begins with a 64-bit comp_mask; no bit of it is known on input. Returns
 * EINVAL if `inlen` is less than `least`, if the mask is not 0, or if a byte from `known` to
 * `inlen` is not 0.
 */
int efa_check_input(const char *call, const void *structure, size_t known, size_t least,
                    uint32_t inlen);

/*
 * Returns EINVAL if `inlen` is less than `least`, the smallest size that callers of this call use.
 */
int efa_check_output(const char *call, size_t least, uint32_t inlen);

/*
 * Copies what fits of `source` into the caller's structure, and clears the rest of the structure.
 */
void efa_fill_output(void *structure, uint32_t inlen, const void *source, size_t known);

#endif
