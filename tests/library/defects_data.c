/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Known defects of the data path; see defects.h. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "defects.h"
#include "lib_fake_driver.h"
#include "os/compiler.h"

#define PAGE 4096

/* At the first store to the ring's second page: what had been rung by then. */
static struct {
    unsigned char *page;
    const struct fake_qp *qp;
    uint32_t rung;
    unsigned faults;
} watch;

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    unsigned char *address = info->si_addr;

    (void)context;
    if (address < watch.page || address >= watch.page + PAGE) {
        signal(signal_number, SIG_DFL); /* not ours: let it end the process */
        return;
    }
    watch.faults++;
    watch.rung = fake_sends_rung(watch.qp);
    mprotect(watch.page, PAGE, PROT_READ | PROT_WRITE);
}

static void post_80(struct world *world, struct ibv_qp *qp, bool session)
{
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);
    struct ibv_send_wr wrs[80];

    memset(wrs, 0, sizeof wrs);
    if (session)
        ibv_wr_start(ex);
    for (unsigned i = 0; i < 80; i++) {
        wrs[i].opcode = IBV_WR_SEND;
        wrs[i].wr.ud.ah = world->self;
        wrs[i].next = i < 79 ? &wrs[i + 1] : NULL;
        if (session) {
            ibv_wr_send(ex);
            ibv_wr_set_ud_addr(ex, world->self, 1, QKEY);
        }
    }
    assert_int_equal(session ? ibv_wr_complete(ex) : ibv_post_send(qp, wrs, NULL), 0);
}

/* No doorbell before the last descriptor is stored, whether or not query_device was called. */
static void row_10_one_doorbell_a_call(void **state)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, before;

    (void)state;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
    for (int turn = 0; turn < 4; turn++) {
        struct fake_driver driver;
        struct world *world = fake_world_create(&driver, 3, 2);
        struct ibv_cq *cq = make_cq(world, 256);
        struct ibv_qp_cap cap = {128, 1, 1, 1, 0};
        struct ibv_qp *qp = ready(make_srd_with(world, cq, cq, &cap, IBV_QP_EX_WITH_SEND));
        struct ibv_device_attr attr;

        if (turn & 1)
            assert_int_equal(ibv_query_device(world->context, &attr), 0);
        watch.qp = fake_qp_of(&driver, qp);
        watch.page = watch.qp->sq + PAGE; /* from descriptor 64 on */
        watch.faults = 0;
        watch.rung = UINT32_MAX;
        assert_int_equal(mprotect(watch.page, PAGE, PROT_NONE), 0);
        post_80(world, qp, turn & 2);
        assert_int_equal(watch.faults, 1);
        assert_int_equal(watch.rung, 0);
        assert_int_equal(fake_sends_rung(watch.qp), 80);
        assert_int_equal(ibv_destroy_qp(qp), 0);
        assert_int_equal(ibv_destroy_cq(cq), 0);
        fake_world_destroy(&driver, world);
    }
    assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
}

struct destroyer {
    struct ibv_qp *qp;
    int result;
};

static void *destroy(void *argument)
{
    struct destroyer *destroyer = argument;

    destroyer->result = ibv_destroy_qp(destroyer->qp);
    return NULL;
}

static void row_16_polling_while_a_queue_pair_is_destroyed(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 256);

    for (unsigned i = 0; i < 50; i++) {
        struct destroyer destroyer = {ready(make_srd(world, cq)), -1};
        struct ibv_sge wrong = {.addr = 8, .length = 8, .lkey = 0xabcdef};
        struct ibv_wc wc;
        pthread_t thread;

        for (unsigned n = 0; n < 16; n++)
            assert_int_equal(post_send_to(destroyer.qp, world, destroyer.qp, i, &wrong, 1), 0);
        world_run(world);
        assert_int_equal(pthread_create(&thread, NULL, destroy, &destroyer), 0);
        while (ibv_poll_cq(cq, 1, &wc) == 1)
            assert_int_equal(wc.wr_id, i);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(destroyer.result, 0);
        poll_nothing(world, cq);
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void row_17_completions_are_not_believed_blindly(void **state)
{
    struct fake_driver driver;
    struct world *world = fake_world_create(&driver, 3, 2);
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct efa_completion_entry entry;
    struct ibv_wc wc;

    (void)state;
    assert_int_equal(post_send_to(qp, world, qp, 1, NULL, 0), 0);
    const uint16_t id = fake_send(fake_qp_of(&driver, qp), 0)->request_id;

    log_forget();
    fake_complete(&driver, cq, 0, fake_sent(qp, 0xffff)); /* beyond the queue */
    fake_complete(&driver, cq, 0, fake_sent(qp, id ^ 1)); /* not outstanding */
    entry = fake_sent(qp, id);
    entry.qp_num ^= 0x4000; /* a QP that does not exist */
    fake_complete(&driver, cq, 0, entry);
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
    assert_log("which is not outstanding there");
    assert_log("has no such queue here");
    assert_int_equal(ibv_destroy_qp(qp), 0);
    log_forget();
    assert_int_equal(ibv_destroy_cq(cq), 0);
    assert_log("dropped 1 completions of unknown queues and 1 of requests");
    fake_world_destroy(&driver, world);
}

static void row_18_receive_buffers_of_64_kib_and_more(void **state)
{
    static const struct {
        uint32_t length;
        uint16_t written;
    } rows[] = {{0, 0},         {1, 1},           {65535, 65535},     {65536, 65535},
                {65537, 65535}, {0x20000, 65535}, {UINT32_MAX, 65535}};
    struct fake_driver driver;
    struct world *world = fake_world_create(&driver, 3, 2);
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = ready(make_srd(world, cq));

    (void)state;
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        struct ibv_sge sge = {.addr = 0x1000, .length = rows[i].length, .lkey = 1};

        assert_int_equal(post_recv_one(qp, i, &sge, 1), 0);
        assert_int_equal(fake_recv(fake_qp_of(&driver, qp), i)->length, rows[i].written);
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    fake_world_destroy(&driver, world);
}

static void row_24_a_poll_left_open(void **state)
{
    struct world *world = *state;
    struct ibv_cq_ex *ex = make_cq_ex(world, 64, IBV_WC_STANDARD_FLAGS);
    struct destroyer destroyer = {ready(make_srd(world, ibv_cq_ex_to_cq(ex))), -1};
    struct ibv_sge wrong = {.addr = 8, .length = 8, .lkey = 0xabcdef};
    pthread_t thread;

    assert_int_equal(post_send_to(destroyer.qp, world, destroyer.qp, 3, &wrong, 1), 0);
    world_run(world);
    assert_int_equal(ibv_start_poll(ex, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, destroy, &destroyer), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(destroyer.result, 0);
    assert_int_equal(ex->wr_id, 3);
    assert_int_equal(ex->status, IBV_WC_LOC_PROT_ERR);
    ibv_end_poll(ex);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(ex)), 0);
}

static void row_26_more_inline_data_than_a_descriptor_holds(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp_init_attr attr = {
        .send_cq = cq, .recv_cq = cq, .cap = default_cap(), .qp_type = IBV_QPT_UD, .sq_sig_all = 1};
    unsigned char data[256] = {0};
    struct ibv_sge sge = {.addr = (uintptr_t)data, .length = sizeof data};
    struct ibv_send_wr wr = {.sg_list = &sge,
                             .num_sge = 1,
                             .opcode = IBV_WR_SEND,
                             .send_flags = IBV_SEND_INLINE,
                             .wr.ud.ah = world->self};
    struct ibv_qp *qp;

    attr.cap.max_inline_data = 256;
    errno = 0;
    assert_null(ibv_create_qp(world->pd, &attr));
    assert_int_equal(errno, EINVAL);
    attr.cap.max_inline_data = 32;
    qp = ready(ibv_create_qp(world->pd, &attr));
    assert_int_equal(ibv_post_send(qp, &wr, NULL), EINVAL);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void row_27_a_receive_without_buffers(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct ibv_qp_init_attr attr = {
        .send_cq = cq, .recv_cq = cq, .cap = {1, 1, 1, 0, 0}, .qp_type = IBV_QPT_UD};
    struct ibv_sge none = {0};

    errno = 0;
    assert_null(ibv_create_qp(world->pd, &attr));
    assert_int_equal(errno, EINVAL);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(post_recv_one(qp, 1, NULL, 0), EINVAL);
    /* None took a place. */
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(post_recv_one(qp, 1, &none, 1), 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* Left in the second sub-CQ by its last queue pair; more than once around its ring. */
static void row_29_a_sub_cq_without_queue_pairs_is_drained(void **state)
{
    struct fake_driver driver;
    struct world *world = fake_world_create(&driver, 3, 2);
    struct ibv_cq *cq = make_cq(world, 4);
    struct ibv_wc wc;

    (void)state;
    for (unsigned turn = 0; turn < 7; turn++) {
        struct ibv_qp_cap cap = {4, 4, 1, 1, 0};
        struct ibv_qp *first, *second;

        driver.next_qp_num = 5;
        driver.send_sub_cq = 1;
        first = ready(make_srd_with(world, cq, cq, &cap, 0));
        for (unsigned i = 0; i < 3; i++) {
            uint32_t slot = fake_sends_rung(fake_qp_of(&driver, first));

            assert_int_equal(post_send_to(first, world, first, 100, NULL, 0), 0);
            fake_complete(
                &driver, cq, 1,
                fake_sent(first, fake_send(fake_qp_of(&driver, first), slot)->request_id));
        }
        assert_int_equal(ibv_destroy_qp(first), 0);
        if (turn & 1)
            assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
        second = ready(make_srd_with(world, cq, cq, &cap, 0)); /* the same number */
        assert_int_equal(post_send_to(second, world, second, 200, NULL, 0), 0);
        fake_complete(&driver, cq, 1,
                      fake_sent(second, fake_send(fake_qp_of(&driver, second), 0)->request_id));
        assert_int_equal(ibv_poll_cq(cq, 1, &wc), 1);
        assert_int_equal(wc.wr_id, 200);
        assert_int_equal(ibv_destroy_qp(second), 0);
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
    fake_world_destroy(&driver, world);
}

struct sessions {
    struct world *world;
    struct ibv_qp *qp;
    bool fail;
    unsigned wrong;
};

static void *open_sessions(void *argument)
{
    struct sessions *s = argument;
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(s->qp);

    for (unsigned i = 0; i < 3000; i++) {
        int error;

        ibv_wr_start(ex);
        if (s->fail) {
            ibv_wr_send(ex);
            ibv_wr_set_ud_addr(ex, NULL, 1, QKEY);
        }
        error = ibv_wr_complete(ex);
        if (error != (s->fail ? EINVAL : 0))
            s->wrong++;
    }
    return NULL;
}

static void row_30_each_session_has_its_own_error(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = ready(make_srd(world, cq));
    struct sessions good = {world, qp, false, 0}, bad = {world, qp, true, 0};
    pthread_t threads[2];

    assert_int_equal(pthread_create(&threads[0], NULL, open_sessions, &good), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, open_sessions, &bad), 0);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(pthread_join(threads[1], NULL), 0);
    assert_int_equal(good.wrong, 0);
    assert_int_equal(bad.wrong, 0);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int defects_data(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_10_one_doorbell_a_call),
        WORLD_TEST(row_16_polling_while_a_queue_pair_is_destroyed),
        cmocka_unit_test(row_17_completions_are_not_believed_blindly),
        cmocka_unit_test(row_18_receive_buffers_of_64_kib_and_more),
        WORLD_TEST(row_24_a_poll_left_open),
        WORLD_TEST(row_26_more_inline_data_than_a_descriptor_holds),
        WORLD_TEST(row_27_a_receive_without_buffers),
        cmocka_unit_test(row_29_a_sub_cq_without_queue_pairs_is_drained),
        WORLD_TEST(row_30_each_session_has_its_own_error),
    };

    return cmocka_run_group_tests_name("known defects, data path", tests, NULL, NULL);
}
