/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A thread is terminated inside a call of the library, at each of its instructions, because the
 * process ends. Then the remaining thread makes every call: each returns, nothing is used after it
 * was freed, no incomplete descriptor is announced to the adapter, and no completion is lost or
 * repeated, except those that the terminated call was processing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_fake_driver.h"
#include "lib_thread_end.h"
#include "os/os.h"

enum {
    DEPTH = 8,     /* of each queue, in requests */
    CQ_DEPTH = 16, /* of each of two sub-CQs */
    PENDING = 6,   /* completions that wait, across the end of the first ring */
    TAKEN_BEFORE = CQ_DEPTH - 3,
    BATCH = 3, /* requests of a list or session, across the end of the ring */
    POSTED_BEFORE = DEPTH - 2
};

struct fixture {
    struct fake_driver driver;
    struct world *world;
    uint32_t (*request)(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned);
    struct ibv_td *td;
    struct ibv_pd *pd; /* a parent domain where the queues are promised to one thread */
    struct ibv_cq_ex *ex;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;
    struct ibv_qp *other; /* on the same CQ */
    bool is_promised;
    bool other_is_gone;
    uint64_t posted, completed; /* sends; the n-th has wr_id n */
};

static struct fixture fixture;

/* The driver is not the library: a call that ends there ended before or after it. */
static uint32_t request_at_once(const struct efa_transport *transport, void *session, uint32_t code,
                                const void *input, uint32_t input_size, void *output,
                                uint32_t output_size, uint32_t *returned)
{
    uint32_t error;

    thread_end_pause();
    error =
        fixture.request(transport, session, code, input, input_size, output, output_size, returned);
    thread_end_go_on();
    return error;
}

static struct ibv_qp *create_qp(struct fixture *f)
{
    struct ibv_qp_init_attr_ex attr = {
        .cap = {DEPTH, DEPTH, 1, 1, 0},
        .qp_type = IBV_QPT_DRIVER,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .send_ops_flags = IBV_QP_EX_WITH_SEND,
        .pd = f->pd,
        .send_cq = f->cq,
        .recv_cq = f->cq,
        .sq_sig_all = 1,
    };
    struct efadv_qp_init_attr efa_attr = {0};

    f->driver.next_qp_num++;
    return efadv_create_qp_ex(f->world->context, &attr, &efa_attr, sizeof efa_attr);
}

/* A list of `count` sends. */
static int post_sends(struct fixture *f, unsigned count)
{
    struct ibv_send_wr requests[BATCH] = {{0}}, *bad;

    for (unsigned i = 0; i < count; i++) {
        requests[i].wr_id = f->posted++;
        requests[i].next = i + 1 < count ? &requests[i + 1] : NULL;
        requests[i].opcode = IBV_WR_SEND;
        requests[i].send_flags = IBV_SEND_SIGNALED;
        requests[i].wr.ud.ah = f->world->self;
        requests[i].wr.ud.remote_qpn = f->qp->qp_num;
        requests[i].wr.ud.remote_qkey = QKEY;
    }
    return ibv_post_send(f->qp, requests, &bad);
}

static int post_receives(struct fixture *f, unsigned count)
{
    struct ibv_recv_wr requests[BATCH] = {{0}}, *bad;
    struct ibv_sge sge = {0x1000, 64, 7};

    for (unsigned i = 0; i < count; i++) {
        requests[i].next = i + 1 < count ? &requests[i + 1] : NULL;
        requests[i].sg_list = &sge;
        requests[i].num_sge = 1;
    }
    return ibv_post_recv(f->qp, requests, &bad);
}

static void put_in_session(struct fixture *f)
{
    f->qp_ex->wr_flags = IBV_SEND_SIGNALED;
    for (unsigned i = 0; i < BATCH; i++) {
        f->qp_ex->wr_id = f->posted++;
        ibv_wr_send(f->qp_ex);
        ibv_wr_set_ud_addr(f->qp_ex, f->world->self, f->qp->qp_num, QKEY);
        ibv_wr_set_sge(f->qp_ex, 7, 0x1000, 64);
    }
}

static int send_session(struct fixture *f)
{
    ibv_wr_start(f->qp_ex);
    put_in_session(f);
    return ibv_wr_complete(f->qp_ex);
}

/* The adapter completes the next `count` sends, in the order posted. */
static void complete(struct fixture *f, unsigned count)
{
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);

    for (unsigned i = 0; i < count; i++)
        fake_complete(&f->driver, f->cq, 0,
                      fake_sent(f->qp, fake_send(fake, f->completed++ % DEPTH)->request_id));
}

/* Polls `count` completions, posts as many requests, and so on, until the queues are near the ends
 * of their rings. */
static void advance(struct fixture *f, unsigned count)
{
    struct ibv_wc wc;

    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(post_sends(f, 1), 0);
        complete(f, 1);
        assert_int_equal(ibv_poll_cq(f->cq, 1, &wc), 1);
    }
}

/* `max_batch`: sends between two doorbells; "0": the adapter has no limit. */
static void begin(struct fixture *f, bool is_promised, const char *max_batch)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = CQ_DEPTH, .wc_flags = IBV_WC_STANDARD_FLAGS};

    memset(f, 0, sizeof *f);
    f->is_promised = is_promised;
    assert_int_equal(setenv("EFAWIN_MAX_BATCH", max_batch, 1), 0);
    f->world = fake_world_create(&f->driver, 3, 2);
    assert_int_equal(unsetenv("EFAWIN_MAX_BATCH"), 0);
    f->request = f->world->intercept.transport.request;
    f->world->intercept.transport.request = request_at_once;
    f->pd = f->world->pd;
    if (is_promised) {
        f->pd = make_parent(f->world, &f->td);
        attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
        attr.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
    }
    f->ex = ibv_create_cq_ex(f->world->context, &attr);
    assert_non_null(f->ex);
    f->cq = ibv_cq_ex_to_cq(f->ex);
    f->qp = create_qp(f);
    f->other = create_qp(f);
    assert_non_null(f->qp);
    assert_non_null(f->other);
    f->qp_ex = ibv_qp_to_qp_ex(ready(f->qp));
}

/* Of a fixture in which nothing ended; the children exit with theirs. */
static void finish(struct fixture *f)
{
    assert_int_equal(ibv_destroy_qp(f->qp), 0);
    if (!f->other_is_gone)
        assert_int_equal(ibv_destroy_qp(f->other), 0);
    assert_int_equal(ibv_destroy_cq(f->cq), 0);
    if (f->is_promised)
        destroy_parent(f->pd, f->td);
    fake_world_destroy(&f->driver, f->world);
}

/* ---- What follows ---- */

/* All completions that are left come, in their order, up to the last. */
static void check_polls(struct fixture *f, unsigned at_most_missing)
{
    uint64_t first = f->completed - PENDING, next = f->completed;
    struct ibv_wc wc[2 * PENDING];
    int count = ibv_poll_cq(f->cq, 2 * PENDING, wc);

    AFTERMATH_CHECK(count >= (int)(PENDING - at_most_missing) && count <= PENDING);
    for (int i = count; i-- > 0;)
        AFTERMATH_CHECK(wc[i].wr_id == --next && wc[i].status == IBV_WC_SUCCESS);
    AFTERMATH_CHECK(next >= first);
    AFTERMATH_CHECK(ibv_start_poll(f->ex, NULL) == ENOENT);
    AFTERMATH_CHECK(!log_contains("not outstanding"));
}

static bool is_whole(const struct efa_send_descriptor *descriptor)
{
    return descriptor->ctrl1 == EFA_SEND_META_DESC && descriptor->qkey == QKEY &&
           (descriptor->ctrl2 & (EFA_SEND_FIRST | EFA_SEND_LAST)) ==
               (EFA_SEND_FIRST | EFA_SEND_LAST) &&
           (descriptor->length == 0 || descriptor->payload.buffers[0].lkey == 7);
}

/* Posts go on, or are rejected where a thread ended in one; then nothing is rung either. */
static void check_posts(struct fixture *f)
{
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
    uint32_t sends = fake_sends_rung(fake), receives = fake_recvs_rung(fake);
    int sent = post_sends(f, 1), in_session, received;

    ibv_wr_start(f->qp_ex);
    ibv_wr_abort(f->qp_ex);
    in_session = send_session(f);
    received = post_receives(f, 1);
    AFTERMATH_CHECK(sent == 0 || sent == EINVAL || sent == ENOMEM);
    AFTERMATH_CHECK(in_session == 0 || in_session == EINVAL || in_session == ENOMEM);
    AFTERMATH_CHECK(received == 0 || received == EINVAL || received == ENOMEM);
    if (sent == EINVAL)
        AFTERMATH_CHECK(in_session == EINVAL && fake_sends_rung(fake) == sends);
    if (received == EINVAL)
        AFTERMATH_CHECK(fake_recvs_rung(fake) == receives);
    for (uint32_t i = (uint32_t)f->completed; i < fake_sends_rung(fake); i++)
        AFTERMATH_CHECK(is_whole(fake_send(fake, i % DEPTH)));
}

static int modify(struct ibv_qp *qp, enum ibv_qp_state state, int mask)
{
    struct ibv_qp_attr attr = {.qp_state = state, .port_num = 1, .qkey = QKEY};

    return ibv_modify_qp(qp, &attr, IBV_QP_STATE | mask);
}

/* RESET makes the queue pair as good as new. */
static void check_reset(struct fixture *f)
{
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
    struct ibv_wc wc;

    AFTERMATH_CHECK(modify(f->qp, IBV_QPS_ERR, 0) == 0);
    AFTERMATH_CHECK(modify(f->qp, IBV_QPS_RESET, 0) == 0);
    AFTERMATH_CHECK(modify(f->qp, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) ==
                    0);
    AFTERMATH_CHECK(modify(f->qp, IBV_QPS_RTR, 0) == 0);
    AFTERMATH_CHECK(modify(f->qp, IBV_QPS_RTS, IBV_QP_SQ_PSN) == 0);
    f->posted = f->completed = 0;
    AFTERMATH_CHECK(post_sends(f, 1) == 0 && post_receives(f, 1) == 0 && send_session(f) == 0);
    AFTERMATH_CHECK(fake_sends_rung(fake) == 1 + BATCH && fake_recvs_rung(fake) == 1);
    complete(f, 1);
    AFTERMATH_CHECK(ibv_poll_cq(f->cq, 1, &wc) == 1 && wc.wr_id == 0);
}

static void check_control_calls(struct fixture *f)
{
    struct ibv_qp_init_attr init;
    struct ibv_qp_attr attr;
    struct ibv_qp *fresh;

    AFTERMATH_CHECK(ibv_query_qp(f->qp, &attr, 0, &init) == 0);
    AFTERMATH_CHECK(attr.qp_state == IBV_QPS_RTS);
    f->driver.next_qp_num += 10;
    fresh = create_qp(f);
    AFTERMATH_CHECK(fresh != NULL);
    AFTERMATH_CHECK(ibv_destroy_qp(fresh) == 0);
}

static bool is_done(int error, bool may_be_busy)
{
    return error == 0 || (may_be_busy && error == EBUSY);
}

/* `may_be_busy`: something may be alive that the ended call was creating or destroying. */
static void check_destruction(struct fixture *f, bool may_be_busy)
{
    AFTERMATH_CHECK(ibv_destroy_qp(f->qp) == 0);
    if (!f->other_is_gone)
        AFTERMATH_CHECK(ibv_destroy_qp(f->other) == 0);
    AFTERMATH_CHECK(is_done(ibv_destroy_cq(f->cq), may_be_busy));
    AFTERMATH_CHECK(ibv_destroy_ah(f->world->self) == 0);
    if (f->is_promised)
        AFTERMATH_CHECK(ibv_dealloc_pd(f->pd) == 0 && ibv_dealloc_td(f->td) == 0);
    AFTERMATH_CHECK(is_done(ibv_dealloc_pd(f->world->pd), may_be_busy));
    AFTERMATH_CHECK(is_done(ibv_close_device(f->world->context), may_be_busy));
}

static void follow(struct fixture *f, unsigned at_most_missing, bool may_be_busy)
{
    efa_os_pretend_process_ends(true);
    log_forget();
    check_polls(f, at_most_missing);
    check_posts(f);
    check_reset(f);
    check_control_calls(f);
    check_destruction(f, may_be_busy);
}

static void nothing_is_missing(void *argument)
{
    follow(argument, 0, false);
}

static void parents_may_be_busy(void *argument)
{
    follow(argument, 0, true);
}

/* ---- The calls ---- */

enum { POLLED = 4 };

static void poll_there(void *argument)
{
    struct fixture *f = argument;
    struct ibv_wc wc[POLLED];

    ibv_poll_cq(f->cq, POLLED, wc);
}

static void a_poll_took_some(void *argument)
{
    follow(argument, POLLED, false);
}

static void poll_in_session_there(void *argument)
{
    struct fixture *f = argument;

    ibv_start_poll(f->ex, NULL);
    for (unsigned i = 1; i < POLLED; i++) {
        ibv_wc_read_opcode(f->ex);
        ibv_next_poll(f->ex);
    }
    ibv_end_poll(f->ex);
}

/* Six completions wait, three of them before the end of the ring. */
static void run_poll(void (*call)(void *), bool is_promised)
{
    struct fixture *f = &fixture;
    struct ibv_wc wc[PENDING];

    begin(f, is_promised, "0");
    advance(f, TAKEN_BEFORE);
    for (unsigned i = 0; i < PENDING; i++)
        assert_int_equal(post_sends(f, 1), 0);
    complete(f, PENDING);
    assert_true(thread_end_everywhere(call, a_poll_took_some, f) > 10);
    assert_int_equal(ibv_poll_cq(f->cq, PENDING, wc), PENDING - POLLED);
    finish(f);
}

static void in_poll_cq(void **state)
{
    (void)state;
    run_poll(poll_there, false);
}

static void in_a_poll_session(void **state)
{
    (void)state;
    run_poll(poll_in_session_there, false);
}

static void in_poll_cq_of_a_promised_cq(void **state)
{
    (void)state;
    run_poll(poll_there, true);
}

static void in_a_poll_session_of_a_promised_cq(void **state)
{
    (void)state;
    run_poll(poll_in_session_there, true);
}

/* The other calls find six completions, and queues that are near the ends of their rings. */
static void run_on(bool is_promised, const char *max_batch, void (*call)(void *),
                   void (*aftermath)(void *))
{
    struct fixture *f = &fixture;
    struct ibv_wc wc[PENDING];

    begin(f, is_promised, max_batch);
    advance(f, POSTED_BEFORE);
    for (unsigned i = 0; i < POSTED_BEFORE; i++)
        assert_int_equal(post_receives(f, 1), 0);
    advance(f, DEPTH - PENDING);
    for (unsigned i = 0; i < PENDING; i++)
        assert_int_equal(post_sends(f, 1), 0);
    complete(f, PENDING);
    assert_true(thread_end_everywhere(call, aftermath, f) > 10);
    assert_int_equal(ibv_poll_cq(f->cq, PENDING, wc), PENDING);
    finish(f);
}

static void run(void (*call)(void *), void (*aftermath)(void *))
{
    run_on(false, "0", call, aftermath);
}

static void post_send_there(void *argument)
{
    post_sends(argument, 2);
}

static void in_post_send(void **state)
{
    (void)state;
    run(post_send_there, nothing_is_missing);
}

/* With a limit, the doorbell rings in the middle. */
static void in_post_send_in_batches(void **state)
{
    (void)state;
    run_on(false, "1", post_send_there, nothing_is_missing);
}

static void send_session_there(void *argument)
{
    send_session(argument);
}

static void in_a_send_session(void **state)
{
    (void)state;
    run(send_session_there, nothing_is_missing);
}

/* With a limit, a session's requests wait in host memory until it completes. */
static void in_a_send_session_in_batches(void **state)
{
    (void)state;
    run_on(false, "2", send_session_there, nothing_is_missing);
}

static void aborted_session_there(void *argument)
{
    struct fixture *f = argument;

    ibv_wr_start(f->qp_ex);
    put_in_session(f);
    ibv_wr_abort(f->qp_ex);
}

static void in_an_aborted_session(void **state)
{
    (void)state;
    run(aborted_session_there, nothing_is_missing);
}

static void in_an_aborted_session_in_batches(void **state)
{
    (void)state;
    run_on(false, "2", aborted_session_there, nothing_is_missing);
}

/*
 * Where one thread is promised nobody notices, and posts go on. The adapter is never told of more
 * than was written.
 */
static void sends_go_on(void *argument)
{
    struct fixture *f = argument;
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
    int sent;

    ibv_wr_start(f->qp_ex);
    ibv_wr_abort(f->qp_ex);
    sent = post_sends(f, 1);
    AFTERMATH_CHECK(sent == 0 || sent == ENOMEM);
    AFTERMATH_CHECK(fake_sends_rung(fake) <= f->posted);
    for (uint32_t i = (uint32_t)f->completed; i < fake_sends_rung(fake); i++)
        AFTERMATH_CHECK(is_whole(fake_send(fake, i % DEPTH)));
}

static void in_post_send_of_a_promised_queue_pair(void **state)
{
    (void)state;
    run_on(true, "0", post_send_there, sends_go_on);
}

static void in_a_send_session_of_a_promised_queue_pair(void **state)
{
    (void)state;
    run_on(true, "0", send_session_there, sends_go_on);
}

static void in_an_aborted_session_of_a_promised_queue_pair(void **state)
{
    (void)state;
    run_on(true, "0", aborted_session_there, sends_go_on);
}

static void post_receive_there(void *argument)
{
    post_receives(argument, BATCH);
}

static void in_post_recv(void **state)
{
    (void)state;
    run(post_receive_there, nothing_is_missing);
}

static void receives_go_on(void *argument)
{
    struct fixture *f = argument;
    const struct fake_qp *fake = fake_qp_of(&f->driver, f->qp);
    int received = post_receives(f, 1);

    AFTERMATH_CHECK(received == 0 || received == ENOMEM);
    AFTERMATH_CHECK(fake_recvs_rung(fake) >= POSTED_BEFORE && fake_recvs_rung(fake) <= DEPTH);
}

static void in_post_recv_of_a_promised_queue_pair(void **state)
{
    (void)state;
    run_on(true, "0", post_receive_there, receives_go_on);
}

static void two_receives_there(void *argument)
{
    post_receives(argument, 1);
    post_receives(argument, 1);
}

static void in_single_receives_of_a_promised_queue_pair(void **state)
{
    (void)state;
    run_on(true, "0", two_receives_there, receives_go_on);
}

static void modify_there(void *argument)
{
    struct fixture *f = argument;

    modify(f->other, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
    modify(f->other, IBV_QPS_RTR, 0);
    modify(f->other, IBV_QPS_RTS, IBV_QP_SQ_PSN);
    modify(f->other, IBV_QPS_ERR, 0);
    modify(f->other, IBV_QPS_RESET, 0);
}

static void in_modify_qp(void **state)
{
    (void)state;
    run(modify_there, nothing_is_missing);
}

/* The one that is used afterwards, and whose RESET retires tables that the CQ knows. */
static void reset_there(void *argument)
{
    struct fixture *f = argument;

    modify(f->qp, IBV_QPS_RESET, 0);
}

/* Its completions are dropped or not, as far as the RESET came. */
static void after_a_reset(void *argument)
{
    struct fixture *f = argument;
    struct ibv_wc wc[2 * PENDING];
    int count;

    efa_os_pretend_process_ends(true);
    count = ibv_poll_cq(f->cq, 2 * PENDING, wc);
    AFTERMATH_CHECK(count == 0 || count == PENDING);
    check_posts(f);
    check_reset(f);
    check_control_calls(f);
    check_destruction(f, false);
}

static void in_modify_qp_to_reset(void **state)
{
    struct fixture *f = &fixture;

    (void)state;
    begin(f, false, "0");
    for (unsigned i = 0; i < PENDING; i++)
        assert_int_equal(post_sends(f, 1), 0);
    complete(f, PENDING);
    assert_true(thread_end_everywhere(reset_there, after_a_reset, f) > 10);
    finish(f);
}

static void hand_over_there(void *argument)
{
    struct fixture *f = argument;
    struct efadv_wq_attr sq, rq;

    memset(&sq, 0, sizeof sq);
    memset(&rq, 0, sizeof rq);
    efadv_query_qp_wqs(f->other, &sq, &rq, sizeof sq);
}

static void in_query_qp_wqs(void **state)
{
    (void)state;
    run(hand_over_there, nothing_is_missing);
}

static void create_and_destroy_there(void *argument)
{
    struct fixture *f = argument;
    struct ibv_cq *cq = ibv_create_cq(f->world->context, 8, NULL, NULL, 0);
    struct ibv_qp *qp = create_qp(f);

    ibv_destroy_qp(qp);
    ibv_destroy_cq(cq);
}

static void in_creation_and_destruction(void **state)
{
    (void)state;
    run(create_and_destroy_there, parents_may_be_busy);
}

/* A poll session is open meanwhile, so that the tables stay with the CQ. */
static void destroy_under_a_session_there(void *argument)
{
    struct fixture *f = argument;

    ibv_start_poll(f->ex, NULL);
    f->other_is_gone = true;
    ibv_destroy_qp(f->other);
    ibv_end_poll(f->ex);
}

static void one_is_in_hand(void *argument)
{
    follow(argument, 1, true);
}

static void in_destroy_qp_under_a_session(void **state)
{
    struct fixture *f = &fixture;

    (void)state;
    begin(f, false, "0");
    for (unsigned i = 0; i < PENDING; i++)
        assert_int_equal(post_sends(f, 1), 0);
    complete(f, PENDING);
    assert_true(thread_end_everywhere(destroy_under_a_session_there, one_is_in_hand, f) > 10);
    finish(f);
}

static void small_objects_there(void *argument)
{
    struct fixture *f = argument;
    struct ibv_pd *pd = ibv_alloc_pd(f->world->context);
    struct ibv_mr *mr = ibv_reg_mr(pd, f, sizeof *f, IBV_ACCESS_LOCAL_WRITE);

    ibv_destroy_ah(make_ah(f->world));
    ibv_dereg_mr(mr);
    ibv_dealloc_pd(pd);
}

static void in_small_objects(void **state)
{
    (void)state;
    run(small_objects_there, parents_may_be_busy);
}

/* As many peers as fill the table of addresses, and one more. */
enum { PEERS = 16 };

static struct ibv_ah *peers[PEERS];

static struct ibv_ah *create_peer(struct fixture *f, unsigned number)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    memset(attr.grh.dgid.raw, (int)number, sizeof attr.grh.dgid.raw);
    f->driver.next_ah++;
    return ibv_create_ah(f->world->pd, &attr);
}

static void a_peer_more_there(void *argument)
{
    ibv_destroy_ah(create_peer(argument, PEERS));
}

static void peers_are_found_or_gone(void *argument)
{
    struct fixture *f = argument;
    struct ibv_ah *again;

    efa_os_pretend_process_ends(true);
    for (unsigned i = 0; i < PEERS - 1; i++) {
        again = create_peer(f, i);
        AFTERMATH_CHECK(again && ibv_destroy_ah(again) == 0);
        AFTERMATH_CHECK(ibv_destroy_ah(peers[i]) == 0);
    }
    check_destruction(f, true);
}

static void in_address_handles(void **state)
{
    struct fixture *f = &fixture;

    (void)state;
    begin(f, false, "0");
    for (unsigned i = 0; i < PEERS - 1; i++)
        assert_non_null(peers[i] = create_peer(f, i));
    assert_true(thread_end_everywhere(a_peer_more_there, peers_are_found_or_gone, f) > 10);
    for (unsigned i = 0; i < PEERS - 1; i++)
        assert_int_equal(ibv_destroy_ah(peers[i]), 0);
    finish(f);
}

static void open_and_close_there(void *argument)
{
    struct ibv_device **list = ibv_get_device_list(NULL);
    struct ibv_context *context = ibv_open_device(list[0]);

    (void)argument;
    ibv_free_device_list(list);
    ibv_close_device(context);
}

static void in_open_and_close(void **state)
{
    (void)state;
    run(open_and_close_there, nothing_is_missing);
}

/* lib_thread_end_test [PATTERN]: the tests whose name matches. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_poll_cq),
        cmocka_unit_test(in_a_poll_session),
        cmocka_unit_test(in_poll_cq_of_a_promised_cq),
        cmocka_unit_test(in_a_poll_session_of_a_promised_cq),
        cmocka_unit_test(in_post_send),
        cmocka_unit_test(in_post_send_in_batches),
        cmocka_unit_test(in_a_send_session),
        cmocka_unit_test(in_a_send_session_in_batches),
        cmocka_unit_test(in_an_aborted_session),
        cmocka_unit_test(in_an_aborted_session_in_batches),
        cmocka_unit_test(in_post_send_of_a_promised_queue_pair),
        cmocka_unit_test(in_a_send_session_of_a_promised_queue_pair),
        cmocka_unit_test(in_an_aborted_session_of_a_promised_queue_pair),
        cmocka_unit_test(in_post_recv),
        cmocka_unit_test(in_post_recv_of_a_promised_queue_pair),
        cmocka_unit_test(in_single_receives_of_a_promised_queue_pair),
        cmocka_unit_test(in_modify_qp),
        cmocka_unit_test(in_modify_qp_to_reset),
        cmocka_unit_test(in_query_qp_wqs),
        cmocka_unit_test(in_creation_and_destruction),
        cmocka_unit_test(in_destroy_qp_under_a_session),
        cmocka_unit_test(in_small_objects),
        cmocka_unit_test(in_address_handles),
        cmocka_unit_test(in_open_and_close),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
