/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Completion entries, and the results of both ways of polling. The first column says what is
 * outstanding (send or recv). The second has the entry's 16 bytes in hexadecimal; the first two are
 * the request id, which the library chooses, and are written as iiii. The result has ibv_poll_cq
 * first, then the readers of an extended poll.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "expected.h"

struct scene {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
};

static void open_scene(struct scene *s)
{
    fake_driver_init(&s->driver, 3, 1);
    s->world = fake_world_open(&s->driver);
    s->ex = make_cq_ex(s->world, 16, IBV_WC_STANDARD_FLAGS);
    s->cq = ibv_cq_ex_to_cq(s->ex);
    s->qp = ready(make_srd(s->world, s->cq)); /* number 5 */
}

static void close_scene(struct scene *s)
{
    assert_int_equal(ibv_destroy_qp(s->qp), 0);
    assert_int_equal(ibv_destroy_cq(s->cq), 0);
    fake_world_destroy(&s->driver, s->world);
}

static uint16_t post(struct scene *s, bool receive)
{
    const struct fake_qp *fake = fake_qp_of(&s->driver, s->qp);
    struct ibv_sge sge = {.addr = 1, .length = 64, .lkey = 1};

    if (receive) {
        assert_int_equal(post_recv_one(s->qp, 7, &sge, 1), 0);
        return fake_recv(fake, 0)->request_id;
    }
    assert_int_equal(post_send_to(s->qp, s->world, s->qp, 7, NULL, 0), 0);
    return fake_send(fake, 0)->request_id;
}

static struct efa_completion_entry read_entry(const char *text, uint16_t request_id)
{
    struct efa_completion_entry entry;
    unsigned char bytes[16];

    memcpy(bytes, &request_id, sizeof request_id);
    assert_int_equal(strlen(text), 2 * sizeof bytes);
    assert_memory_equal(text, "iiii", 4);
    for (unsigned i = 2; i < sizeof bytes; i++) {
        unsigned value;

        assert_int_equal(sscanf(text + 2 * i, "%2x", &value), 1);
        bytes[i] = (unsigned char)value;
    }
    memcpy(&entry, bytes, sizeof entry);
    return entry;
}

static void say_wc(struct answer *answer, const struct ibv_wc *wc, bool receive)
{
    say(answer, "wr_id=%llu status=%d vendor_err=%u opcode=%d qp_num=%u wc_flags=%u byte_len=%u",
        (unsigned long long)wc->wr_id, wc->status, wc->vendor_err, wc->opcode, wc->qp_num,
        wc->wc_flags, wc->byte_len);
    if (receive)
        say(answer, "src_qp=%u slid=%u", wc->src_qp, wc->slid);
    if (wc->wc_flags & IBV_WC_WITH_IMM)
        say(answer, "imm=0x%x", efa_swap_bytes_u32(wc->imm_data));
}

static void poll(struct scene *s, bool receive, struct answer *answer)
{
    struct ibv_wc wc;
    int count = ibv_poll_cq(s->cq, 1, &wc);

    say(answer, "poll=%d", count);
    if (count == 1)
        say_wc(answer, &wc, receive);
}

static void poll_extended(struct scene *s, bool receive, struct answer *answer)
{
    int error = ibv_start_poll(s->ex, NULL);
    struct ibv_wc wc;

    say(answer, "read=%d", error == 0);
    if (error)
        return;
    wc = (struct ibv_wc){
        .wr_id = s->ex->wr_id,
        .status = s->ex->status,
        .vendor_err = ibv_wc_read_vendor_err(s->ex),
        .opcode = ibv_wc_read_opcode(s->ex),
        .qp_num = ibv_wc_read_qp_num(s->ex),
        .wc_flags = ibv_wc_read_wc_flags(s->ex),
        .byte_len = ibv_wc_read_byte_len(s->ex),
        .src_qp = ibv_wc_read_src_qp(s->ex),
        .slid = ibv_wc_read_slid(s->ex),
        .imm_data = ibv_wc_read_imm_data(s->ex),
    };
    say_wc(answer, &wc, receive);
    ibv_end_poll(s->ex);
}

void run_completion(const struct row *row, struct answer *answer)
{
    bool receive = strcmp(row->columns[0], "recv") == 0;

    for (int extended = 0; extended < 2; extended++) {
        static struct scene s;

        open_scene(&s);
        fake_complete(&s.driver, s.cq, 0, read_entry(row->columns[1], post(&s, receive)));
        if (extended)
            poll_extended(&s, receive, answer);
        else
            poll(&s, receive, answer);
        close_scene(&s);
    }
}
