/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Every driver request of a life fails once, in every way: by each error, by a lost, short, long or
 * malformed reply, late, and because the device was removed. The call that makes the request says
 * so with the documented errno, the next attempt succeeds, everything else works, and at the end
 * neither the device nor the library has anything left.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "driver/protocol.h"
#include "driver_errors.h"
#include "os/compiler.h"
#include "trial.h"

/* Replies that cannot be right. */
static const struct {
    uint32_t code;
    struct request_fault fault;
    bool hides_object; /* the object's handle is lost too: it exists until the context is closed */
    bool needs_recv_queue;
} malformed[] = {
#define FIELD(reply, member, value)                                  \
    {FAULT_PATCH, (value), (uint32_t)offsetof(struct reply, member), \
     (uint32_t)sizeof(((struct reply *)0)->member)}
    {EFA_QUERY_DEVICE, {FAULT_FILL, 0, 0, 0}, false, false},
    {EFA_QUERY_DEVICE, {FAULT_FILL, 0xff, 0, 0}, false, false},
    {EFA_QUERY_DEVICE, FIELD(efa_device_info, max_qp, 0x10001), false, false},
    {EFA_QUERY_DEVICE, FIELD(efa_device_info, num_sub_cqs, 17), false, false},
    {EFA_QUERY_DEVICE, FIELD(efa_device_info, mtu, 0), false, false},
    {EFA_QUERY_DEVICE, FIELD(efa_device_info, max_rq_sge, 0), false, false},
    {EFA_REG_MR, FIELD(efa_mr_info, lkey, 0x01000001), true, false},
    {EFA_REG_MR, {FAULT_FILL, 0xff, 0, 0}, true, false},
    {EFA_ALLOC_AH, {FAULT_FILL, 0xff, 0, 0}, true, false},
    {EFA_CREATE_CQ, {FAULT_FILL, 0, 0, 0}, true, false},
    {EFA_CREATE_CQ, {FAULT_FILL, 0xff, 0, 0}, true, false},
    {EFA_CREATE_CQ, FIELD(efa_cq_info, cq_addr, 0), false, false},
    {EFA_CREATE_CQ, FIELD(efa_cq_info, cq_addr, 0xfffffffffffffff0), false, false},
    {EFA_CREATE_CQ, FIELD(efa_cq_info, actual_depth, 0), false, false},
    {EFA_CREATE_CQ, FIELD(efa_cq_info, actual_depth, 32), false, false},
    {EFA_CREATE_CQ, FIELD(efa_cq_info, actual_depth, 96), false, false},
    {EFA_CREATE_QP, {FAULT_FILL, 0, 0, 0}, true, false},
    {EFA_CREATE_QP, {FAULT_FILL, 0xff, 0, 0}, true, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, qp_num, 0x10000), false, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, sq, 0), false, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, sq, 0x7fff00000020), false, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, sq_doorbell, 0), false, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, sq_doorbell, 0x7fff00000002), false, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, rq, 0), false, true},
    {EFA_CREATE_QP, FIELD(efa_qp_info, rq, 0x7fff00000008), false, true},
    {EFA_CREATE_QP, FIELD(efa_qp_info, rq_doorbell, 0), false, true},
    {EFA_CREATE_QP, FIELD(efa_qp_info, send_sub_cq, 2), false, false},
    {EFA_CREATE_QP, FIELD(efa_qp_info, recv_sub_cq, 0xffffffff), false, false},
#undef FIELD
};

/* How much of a reply must have come for the object to be known, and so destroyed again. */
static uint32_t known_from(uint32_t code)
{
    switch (code) {
    case EFA_CREATE_CQ:
        return offsetof(struct efa_cq_info, cq_index) + 2;
    case EFA_CREATE_QP:
        return offsetof(struct efa_qp_info, qp_handle) + 4;
    case EFA_REG_MR:
        return offsetof(struct efa_mr_info, lkey) + 4;
    case EFA_ALLOC_AH:
    case EFA_ALLOC_PD:
        return 2;
    default: /* QUERY_DEVICE makes nothing */
        return 0;
    }
}

static bool is_ending(uint32_t code)
{
    return code == EFA_DESTROY_CQ || code == EFA_DESTROY_QP || code == EFA_DEREG_MR ||
           code == EFA_DEALLOC_AH || code == EFA_DEALLOC_PD;
}

/* The contract test has every error; here one of each kind is enough. */
static bool is_first_of_its_kind(unsigned row)
{
    const struct driver_error *error = &driver_errors[row];

    for (unsigned i = 0; i < row; i++)
        if (driver_errors[i].error == error->error && driver_errors[i].object == error->object &&
            driver_errors[i].means_version == error->means_version)
            return false;
    return true;
}

static void with_each_kind_of_error(struct rig *rig, const struct request_seen *seen,
                                    struct trial trial)
{
    trial.fault.kind = FAULT_ERROR;
    trial.unchanged = true;
    for (unsigned i = 0; i < driver_error_count; i++) {
        const struct driver_error *error = &driver_errors[i];

        if (!is_first_of_its_kind(i))
            continue;
        trial.fault.value = error->win32;
        trial.error = error->error;
        if (seen->code == EFA_QUERY_DEVICE && error->means_version)
            trial.error = seen->version == 1 ? EPROTONOSUPPORT : 0;
        /* What the driver has lost, or has gone with the adapter, counts as destroyed. */
        if (is_ending(seen->code) &&
            (error->object == OBJECT_GONE || error->object == REQUEST_DONE))
            trial.error = 0;
        rig_live(rig, &trial);
    }
}

/* ERROR_MORE_DATA: carried out, and the part of the reply that there is room for has come. */
static void with_more_data(struct rig *rig, const struct request_seen *seen, struct trial trial)
{
    const uint32_t lengths[] = {0, seen->reply_size / 2, seen->reply_size};

    trial.error = is_ending(seen->code) ? 0 : EIO;
    if (seen->code == EFA_QUERY_DEVICE)
        trial.error = seen->version == 1 ? EPROTONOSUPPORT : 0;
    trial.may_need_reset = seen->code == EFA_MODIFY_QP;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(lengths); i++) {
        trial.fault = (struct request_fault){FAULT_MORE_DATA, lengths[i], 0, 0};
        trial.unchanged = seen->reply_size != 0 && lengths[i] >= known_from(seen->code);
        if (i == 0 || seen->reply_size != 0)
            rig_live(rig, &trial);
    }
}

static void with_lost_reply(struct rig *rig, const struct request_seen *seen, struct trial trial)
{
    trial.fault = (struct request_fault){FAULT_LOST_REPLY, 995, 0, 0};
    trial.error = ECANCELED;
    trial.may_need_reset = seen->code == EFA_MODIFY_QP;
    rig_live(rig, &trial);
}

static void with_each_length(struct rig *rig, const struct request_seen *seen, struct trial trial)
{
    uint32_t size = seen->reply_size;
    const uint32_t lengths[] = {0, 1, size / 2, size - 1, size + 1, 2 * size, UINT32_MAX};

    if (size == 0)
        return;
    trial.fault.kind = FAULT_RETURNED;
    trial.error = EIO;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(lengths); i++) {
        trial.fault.value = lengths[i];
        trial.unchanged = lengths[i] >= known_from(seen->code);
        rig_live(rig, &trial);
    }
}

static void with_each_malformed_reply(struct rig *rig, const struct request_seen *seen,
                                      struct trial trial)
{
    trial.error = EIO;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(malformed); i++) {
        if (malformed[i].code != seen->code || (malformed[i].needs_recv_queue && !seen->rq_depth))
            continue;
        trial.fault = malformed[i].fault;
        trial.unchanged = !malformed[i].hides_object;
        rig_live(rig, &trial);
    }
}

static void late(struct rig *rig, const struct request_seen *seen, struct trial trial)
{
    (void)seen;
    trial.fault.kind = FAULT_LATE;
    rig_live(rig, &trial);
}

/* The device stays removed until the client ends, or returns immediately without its objects. */
static void with_the_device_removed(struct rig *rig, const struct request_seen *seen,
                                    struct trial trial)
{
    (void)seen;
    trial.fault.kind = FAULT_REMOVED;
    for (int i = 0; i < 2; i++) {
        static const struct trial nothing;

        trial.stays_away = i != 0;
        rig_live(rig, &trial);
        rig_live(rig, &nothing);
    }
}

typedef void (*failing)(struct rig *, const struct request_seen *, struct trial);

static void each_request(const char *how, failing strike)
{
    static const uint32_t versions[] = {EFASIM_VERSION_BIT(1) | EFASIM_VERSION_BIT(2) |
                                            EFASIM_VERSION_BIT(3),
                                        EFASIM_VERSION_BIT(1)};
    static const struct trial nothing;
    unsigned points = 0, requests[EFA_ARRAY_SIZE(versions)];

    for (size_t v = 0; v < EFA_ARRAY_SIZE(versions); v++) {
        struct request_seen seen[FAULT_MAX_REQUESTS];
        struct rig *rig = rig_create(versions[v]);

        rig_live(rig, &nothing);
        requests[v] = rig->transport.count;
        memcpy(seen, rig->transport.seen, sizeof seen);
        for (unsigned nth = 1; nth <= requests[v]; nth++)
            strike(rig, &seen[nth - 1], (struct trial){.nth_request = nth});
        rig_live(rig, &nothing);
        points += rig->points;
        rig_destroy(rig);
    }
    assert_true(requests[0] >= 60);
    print_message("%s: %u fault points in lives of %u requests (%u with interface version 1)\n",
                  how, points, requests[0], requests[1]);
    assert_true(points >= requests[1]);
}

static void an_error(void **state)
{
    (void)state;
    each_request("an error", with_each_kind_of_error);
}

static void a_reply_that_is_lost(void **state)
{
    (void)state;
    each_request("a lost reply", with_lost_reply);
}

static void a_reply_that_is_too_large(void **state)
{
    (void)state;
    each_request("a reply with ERROR_MORE_DATA", with_more_data);
}

static void a_reply_of_the_wrong_length(void **state)
{
    (void)state;
    each_request("a reply of the wrong length", with_each_length);
}

static void a_malformed_reply(void **state)
{
    (void)state;
    each_request("a malformed reply", with_each_malformed_reply);
}

static void a_late_reply(void **state)
{
    (void)state;
    each_request("a late reply", late);
}

static void a_removed_device(void **state)
{
    (void)state;
    each_request("a removed device", with_the_device_removed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error),
        cmocka_unit_test(a_reply_that_is_lost),
        cmocka_unit_test(a_reply_that_is_too_large),
        cmocka_unit_test(a_reply_of_the_wrong_length),
        cmocka_unit_test(a_malformed_reply),
        cmocka_unit_test(a_late_reply),
        cmocka_unit_test(a_removed_device),
    };

    return cmocka_run_group_tests_name("each request fails once", tests, NULL, NULL);
}
