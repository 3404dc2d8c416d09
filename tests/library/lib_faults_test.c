/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Each kind of fault that the simulated device can inject, and how the library handles it. */
#include <errno.h>
#include <string.h>

#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "lib_support.h"

/* A fault's number of a request: its function less that of QUERY_DEVICE. */
#define REQUEST(code) ((((uint32_t)(code) >> 2) & 0xfff) - 0x801)

#define MESSAGE 64
#define LONG_NS 1000000000ull

/* A sender, a receiver with four receives posted, and the fault. */
struct scene {
    struct world *world;
    struct ibv_cq *send_cq, *recv_cq;
    struct ibv_qp *from, *to;
    struct buffer source, target;
};

static struct efasim *model(struct world *world)
{
    return efasim_inprocess_model(world->sim);
}

static void add_fault(struct world *world, struct efasim_fault fault)
{
    uint32_t id;

    fault.device = EFASIM_FAULT_ANY_DEVICE;
    if (fault.count == 0)
        fault.count = 1;
    assert_int_equal(efasim_fault_add(model(world), &fault, &id), 0);
}

static void open_scene(struct scene *scene, struct world *world)
{
    struct ibv_sge in;

    scene->world = world;
    scene->send_cq = make_cq(world, 16);
    scene->recv_cq = make_cq(world, 16);
    scene->from =
        ready(make_srd_with(world, scene->send_cq, scene->recv_cq, NULL, IBV_QP_EX_WITH_SEND));
    scene->to =
        ready(make_srd_with(world, scene->send_cq, scene->recv_cq, NULL, IBV_QP_EX_WITH_SEND));
    buffer_create(world, &scene->source, MESSAGE);
    buffer_create(world, &scene->target, MESSAGE);
    fill_pattern(&scene->source, 5);
    in = sge_of(&scene->target, 0, MESSAGE);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(post_recv_one(scene->to, 100 + i, &in, 1), 0);
}

static void close_scene(struct scene *scene)
{
    efasim_fault_clear(model(scene->world));
    assert_int_equal(ibv_destroy_qp(scene->from), 0);
    assert_int_equal(ibv_destroy_qp(scene->to), 0);
    assert_int_equal(ibv_destroy_cq(scene->send_cq), 0);
    assert_int_equal(ibv_destroy_cq(scene->recv_cq), 0);
    buffer_destroy(&scene->source);
    buffer_destroy(&scene->target);
}

static void send_one(struct scene *scene, uint64_t wr_id)
{
    struct ibv_sge out = sge_of(&scene->source, 0, MESSAGE);

    assert_int_equal(post_send_to(scene->from, scene->world, scene->to, wr_id, &out, 1), 0);
}

/* The next message passes as if nothing had been. */
static void assert_works(struct scene *scene)
{
    struct ibv_wc wc;

    memset(scene->target.bytes, 0, MESSAGE);
    send_one(scene, 77);
    poll_exactly(scene->world, scene->send_cq, &wc, 1);
    assert_int_equal(wc.wr_id, 77);
    assert_int_equal(wc.status, IBV_WC_SUCCESS);
    poll_exactly(scene->world, scene->recv_cq, &wc, 1);
    assert_int_equal(wc.status, IBV_WC_SUCCESS);
    assert_memory_equal(scene->source.bytes, scene->target.bytes, MESSAGE);
}

/* ---- requests ---- */

static void a_request_that_fails(void **state)
{
    struct world *world = *state;
    struct ibv_pd *pd;

    add_fault(world, (struct efasim_fault){.kind = EFASIM_FAULT_REQUEST_ERROR,
                                           .target = REQUEST(EFA_ALLOC_PD),
                                           .value = EFA_WIN32_NO_SYSTEM_RESOURCES});
    assert_null(ibv_alloc_pd(world->context));
    assert_int_equal(errno, ENOMEM);
    assert_log("ALLOC_PD: the driver replied ERROR_NO_SYSTEM_RESOURCES (Win32 error 1450");
    pd = ibv_alloc_pd(world->context);
    assert_non_null(pd);
    assert_int_equal(ibv_dealloc_pd(pd), 0);
}

/* Executed but reported as failed: an error; closing the context cleans up (tear-down checks). */
static void a_reply_that_is_lost(void **state)
{
    struct world *world = *state;
    struct efasim_objects objects;

    add_fault(world, (struct efasim_fault){.kind = EFASIM_FAULT_REQUEST_LOST_REPLY,
                                           .target = REQUEST(EFA_ALLOC_PD),
                                           .value = EFA_WIN32_OPERATION_ABORTED});
    assert_null(ibv_alloc_pd(world->context));
    assert_int_equal(errno, ECANCELED);
    efasim_get_objects(model(world), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.pds, 2);
}

static void a_reply_that_is_short(void **state)
{
    struct world *world = *state;
    struct efasim_objects objects;

    add_fault(world, (struct efasim_fault){.kind = EFASIM_FAULT_REQUEST_SHORT_REPLY,
                                           .target = REQUEST(EFA_CREATE_CQ),
                                           .value = 12});
    assert_null(ibv_create_cq(world->context, 16, NULL, NULL, 0));
    assert_int_equal(errno, EIO);
    assert_log("CREATE_CQ: the driver replied with 12 bytes instead of 16");
    /* The reply held the CQ's index, so it was destroyed again. */
    efasim_get_objects(model(world), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.cqs, 0);
}

/* With ERROR_MORE_DATA the reply comes, and what it names is destroyed again. */
static void a_reply_that_is_too_large(void **state)
{
    struct world *world = *state;
    struct efasim_objects objects;

    add_fault(world, (struct efasim_fault){.kind = EFASIM_FAULT_REQUEST_LOST_REPLY,
                                           .target = REQUEST(EFA_CREATE_CQ),
                                           .value = EFA_WIN32_MORE_DATA});
    assert_null(ibv_create_cq(world->context, 16, NULL, NULL, 0));
    assert_int_equal(errno, EIO);
    assert_log("CREATE_CQ: the driver replied ERROR_MORE_DATA (Win32 error 234");
    efasim_get_objects(model(world), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.cqs, 0);
}

static void a_reply_that_is_late(void **state)
{
    struct world *world = *state;
    struct ibv_pd *pd;

    add_fault(world, (struct efasim_fault){.kind = EFASIM_FAULT_REQUEST_LATE,
                                           .target = REQUEST(EFA_ALLOC_PD),
                                           .value = 1000000});
    pd = ibv_alloc_pd(world->context);
    assert_non_null(pd);
    assert_int_equal(ibv_dealloc_pd(pd), 0);
}

static void a_reply_with_changed_fields(void **state)
{
    struct world *world = *state;
    struct efasim_objects objects;

    add_fault(world, (struct efasim_fault){.kind = EFASIM_FAULT_REQUEST_PATCH,
                                           .target = REQUEST(EFA_CREATE_CQ),
                                           .offset = offsetof(struct efa_cq_info, actual_depth),
                                           .size = 2,
                                           .value = 24});
    assert_null(ibv_create_cq(world->context, 16, NULL, NULL, 0));
    assert_int_equal(errno, EIO);
    assert_log("depth of 24");
    efasim_get_objects(model(world), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.cqs, 0);
}

/* ---- messages ---- */

/* Some of the statuses: the meaning of each is in expected/completions.tsv. */
static void a_message_with_a_chosen_status(void **state)
{
    static const struct {
        uint32_t device;
        enum ibv_wc_status verbs;
    } rows[] = {
        {1, IBV_WC_WR_FLUSH_ERR},
        {5, IBV_WC_LOC_PROT_ERR},
        {18, IBV_WC_REM_INV_REQ_ERR},
        {255, IBV_WC_GENERAL_ERR},
    };
    struct scene scene;
    struct ibv_wc wc;

    open_scene(&scene, *state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        add_fault(scene.world, (struct efasim_fault){.kind = EFASIM_FAULT_MESSAGE_STATUS,
                                                     .value = rows[i].device});
        send_one(&scene, i);
        poll_exactly(scene.world, scene.send_cq, &wc, 1);
        assert_int_equal(wc.wr_id, i);
        assert_int_equal(wc.status, rows[i].verbs);
        assert_int_equal(wc.vendor_err, rows[i].device);
        poll_nothing(scene.world, scene.recv_cq);
    }
    assert_works(&scene);
    close_scene(&scene);
}

/* SRD: late or sent again, each message arrives once. */
static void a_message_delayed_or_lost(void **state)
{
    static const enum efasim_fault_kind kinds[] = {EFASIM_FAULT_MESSAGE_DELAY,
                                                   EFASIM_FAULT_MESSAGE_LOSE};
    struct scene scene;
    struct ibv_wc wc;

    open_scene(&scene, *state);
    efasim_inprocess_set_virtual_time(scene.world->sim);
    for (size_t i = 0; i < 2; i++) {
        add_fault(scene.world, (struct efasim_fault){.kind = kinds[i], .value = LONG_NS / 2});
        send_one(&scene, i);
        poll_nothing(scene.world, scene.recv_cq);
        efasim_inprocess_advance(scene.world->sim, LONG_NS);
        poll_exactly(scene.world, scene.recv_cq, &wc, 1);
        assert_int_equal(wc.wr_id, 100 + i);
        assert_int_equal(wc.status, IBV_WC_SUCCESS);
        poll_exactly(scene.world, scene.send_cq, &wc, 1);
        assert_int_equal(wc.status, IBV_WC_SUCCESS);
    }
    close_scene(&scene);
}

/* ---- completions ---- */

static void a_completion_of_another_request(void **state)
{
    struct scene scene;

    open_scene(&scene, *state);
    /* Only request ids below 16 exist; the generation above them is another's, too. */
    add_fault(scene.world, (struct efasim_fault){.kind = EFASIM_FAULT_COMPLETION_PATCH,
                                                 .target = scene.to->qp_num,
                                                 .offset = 0,
                                                 .size = 2,
                                                 .value = 15});
    send_one(&scene, 1);
    world_run(scene.world);
    poll_nothing(scene.world, scene.recv_cq);
    assert_log("is not outstanding there");
    assert_int_equal(ibv_destroy_qp(scene.from), 0);
    scene.from =
        ready(make_srd_with(scene.world, scene.send_cq, scene.recv_cq, NULL, IBV_QP_EX_WITH_SEND));
    assert_works(&scene);
    close_scene(&scene);
}

static void a_completion_written_twice(void **state)
{
    struct scene scene;
    struct ibv_wc wc;

    open_scene(&scene, *state);
    add_fault(scene.world, (struct efasim_fault){.kind = EFASIM_FAULT_COMPLETION_DOUBLE,
                                                 .target = scene.to->qp_num});
    send_one(&scene, 1);
    poll_exactly(scene.world, scene.recv_cq, &wc, 1); /* and no second */
    assert_log("is not outstanding there");
    poll_exactly(scene.world, scene.send_cq, &wc, 1);
    assert_works(&scene);
    close_scene(&scene);
}

static void a_completion_that_is_lost(void **state)
{
    struct scene scene;
    struct ibv_wc wc;

    open_scene(&scene, *state);
    add_fault(scene.world, (struct efasim_fault){.kind = EFASIM_FAULT_COMPLETION_LOSE,
                                                 .target = scene.to->qp_num});
    send_one(&scene, 1);
    poll_exactly(scene.world, scene.send_cq, &wc, 1);
    poll_nothing(scene.world, scene.recv_cq);
    assert_works(&scene);
    close_scene(&scene);
}

/* ---- the device as a whole ---- */

static void a_device_that_stalls(void **state)
{
    struct scene scene;
    struct ibv_wc wc;

    open_scene(&scene, *state);
    efasim_stall(model(scene.world), true);
    send_one(&scene, 1);
    poll_nothing(scene.world, scene.send_cq);
    efasim_stall(model(scene.world), false);
    poll_exactly(scene.world, scene.send_cq, &wc, 1);
    poll_exactly(scene.world, scene.recv_cq, &wc, 1);
    close_scene(&scene);
}

static void a_device_that_is_removed_and_comes_back(void **state)
{
    struct scene scene;
    struct ibv_wc wc[4];

    open_scene(&scene, *state);
    assert_int_equal(efasim_set_removed(model(scene.world), 0, true), 0);
    assert_null(ibv_alloc_pd(scene.world->context));
    assert_int_equal(errno, ENODEV);
    assert_log("ERROR_DEVICE_NOT_CONNECTED");
    poll_exactly(scene.world, scene.recv_cq, wc, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(wc[i].status, IBV_WC_WR_FLUSH_ERR);
    assert_int_equal(efasim_set_removed(model(scene.world), 0, false), 0);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_request_that_fails),
        WORLD_TEST(a_reply_that_is_lost),
        WORLD_TEST(a_reply_that_is_short),
        WORLD_TEST(a_reply_that_is_too_large),
        WORLD_TEST(a_reply_that_is_late),
        WORLD_TEST(a_reply_with_changed_fields),
        WORLD_TEST(a_message_with_a_chosen_status),
        WORLD_TEST(a_message_delayed_or_lost),
        WORLD_TEST(a_completion_of_another_request),
        WORLD_TEST(a_completion_written_twice),
        WORLD_TEST(a_completion_that_is_lost),
        WORLD_TEST(a_device_that_stalls),
        WORLD_TEST(a_device_that_is_removed_and_comes_back),
    };

    return cmocka_run_group_tests_name("library on a faulty device", tests, NULL, NULL);
}
