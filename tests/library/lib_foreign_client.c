/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A client as another project would compile it: structures are bytes, members are offsets from the
 * tables, inline calls are written out. It includes no file of the kit.
 */
#include "lib_foreign_client.h"

#include <stdint.h>
#include <string.h>

#include "foreign_layout.h"

/* What it resolves by name. */
extern void **ibv_get_device_list(int *);
extern void ibv_free_device_list(void **);
extern void *ibv_open_device(void *);
extern int ibv_close_device(void *);
extern int ibv_query_device(void *, void *);
extern int ibv_query_port(void *, uint8_t, void *);
extern int ibv_query_gid(void *, uint8_t, int, void *);
extern void *ibv_alloc_pd(void *);
extern int ibv_dealloc_pd(void *);
extern void *ibv_reg_mr(void *, void *, size_t, int);
extern int ibv_dereg_mr(void *);
extern void *ibv_create_cq_ex(void *, void *);
extern int ibv_destroy_cq(void *);
extern void *ibv_create_qp(void *, void *);
extern void *efadv_create_qp_ex(void *, void *, void *, uint32_t);
extern int ibv_modify_qp(void *, void *, int);
extern int ibv_destroy_qp(void *);
extern void *ibv_qp_to_qp_ex(void *);
extern void *ibv_create_ah(void *, void *);
extern int ibv_destroy_ah(void *);
extern int efadv_query_device(void *, void *, uint32_t);
extern int efadv_query_ah(void *, void *, uint32_t);

typedef void (*any_function)(void);

#define CHECK(condition)     \
    do {                     \
        if (!(condition))    \
            return __LINE__; \
    } while (0)

/* Members by offset. */
#define AT(object, structure, member) ((unsigned char *)(object) + OFFSET_##structure##_##member)

static uint64_t get(const void *at, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, at, size);
    return value;
}

static void put(void *at, size_t size, uint64_t value)
{
    memcpy(at, &value, size);
}

static void *get_pointer(const void *at)
{
    return (void *)(uintptr_t)get(at, sizeof(void *));
}

static any_function get_function(const void *at)
{
    any_function function;

    memcpy(&function, at, sizeof function);
    return function;
}

#define GET(object, structure, member, size) get(AT(object, structure, member), size)
#define PUT(object, structure, member, size, value) \
    put(AT(object, structure, member), size, (uint64_t)(value))
#define PUT_POINTER(object, structure, member, value) \
    put(AT(object, structure, member), sizeof(void *), (uint64_t)(uintptr_t)(value))
#define FUNCTION(type, object, structure, member) \
    ((type)get_function(AT(object, structure, member)))

/* An operation in front of the context: only where abi_compat and sz say that it is there. */
#define CONTEXT_OPERATION(type, context, member) \
    ((type)context_operation(context, OFFSET_verbs_context_##member))

static any_function context_operation(void *context, size_t offset)
{
    unsigned char *extended = (unsigned char *)context - OFFSET_verbs_context_context;

    if (GET(context, ibv_context, abi_compat, 8) != UINT64_MAX ||
        GET(extended, verbs_context, sz, 8) < SIZE_verbs_context - offset)
        return NULL;
    return get_function(extended + offset);
}

struct client {
    enum foreign_generation generation;
    void *context, *pd, *cq, *ah;
    uint16_t ahn;
    unsigned char memory[1024];
    void *mr;
};

typedef void *create_function(void *, void *);
typedef int query_port_function(void *, uint8_t, void *, size_t);
typedef int query_device_function(void *, const void *, void *, size_t);

static int open_client(struct client *c)
{
    void **list = ibv_get_device_list(NULL);
    unsigned char port[SIZE_ibv_port_attr + 8];
    unsigned char device[SIZE_ibv_device_attr], extended[SIZE_ibv_device_attr_ex];
    unsigned char efa[SIZE_efadv_device_attr] = {0};
    query_port_function *query_port;
    query_device_function *query_device;

    CHECK(list && list[0] && !list[1]);
    CHECK(strcmp((char *)AT(list[0], ibv_device, name), "EFA") == 0);
    CHECK(GET(list[0], ibv_device, node_type, 4) == VALUE_IBV_NODE_UNSPECIFIED);
    c->context = ibv_open_device(list[0]);
    CHECK(c->context != NULL);
    CHECK(get_pointer(AT(c->context, ibv_context, device)) == list[0]);
    ibv_free_device_list(list);

    CHECK(ibv_query_device(c->context, device) == 0);
    CHECK(GET(device, ibv_device_attr, vendor_id, 4) == 0x1d0f);
    CHECK(GET(device, ibv_device_attr, max_qp, 4) > 0);
    query_device = CONTEXT_OPERATION(query_device_function *, c->context, query_device_ex);
    CHECK(query_device && query_device(c->context, NULL, extended, sizeof extended) == 0);
    CHECK(memcmp(extended, device, sizeof device) == 0);
    CHECK(efadv_query_device(c->context, efa, sizeof efa) == 0);
    CHECK(GET(efa, efadv_device_attr, inline_buf_size, 2) == 32);

    /* The export fills the short structure; the operation fills the requested length. */
    memset(port, 0x77, sizeof port);
    CHECK(ibv_query_port(c->context, 1, port) == 0);
    CHECK(port[OFFSET_ibv_port_attr_port_cap_flags2] == 0x77);
    CHECK(GET(port, ibv_port_attr, max_msg_sz, 4) == 8928);
    CHECK(GET(port, ibv_port_attr, active_mtu, 4) == VALUE_IBV_MTU_4096);
    query_port = CONTEXT_OPERATION(query_port_function *, c->context, query_port);
    CHECK(query_port && query_port(c->context, 1, port, SIZE_ibv_port_attr) == 0);
    CHECK(port[OFFSET_ibv_port_attr_port_cap_flags2] == 0);
    CHECK(port[SIZE_ibv_port_attr] == 0x77);
    return 0;
}

static int make_domain(struct client *c)
{
    unsigned char cq_attr[SIZE_ibv_cq_init_attr_ex] = {0}, ah_attr[SIZE_ibv_ah_attr] = {0};
    unsigned char efa_ah[SIZE_efadv_ah_attr] = {0};
    create_function *create_cq = ibv_create_cq_ex;

    c->pd = ibv_alloc_pd(c->context);
    CHECK(c->pd != NULL);
    c->mr = ibv_reg_mr(c->pd, c->memory, sizeof c->memory, VALUE_IBV_ACCESS_LOCAL_WRITE);
    CHECK(c->mr && get_pointer(AT(c->mr, ibv_mr, addr)) == c->memory);

    PUT(cq_attr, ibv_cq_init_attr_ex, cqe, 4, 64);
    PUT(cq_attr, ibv_cq_init_attr_ex, wc_flags, 8, VALUE_IBV_WC_STANDARD_FLAGS);
    PUT_POINTER(cq_attr, ibv_cq_init_attr_ex, cq_context, c);
    if (c->generation == FOREIGN_CONTEXT)
        create_cq = CONTEXT_OPERATION(create_function *, c->context, create_cq_ex);
    CHECK(create_cq != NULL);
    c->cq = create_cq(c->context, cq_attr);
    CHECK(c->cq != NULL);
    CHECK(get_pointer(AT(c->cq, ibv_cq_ex, cq_context)) == c);
    CHECK(GET(c->cq, ibv_cq_ex, cqe, 4) == 64);

    CHECK(ibv_query_gid(c->context, 1, 0, AT(ah_attr, ibv_ah_attr, grh)) == 0);
    PUT(ah_attr, ibv_ah_attr, is_global, 1, 1);
    PUT(ah_attr, ibv_ah_attr, port_num, 1, 1);
    c->ah = ibv_create_ah(c->pd, ah_attr);
    CHECK(c->ah && efadv_query_ah(c->ah, efa_ah, sizeof efa_ah) == 0);
    c->ahn = (uint16_t)GET(efa_ah, efadv_ah_attr, ahn, 2);
    return 0;
}

static void *make_qp(struct client *c, int srd, int plain)
{
    unsigned char attr[SIZE_ibv_qp_init_attr_ex] = {0}, efa_attr[SIZE_efadv_qp_init_attr] = {0};
    unsigned char *cap = AT(attr, ibv_qp_init_attr_ex, cap);
    create_function *create;

    PUT_POINTER(attr, ibv_qp_init_attr_ex, qp_context, c);
    PUT_POINTER(attr, ibv_qp_init_attr_ex, send_cq, c->cq);
    PUT_POINTER(attr, ibv_qp_init_attr_ex, recv_cq, c->cq);
    PUT(cap, ibv_qp_cap, max_send_wr, 4, 16);
    PUT(cap, ibv_qp_cap, max_recv_wr, 4, 16);
    PUT(cap, ibv_qp_cap, max_send_sge, 4, 1);
    PUT(cap, ibv_qp_cap, max_recv_sge, 4, 1);
    PUT(attr, ibv_qp_init_attr_ex, sq_sig_all, 4, 1);
    PUT(attr, ibv_qp_init_attr_ex, qp_type, 4, srd ? VALUE_IBV_QPT_DRIVER : VALUE_IBV_QPT_UD);
    if (plain)
        return ibv_create_qp(c->pd, attr);
    PUT_POINTER(attr, ibv_qp_init_attr_ex, pd, c->pd);
    PUT(attr, ibv_qp_init_attr_ex, comp_mask, 4,
        VALUE_IBV_QP_INIT_ATTR_PD | VALUE_IBV_QP_INIT_ATTR_SEND_OPS_FLAGS);
    PUT(attr, ibv_qp_init_attr_ex, send_ops_flags, 8,
        VALUE_IBV_QP_EX_WITH_SEND | VALUE_IBV_QP_EX_WITH_SEND_WITH_IMM);
    if (srd)
        return efadv_create_qp_ex(c->context, attr, efa_attr, sizeof efa_attr);
    create = CONTEXT_OPERATION(create_function *, c->context, create_qp_ex);
    return create ? create(c->context, attr) : NULL;
}

static int to_ready(void *qp)
{
    unsigned char attr[SIZE_ibv_qp_attr] = {0};

    PUT(attr, ibv_qp_attr, qp_state, 4, VALUE_IBV_QPS_INIT);
    PUT(attr, ibv_qp_attr, port_num, 1, 1);
    PUT(attr, ibv_qp_attr, qkey, 4, 0x1234);
    CHECK(ibv_modify_qp(qp, attr,
                        VALUE_IBV_QP_STATE | VALUE_IBV_QP_PKEY_INDEX | VALUE_IBV_QP_PORT |
                            VALUE_IBV_QP_QKEY) == 0);
    PUT(attr, ibv_qp_attr, qp_state, 4, VALUE_IBV_QPS_RTR);
    CHECK(ibv_modify_qp(qp, attr, VALUE_IBV_QP_STATE) == 0);
    PUT(attr, ibv_qp_attr, qp_state, 4, VALUE_IBV_QPS_RTS);
    CHECK(ibv_modify_qp(qp, attr, VALUE_IBV_QP_STATE | VALUE_IBV_QP_SQ_PSN) == 0);
    CHECK(GET(qp, ibv_qp, state, 4) == VALUE_IBV_QPS_RTS);
    return 0;
}

typedef int post_function(void *, void *, void **);
typedef int poll_function(void *, int, void *);

/* ibv_post_recv, ibv_post_send, ibv_poll_cq as inline calls write them out. */
static int classic_exchange(struct client *c, void *qp, int srd, void (*run)(void *),
                            void *argument)
{
    unsigned char *ops = AT(c->context, ibv_context, ops);
    unsigned char recv_wr[SIZE_ibv_recv_wr] = {0}, send_wr[SIZE_ibv_send_wr] = {0};
    unsigned char in[SIZE_ibv_sge] = {0}, out[SIZE_ibv_sge] = {0}, wc[2][SIZE_ibv_wc];
    unsigned char *address = AT(send_wr, ibv_send_wr, wr);
    unsigned grh = srd ? 0 : 40, received;
    void *bad = NULL;

    PUT(in, ibv_sge, addr, 8, (uintptr_t)c->memory + 512);
    PUT(in, ibv_sge, length, 4, 200);
    PUT(in, ibv_sge, lkey, 4, GET(c->mr, ibv_mr, lkey, 4));
    PUT(recv_wr, ibv_recv_wr, wr_id, 8, 0x1122334455667788);
    PUT_POINTER(recv_wr, ibv_recv_wr, sg_list, in);
    PUT(recv_wr, ibv_recv_wr, num_sge, 4, 1);
    CHECK(FUNCTION(post_function *, ops, ibv_context_ops, post_recv)(qp, recv_wr, &bad) == 0);

    memset(c->memory, 0x5c, 100);
    PUT(out, ibv_sge, addr, 8, (uintptr_t)c->memory);
    PUT(out, ibv_sge, length, 4, 100);
    PUT(out, ibv_sge, lkey, 4, GET(c->mr, ibv_mr, lkey, 4));
    PUT(send_wr, ibv_send_wr, wr_id, 8, 77);
    PUT_POINTER(send_wr, ibv_send_wr, sg_list, out);
    PUT(send_wr, ibv_send_wr, num_sge, 4, 1);
    PUT(send_wr, ibv_send_wr, opcode, 4, VALUE_IBV_WR_SEND_WITH_IMM);
    PUT(send_wr, ibv_send_wr, unnamed36, 4, 0xa1b2c3d4);
    put(address, 8, (uintptr_t)c->ah); /* ah, remote_qpn, remote_qkey */
    put(address + 8, 4, GET(qp, ibv_qp, qp_num, 4));
    put(address + 12, 4, 0x1234);
    CHECK(FUNCTION(post_function *, ops, ibv_context_ops, post_send)(qp, send_wr, &bad) == 0);
    run(argument);
    CHECK(FUNCTION(poll_function *, ops, ibv_context_ops, poll_cq)(c->cq, 2, wc) == 2);
    received = GET(wc[0], ibv_wc, opcode, 4) == VALUE_IBV_WC_RECV ? 0 : 1;
    CHECK(GET(wc[!received], ibv_wc, wr_id, 8) == 77);
    CHECK(GET(wc[!received], ibv_wc, opcode, 4) == VALUE_IBV_WC_SEND);
    CHECK(GET(wc[received], ibv_wc, wr_id, 8) == 0x1122334455667788);
    CHECK(GET(wc[received], ibv_wc, status, 4) == VALUE_IBV_WC_SUCCESS);
    CHECK(GET(wc[received], ibv_wc, byte_len, 4) == 100 + grh);
    CHECK(GET(wc[received], ibv_wc, unnamed24, 4) == 0xa1b2c3d4);
    CHECK(GET(wc[received], ibv_wc, wc_flags, 4) == VALUE_IBV_WC_WITH_IMM);
    CHECK(GET(wc[received], ibv_wc, slid, 2) == c->ahn);
    CHECK(GET(wc[received], ibv_wc, src_qp, 4) == GET(qp, ibv_qp, qp_num, 4));
    CHECK(memcmp(c->memory + 512 + grh, c->memory, 100) == 0);
    return 0;
}

typedef void session_function(void *);
typedef int complete_function(void *);
typedef void inline_function(void *, void *, size_t);
typedef void address_function(void *, void *, uint32_t, uint32_t);
typedef int start_function(void *, void *);
typedef uint32_t read_function(void *);

/* The extended data path: pointers in ibv_qp_ex and ibv_cq_ex. */
static int extended_exchange(struct client *c, void *qp, void (*run)(void *), void *argument)
{
    unsigned char poll_attr[SIZE_ibv_poll_cq_attr] = {0};
    void *ex = ibv_qp_to_qp_ex(qp);
    char text[8] = "foreign";

    CHECK(ex != NULL);
    FUNCTION(session_function *, ex, ibv_qp_ex, wr_start)(ex);
    PUT(ex, ibv_qp_ex, wr_id, 8, 99);
    PUT(ex, ibv_qp_ex, wr_flags, 4, 0);
    FUNCTION(session_function *, ex, ibv_qp_ex, wr_send)(ex);
    FUNCTION(inline_function *, ex, ibv_qp_ex, wr_set_inline_data)(ex, text, sizeof text);
    FUNCTION(address_function *, ex, ibv_qp_ex, wr_set_ud_addr)
    (ex, c->ah, 0x7fff, 0x1234); /* no such peer: SRD fails, UD is lost */
    CHECK(FUNCTION(complete_function *, ex, ibv_qp_ex, wr_complete)(ex) == 0);
    run(argument);
    CHECK(FUNCTION(start_function *, c->cq, ibv_cq_ex, start_poll)(c->cq, poll_attr) == 0);
    CHECK(GET(c->cq, ibv_cq_ex, wr_id, 8) == 99);
    if (GET(qp, ibv_qp, qp_type, 4) == VALUE_IBV_QPT_DRIVER) {
        CHECK(GET(c->cq, ibv_cq_ex, status, 4) == VALUE_IBV_WC_REM_INV_RD_REQ_ERR);
        CHECK(FUNCTION(read_function *, c->cq, ibv_cq_ex, read_vendor_err)(c->cq) == 9);
    } else {
        CHECK(GET(c->cq, ibv_cq_ex, status, 4) == VALUE_IBV_WC_SUCCESS);
    }
    CHECK(FUNCTION(read_function *, c->cq, ibv_cq_ex, read_opcode)(c->cq) == VALUE_IBV_WC_SEND);
    CHECK(FUNCTION(read_function *, c->cq, ibv_cq_ex, read_qp_num)(c->cq) ==
          GET(qp, ibv_qp, qp_num, 4));
    CHECK(FUNCTION(complete_function *, c->cq, ibv_cq_ex, next_poll)(c->cq) == 2); /* ENOENT */
    FUNCTION(session_function *, c->cq, ibv_cq_ex, end_poll)(c->cq);
    return 0;
}

static int use_qp(struct client *c, int srd, int plain, void (*run)(void *), void *argument)
{
    void *qp = make_qp(c, srd, plain);
    int failed;

    CHECK(qp != NULL);
    CHECK(GET(qp, ibv_qp, qp_type, 4) == (uint64_t)(srd ? VALUE_IBV_QPT_DRIVER : VALUE_IBV_QPT_UD));
    CHECK(get_pointer(AT(qp, ibv_qp, qp_context)) == c);
    CHECK(get_pointer(AT(qp, ibv_qp, send_cq)) == c->cq);
    failed = to_ready(qp);
    if (!failed)
        failed = classic_exchange(c, qp, srd, run, argument);
    if (!failed && !plain)
        failed = extended_exchange(c, qp, run, argument);
    CHECK(ibv_destroy_qp(qp) == 0);
    return failed;
}

int foreign_client(enum foreign_generation generation, void (*run)(void *), void *argument)
{
    struct client client;
    int failed;

    memset(&client, 0, sizeof client);
    client.generation = generation;
    failed = open_client(&client);
    if (!failed)
        failed = make_domain(&client);
    if (!failed)
        failed = use_qp(&client, 1, 0, run, argument);
    if (!failed)
        failed = use_qp(&client, 0, 0, run, argument);
    if (!failed)
        failed = use_qp(&client, 0, 1, run, argument);
    if (failed)
        return failed;
    CHECK(ibv_destroy_cq(client.cq) == 0);
    CHECK(ibv_destroy_ah(client.ah) == 0);
    CHECK(ibv_dereg_mr(client.mr) == 0);
    CHECK(ibv_dealloc_pd(client.pd) == 0);
    CHECK(ibv_close_device(client.context) == 0);
    return 0;
}
