/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A program outside the tree, with only a copy of the kit. Compiled as C and as C++, with and
 * without its own pthread.h and unistd.h. Exit status: 0 all done, 3 no efawin.dll, 4 no adapter, 1
 * something failed.
 */
#ifdef CLIENT_BRINGS_POSIX
#include <pthread.h>
#include <unistd.h>
#endif

#include <efawin.h>
#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#include <stdio.h>
#include <stdlib.h>

#include "names.h"

/* ---- Names for ported programs that are not verbs ---- */

#ifndef EFAWIN_NO_COMPAT
struct ported {
    __u8 u8;
    __u16 u16;
    __u32 u32;
    __aligned_u64 u64;
    __s32 s32;
    __be8 be8;
    __be16 be16;
    __be32 be32;
    __be64 be64;
};

static int ported_names_work(void)
{
    struct ported ported;
    ssize_t negative = -1;
    char path[PATH_MAX > NAME_MAX ? PATH_MAX : NAME_MAX];

    ported.u16 = 5;
    ported.be32 = htobe32(0x01020304u);
    path[0] = '\0';
#ifdef CLIENT_BRINGS_POSIX
    if (getuid() != 500 || NAME_MAX != 255 || PAGE_SIZE != 65536)
        return 0;
#else
    if (getuid() != (uid_t)0 || NAME_MAX != 256 || PAGE_SIZE != 4096)
        return 0;
#endif
    return negative < 0 && path[0] == '\0' && ported.be32 == 0x04030201u &&
           be32toh(ported.be32) == 0x01020304u && min_t(int, 2, 3) == 2 && max_t(int, 2, 3) == 3 &&
           EFA_DEV_ATTR_MAX_SQ_SGE == 2 && EFA_DEV_ATTR_MAX_WR_SGE == 2 &&
           container_of(&ported.u16, struct ported, u16) == &ported;
}
#else
#if defined(PAGE_SIZE) || defined(container_of) || defined(min_t) || defined(getuid)
#error "EFAWIN_NO_COMPAT does not keep the names of Linux out"
#endif
static int ported_names_work(void)
{
    return 1;
}
#endif

/* ---- Verbs ---- */

static int fail(const char *what)
{
    fprintf(stderr, "client: %s failed, errno %d\n", what, errno);
    return 1;
}

static int use_queue_pair(struct ibv_context *context, struct ibv_pd *pd, struct ibv_cq_ex *cq)
{
    struct ibv_qp_init_attr_ex init;
    struct ibv_qp_attr attr;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;

    memset(&init, 0, sizeof init);
    init.send_cq = ibv_cq_ex_to_cq(cq);
    init.recv_cq = ibv_cq_ex_to_cq(cq);
    init.cap.max_send_wr = 16;
    init.cap.max_recv_wr = 16;
    init.cap.max_send_sge = 1;
    init.cap.max_recv_sge = 1;
    init.qp_type = IBV_QPT_UD;
    init.sq_sig_all = 1;
    init.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    init.pd = pd;
    init.send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
    qp = ibv_create_qp_ex(context, &init);
    if (!qp)
        return fail("ibv_create_qp_ex");
    qp_ex = ibv_qp_to_qp_ex(qp);
    if (!qp_ex)
        return fail("ibv_qp_to_qp_ex");
    memset(&attr, 0, sizeof attr);
    attr.qp_state = IBV_QPS_INIT;
    attr.port_num = 1;
    attr.qkey = 0x11111111;
    if (ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) != 0)
        return fail("ibv_modify_qp");
    return ibv_destroy_qp(qp) == 0 ? 0 : fail("ibv_destroy_qp");
}

static int use_context(struct ibv_context *context)
{
    struct ibv_poll_cq_attr poll_attr = {0};
    struct ibv_cq_init_attr_ex cq_attr;
    struct efadv_device_attr efa;
    struct ibv_device_attr device;
    struct ibv_port_attr port;
    struct ibv_cq_ex *cq;
    struct ibv_pd *pd;
    struct ibv_mr *mr;
    static char buffer[4096];

    if (ibv_query_device(context, &device) != 0)
        return fail("ibv_query_device");
    if (ibv_query_port(context, 1, &port) != 0)
        return fail("ibv_query_port");
    memset(&efa, 0, sizeof efa);
    if (efadv_query_device(context, &efa, sizeof efa) != 0)
        return fail("efadv_query_device");
    printf("mtu %u, send depth %u\n", port.max_msg_sz, efa.max_sq_wr);
    pd = ibv_alloc_pd(context);
    if (!pd)
        return fail("ibv_alloc_pd");
    mr = ibv_reg_mr(pd, buffer, sizeof buffer, IBV_ACCESS_LOCAL_WRITE);
    if (!mr)
        return fail("ibv_reg_mr");
    memset(&cq_attr, 0, sizeof cq_attr);
    cq_attr.cqe = 32;
    cq_attr.wc_flags = IBV_WC_STANDARD_FLAGS;
    cq = ibv_create_cq_ex(context, &cq_attr);
    if (!cq)
        return fail("ibv_create_cq_ex");
    if (ibv_start_poll(cq, &poll_attr) != ENOENT)
        return fail("ibv_start_poll on an empty CQ");
    if (use_queue_pair(context, pd, cq) != 0)
        return 1;
    if (ibv_destroy_cq(ibv_cq_ex_to_cq(cq)) != 0 || ibv_dereg_mr(mr) != 0 ||
        ibv_dealloc_pd(pd) != 0)
        return fail("taking down");
    return 0;
}

static int use_devices(void)
{
    int count = -1;
    struct ibv_device **list = ibv_get_device_list(&count);
    struct ibv_context *context;
    int result;

    if (!list)
        return fail("ibv_get_device_list");
    if (count == 0) {
        ibv_free_device_list(list);
        fprintf(stderr, "client: no adapter\n");
        return 4;
    }
    printf("device %s\n", list[0]->name);
    context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    if (!context)
        return fail("ibv_open_device");
    result = use_context(context);
    if (result == 0 && ibv_close_device(context) != 0)
        result = fail("ibv_close_device");
    return result;
}

int main(void)
{
    int result;

    if (!ported_names_work())
        return fail("a name of efacompat.h");
    if (!libfabric_names_work(NULL))
        return fail("a name that libfabric uses");
    result = efa_load_efawin_lib();
    if (result != 0) {
        fprintf(stderr, "client: loading efawin.dll: %d\n", result);
        return !ibv_get_device_list(NULL) && errno == ENOSYS ? 3 : fail("failing cleanly");
    }
    result = use_devices();
    efa_free_efawin_lib();
    if (result == 0)
        printf("client done\n");
    return result;
}
