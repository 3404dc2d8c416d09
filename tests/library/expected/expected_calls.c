/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Control calls. The first column changes the adapter (members of the driver's description), the
 * second names the call, the third gives its arguments. Arguments that it omits are valid.
 */
#include <errno.h>
#include <string.h>

#include "expected.h"

/* What the calls work on. */
struct scene {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    unsigned char memory[4096];
};

#define PAINT 0xa5

/* ---- queries ---- */

static void query_device(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_device_attr a;

    (void)given;
    memset(&a, PAINT, sizeof a);
    say_error(answer, NULL, ibv_query_device(s->world->context, &a));
    say(answer, "fw_ver=%s vendor_id=0x%x vendor_part_id=0x%x hw_ver=0x%x", a.fw_ver, a.vendor_id,
        a.vendor_part_id, a.hw_ver);
    say(answer, "max_mr_size=%llu page_size_cap=0x%llx", (unsigned long long)a.max_mr_size,
        (unsigned long long)a.page_size_cap);
    say(answer, "max_qp=%d max_qp_wr=%d max_sge=%d max_sge_rd=%d", a.max_qp, a.max_qp_wr, a.max_sge,
        a.max_sge_rd);
    say(answer, "max_cq=%d max_cqe=%d max_mr=%d max_pd=%d max_ah=%d", a.max_cq, a.max_cqe, a.max_mr,
        a.max_pd, a.max_ah);
    say(answer, "phys_port_cnt=%u", a.phys_port_cnt);
}

static void query_port(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_port_attr a;
    int error = ibv_query_port(s->world->context, (uint8_t)given_number(given, "port_num", 1), &a);

    say_error(answer, NULL, error);
    if (error)
        return;
    say(answer, "state=%d phys_state=%u max_mtu=%d active_mtu=%d", a.state, a.phys_state, a.max_mtu,
        a.active_mtu);
    say(answer, "max_msg_sz=%u gid_tbl_len=%d pkey_tbl_len=%u lmc=%u max_vl_num=%u", a.max_msg_sz,
        a.gid_tbl_len, a.pkey_tbl_len, a.lmc, a.max_vl_num);
    say(answer, "active_speed=%u active_width=%u link_layer=%u", a.active_speed, a.active_width,
        a.link_layer);
}

static void query_gid(struct scene *s, struct given *given, struct answer *answer)
{
    union ibv_gid gid;
    int error = ibv_query_gid(s->world->context, (uint8_t)given_number(given, "port_num", 1),
                              (int)given_number(given, "index", 0), &gid);

    say_error(answer, NULL, error);
    if (!error)
        say_bytes(answer, "gid", gid.raw, sizeof gid.raw);
}

/* Filled with PAINT before the call, so that the result shows which bytes the call wrote. */
static void query_device_direct(struct scene *s, struct given *given, struct answer *answer)
{
    struct {
        struct efadv_device_attr attr;
        unsigned char later[8];
    } out;

    memset(&out, PAINT, sizeof out);
    say_error(answer, NULL,
              efadv_query_device(s->world->context, &out.attr,
                                 (uint32_t)given_number(given, "inlen", sizeof out.attr)));
    say_bytes(answer, "attr", &out, sizeof out);
}

static void query_ah_direct(struct scene *s, struct given *given, struct answer *answer)
{
    struct {
        struct efadv_ah_attr attr;
        unsigned char later[8];
    } out;

    memset(&out, PAINT, sizeof out);
    say_error(answer, NULL,
              efadv_query_ah(s->world->self, &out.attr,
                             (uint32_t)given_number(given, "inlen", sizeof out.attr)));
    say_bytes(answer, "attr", &out, sizeof out);
}

static void query_mr_direct(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_mr *mr = ibv_reg_mr(s->world->pd, s->memory, sizeof s->memory, 0);
    struct efadv_mr_attr attr;

    memset(&attr, PAINT, sizeof attr);
    say_error(answer, NULL,
              efadv_query_mr(mr, &attr, (uint32_t)given_number(given, "inlen", sizeof attr)));
    say_bytes(answer, "attr", &attr, sizeof attr);
    assert_int_equal(ibv_dereg_mr(mr), 0);
}

static void query_cq_direct(struct scene *s, struct given *given, struct answer *answer)
{
    struct efadv_cq_attr a;
    int error;

    memset(&a, PAINT, sizeof a);
    error = efadv_query_cq(s->cq, &a, (uint32_t)given_number(given, "inlen", sizeof a));
    say_error(answer, NULL, error);
    if (!error)
        say(answer, "comp_mask=%llu entry_size=%u num_entries=%u", (unsigned long long)a.comp_mask,
            a.entry_size, a.num_entries);
}

static void say_ring(struct answer *answer, const char *name, const struct efadv_wq_attr *a)
{
    say(answer, "%s.comp_mask=%llu %s.entry_size=%u %s.num_entries=%u %s.max_batch=%u", name,
        (unsigned long long)a->comp_mask, name, a->entry_size, name, a->num_entries, name,
        a->max_batch);
}

static void query_qp_wqs(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_qp_cap cap = {(uint32_t)given_number(given, "max_send_wr", 16),
                             (uint32_t)given_number(given, "max_recv_wr", 16), 2, 2, 0};
    struct ibv_qp *qp = make_srd_with(s->world, s->cq, s->cq, &cap, IBV_QP_EX_WITH_SEND);
    struct efadv_wq_attr sq, rq;
    int error;

    memset(&sq, PAINT, sizeof sq);
    memset(&rq, PAINT, sizeof rq);
    error = efadv_query_qp_wqs(qp, &sq, &rq, (uint32_t)given_number(given, "inlen", sizeof sq));
    say_error(answer, NULL, error);
    if (!error) {
        say_ring(answer, "sq", &sq);
        say_ring(answer, "rq", &rq);
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void max_sq_depth(struct scene *s, struct given *given, struct answer *answer)
{
    struct efadv_sq_depth_attr attr = {
        .comp_mask = given_number(given, "comp_mask", 0),
        .flags = (uint32_t)given_number(given, "flags", 0),
        .max_send_sge = (uint32_t)given_number(given, "max_send_sge", 1),
        .max_rdma_sge = (uint32_t)given_number(given, "max_rdma_sge", 0),
        .max_inline_data = (uint32_t)given_number(given, "max_inline_data", 0),
    };
    int depth = efadv_get_max_sq_depth(s->world->context, &attr,
                                       (uint32_t)given_number(given, "inlen", sizeof attr));

    if (depth < 0)
        say_error(answer, NULL, depth);
    else
        say(answer, "%d", depth);
}

static void max_rq_depth(struct scene *s, struct given *given, struct answer *answer)
{
    struct efadv_rq_depth_attr attr = {
        .comp_mask = given_number(given, "comp_mask", 0),
        .max_recv_sge = (uint32_t)given_number(given, "max_recv_sge", 1),
        .reserved = {(uint8_t)given_number(given, "reserved", 0)},
    };
    int depth = efadv_get_max_rq_depth(s->world->context, &attr,
                                       (uint32_t)given_number(given, "inlen", sizeof attr));

    if (depth < 0)
        say_error(answer, NULL, depth);
    else
        say(answer, "%d", depth);
}

/* ---- completion queues ---- */

static void say_cq(struct answer *answer, struct ibv_cq *cq)
{
    if (!cq) {
        say_error(answer, NULL, errno);
        return;
    }
    say_error(answer, NULL, 0);
    say(answer, "cqe=%d", cq->cqe);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void create_cq(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_comp_channel channel = {.context = s->world->context};

    say_cq(answer, ibv_create_cq(s->world->context, (int)given_number(given, "cqe", 16), NULL,
                                 given_has(given, "channel") ? &channel : NULL,
                                 (int)given_number(given, "comp_vector", 0)));
}

static void fill_cq(struct scene *s, struct given *given, struct ibv_cq_init_attr_ex *attr)
{
    *attr = (struct ibv_cq_init_attr_ex){
        .cqe = (uint32_t)given_number(given, "cqe", 16),
        .comp_vector = (uint32_t)given_number(given, "comp_vector", 0),
        .wc_flags = given_number(given, "wc_flags", IBV_WC_STANDARD_FLAGS),
        .comp_mask = (uint32_t)given_number(given, "comp_mask", 0),
        .flags = (uint32_t)given_number(given, "flags", 0),
        .parent_domain = s->world->pd,
    };
}

static void create_cq_ex(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_cq_init_attr_ex attr;
    struct ibv_cq_ex *cq;

    fill_cq(s, given, &attr);
    cq = ibv_create_cq_ex(s->world->context, &attr);
    say_cq(answer, cq ? ibv_cq_ex_to_cq(cq) : NULL);
}

static void create_cq_direct(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_cq_init_attr_ex attr;
    struct efadv_cq_init_attr efa = {
        .comp_mask = given_number(given, "efa.comp_mask", 0),
        .wc_flags = given_number(given, "efa.wc_flags", 0),
        .flags = given_number(given, "efa.flags", 0),
    };
    struct ibv_cq_ex *cq;

    fill_cq(s, given, &attr);
    cq = efadv_create_cq(s->world->context, &attr, &efa,
                         (uint32_t)given_number(given, "inlen", sizeof efa));
    say_cq(answer, cq ? ibv_cq_ex_to_cq(cq) : NULL);
}

static void read_sgid(struct scene *s, struct given *given, struct answer *answer)
{
    union ibv_gid gid;

    (void)given;
    say_error(answer, NULL, efadv_wc_read_sgid(efadv_cq_from_ibv_cq_ex(s->ex), &gid));
}

static void start_poll(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_poll_cq_attr attr = {.comp_mask = (uint32_t)given_number(given, "comp_mask", 0)};

    say_error(answer, NULL, ibv_start_poll(s->ex, &attr));
}

static void poll_cq(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_wc wc;

    say_error(answer, NULL, ibv_poll_cq(s->cq, (int)given_number(given, "num_entries", 1), &wc));
}

/* ---- queue pairs, regions, address handles ---- */

static void say_qp(struct answer *answer, struct ibv_qp *qp, const struct ibv_qp_cap *cap)
{
    if (!qp) {
        say_error(answer, NULL, errno);
        return;
    }
    say_error(answer, NULL, 0);
    say(answer, "qp_type=%d state=%d cap=%u,%u,%u,%u,%u", qp->qp_type, qp->state, cap->max_send_wr,
        cap->max_recv_wr, cap->max_send_sge, cap->max_recv_sge, cap->max_inline_data);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void create_qp_of_type(struct scene *s, struct given *given, struct answer *answer, bool srd)
{
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = s->cq,
        .recv_cq = s->cq,
        .cap = {(uint32_t)given_number(given, "max_send_wr", 16),
                (uint32_t)given_number(given, "max_recv_wr", 16),
                (uint32_t)given_number(given, "max_send_sge", 1),
                (uint32_t)given_number(given, "max_recv_sge", 1),
                (uint32_t)given_number(given, "max_inline_data", 0)},
        .qp_type =
            (enum ibv_qp_type)given_number(given, "qp_type", srd ? IBV_QPT_DRIVER : IBV_QPT_UD),
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS |
                     (uint32_t)given_number(given, "comp_mask", 0),
        .pd = s->world->pd,
        .send_ops_flags = given_number(given, "ops", IBV_QP_EX_WITH_SEND),
    };
    struct efadv_qp_init_attr efa = {
        .comp_mask = given_number(given, "efa.comp_mask", 0),
        .driver_qp_type = (uint32_t)given_number(given, "efa.driver_qp_type", 0),
        .flags = (uint16_t)given_number(given, "efa.flags", 0),
        .sl = (uint8_t)given_number(given, "efa.sl", 0),
        .reserved = (uint8_t)given_number(given, "efa.reserved", 0),
        .wr_flags = given_number(given, "efa.wr_flags", 0),
    };
    struct ibv_qp *qp = srd ? efadv_create_qp_ex(s->world->context, &attr, &efa,
                                                 (uint32_t)given_number(given, "inlen", sizeof efa))
                            : ibv_create_qp_ex(s->world->context, &attr);

    say_qp(answer, qp, &attr.cap);
}

static void create_qp(struct scene *s, struct given *given, struct answer *answer)
{
    create_qp_of_type(s, given, answer, false);
}

static void create_srd(struct scene *s, struct given *given, struct answer *answer)
{
    create_qp_of_type(s, given, answer, true);
}

static void modify_qp(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_qp *qp =
        given_has(given, "ud") ? make_ud(s->world, s->cq) : make_srd(s->world, s->cq);
    struct ibv_qp_attr attr = {
        .qp_state = (enum ibv_qp_state)given_number(given, "state", IBV_QPS_INIT),
        .cur_qp_state = (enum ibv_qp_state)given_number(given, "cur_state", IBV_QPS_RESET),
        .pkey_index = (uint16_t)given_number(given, "pkey_index", 0),
        .port_num = (uint8_t)given_number(given, "port_num", 1),
        .qkey = 7,
        .sq_psn = (uint32_t)given_number(given, "sq_psn", 0),
        .rnr_retry = (uint8_t)given_number(given, "rnr_retry", 0),
    };

    to_state(qp, (enum ibv_qp_state)given_number(given, "from", IBV_QPS_RESET));
    say_error(answer, NULL,
              ibv_modify_qp(qp, &attr, (int)given_number(given, "attr_mask", IBV_QP_STATE)));
    say(answer, "state=%d", qp->state);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void reg_mr(struct scene *s, struct given *given, struct answer *answer)
{
    uint64_t address = (uintptr_t)s->memory;
    struct ibv_mr *mr =
        ibv_reg_mr_iova2(s->world->pd, s->memory, (size_t)given_number(given, "length", 64),
                         address + given_number(given, "iova_offset", 0),
                         (unsigned)given_number(given, "access", IBV_ACCESS_LOCAL_WRITE));

    say_error(answer, NULL, mr ? ibv_dereg_mr(mr) : errno);
}

static void create_ah(struct scene *s, struct given *given, struct answer *answer)
{
    struct ibv_ah_attr attr = {
        .is_global = (uint8_t)given_number(given, "is_global", 1),
        .port_num = (uint8_t)given_number(given, "port_num", 1),
        .grh = {.sgid_index = (uint8_t)given_number(given, "sgid_index", 0)},
    };
    struct ibv_ah *ah = ibv_create_ah(s->world->pd, &attr);

    say_error(answer, NULL, ah ? ibv_destroy_ah(ah) : errno);
}

/* ---- which is which ---- */

static const struct {
    const char *name;
    void (*run)(struct scene *scene, struct given *given, struct answer *answer);
} calls[] = {
    {"ibv_query_device", query_device},
    {"ibv_query_port", query_port},
    {"ibv_query_gid", query_gid},
    {"efadv_query_device", query_device_direct},
    {"efadv_query_ah", query_ah_direct},
    {"efadv_query_mr", query_mr_direct},
    {"efadv_query_cq", query_cq_direct},
    {"efadv_query_qp_wqs", query_qp_wqs},
    {"efadv_get_max_sq_depth", max_sq_depth},
    {"efadv_get_max_rq_depth", max_rq_depth},
    {"ibv_create_cq", create_cq},
    {"ibv_create_cq_ex", create_cq_ex},
    {"efadv_create_cq", create_cq_direct},
    {"efadv_wc_read_sgid", read_sgid},
    {"ibv_start_poll", start_poll},
    {"ibv_poll_cq", poll_cq},
    {"ibv_create_qp_ex", create_qp},
    {"efadv_create_qp_ex", create_srd},
    {"ibv_modify_qp", modify_qp},
    {"ibv_reg_mr_iova2", reg_mr},
    {"ibv_create_ah", create_ah},
};

static void set_adapter(struct fake_driver *driver, const char *text)
{
    struct efa_device_info *info = &driver->info;
    struct given given;

    fake_driver_init(driver, 3, 1);
    info->firmware_version = 0x01020304;
    given_parse(&given, text);
    info->device_version = (uint32_t)given_number(&given, "device_version", 0xefa0);
    info->supported_features = (uint32_t)given_number(&given, "features", 0);
    info->num_sub_cqs = (uint16_t)given_number(&given, "num_sub_cqs", 1);
    info->max_rq_depth = (uint32_t)given_number(&given, "max_rq_depth", 32768);
    info->mtu = (uint32_t)given_number(&given, "mtu", 8928);
    given_end(&given);
}

void run_call(const struct row *row, struct answer *answer)
{
    static struct scene scene;
    struct given given;
    size_t i = 0;

    set_adapter(&scene.driver, row->columns[0]);
    scene.world = fake_world_open(&scene.driver);
    scene.ex = make_cq_ex(scene.world, 16, IBV_WC_STANDARD_FLAGS);
    scene.cq = ibv_cq_ex_to_cq(scene.ex);
    while (i < EFA_ARRAY_SIZE(calls) && strcmp(calls[i].name, row->columns[1]) != 0)
        i++;
    if (i == EFA_ARRAY_SIZE(calls))
        fail_msg("line %u: no call is named %s", row->line, row->columns[1]);
    given_parse(&given, row->columns[2]);
    errno = 0;
    calls[i].run(&scene, &given, answer);
    given_end(&given);
    assert_int_equal(ibv_destroy_cq(scene.cq), 0);
    fake_world_destroy(&scene.driver, scene.world);
}
