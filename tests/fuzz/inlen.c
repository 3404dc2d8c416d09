/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The calls with extensible structures, with structures of any length and content. Each structure
 * is its own allocation of exactly the length that the caller states. The results are compared with
 * the rule: an input structure that is too short, or has a mask or extra bytes that are not zero,
 * is EINVAL; an output structure is filled regardless of its content, unless it is too short.
 */
#include <errno.h>
#include <stdlib.h>

#include "device.h"
#include "driver/default_transport.h"
#include "fuzz.h"
#include "infiniband/efadv.h"
#include "os/compiler.h"

enum { LONGEST = 192 };

static struct world {
    struct fuzz_device *device;
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_ah *ah;
    struct ibv_mr *mr;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
} w;

/* Made once: these calls leave nothing behind. */
static void set_up(void)
{
    struct efasim_config config;
    struct ibv_device **list;
    struct ibv_ah_attr ah = {.is_global = 1, .port_num = 1};
    struct ibv_qp_init_attr qp = {.cap = {4, 4, 1, 1, 0}, .qp_type = IBV_QPT_UD};

    efasim_config_second_generation(&config);
    config.devices[0].num_sub_cqs = 1;
    w.device = fuzz_device_create(&config);
    efa_set_default_transport(fuzz_device_transport(w.device, 0));
    list = ibv_get_device_list(NULL);
    w.context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    w.pd = ibv_alloc_pd(w.context);
    w.mr = ibv_reg_mr(w.pd, fuzz_memory, FUZZ_MEMORY, IBV_ACCESS_LOCAL_WRITE);
    FUZZ_REQUIRE(ibv_query_gid(w.context, 1, 0, &ah.grh.dgid) == 0);
    w.ah = ibv_create_ah(w.pd, &ah);
    w.cq = ibv_create_cq(w.context, 16, NULL, NULL, 0);
    qp.send_cq = qp.recv_cq = w.cq;
    w.qp = ibv_create_qp(w.pd, &qp);
    FUZZ_REQUIRE(w.qp && w.ah && w.mr);
}

/* A structure of the caller's, with what it held before the call. */
struct grown {
    uint8_t *bytes;
    uint8_t before[LONGEST];
    uint32_t length;
};

static void grow(struct grown *grown, struct fuzz_input *input, uint32_t length)
{
    grown->length = length;
    grown->bytes = malloc(length != 0 ? length : 1);
    if (!grown->bytes)
        abort();
    if (length != 0)
        fuzz_bytes(input, grown->bytes, length);
    memcpy(grown->before, grown->bytes, length);
}

static bool is_unchanged(const struct grown *grown, size_t from)
{
    return from >= grown->length ||
           memcmp(grown->bytes + from, grown->before + from, grown->length - from) == 0;
}

/* The rule of every structure that begins with a 64-bit mask. */
static bool is_extension(const struct grown *grown, size_t known, size_t least)
{
    if (grown->length < least)
        return false;
    for (size_t i = 0; i < grown->length; i++)
        if ((i < 8 || i >= known) && grown->before[i] != 0)
            return false;
    return true;
}

/* A query fills an output structure completely, regardless of its content, or not at all. */
static void check_query(const struct grown *grown, size_t known, size_t least, int error)
{
    if (grown->length < least) {
        FUZZ_REQUIRE(error == EINVAL && is_unchanged(grown, 0));
        return;
    }
    FUZZ_REQUIRE(error == 0);
    for (size_t i = 0; i < grown->length; i++)
        FUZZ_REQUIRE((i >= 8 && i < known) || grown->bytes[i] == 0);
}

static void query(struct fuzz_input *input, unsigned which, uint32_t length)
{
    struct grown one, two;
    int error;

    grow(&one, input, length);
    grow(&two, input, length);
    switch (which) {
    case 0:
        error = efadv_query_device(w.context, (void *)one.bytes, length);
        check_query(&one, sizeof(struct efadv_device_attr), 24, error);
        break;
    case 1:
        error = efadv_query_ah(w.ah, (void *)one.bytes, length);
        check_query(&one, sizeof(struct efadv_ah_attr), 10, error);
        break;
    case 2:
        error = efadv_query_mr(w.mr, (void *)one.bytes, length);
        FUZZ_REQUIRE(is_unchanged(&one, 0));
        FUZZ_REQUIRE(error == (length < 16 ? EINVAL : EOPNOTSUPP));
        break;
    case 3:
        error = efadv_query_cq(w.cq, (void *)one.bytes, length);
        check_query(&one, sizeof(struct efadv_cq_attr), 24, error);
        break;
    default:
        error = efadv_query_qp_wqs(w.qp, (void *)one.bytes, (void *)two.bytes, length);
        check_query(&one, sizeof(struct efadv_wq_attr), 36, error);
        check_query(&two, sizeof(struct efadv_wq_attr), 36, error);
        break;
    }
    free(one.bytes);
    free(two.bytes);
}

static void depth(struct fuzz_input *input, bool send, uint32_t length)
{
    struct grown attr;
    struct efadv_sq_depth_attr sq = {0};
    struct efadv_rq_depth_attr rq = {0};
    int found;

    grow(&attr, input, length);
    memcpy(&sq, attr.before, length < sizeof sq ? length : sizeof sq);
    memcpy(&rq, attr.before, length < sizeof rq ? length : sizeof rq);
    if (send) {
        bool fits = sq.max_send_sge <= 2 && sq.max_rdma_sge <= 1 && sq.max_inline_data <= 32;

        found = efadv_get_max_sq_depth(w.context, (void *)attr.bytes, length);
        if (!is_extension(&attr, sizeof sq, 12))
            FUZZ_REQUIRE(found == -EINVAL);
        else if (sq.flags != 0)
            FUZZ_REQUIRE(found == -EOPNOTSUPP);
        else
            FUZZ_REQUIRE(found == (fits ? 4096 : -EINVAL));
    } else {
        bool fits = rq.max_recv_sge >= 1 && rq.max_recv_sge <= 3;

        found = efadv_get_max_rq_depth(w.context, (void *)attr.bytes, length);
        if (!is_extension(&attr, offsetof(struct efadv_rq_depth_attr, reserved), 12) || !fits)
            FUZZ_REQUIRE(found == -EINVAL);
        else
            FUZZ_REQUIRE(found == (int)(32768 / rq.max_recv_sge));
    }
    FUZZ_REQUIRE(is_unchanged(&attr, 0));
    free(attr.bytes);
}

/* The sizes of these two are given as size_t, and there is no mask in what is filled. */
static void sized(struct fuzz_input *input, bool port, uint32_t length)
{
    struct ibv_query_device_ex_input in = {.comp_mask = fuzz_below(input, 4) == 3};
    const struct verbs_context *verbs = verbs_get_ctx(w.context);
    struct grown attr;
    bool fits;
    int error;

    grow(&attr, input, length);
    if (port) {
        unsigned number = fuzz_below(input, 3);

        fits = number == 1 && length >= offsetof(struct ibv_port_attr, port_cap_flags2);
        error = verbs->query_port(w.context, (uint8_t)number, (void *)attr.bytes, length);
    } else {
        fits = in.comp_mask == 0 && length >= sizeof(struct ibv_device_attr);
        error = verbs->query_device_ex(w.context, &in, (void *)attr.bytes, length);
    }
    FUZZ_REQUIRE(error == (fits ? 0 : EINVAL));
    FUZZ_REQUIRE(fits || is_unchanged(&attr, 0));
    free(attr.bytes);
}

/* Of a wild structure with NULL where pointers are, or what is right there. */
static void create_cq(struct fuzz_input *input, uint32_t length)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = 4, .wc_flags = IBV_WC_STANDARD_FLAGS};
    unsigned patches = fuzz_below(input, 4);
    bool direct = fuzz_below(input, 2);
    struct ibv_cq_ex *cq;
    struct grown extension;

    for (unsigned i = 0; i < patches; i++)
        fuzz_patch(input, &attr, sizeof attr);
    attr.parent_domain = fuzz_below(input, 2) ? w.pd : NULL;
    grow(&extension, input, length);
    errno = 0;
    cq = direct ? efadv_create_cq(w.context, &attr, (void *)extension.bytes, length)
                : ibv_create_cq_ex(w.context, &attr);
    FUZZ_REQUIRE(is_unchanged(&extension, 0));
    if (!cq) {
        FUZZ_REQUIRE(errno == EINVAL || errno == EOPNOTSUPP);
    } else {
        FUZZ_REQUIRE(!direct || is_extension(&extension, sizeof(struct efadv_cq_init_attr), 16));
        FUZZ_REQUIRE(!attr.channel && attr.cqe != 0 && attr.cqe <= 32768 &&
                     cq->cqe >= (int)attr.cqe);
        FUZZ_REQUIRE((attr.wc_flags & ~(uint64_t)IBV_WC_STANDARD_FLAGS) == 0);
        FUZZ_REQUIRE(ibv_destroy_cq(ibv_cq_ex_to_cq(cq)) == 0);
    }
    free(extension.bytes);
}

static void create_qp(struct fuzz_input *input, uint32_t length)
{
    struct ibv_qp_init_attr_ex attr = {.cap = {2, 2, 1, 1, 0},
                                       .qp_type = IBV_QPT_DRIVER,
                                       .comp_mask =
                                           IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
                                       .send_ops_flags = IBV_QP_EX_WITH_SEND};
    unsigned patches = fuzz_below(input, 4);
    bool direct = fuzz_below(input, 4) != 0;
    struct ibv_qp_init_attr_ex before;
    struct grown extension;
    struct ibv_qp *qp;

    if (!direct)
        attr.qp_type = IBV_QPT_UD;
    for (unsigned i = 0; i < patches; i++)
        fuzz_patch(input, &attr, sizeof attr);
    attr.send_cq = fuzz_below(input, 8) == 7 ? NULL : w.cq;
    attr.recv_cq = fuzz_below(input, 8) == 7 ? NULL : w.cq;
    attr.pd = fuzz_below(input, 8) == 7 ? NULL : w.pd;
    before = attr;
    grow(&extension, input, length);
    errno = 0;
    qp = direct ? efadv_create_qp_ex(w.context, &attr, (void *)extension.bytes, length)
                : verbs_get_ctx(w.context)->create_qp_ex(w.context, &attr);
    FUZZ_REQUIRE(is_unchanged(&extension, 0));
    if (!qp) {
        FUZZ_REQUIRE(errno == EINVAL || errno == EOPNOTSUPP);
        FUZZ_REQUIRE(memcmp(&attr, &before, sizeof attr) == 0);
    } else {
        FUZZ_REQUIRE(!direct || is_extension(&extension, sizeof(struct efadv_qp_init_attr), 12));
        FUZZ_REQUIRE(qp->qp_type == (direct ? IBV_QPT_DRIVER : IBV_QPT_UD) && !attr.srq);
        FUZZ_REQUIRE(attr.cap.max_send_wr >= before.cap.max_send_wr &&
                     attr.cap.max_recv_wr >= before.cap.max_recv_wr);
        FUZZ_REQUIRE(ibv_destroy_qp(qp) == 0);
    }
    free(extension.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    unsigned which = fuzz_below(&input, 11);
    uint32_t length = fuzz_u8(&input) % LONGEST;

    if (!w.device) {
        fuzz_count_log();
        set_up();
    }
    switch (which) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        query(&input, which, length);
        break;
    case 5:
    case 6:
        depth(&input, which == 5, length);
        break;
    case 7:
    case 8:
        sized(&input, which == 7, length);
        break;
    case 9:
        create_cq(&input, length);
        break;
    default:
        create_qp(&input, length);
        break;
    }
    return 0;
}
