/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Completion entries, possible and impossible: what is delivered and as what, what is dropped and
 * counted. The entries are written by the test itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "os/compiler.h"

/* A CQ with one SRD queue pair on it. */
struct fixture {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
};

static int set_up_with(void **state, uint16_t sub_cqs)
{
    static struct fixture fixture;

    fixture.world = fake_world_create(&fixture.driver, 3, sub_cqs);
    fixture.ex = make_cq_ex(fixture.world, 16, IBV_WC_STANDARD_FLAGS);
    fixture.cq = ibv_cq_ex_to_cq(fixture.ex);
    fixture.qp = ready(make_srd(fixture.world, fixture.cq));
    *state = &fixture;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 2);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f->qp)
        assert_int_equal(ibv_destroy_qp(f->qp), 0);
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    fake_world_destroy(&f->driver, f->world);
    return 0;
}

/* Posts one and returns the request id that the library gave it. */
static uint16_t post_send(struct fixture *f, uint64_t wr_id)
{
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
    uint32_t slot = fake_sends_rung(fake) & 15;

    assert_int_equal(post_send_to(f->qp, f->world, f->qp, wr_id, NULL, 0), 0);
    return fake_send(fake, slot)->request_id;
}

static uint16_t post_recv(struct fixture *f, uint64_t wr_id)
{
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
    uint32_t slot = fake_recvs_rung(fake) & 31; /* 16 requests of up to 2 descriptors */
    struct ibv_sge sge = {.addr = 1, .length = 64, .lkey = 1};

    assert_int_equal(post_recv_one(f->qp, wr_id, &sge, 1), 0);
    return fake_recv(fake, slot)->request_id;
}

static void nothing_comes(struct fixture *f)
{
    struct ibv_wc wc;

    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0);
    assert_int_equal(ibv_start_poll(f->ex, NULL), ENOENT);
}

static void comes(struct fixture *f, uint64_t wr_id)
{
    struct ibv_wc wc[2];

    assert_int_equal(ibv_poll_cq(f->cq, 2, wc), 1);
    assert_int_equal(wc[0].wr_id, wr_id);
    assert_int_equal(wc[0].status, IBV_WC_SUCCESS);
}

/* Far beyond the statuses that a device can have. The meanings of those are in
 * tests/library/expected/completions.tsv. */
#define FIRST_IMPOSSIBLE_STATUS 64

static void every_status_means_the_same_for_both_queues_and_polls(void **state)
{
    struct fixture *f = *state;

    for (unsigned status = 0; status < 256; status++) {
        enum ibv_wc_status meaning = IBV_WC_GENERAL_ERR;

        for (int receive = 0; receive < 2; receive++) {
            for (int extended = 0; extended < 2; extended++) {
                uint16_t id = receive ? post_recv(f, status) : post_send(f, status);
                struct efa_completion_entry entry =
                    receive ? fake_received(f->qp, id) : fake_sent(f->qp, id);
                struct ibv_wc wc;

                entry.status = (uint8_t)status;
                fake_complete(&f->driver, f->cq, 0, entry);
                if (extended) {
                    assert_int_equal(ibv_start_poll(f->ex, NULL), 0);
                    wc.wr_id = f->ex->wr_id;
                    wc.status = f->ex->status;
                    wc.vendor_err = ibv_wc_read_vendor_err(f->ex);
                    wc.opcode = ibv_wc_read_opcode(f->ex);
                    wc.qp_num = ibv_wc_read_qp_num(f->ex);
                    ibv_end_poll(f->ex);
                } else {
                    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
                }
                assert_int_equal(wc.wr_id, status);
                if (!receive && !extended && status < FIRST_IMPOSSIBLE_STATUS)
                    meaning = wc.status;
                assert_int_equal(wc.status, meaning);
                assert_int_equal(wc.status == IBV_WC_SUCCESS, status == 0);
                assert_int_equal(wc.vendor_err, status);
                assert_int_equal(wc.opcode, receive ? IBV_WC_RECV : IBV_WC_SEND);
                assert_int_equal(wc.qp_num, f->qp->qp_num);
            }
        }
    }
}

static void every_operation_has_its_opcode(void **state)
{
    static const enum ibv_wc_opcode sends[] = {IBV_WC_SEND, IBV_WC_SEND, IBV_WC_RDMA_WRITE};
    struct fixture *f = *state;

    for (unsigned op = 0; op < 8; op++) {
        for (int receive = 0; receive < 2; receive++) {
            uint16_t id = receive ? post_recv(f, op) : post_send(f, op);
            struct efa_completion_entry entry =
                receive ? fake_received(f->qp, id) : fake_sent(f->qp, id);
            struct ibv_wc wc;

            entry.flags |= (uint8_t)(op << EFA_COMPLETION_OP_SHIFT);
            fake_complete(&f->driver, f->cq, 0, entry);
            assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
            if (receive)
                assert_int_equal(wc.opcode, op == 2 ? IBV_WC_RECV_RDMA_WITH_IMM : IBV_WC_RECV);
            else
                assert_int_equal(wc.opcode, op < 3 ? sends[op] : IBV_WC_SEND);
        }
    }
}

static void fields_of_a_receive(void **state)
{
    struct fixture *f = *state;

    for (int imm = 0; imm < 2; imm++) {
        struct efa_completion_entry entry = fake_received(f->qp, post_recv(f, 1));
        struct ibv_wc wc;

        entry.length = 0xffff;
        entry.source_ah = 0xffff;
        entry.source_qp = 0xfffe;
        if (imm)
            entry.flags |= EFA_COMPLETION_HAS_IMM;
        entry.flags |= EFA_COMPLETION_UNSOLICITED;
        fake_complete(&f->driver, f->cq, 0, entry);
        assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
        assert_int_equal(wc.byte_len, 0xffff);
        assert_int_equal(wc.slid, 0xffff);
        assert_int_equal(wc.src_qp, 0xfffe);
        assert_int_equal(wc.wc_flags, imm ? IBV_WC_WITH_IMM : 0);
        if (imm)
            assert_int_equal(wc.imm_data, 0x04030201); /* the device has it in host order */
    }
}

/* A poll skips what it drops and returns the valid completion behind it in the same call. */
static void dropped(struct fixture *f, struct efa_completion_entry bad, const char *log)
{
    uint16_t good = post_send(f, 1234);

    log_forget();
    fake_complete(&f->driver, f->cq, 0, bad);
    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, good));
    comes(f, 1234);
    nothing_comes(f);
    if (log)
        assert_log(log);
    else
        assert_string_equal(log_last(), "");
}

static void unknown_queues(void **state)
{
    struct fixture *f = *state;
    struct efa_completion_entry entry = fake_sent(f->qp, post_send(f, 1));
    const struct efa_completion_entry good = entry;

    entry.qp_num = 6;
    dropped(f, entry, "dropped a completion for QP 6 (queue type 1)");
    entry.qp_num = 0xffff;
    dropped(f, entry, NULL); /* the first is logged, further ones are counted */
    entry = good;
    entry.flags = 0;
    dropped(f, entry, NULL); /* no queue type at all */
    entry.flags = EFA_COMPLETION_QUEUE_SEND | EFA_COMPLETION_QUEUE_RECV;
    dropped(f, entry, NULL);
    fake_complete(&f->driver, f->cq, 0, good);
    comes(f, 1);

    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    f->qp = NULL;
    for (unsigned both = 0; both < 2; both++) { /* nor do they belong to a queue that is gone */
        entry.flags = both ? EFA_COMPLETION_QUEUE_SEND | EFA_COMPLETION_QUEUE_RECV : 0;
        fake_complete(&f->driver, f->cq, 0, entry);
        nothing_comes(f);
    }
    log_forget();
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    assert_log("dropped 6 completions of unknown queues and 0 of requests");
    f->cq = make_cq(f->world, 4);
}

/* A queue pair on two CQs: each knows one of its queues. */
static void completions_on_the_wrong_cq(void **state)
{
    struct fixture *f = *state;
    struct ibv_cq *send_cq = make_cq(f->world, 16), *recv_cq = make_cq(f->world, 16);
    struct ibv_qp *qp;
    struct ibv_wc wc;

    f->driver.next_qp_num = 6;
    qp = ready(make_srd_with(f->world, send_cq, recv_cq, NULL, IBV_QP_EX_WITH_SEND));
    assert_int_equal(post_send_to(qp, f->world, qp, 8, NULL, 0), 0);
    fake_complete(&f->driver, recv_cq, 0,
                  fake_sent(qp, fake_send(fake_qp_of(&f->driver, qp), 0)->request_id));
    assert_int_equal(ibv_poll_cq(recv_cq, 1, &wc), 0);
    fake_complete(&f->driver, send_cq, 0,
                  fake_sent(qp, fake_send(fake_qp_of(&f->driver, qp), 0)->request_id));
    assert_int_equal(ibv_poll_cq(send_cq, 1, &wc), 1);
    assert_int_equal(wc.wr_id, 8);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(send_cq), 0);
    assert_int_equal(ibv_destroy_cq(recv_cq), 0);
}

static void requests_that_are_not_outstanding(void **state)
{
    struct fixture *f = *state;
    uint16_t id = post_send(f, 1);

    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, id));
    comes(f, 1);
    dropped(f, fake_sent(f->qp, id), "which is not outstanding there"); /* a second time */
    for (unsigned other = 0; other < 0x10000; other += 257)
        if ((uint16_t)other != id)
            dropped(f, fake_received(f->qp, (uint16_t)other), NULL); /* no receive was posted */
    /* None of them gave a place away: the whole depth can be posted, and no more. */
    for (unsigned i = 0; i < 16; i++)
        post_send(f, i);
    assert_int_equal(post_send_to(f->qp, f->world, f->qp, 99, NULL, 0), ENOMEM);
}

/* The device reuses the number immediately: for all depths only the new owner's ids are valid. */
static void stale_generations(void **state)
{
    static const uint32_t depths[] = {1, 2, 16, 1024, 4096};
    struct fixture *f = *state;

    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    f->qp = NULL;
    for (unsigned before = 0; before < EFA_ARRAY_SIZE(depths); before++) {
        for (unsigned after = 0; after < EFA_ARRAY_SIZE(depths); after++) {
            struct ibv_qp_cap cap = {depths[before], 1, 1, 1, 0};
            struct ibv_qp *old = ready(make_srd_with(f->world, f->cq, f->cq, &cap, 0)), *fresh;
            struct efa_completion_entry late;
            struct ibv_wc wc;

            assert_int_equal(post_send_to(old, f->world, old, 1, NULL, 0), 0);
            late = fake_sent(old, fake_send(fake_qp_of(&f->driver, old), 0)->request_id);
            assert_int_equal(ibv_destroy_qp(old), 0);

            cap.max_send_wr = depths[after];
            fresh = ready(make_srd_with(f->world, f->cq, f->cq, &cap, 0));
            assert_int_equal(fresh->qp_num, late.qp_num);
            for (unsigned i = 0; i < depths[after]; i++)
                assert_int_equal(post_send_to(fresh, f->world, fresh, 2, NULL, 0), 0);
            fake_complete(&f->driver, f->cq, 0, late);
            assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 0);
            assert_int_equal(ibv_destroy_qp(fresh), 0);
        }
    }
}

/* The device's entry of a queue pair that has just gone: dropped without a word. */
static void completions_of_the_retired(void **state)
{
    struct fixture *f = *state;
    uint16_t id = post_send(f, 1), other = post_recv(f, 2);

    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, id));
    fake_complete(&f->driver, f->cq, 1, fake_received(f->qp, other));
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    f->qp = NULL;
    log_forget();
    nothing_comes(f);
    assert_string_equal(log_last(), "");
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    assert_string_equal(log_last(), "");
    f->cq = make_cq(f->world, 4);
}

/* Numbers so far apart that all of them have the same place in the map of a CQ. */
#define SHARED 5u
#define NUMBER(i) (7u + 1024u * (i))

static struct ibv_qp *make_numbered(struct fixture *f, struct ibv_cq *cq, uint32_t number)
{
    f->driver.next_qp_num = number;
    return ready(make_srd(f->world, cq));
}

static void queues_that_share_a_place(void **state)
{
    struct fixture *f = *state;
    struct ibv_cq *cq = make_cq(f->world, 64);
    struct ibv_qp *qps[SHARED];
    struct efa_completion_entry late;
    struct ibv_wc wc;

    for (unsigned i = 0; i < SHARED; i++)
        qps[i] = make_numbered(f, cq, NUMBER(i));
    for (unsigned i = SHARED; i-- > 1;)
        fake_both_sides_complete(&f->driver, f->world, qps[i], 10 * i);
    assert_int_equal(post_send_to(qps[0], f->world, qps[0], 1, NULL, 0), 0);
    late = fake_sent(qps[0], fake_send(fake_qp_of(&f->driver, qps[0]), 0)->request_id);

    /* The one that has the place goes, and one behind it is found before and after. */
    assert_int_equal(ibv_destroy_qp(qps[0]), 0);
    assert_int_equal(ibv_destroy_qp(qps[2]), 0);
    log_forget();
    fake_complete(&f->driver, cq, 0, late);
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
    assert_string_equal(log_last(), "");
    late.qp_num = NUMBER(SHARED);
    fake_complete(&f->driver, cq, 0, late);
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
    assert_log("which has no such queue here");
    qps[0] = make_numbered(f, cq, NUMBER(0));
    qps[2] = make_numbered(f, cq, NUMBER(SHARED));
    fake_both_sides_complete(&f->driver, f->world, qps[0], 100);
    fake_both_sides_complete(&f->driver, f->world, qps[2], 200);
    for (unsigned i = 0; i < SHARED; i++)
        assert_int_equal(ibv_destroy_qp(qps[i]), 0);
    log_forget();
    assert_int_equal(ibv_destroy_cq(cq), 0);
    assert_log("dropped 1 completions of unknown queues and 0 of requests");
}

/* The map of a CQ grows while a session is open, and what it finds stays right. */
static void a_map_that_grows_in_a_session(void **state)
{
    struct fixture *f = *state;
    uint16_t first = post_send(f, 1), second = post_send(f, 2);
    struct ibv_qp *others[6];

    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, first));
    assert_int_equal(ibv_start_poll(f->ex, NULL), 0);
    for (unsigned i = 0; i < 6; i++)
        others[i] = make_numbered(f, f->cq, 100 + i);
    fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, second));
    assert_int_equal(ibv_next_poll(f->ex), 0);
    assert_int_equal(f->ex->wr_id, 2);
    ibv_end_poll(f->ex);
    for (unsigned i = 0; i < 6; i++)
        fake_both_sides_complete(&f->driver, f->world, others[i], 10 * i);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(ibv_destroy_qp(others[i]), 0);
}

/* Rings of every depth, over many passes: each entry once, in order. */
static void phases_over_many_passes(void **state)
{
    struct fixture *f = *state;

    for (int cqe = 1; cqe <= 16; cqe *= 2) {
        struct ibv_cq *cq = make_cq(f->world, cqe);
        struct ibv_qp *qp;

        f->driver.next_qp_num = 40;
        qp = ready(make_srd(f->world, cq));
        for (unsigned i = 0; i < 5u * (unsigned)cqe + 3; i++) {
            const struct fake_qp *fake = fake_qp_of(&f->driver, qp);
            struct ibv_wc wc;

            assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
            assert_int_equal(post_send_to(qp, f->world, qp, i, NULL, 0), 0);
            fake_complete(&f->driver, cq, 0, fake_sent(qp, fake_send(fake, i % 16)->request_id));
            assert_int_equal(ibv_poll_cq(cq, 1, &wc), 1);
            assert_int_equal(wc.wr_id, i);
        }
        assert_int_equal(ibv_destroy_qp(qp), 0);
        assert_int_equal(ibv_destroy_cq(cq), 0);
    }
}

static int set_up_16(void **state)
{
    return set_up_with(state, 16);
}

static void as_many_sub_cqs_as_there_can_be(void **state)
{
    struct fixture *f = *state;
    struct ibv_qp *last;
    struct ibv_wc wc;

    f->driver.next_qp_num = 7;
    f->driver.send_sub_cq = 15;
    f->driver.recv_sub_cq = 14;
    last = ready(make_srd(f->world, f->cq));
    assert_int_equal(post_send_to(last, f->world, last, 15, NULL, 0), 0);
    fake_complete(&f->driver, f->cq, 15,
                  fake_sent(last, fake_send(fake_qp_of(&f->driver, last), 0)->request_id));
    assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    assert_int_equal(wc.wr_id, 15);
    fake_complete(&f->driver, f->cq, 3, fake_sent(f->qp, post_send(f, 3)));
    comes(f, 3);
    assert_int_equal(ibv_destroy_qp(last), 0);
}

/* A sub-CQ that is never empty does not keep the others from their turn. */
static void no_sub_cq_starves(void **state)
{
    struct fixture *f = *state;
    struct ibv_wc wc;
    unsigned polls = 0;

    for (unsigned i = 0; i < 8; i++)
        fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, post_send(f, 1)));
    fake_complete(&f->driver, f->cq, 1, fake_sent(f->qp, post_send(f, 2)));
    do {
        assert_true(++polls < 200);
        assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
        if (wc.wr_id == 1)
            fake_complete(&f->driver, f->cq, 0, fake_sent(f->qp, post_send(f, 1)));
    } while (wc.wr_id != 2);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
}

/*
 * Entries of any content, good ones among them: nothing is ever delivered that is not outstanding,
 * and everything that is outstanding can still complete.
 */
static void entries_of_any_content(void **state)
{
    struct fixture *f = *state;
    uint16_t ids[8];
    unsigned outstanding = 0, delivered = 0;
    uint32_t random = 12345;

    for (unsigned round = 0; round < 20000; round++) {
        struct efa_completion_entry entry;
        struct ibv_wc wc;
        bool good;

        while (outstanding < 8)
            ids[outstanding++] = post_send(f, 5);
        random = random * 1664525 + 1013904223;
        entry = fake_sent(f->qp, ids[random >> 29]);
        good = (random >> 8 & 15) == 0;
        if (!good) {
            uint32_t more = random * 22695477 + 1;

            entry.flags = (uint8_t)(more >> 24);
            entry.qp_num = (uint16_t)(more & 0x100 ? f->qp->qp_num : more >> 12);
            entry.request_id = (uint16_t)(more & 0x200 ? more >> 16 : entry.request_id ^ 8);
            entry.status = (uint8_t)(more >> 4);
        }
        fake_complete(&f->driver, f->cq, round & 1, entry);
        if (ibv_poll_cq(f->cq, 1, &wc) == 0) {
            assert_false(good);
            continue;
        }
        delivered++;
        assert_int_equal(wc.wr_id, 5);
        assert_int_equal(wc.qp_num, f->qp->qp_num);
        for (unsigned i = 0; i < outstanding; i++) {
            if (ids[i] != entry.request_id)
                continue;
            ids[i] = ids[--outstanding];
            entry.qp_num = 0; /* found */
        }
        assert_int_equal(entry.qp_num, 0);
    }
    assert_true(delivered > 1000 && delivered < 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_status_means_the_same_for_both_queues_and_polls),
        TEST(every_operation_has_its_opcode),
        TEST(fields_of_a_receive),
        TEST(unknown_queues),
        TEST(completions_on_the_wrong_cq),
        TEST(requests_that_are_not_outstanding),
        TEST(stale_generations),
        TEST(completions_of_the_retired),
        TEST(queues_that_share_a_place),
        TEST(a_map_that_grows_in_a_session),
        TEST(phases_over_many_passes),
        cmocka_unit_test_setup_teardown(as_many_sub_cqs_as_there_can_be, set_up_16, tear_down),
        TEST(no_sub_cq_starves),
        TEST(entries_of_any_content),
    };

    return cmocka_run_group_tests_name("completions", tests, NULL, NULL);
}
