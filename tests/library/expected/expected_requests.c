/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Work requests, and what they write for the device. The first column describes the queue pair. The
 * second is a list of steps separated by semicolons: requests that are collected (wr, rr), the
 * calls that post them, the calls of a session. The result of each posting call is its error, the
 * doorbell's value, and each descriptor that it announced.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "expected.h"

#define MOST 8 /* requests of a list, buffers of a request */

struct scene {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex;
    struct fake_qp *fake;
    uint32_t send_depth, recv_descriptors;
    uint32_t sends_seen, recvs_seen; /* of the doorbells */
    uint32_t sends_done;

    struct ibv_send_wr sends[MOST];
    struct ibv_recv_wr recvs[MOST];
    struct ibv_sge lists[MOST][MOST];
    unsigned send_count, recv_count;
    unsigned char inline_bytes[MOST][64];
};

/* ---- what is given ---- */

/* ADDRESS:LENGTH:LKEY, several with commas between; their number. */
static unsigned read_buffers(const char *text, struct ibv_sge *list)
{
    char copy[ROW_LENGTH], *save = NULL, *inner;
    unsigned count = 0;

    snprintf(copy, sizeof copy, "%s", text);
    for (char *part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
        assert_true(count < MOST);
        list[count].addr = number_of(strtok_r(part, ":", &inner));
        list[count].length = (uint32_t)number_of(strtok_r(NULL, ":", &inner));
        list[count++].lkey = (uint32_t)number_of(strtok_r(NULL, ":", &inner));
    }
    return count;
}

/* Pieces of inline data in hexadecimal digits, with commas between; their number. */
static unsigned read_pieces(const char *text, unsigned char *bytes, struct ibv_data_buf *pieces)
{
    unsigned count = 0;

    while (*text) {
        assert_true(count < MOST);
        pieces[count] = (struct ibv_data_buf){bytes, 0};
        for (; *text && *text != ','; text += 2) {
            unsigned value;

            assert_int_equal(sscanf(text, "%2x", &value), 1);
            *bytes++ = (unsigned char)value;
            pieces[count].length++;
        }
        count++;
        text += *text == ',';
    }
    return count;
}

/* Numbers with colons between. */
static void read_numbers(const char *text, uint64_t *numbers, unsigned count)
{
    char copy[ROW_LENGTH], *save = NULL;

    snprintf(copy, sizeof copy, "%s", text);
    for (unsigned i = 0; i < count; i++)
        numbers[i] = number_of(strtok_r(i == 0 ? copy : NULL, ":", &save));
}

static uint32_t immediate_of(struct given *given)
{
    return efa_swap_bytes_u32((uint32_t)given_number(given, "imm", 0)); /* in network order */
}

static void gather_send(struct scene *s, struct given *given)
{
    struct ibv_send_wr *wr = &s->sends[s->send_count];
    struct ibv_sge *list = s->lists[s->send_count];
    struct ibv_data_buf pieces[MOST];
    const char *buffers, *data;
    uint64_t to[2];

    assert_true(s->send_count < MOST);
    buffers = given_text(given, "sge", "");
    data = given_text(given, "data", NULL);
    *wr = (struct ibv_send_wr){
        .wr_id = s->send_count,
        .sg_list = list,
        .num_sge = (int)read_buffers(buffers, list),
        .opcode = (enum ibv_wr_opcode)given_number(given, "op", IBV_WR_SEND),
        .send_flags = (unsigned)given_number(given, "flags", IBV_SEND_SIGNALED),
        .imm_data = immediate_of(given),
    };
    if (data) {
        wr->num_sge = (int)read_pieces(data, s->inline_bytes[s->send_count], pieces);
        for (int i = 0; i < wr->num_sge; i++)
            list[i] = (struct ibv_sge){(uintptr_t)pieces[i].addr, (uint32_t)pieces[i].length, 0};
    }
    read_numbers(given_text(given, "to", "0x1234:0xdeadbeef"), to, 2);
    wr->wr.ud.ah = given_has(given, "no_ah") ? NULL : s->world->self;
    wr->wr.ud.remote_qpn = (uint32_t)to[0];
    wr->wr.ud.remote_qkey = (uint32_t)to[1];
    if (s->send_count)
        s->sends[s->send_count - 1].next = wr;
    s->send_count++;
}

static void gather_recv(struct scene *s, struct given *given)
{
    struct ibv_recv_wr *wr = &s->recvs[s->recv_count];
    struct ibv_sge *list = s->lists[s->recv_count];

    assert_true(s->recv_count < MOST);
    *wr = (struct ibv_recv_wr){.wr_id = s->recv_count, .sg_list = list};
    wr->num_sge = (int)read_buffers(given_text(given, "sge", ""), list);
    if (s->recv_count)
        s->recvs[s->recv_count - 1].next = wr;
    s->recv_count++;
}

/* ---- Results ---- */

static void say_sends(struct scene *s, struct answer *answer)
{
    uint32_t rung = fake_sends_rung(s->fake);

    say(answer, "doorbell=%u", rung);
    for (; s->sends_seen != rung; s->sends_seen++)
        say_bytes(answer, "sq", fake_send(s->fake, s->sends_seen % s->send_depth), 64);
}

static void say_recvs(struct scene *s, struct answer *answer)
{
    uint32_t rung = fake_recvs_rung(s->fake);

    say(answer, "doorbell=%u", rung);
    for (; s->recvs_seen != rung; s->recvs_seen++)
        say_bytes(answer, "rq", fake_recv(s->fake, s->recvs_seen % s->recv_descriptors), 16);
}

static void post_sends(struct scene *s, struct answer *answer)
{
    struct ibv_send_wr *bad = NULL;
    int error = ibv_post_send(s->qp, s->sends, &bad);

    say_error(answer, NULL, error);
    if (error)
        say(answer, "bad=%u", (unsigned)bad->wr_id);
    s->send_count = 0;
    say_sends(s, answer);
}

static void post_recvs(struct scene *s, struct answer *answer)
{
    struct ibv_recv_wr *bad = NULL;
    int error = ibv_post_recv(s->qp, s->recvs, &bad);

    say_error(answer, NULL, error);
    if (error)
        say(answer, "bad=%u", (unsigned)bad->wr_id);
    s->recv_count = 0;
    say_recvs(s, answer);
}

/* The oldest sends complete and are polled, which makes room. */
static void complete_sends(struct scene *s, struct given *given)
{
    uint64_t count = given_number(given, "sends", 1);

    for (; count > 0; count--, s->sends_done++) {
        uint16_t id = fake_send(s->fake, s->sends_done % s->send_depth)->request_id;
        struct ibv_wc wc;

        fake_complete(&s->driver, s->cq, 0, fake_sent(s->qp, id));
        assert_int_equal(ibv_poll_cq(s->cq, 1, &wc), 1);
    }
}

static void set_address(struct scene *s, struct given *given)
{
    uint64_t to[2];

    read_numbers(given_text(given, "to", ""), to, 2);
    ibv_wr_set_ud_addr(s->ex, s->world->self, (uint32_t)to[0], (uint32_t)to[1]);
}

static bool run_setter(struct scene *s, struct given *given)
{
    struct ibv_data_buf pieces[MOST];
    struct ibv_sge list[MOST];

    if (given_has(given, "set_sge")) {
        assert_int_equal(read_buffers(given_text(given, "sge", ""), list), 1);
        ibv_wr_set_sge(s->ex, list[0].lkey, list[0].addr, list[0].length);
    } else if (given_has(given, "set_sge_list")) {
        unsigned count = read_buffers(given_text(given, "sge", ""), list);

        ibv_wr_set_sge_list(s->ex, count, list);
    } else if (given_has(given, "set_inline_data")) {
        assert_int_equal(read_pieces(given_text(given, "data", ""), s->inline_bytes[0], pieces), 1);
        ibv_wr_set_inline_data(s->ex, pieces[0].addr, pieces[0].length);
    } else if (given_has(given, "set_inline_data_list")) {
        unsigned count = read_pieces(given_text(given, "data", ""), s->inline_bytes[0], pieces);

        ibv_wr_set_inline_data_list(s->ex, count, pieces);
    } else if (given_has(given, "set_ud_addr")) {
        set_address(s, given);
    } else {
        return false;
    }
    return true;
}

static bool run_session(struct scene *s, struct given *given, struct answer *answer)
{
    s->ex->wr_flags = (unsigned)given_number(given, "wr_flags", IBV_SEND_SIGNALED);
    if (given_has(given, "start")) {
        ibv_wr_start(s->ex);
    } else if (given_has(given, "send")) {
        ibv_wr_send(s->ex);
    } else if (given_has(given, "send_imm")) {
        ibv_wr_send_imm(s->ex, immediate_of(given));
    } else if (given_has(given, "rdma_read")) {
        uint64_t remote[2];

        read_numbers(given_text(given, "remote", ""), remote, 2);
        ibv_wr_rdma_read(s->ex, (uint32_t)remote[0], remote[1]);
    } else if (given_has(given, "complete")) {
        say_error(answer, NULL, ibv_wr_complete(s->ex));
        say_sends(s, answer);
    } else if (given_has(given, "abort")) {
        ibv_wr_abort(s->ex);
        say_sends(s, answer);
    } else {
        return run_setter(s, given);
    }
    return true;
}

static void run_step(struct scene *s, struct given *given, struct answer *answer)
{
    if (given_has(given, "wr"))
        gather_send(s, given);
    else if (given_has(given, "rr"))
        gather_recv(s, given);
    else if (given_has(given, "post_send"))
        post_sends(s, answer);
    else if (given_has(given, "post_recv"))
        post_recvs(s, answer);
    else if (given_has(given, "done"))
        complete_sends(s, given);
    else
        (void)run_session(s, given, answer);
    given_end(given); /* also where no step was understood */
}

/* ---- the queue pair ---- */

static void open_scene(struct scene *s, const char *text)
{
    struct given given;
    struct ibv_qp_init_attr_ex attr = {
        .qp_type = IBV_QPT_DRIVER,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .send_ops_flags =
            IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM | IBV_QP_EX_WITH_RDMA_READ,
    };
    struct efadv_qp_init_attr efa_attr = {0};

    memset(s, 0, sizeof *s);
    given_parse(&given, text);
    fake_driver_init(&s->driver, 3, 1);
    s->driver.info.device_version = (uint32_t)given_number(&given, "device_version", 0xefa0);
    s->world = fake_world_open(&s->driver);
    s->cq = make_cq(s->world, 16);
    s->send_depth = (uint32_t)given_number(&given, "max_send_wr", 4);
    attr.cap = (struct ibv_qp_cap){s->send_depth, (uint32_t)given_number(&given, "max_recv_wr", 4),
                                   (uint32_t)given_number(&given, "max_send_sge", 2),
                                   (uint32_t)given_number(&given, "max_recv_sge", 3), 32};
    s->recv_descriptors = 16; /* 4 requests of 3 buffers, as a power of two */
    attr.sq_sig_all = (int)given_number(&given, "sq_sig_all", 0);
    attr.pd = s->world->pd;
    attr.send_cq = attr.recv_cq = s->cq;
    s->qp = efadv_create_qp_ex(s->world->context, &attr, &efa_attr, sizeof efa_attr);
    assert_non_null(s->qp);
    to_state(s->qp, (enum ibv_qp_state)given_number(&given, "state", IBV_QPS_RTS));
    s->ex = ibv_qp_to_qp_ex(s->qp);
    s->fake = fake_qp_of(&s->driver, s->qp);
    given_end(&given);
}

void run_requests(const struct row *row, struct answer *answer)
{
    static struct scene scene;
    char steps[ROW_LENGTH], *save = NULL;

    open_scene(&scene, row->columns[0]);
    snprintf(steps, sizeof steps, "%s", row->columns[1]);
    for (char *step = strtok_r(steps, ";", &save); step; step = strtok_r(NULL, ";", &save)) {
        struct given given;

        given_parse(&given, step);
        run_step(&scene, &given, answer);
    }
    assert_int_equal(ibv_destroy_qp(scene.qp), 0);
    assert_int_equal(ibv_destroy_cq(scene.cq), 0);
    fake_world_destroy(&scene.driver, scene.world);
}
