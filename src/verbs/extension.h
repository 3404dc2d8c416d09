/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Structures that grow: a caller passes the size it was built with. What it has beyond what we know
 * must be zero; what we know beyond what it has is not touched.
 */
#ifndef EFA_VERBS_EXTENSION_H
#define EFA_VERBS_EXTENSION_H

#include "infiniband/efadv.h"
#include "os/compiler.h"

/* The least that each structure ever had. */
#define EFA_SRD_ATTR_LEAST 12u   /* up to driver_qp_type */
#define EFA_DEVICE_ATTR_LEAST 8u /* comp_mask */
#define EFA_AH_ATTR_LEAST 8u
#define EFA_RING_ATTR_LEAST 8u
#define EFA_CQ_ATTR_LEAST 16u       /* up to wc_flags */
#define EFA_SQ_DEPTH_ATTR_LEAST 12u /* up to flags */
#define EFA_RQ_DEPTH_ATTR_LEAST 12u /* up to max_recv_sge */

/*
 * Every such structure begins with a 64-bit comp_mask, of which no bit is known on input. EINVAL
 * where `inlen` is less than `least`, the mask is not 0, or bytes from `known` to `inlen` are not.
 */
int efa_check_extension(const char *call, const void *structure, size_t known, size_t least,
                        uint32_t inlen);

/* Copies as much of `source` as the caller's structure has room for. */
void efa_fill_extension(void *structure, uint32_t inlen, const void *source, size_t known);

#endif
