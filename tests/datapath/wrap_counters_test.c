/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Counters that wrap: producer counters and doorbells past 16 bits, the phases of send rings over
 * thousands of laps, and the library's own counters past 32 bits, which are set shortly before
 * their end. With EFAWIN_WRAP_LONG set, all 2^32 completions are really made as well.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "os/compiler.h"
#include "queue/queue_pair.h"

enum { CQE = 8192, BATCH = 4096, ALL_OF_16_BITS = 3 * 65536 + 1000, NEAR = 65536, PAST = 5000 };

/* One queue pair, its fake, and what was posted to it since it was made. */
struct wheel {
    struct fake_driver driver;
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct fake_qp *fake;
    uint32_t sends, recvs, recv_sges;
    uint32_t send_ring, recv_ring; /* descriptors */
    uint64_t sent, received, descriptors;
    uint32_t random;
    uint16_t ids[BATCH];
    struct ibv_wc wc[BATCH];
};

static struct wheel wheel;

static uint32_t below(struct wheel *w, uint32_t bound)
{
    w->random = w->random * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)w->random * bound >> 32);
}

static struct wheel *open_wheel(uint32_t sends, uint32_t recvs, uint32_t recv_sges)
{
    struct ibv_qp_cap cap = {sends, recvs, 2, recv_sges, 32};
    struct wheel *w = &wheel;

    memset(w, 0, sizeof *w);
    w->world = fake_world_create(&w->driver, 3, 2);
    w->cq = make_cq(w->world, CQE);
    w->qp = ready(make_srd_with(w->world, w->cq, w->cq, &cap, IBV_QP_EX_WITH_SEND));
    w->fake = fake_qp_of(&w->driver, w->qp);
    w->sends = sends;
    w->recvs = recvs;
    w->recv_sges = recv_sges;
    w->send_ring = w->fake->params.sq_ring_size / EFA_SEND_DESCRIPTOR_SIZE;
    w->recv_ring = w->fake->params.rq_ring_size / EFA_RECV_DESCRIPTOR_SIZE;
    w->random = sends + recvs;
    return w;
}

static void close_wheel(struct wheel *w)
{
    assert_int_equal(ibv_destroy_qp(w->qp), 0);
    assert_int_equal(ibv_destroy_cq(w->cq), 0);
    fake_world_destroy(&w->driver, w->world);
}

/* Completes in any order what `ids` names; each comes once, with its own wr_id. */
static void complete(struct wheel *w, uint32_t count, uint64_t first, bool sends)
{
    static bool seen[BATCH];

    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = i + below(w, count - i);
        uint16_t id = w->ids[other];

        w->ids[other] = w->ids[i];
        fake_complete(&w->driver, w->cq, sends ? 0 : 1,
                      sends ? fake_sent(w->qp, id) : fake_received(w->qp, id));
    }
    assert_int_equal(ibv_poll_cq(w->cq, BATCH, w->wc), count);
    memset(seen, 0, sizeof seen);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = w->wc[i].wr_id - first;

        assert_int_equal(w->wc[i].status, IBV_WC_SUCCESS);
        assert_true(number < count && !seen[number]);
        seen[number] = true;
    }
    assert_int_equal(ibv_poll_cq(w->cq, 1, w->wc), 0);
}

/* Some sessions are taken back, as often as not over the end of the ring. */
static void abort_session(struct wheel *w, uint32_t count)
{
    struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(w->qp);

    ibv_wr_start(qp);
    qp->wr_flags = IBV_SEND_SIGNALED;
    for (uint32_t i = 0; i < count; i++) {
        ibv_wr_send(qp);
        ibv_wr_set_ud_addr(qp, w->world->self, w->qp->qp_num, QKEY);
    }
    ibv_wr_abort(qp);
}

static void send_by_session(struct wheel *w, uint32_t count)
{
    struct ibv_qp_ex *qp = ibv_qp_to_qp_ex(w->qp);

    ibv_wr_start(qp);
    qp->wr_flags = IBV_SEND_SIGNALED;
    for (uint32_t i = 0; i < count; i++) {
        qp->wr_id = w->sent + i;
        ibv_wr_send(qp);
        ibv_wr_set_ud_addr(qp, w->world->self, w->qp->qp_num, QKEY);
    }
    assert_int_equal(ibv_wr_complete(qp), 0);
}

static void send_some(struct wheel *w, uint32_t count)
{
    uint64_t first = w->sent;

    if (below(w, 4) == 0)
        abort_session(w, count);
    if (below(w, 2) == 0)
        send_by_session(w, count);
    else
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(post_send_to(w->qp, w->world, w->qp, first + i, NULL, 0), 0);
    if (count == w->sends)
        assert_int_equal(post_send_to(w->qp, w->world, w->qp, 0, NULL, 0), ENOMEM);
    for (uint32_t i = 0; i < count; i++, w->sent++) {
        const struct efa_send_descriptor *d =
            fake_send(w->fake, (uint32_t)(w->sent % w->send_ring));

        assert_int_equal(d->ctrl2 & EFA_SEND_PHASE, w->sent / w->send_ring & 1);
        w->ids[i] = d->request_id;
    }
    assert_int_equal(fake_sends_rung(w->fake), w->sent & 0xffff);
    complete(w, count, first, true);
}

static void receive_some(struct wheel *w, uint32_t count)
{
    struct ibv_sge list[3] = {{0x1000, 64, 1}, {0x2000, 64, 1}, {0x3000, 64, 1}};
    uint64_t first = w->received;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t sges = 1 + below(w, w->recv_sges),
                 slot = (uint32_t)(w->descriptors % w->recv_ring);

        assert_int_equal(post_recv_one(w->qp, first + i, list, (int)sges), 0);
        w->ids[i] = fake_recv(w->fake, slot)->request_id;
        for (uint32_t s = 0; s < sges; s++, slot = (slot + 1) % w->recv_ring)
            assert_int_equal(fake_recv(w->fake, slot)->lkey_ctrl >> 30,
                             (s == 0 ? 1u : 0u) | (s + 1 == sges ? 2u : 0u));
        w->descriptors += sges;
    }
    if (count == w->recvs)
        assert_int_equal(post_recv_one(w->qp, 0, list, 1), ENOMEM);
    assert_int_equal(fake_recvs_rung(w->fake), w->descriptors & 0xffff);
    w->received += count;
    complete(w, count, first, false);
}

/* Until `total` of each have passed; whole queues now and then. */
static void turn(struct wheel *w, uint64_t total)
{
    uint32_t most_sends = w->sends < BATCH ? w->sends : BATCH;
    uint32_t most_recvs = w->recvs < BATCH ? w->recvs : BATCH;

    while (w->sent < total || w->received < total) {
        bool whole = below(w, 5) == 0;

        send_some(w, whole ? most_sends : 1 + below(w, most_sends));
        receive_some(w, whole ? most_recvs : 1 + below(w, most_recvs));
    }
}

static const struct {
    uint32_t sends, recvs, recv_sges;
} sizes[] = {{1, 1, 1}, {2, 5, 3}, {16, 16, 2}, {64, 1000, 3}, {4096, 32768, 1}};

static void sixteen_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(sizes); i++) {
        struct wheel *w = open_wheel(sizes[i].sends, sizes[i].recvs, sizes[i].recv_sges);

        turn(w, ALL_OF_16_BITS);
        close_wheel(w);
    }
}

/*
 * As after 2^32 - NEAR requests: the places in the rings are the same, the 16 bits of the doorbells
 * too, and nothing is outstanding.
 */
static void set_near_the_end(struct efa_request_source *source)
{
    uint32_t base = 0u - NEAR;

    source->taken += base;
    source->returned_seen += base;
    source->table->returned += base;
}

static void thirty_two_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(sizes); i++) {
        struct wheel *w = open_wheel(sizes[i].sends, sizes[i].recvs, sizes[i].recv_sges);
        struct efa_queue_pair *pair = efa_queue_pair_of(w->qp);
        uint32_t before = pair->sq.source.taken;

        set_near_the_end(&pair->sq.source);
        set_near_the_end(&pair->rq.source);
        pair->sq.position.counter_base += 0u - NEAR;
        pair->sq.position.rung += 0u - NEAR;
        pair->rq.counter_base += 0u - NEAR;
        assert_true(pair->sq.source.taken - before > 0xfff00000u);
        turn(w, NEAR + PAST + pair->rq.source.index_mask);
        assert_true(pair->sq.source.taken < 0x80000000u); /* it has wrapped */
        assert_true(pair->rq.source.taken < 0x80000000u);
        close_wheel(w);
    }
}

/* Minutes of an optimised build: not a part of every run. */
static void all_of_32_bits_for_real(void **state)
{
    struct wheel *w;

    (void)state;
    if (!getenv("EFAWIN_WRAP_LONG"))
        skip();
    w = open_wheel(1024, 1, 1);
    while (w->sent < (1ull << 32) + 100000) {
        const uint32_t count = 64;

        send_by_session(w, count);
        for (uint32_t i = 0; i < count; i++, w->sent++)
            fake_complete(
                &w->driver, w->cq, 0,
                fake_sent(w->qp, fake_send(w->fake, (uint32_t)(w->sent % 1024))->request_id));
        assert_int_equal(ibv_poll_cq(w->cq, BATCH, w->wc), count);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(w->wc[i].wr_id, w->sent - count + i);
    }
    print_message("%llu completions of one queue pair\n", (unsigned long long)w->sent);
    close_wheel(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_bits),
        cmocka_unit_test(thirty_two_bits),
        cmocka_unit_test(all_of_32_bits_for_real),
    };

    return cmocka_run_group_tests_name("counters that wrap", tests, NULL, NULL);
}
