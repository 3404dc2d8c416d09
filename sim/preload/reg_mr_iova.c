/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* ibv_reg_mr_iova by name. The kit has it as an inline call, so its headers cannot be used here. */
#include <stddef.h>
#include <stdint.h>

struct ibv_mr;
struct ibv_pd;

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                                unsigned int access);
struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                               int access);

struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                               int access)
{
    return ibv_reg_mr_iova2(pd, addr, length, iova, (unsigned int)access);
}
