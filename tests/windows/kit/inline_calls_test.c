/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The inline calls of the kit's headers: which operation or export each one calls, and what it
 * returns if a library lacks the operation. The exports are stand-ins defined in this file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#define FULL_SIZE sizeof(struct verbs_context)
#define POINTER(type, n) ((type *)(uintptr_t)(n))

static struct verbs_context extended;
static const char *reached;
static uint64_t given[4];
static int answer;

static void remember(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    reached = name;
    given[0] = a;
    given[1] = b;
    given[2] = c;
    given[3] = d;
}

#define REMEMBER(a, b, c, d) \
    remember(__func__, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

#define ASSERT_REACHED(name, a, b, c, d)    \
    do {                                    \
        assert_non_null(reached);           \
        assert_string_equal(reached, name); \
        assert_int_equal(given[0], a);      \
        assert_int_equal(given[1], b);      \
        assert_int_equal(given[2], c);      \
        assert_int_equal(given[3], d);      \
        reached = NULL;                     \
    } while (0)

static int set_up(void **state)
{
    (void)state;
    memset(&extended, 0, sizeof extended);
    extended.sz = FULL_SIZE;
    extended.context.abi_compat = (void *)UINTPTR_MAX;
    reached = NULL;
    answer = 0;
    errno = 0;
    return 0;
}

/* ---- Stand-ins for the exports ---- */

int(ibv_query_port)(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *port_attr)
{
    (void)context;
    REMEMBER(port_num, 0, 0, 0);
    port_attr->lid = 77;
    return answer;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *device_attr)
{
    (void)context;
    REMEMBER(0, 0, 0, 0);
    device_attr->max_qp = 88;
    return answer;
}

struct ibv_mr *(ibv_reg_mr)(struct ibv_pd *pd, void *addr, size_t length, int access)
{
    REMEMBER((uintptr_t)pd, (uintptr_t)addr, length, access);
    return NULL;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                                unsigned int access)
{
    (void)pd;
    REMEMBER((uintptr_t)addr, length, iova, access);
    return NULL;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *qp_init_attr)
{
    REMEMBER((uintptr_t)pd, (uintptr_t)qp_init_attr->qp_context, qp_init_attr->qp_type,
             qp_init_attr->sq_sig_all);
    qp_init_attr->cap.max_send_wr = 64;
    return answer == 0 ? POINTER(struct ibv_qp, 0x99) : NULL;
}

/* ---- The way through verbs_context ---- */

static int op_query_port(struct ibv_context *context, uint8_t port_num,
                         struct ibv_port_attr *port_attr, size_t length)
{
    (void)context;
    (void)port_attr;
    REMEMBER(port_num, length, 0, 0);
    return EINVAL;
}

static void query_port_takes_the_long_form_where_offered(void **state)
{
    struct ibv_port_attr attr;

    (void)state;
    extended.query_port = op_query_port;
    assert_int_equal(ibv_query_port(&extended.context, 3, &attr), EINVAL);
    ASSERT_REACHED("op_query_port", 3, 52, 0, 0);
}

static void assert_short_form(void)
{
    struct ibv_port_attr attr;

    memset(&attr, 0xff, sizeof attr);
    assert_int_equal(ibv_query_port(&extended.context, 4, &attr), 0);
    ASSERT_REACHED("ibv_query_port", 4, 0, 0, 0);
    assert_int_equal(attr.lid, 77);
    assert_int_equal(attr.port_cap_flags2, 0);
}

static void query_port_falls_back_to_the_export(void **state)
{
    (void)state;
    assert_short_form(); /* no operation */
    extended.query_port = op_query_port;
    extended.sz = FULL_SIZE - 1; /* a library whose table does not reach so far */
    assert_short_form();
    extended.sz = FULL_SIZE;
    extended.context.abi_compat = NULL; /* no table at all */
    assert_short_form();
}

/* Of a fallback that fails: the outputs stay as they were. */
static void assert_untouched(const void *output, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)output;

    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], 0xff);
}

static void query_port_that_fails_writes_nothing(void **state)
{
    struct ibv_port_attr attr;

    (void)state;
    answer = EINVAL;
    memset(&attr, 0xff, sizeof attr);
    assert_int_equal(ibv_query_port(&extended.context, 4, &attr), EINVAL);
    assert_untouched(&attr, sizeof attr);
}

static int op_query_device_ex(struct ibv_context *context,
                              const struct ibv_query_device_ex_input *input,
                              struct ibv_device_attr_ex *attr, size_t size)
{
    (void)context;
    (void)attr;
    REMEMBER((uintptr_t)input, size, 0, 0);
    return answer;
}

static void query_device_ex_falls_back_and_clears(void **state)
{
    struct ibv_query_device_ex_input input = {1};
    struct ibv_device_attr_ex attr;

    (void)state;
    assert_int_equal(ibv_query_device_ex(&extended.context, &input, &attr), EINVAL);
    assert_null(reached);
    memset(&attr, 0xff, sizeof attr);
    assert_int_equal(ibv_query_device_ex(&extended.context, NULL, &attr), 0);
    ASSERT_REACHED("ibv_query_device", 0, 0, 0, 0);
    assert_int_equal(attr.orig_attr.max_qp, 88);
    assert_int_equal(attr.phys_port_cnt_ex, 0);

    extended.query_device_ex = op_query_device_ex;
    assert_int_equal(ibv_query_device_ex(&extended.context, NULL, &attr), 0);
    ASSERT_REACHED("op_query_device_ex", 0, sizeof attr, 0, 0);
    answer = ENODEV;
    assert_int_equal(ibv_query_device_ex(&extended.context, NULL, &attr), ENODEV);
    ASSERT_REACHED("op_query_device_ex", 0, sizeof attr, 0, 0);
    answer = EOPNOTSUPP;
    memset(&attr, 0xff, sizeof attr);
    assert_int_equal(ibv_query_device_ex(&extended.context, NULL, &attr), EOPNOTSUPP);
    ASSERT_REACHED("ibv_query_device", 0, 0, 0, 0);
    assert_untouched(&attr, sizeof attr);
}

static struct ibv_qp *op_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr)
{
    (void)context;
    REMEMBER(attr->comp_mask, 0, 0, 0);
    return POINTER(struct ibv_qp, 0xaa);
}

static void create_qp_ex_takes_the_way_there_is(void **state)
{
    struct ibv_qp_init_attr_ex attr;

    (void)state;
    memset(&attr, 0, sizeof attr);
    attr.qp_context = POINTER(void, 0x11);
    attr.pd = POINTER(struct ibv_pd, 0x22);
    attr.qp_type = IBV_QPT_UD;
    attr.sq_sig_all = 1;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    assert_null(ibv_create_qp_ex(&extended.context, &attr));
    assert_int_equal(errno, EOPNOTSUPP);
    assert_null(reached);

    attr.comp_mask = IBV_QP_INIT_ATTR_PD;
    assert_ptr_equal(ibv_create_qp_ex(&extended.context, &attr), POINTER(struct ibv_qp, 0x99));
    ASSERT_REACHED("ibv_create_qp", 0x22, 0x11, IBV_QPT_UD, 1);
    assert_int_equal(attr.cap.max_send_wr, 64);
    attr.cap.max_send_wr = 5;
    answer = ENOMEM;
    assert_null(ibv_create_qp_ex(&extended.context, &attr));
    assert_int_equal(attr.cap.max_send_wr, 5);

    extended.create_qp_ex = op_create_qp_ex;
    assert_ptr_equal(ibv_create_qp_ex(&extended.context, &attr), POINTER(struct ibv_qp, 0xaa));
    ASSERT_REACHED("op_create_qp_ex", IBV_QP_INIT_ATTR_PD, 0, 0, 0);
}

static struct ibv_td *op_alloc_td(struct ibv_context *context, struct ibv_td_init_attr *attr)
{
    (void)context;
    REMEMBER((uintptr_t)attr, 0, 0, 0);
    return POINTER(struct ibv_td, 0xbb);
}

static int op_dealloc_td(struct ibv_td *td)
{
    REMEMBER((uintptr_t)td, 0, 0, 0);
    return EBUSY;
}

static struct ibv_pd *op_alloc_parent_domain(struct ibv_context *context,
                                             struct ibv_parent_domain_init_attr *attr)
{
    (void)context;
    REMEMBER((uintptr_t)attr, 0, 0, 0);
    return POINTER(struct ibv_pd, 0xcc);
}

static void domains_need_their_operations(void **state)
{
    struct ibv_td td = {&extended.context};

    (void)state;
    assert_null(ibv_alloc_td(&extended.context, NULL));
    assert_int_equal(errno, EOPNOTSUPP);
    errno = 0;
    assert_null(ibv_alloc_parent_domain(&extended.context, NULL));
    assert_int_equal(errno, EOPNOTSUPP);
    assert_int_equal(ibv_dealloc_td(&td), EOPNOTSUPP);

    extended.alloc_td = op_alloc_td;
    extended.dealloc_td = op_dealloc_td;
    extended.alloc_parent_domain = op_alloc_parent_domain;
    assert_ptr_equal(ibv_alloc_td(&extended.context, POINTER(struct ibv_td_init_attr, 1)),
                     POINTER(struct ibv_td, 0xbb));
    ASSERT_REACHED("op_alloc_td", 1, 0, 0, 0);
    assert_int_equal(ibv_dealloc_td(&td), EBUSY);
    ASSERT_REACHED("op_dealloc_td", (uintptr_t)&td, 0, 0, 0);
    assert_ptr_equal(
        ibv_alloc_parent_domain(&extended.context, POINTER(struct ibv_parent_domain_init_attr, 2)),
        POINTER(struct ibv_pd, 0xcc));
    ASSERT_REACHED("op_alloc_parent_domain", 2, 0, 0, 0);
}

static void reg_mr_hands_optional_access_to_iova2(void **state)
{
    void *addr = POINTER(void, 0x1000);

    (void)state;
    ibv_reg_mr(POINTER(struct ibv_pd, 1), addr, 2, IBV_ACCESS_LOCAL_WRITE);
    ASSERT_REACHED("ibv_reg_mr", 1, 0x1000, 2, IBV_ACCESS_LOCAL_WRITE);
    ibv_reg_mr(NULL, addr, 3, IBV_ACCESS_OPTIONAL_FIRST);
    ASSERT_REACHED("ibv_reg_mr_iova2", 0x1000, 3, 0x1000, IBV_ACCESS_OPTIONAL_FIRST);
    ibv_reg_mr(NULL, addr, 4, IBV_ACCESS_OPTIONAL_LAST | 1);
    ASSERT_REACHED("ibv_reg_mr_iova2", 0x1000, 4, 0x1000, IBV_ACCESS_OPTIONAL_LAST | 1);
    ibv_reg_mr_iova(NULL, addr, 5, 6, 7);
    ASSERT_REACHED("ibv_reg_mr_iova2", 0x1000, 5, 6, 7);
}

/* ---- The way through the context's operations ---- */

static int op_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr)
{
    REMEMBER((uintptr_t)qp, (uintptr_t)wr, (uintptr_t)bad_wr, 0);
    return answer;
}

static int op_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr)
{
    REMEMBER((uintptr_t)qp, (uintptr_t)wr, (uintptr_t)bad_wr, 0);
    return answer;
}

static int op_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc)
{
    REMEMBER((uintptr_t)cq, num_entries, (uintptr_t)wc, 0);
    return answer;
}

static int op_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
    REMEMBER((uintptr_t)cq, solicited_only, 0, 0);
    return answer;
}

static void data_calls_reach_the_operations(void **state)
{
    struct ibv_qp qp;
    struct ibv_cq cq;

    (void)state;
    memset(&qp, 0, sizeof qp);
    memset(&cq, 0, sizeof cq);
    qp.context = &extended.context;
    cq.context = &extended.context;
    assert_int_equal(ibv_req_notify_cq(&cq, 0), EOPNOTSUPP);
    extended.context.ops.post_send = op_post_send;
    extended.context.ops.post_recv = op_post_recv;
    extended.context.ops.poll_cq = op_poll_cq;
    extended.context.ops.req_notify_cq = op_req_notify_cq;
    answer = 12;
    assert_int_equal(
        ibv_post_send(&qp, POINTER(struct ibv_send_wr, 1), POINTER(struct ibv_send_wr *, 2)), 12);
    ASSERT_REACHED("op_post_send", (uintptr_t)&qp, 1, 2, 0);
    assert_int_equal(
        ibv_post_recv(&qp, POINTER(struct ibv_recv_wr, 3), POINTER(struct ibv_recv_wr *, 4)), 12);
    ASSERT_REACHED("op_post_recv", (uintptr_t)&qp, 3, 4, 0);
    assert_int_equal(ibv_poll_cq(&cq, 5, POINTER(struct ibv_wc, 6)), 12);
    ASSERT_REACHED("op_poll_cq", (uintptr_t)&cq, 5, 6, 0);
    assert_int_equal(ibv_req_notify_cq(&cq, 1), 12);
    ASSERT_REACHED("op_req_notify_cq", (uintptr_t)&cq, 1, 0, 0);
}

/* ---- Sessions and polls ---- */

#define QP_OP(name, parameters, a, b, c)                                 \
    static void op_##name parameters                                     \
    {                                                                    \
        (void)qp;                                                        \
        remember(#name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0); \
    }

QP_OP(wr_start, (struct ibv_qp_ex * qp), 0, 0, 0)
QP_OP(wr_abort, (struct ibv_qp_ex * qp), 0, 0, 0)
QP_OP(wr_send, (struct ibv_qp_ex * qp), 0, 0, 0)
QP_OP(wr_send_imm, (struct ibv_qp_ex * qp, uint32_t imm), imm, 0, 0)
QP_OP(wr_rdma_read, (struct ibv_qp_ex * qp, uint32_t rkey, uint64_t remote), rkey, remote, 0)
QP_OP(wr_rdma_write, (struct ibv_qp_ex * qp, uint32_t rkey, uint64_t remote), rkey, remote, 0)
QP_OP(wr_rdma_write_imm, (struct ibv_qp_ex * qp, uint32_t rkey, uint64_t remote, uint32_t imm),
      rkey, remote, imm)
QP_OP(wr_set_ud_addr, (struct ibv_qp_ex * qp, struct ibv_ah *ah, uint32_t qpn, uint32_t qkey),
      (uintptr_t)ah, qpn, qkey)
QP_OP(wr_set_sge, (struct ibv_qp_ex * qp, uint32_t lkey, uint64_t addr, uint32_t length), lkey,
      addr, length)
QP_OP(wr_set_sge_list, (struct ibv_qp_ex * qp, size_t n, const struct ibv_sge *list), n,
      (uintptr_t)list, 0)
QP_OP(wr_set_inline_data, (struct ibv_qp_ex * qp, void *addr, size_t length), (uintptr_t)addr,
      length, 0)
QP_OP(wr_set_inline_data_list, (struct ibv_qp_ex * qp, size_t n, const struct ibv_data_buf *list),
      n, (uintptr_t)list, 0)

static int op_wr_complete(struct ibv_qp_ex *qp)
{
    (void)qp;
    remember("wr_complete", 0, 0, 0, 0);
    return answer;
}

static void session_calls_reach_their_operations(void **state)
{
    struct ibv_qp_ex qp;

    (void)state;
    memset(&qp, 0, sizeof qp);
    qp.wr_start = op_wr_start;
    qp.wr_complete = op_wr_complete;
    qp.wr_abort = op_wr_abort;
    qp.wr_send = op_wr_send;
    qp.wr_send_imm = op_wr_send_imm;
    qp.wr_rdma_read = op_wr_rdma_read;
    qp.wr_rdma_write = op_wr_rdma_write;
    qp.wr_rdma_write_imm = op_wr_rdma_write_imm;
    qp.wr_set_ud_addr = op_wr_set_ud_addr;
    qp.wr_set_sge = op_wr_set_sge;
    qp.wr_set_sge_list = op_wr_set_sge_list;
    qp.wr_set_inline_data = op_wr_set_inline_data;
    qp.wr_set_inline_data_list = op_wr_set_inline_data_list;

    ibv_wr_start(&qp);
    ASSERT_REACHED("wr_start", 0, 0, 0, 0);
    ibv_wr_send(&qp);
    ASSERT_REACHED("wr_send", 0, 0, 0, 0);
    ibv_wr_send_imm(&qp, 1);
    ASSERT_REACHED("wr_send_imm", 1, 0, 0, 0);
    ibv_wr_rdma_read(&qp, 2, 3);
    ASSERT_REACHED("wr_rdma_read", 2, 3, 0, 0);
    ibv_wr_rdma_write(&qp, 4, 5);
    ASSERT_REACHED("wr_rdma_write", 4, 5, 0, 0);
    ibv_wr_rdma_write_imm(&qp, 6, 7, 8);
    ASSERT_REACHED("wr_rdma_write_imm", 6, 7, 8, 0);
    ibv_wr_set_ud_addr(&qp, POINTER(struct ibv_ah, 9), 10, 11);
    ASSERT_REACHED("wr_set_ud_addr", 9, 10, 11, 0);
    ibv_wr_set_sge(&qp, 12, 13, 14);
    ASSERT_REACHED("wr_set_sge", 12, 13, 14, 0);
    ibv_wr_set_sge_list(&qp, 15, POINTER(struct ibv_sge, 16));
    ASSERT_REACHED("wr_set_sge_list", 15, 16, 0, 0);
    ibv_wr_set_inline_data(&qp, POINTER(void, 17), 18);
    ASSERT_REACHED("wr_set_inline_data", 17, 18, 0, 0);
    ibv_wr_set_inline_data_list(&qp, 19, POINTER(struct ibv_data_buf, 20));
    ASSERT_REACHED("wr_set_inline_data_list", 19, 20, 0, 0);
    answer = ENOMEM;
    assert_int_equal(ibv_wr_complete(&qp), ENOMEM);
    ASSERT_REACHED("wr_complete", 0, 0, 0, 0);
    ibv_wr_abort(&qp);
    ASSERT_REACHED("wr_abort", 0, 0, 0, 0);
}

#define READ_OP(type, name, value)              \
    static type op_##name(struct ibv_cq_ex *cq) \
    {                                           \
        (void)cq;                               \
        return value;                           \
    }

READ_OP(enum ibv_wc_opcode, read_opcode, IBV_WC_RECV)
READ_OP(uint32_t, read_vendor_err, 101)
READ_OP(uint32_t, read_byte_len, 102)
READ_OP(uint32_t, read_imm_data, 103)
READ_OP(uint32_t, read_qp_num, 104)
READ_OP(uint32_t, read_src_qp, 105)
READ_OP(unsigned int, read_wc_flags, 106)
READ_OP(uint32_t, read_slid, 107)
READ_OP(uint8_t, read_sl, 108)
READ_OP(uint8_t, read_dlid_path_bits, 109)
READ_OP(int, next_poll, ENOENT)

static int op_start_poll(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    (void)cq;
    REMEMBER((uintptr_t)attr, 0, 0, 0);
    return answer;
}

static void op_end_poll(struct ibv_cq_ex *cq)
{
    REMEMBER((uintptr_t)cq, 0, 0, 0);
}

static void poll_calls_reach_their_operations(void **state)
{
    struct ibv_cq_ex cq;

    (void)state;
    memset(&cq, 0, sizeof cq);
    cq.start_poll = op_start_poll;
    cq.next_poll = op_next_poll;
    cq.end_poll = op_end_poll;
    cq.read_opcode = op_read_opcode;
    cq.read_vendor_err = op_read_vendor_err;
    cq.read_byte_len = op_read_byte_len;
    cq.read_imm_data = op_read_imm_data;
    cq.read_qp_num = op_read_qp_num;
    cq.read_src_qp = op_read_src_qp;
    cq.read_wc_flags = op_read_wc_flags;
    cq.read_slid = op_read_slid;
    cq.read_sl = op_read_sl;
    cq.read_dlid_path_bits = op_read_dlid_path_bits;

    answer = EINVAL;
    assert_int_equal(ibv_start_poll(&cq, POINTER(struct ibv_poll_cq_attr, 1)), EINVAL);
    ASSERT_REACHED("op_start_poll", 1, 0, 0, 0);
    assert_int_equal(ibv_next_poll(&cq), ENOENT);
    ibv_end_poll(&cq);
    ASSERT_REACHED("op_end_poll", (uintptr_t)&cq, 0, 0, 0);
    assert_ptr_equal(ibv_cq_ex_to_cq(&cq), &cq);
    assert_int_equal(ibv_wc_read_opcode(&cq), IBV_WC_RECV);
    assert_int_equal(ibv_wc_read_vendor_err(&cq), 101);
    assert_int_equal(ibv_wc_read_byte_len(&cq), 102);
    assert_int_equal(ibv_wc_read_imm_data(&cq), 103);
    assert_int_equal(ibv_wc_read_qp_num(&cq), 104);
    assert_int_equal(ibv_wc_read_src_qp(&cq), 105);
    assert_int_equal(ibv_wc_read_wc_flags(&cq), 106);
    assert_int_equal(ibv_wc_read_slid(&cq), 107);
    assert_int_equal(ibv_wc_read_sl(&cq), 108);
    assert_int_equal(ibv_wc_read_dlid_path_bits(&cq), 109);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(query_port_takes_the_long_form_where_offered),
        TEST(query_port_falls_back_to_the_export),
        TEST(query_port_that_fails_writes_nothing),
        TEST(query_device_ex_falls_back_and_clears),
        TEST(create_qp_ex_takes_the_way_there_is),
        TEST(domains_need_their_operations),
        TEST(reg_mr_hands_optional_access_to_iova2),
        TEST(data_calls_reach_the_operations),
        TEST(session_calls_reach_their_operations),
        TEST(poll_calls_reach_their_operations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
