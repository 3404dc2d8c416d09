/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The names of the kit that libfabric's EFA provider uses if every switch of its configure script
 * is defined. Compiled with the client in this folder; the calls for completion counters must
 * report that there are none.
 */
#if defined(_MSC_VER) && defined(CLIENT_BRINGS_POSIX)
#include <windows.h>
#define PATH_MAX MAX_PATH
#endif

#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#if defined(_MSC_VER) && !defined(EFAWIN_NO_COMPAT)
/* libfabric's own definition, behind the kit's: it must be the same, or the compiler warns. */
#define PATH_MAX MAX_PATH
#endif

#include "names.h"

static const unsigned int bits_of_caps[] = {
    EFADV_DEVICE_ATTR_CAPS_RDMA_READ,
    EFADV_DEVICE_ATTR_CAPS_RNR_RETRY,
    EFADV_DEVICE_ATTR_CAPS_CQ_WITH_SGID,
    EFADV_DEVICE_ATTR_CAPS_RDMA_WRITE,
    EFADV_DEVICE_ATTR_CAPS_UNSOLICITED_WRITE_RECV,
    EFADV_DEVICE_ATTR_CAPS_CQ_WITH_EXT_MEM_DMABUF,
};

static const unsigned int bits_of_validity[] = {
    EFADV_MR_ATTR_VALIDITY_RECV_IC_ID,
    EFADV_MR_ATTR_VALIDITY_RDMA_READ_IC_ID,
    EFADV_MR_ATTR_VALIDITY_RDMA_RECV_IC_ID,
};

static const unsigned int bits_of_operations[] = {
    IBV_QP_ATTACH_COMP_CNTR_OP_SEND,       IBV_QP_ATTACH_COMP_CNTR_OP_RECV,
    IBV_QP_ATTACH_COMP_CNTR_OP_RDMA_READ,  IBV_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_READ,
    IBV_QP_ATTACH_COMP_CNTR_OP_RDMA_WRITE, IBV_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_WRITE,
};

/* One bit each, and no bit twice. */
static int distinct(const unsigned int *bits, size_t count)
{
    unsigned int seen = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        if (bits[i] == 0 || (bits[i] & (bits[i] - 1)) != 0 || (seen & bits[i]) != 0)
            return 0;
        seen |= bits[i];
    }
    return 1;
}

#define DISTINCT(bits) distinct(bits, sizeof(bits) / sizeof((bits)[0]))

static int values_make_sense(void)
{
    struct efadv_qp_init_attr init;
    struct efadv_wq_attr wq;

    init.flags = EFADV_QP_FLAGS_UNSOLICITED_WRITE_RECV | EFADV_QP_FLAGS_INLINE_WRITE;
    init.wr_flags = EFADV_WR_EX_WITH_PROCESSING_HINTS;
    wq.caps = EFADV_WQ_CAPS_64_BIT_REQ_ID;
    return DISTINCT(bits_of_caps) && DISTINCT(bits_of_validity) && DISTINCT(bits_of_operations) &&
           init.flags == 3 && init.wr_flags == 1 && wq.caps != 0 &&
           EFADV_WR_PROCESSING_HINT_BURST_PPS_SENSITIVE == 1 &&
           IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS != IBV_QUERY_QP_DATA_IN_ORDER_DEVICE_ONLY &&
           IBV_QUERY_QP_DATA_IN_ORDER_WHOLE_MSG == 1 &&
           IBV_QUERY_QP_DATA_IN_ORDER_ALIGNED_128_BYTES == 2;
}

static int counters_are_absent(struct ibv_context *context)
{
    struct ibv_qp_attach_comp_cntr_attr attach = {0, 0};
    struct ibv_comp_cntr_init_attr attr = {0, 0};
    struct efadv_comp_cntr_init_attr efa_attr;
    struct ibv_comp_cntr_caps caps = {1, 2, 3};
    struct ibv_comp_cntr *counter;
    uint64_t value = 77;

    memset(&efa_attr, 0, sizeof efa_attr);
    efa_attr.flags =
        EFADV_COMP_CNTR_INIT_WITH_COMP_EXTERNAL_MEM | EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM;
    efa_attr.comp_cntr_ext_mem.type = EFADV_MEMORY_LOCATION_VA;
    efa_attr.err_cntr_ext_mem.type = EFADV_MEMORY_LOCATION_DMABUF;
    efa_attr.err_cntr_ext_mem.dmabuf.fd = -1;
    errno = 0;
    counter = efadv_create_comp_cntr(context, &attr, &efa_attr, sizeof efa_attr);
    if (counter || errno != EOPNOTSUPP)
        return 0;
    errno = 0;
    counter = ibv_create_comp_cntr(context, &attr);
    if (counter || errno != EOPNOTSUPP)
        return 0;
    return ibv_query_comp_cntr_caps(context, &caps) == EOPNOTSUPP && caps.max_counters == 2 &&
           ibv_qp_attach_comp_cntr(NULL, counter, &attach) == EOPNOTSUPP &&
           ibv_set_comp_cntr(counter, 1) == EOPNOTSUPP &&
           ibv_set_err_comp_cntr(counter, 1) == EOPNOTSUPP &&
           ibv_inc_comp_cntr(counter, 1) == EOPNOTSUPP &&
           ibv_inc_err_comp_cntr(counter, 1) == EOPNOTSUPP &&
           ibv_read_comp_cntr(counter, &value) == EOPNOTSUPP &&
           ibv_read_err_comp_cntr(counter, &value) == EOPNOTSUPP && value == 77 &&
           ibv_destroy_comp_cntr(counter) == EOPNOTSUPP;
}

int libfabric_names_work(struct ibv_context *context)
{
    return values_make_sense() && counters_are_absent(context);
}
