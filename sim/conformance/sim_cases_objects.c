/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Conformance: objects. What makes them, whose they are, what keeps them from going away. */
#include "sim_cases.h"

#include <string.h>

static const uint8_t stranger_gid[16] = {0xfe, 0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};

/* A case with the endpoint and another client of the same device. */
#define STRANGER_CASE(name)                                                       \
    static void name##_on(struct raw_endpoint *e, struct raw_endpoint *stranger); \
    static void name(struct sim_world *world, const void *argument)               \
    {                                                                             \
        struct raw_endpoint endpoint;                                             \
        struct raw_endpoint stranger;                                             \
        (void)argument;                                                           \
        raw_endpoint_open(world, &endpoint, &raw_srd);                            \
        raw_endpoint_open(world, &stranger, &raw_srd);                            \
        name##_on(&endpoint, &stranger);                                          \
        raw_endpoint_close(&stranger);                                            \
        raw_endpoint_close(&endpoint);                                            \
    }                                                                             \
    static void name##_on(struct raw_endpoint *e, struct raw_endpoint *stranger)

ENDPOINT_CASE(pds_have_numbers_of_their_own, &raw_srd)
{
    uint16_t other;
    CHECK_EQUAL(raw_alloc_pd(&e->client, &other), 0);
    CHECK(other != e->pdn);
}

ENDPOINT_CASE(freed_pd_is_gone, &raw_srd)
{
    uint16_t pdn;
    CHECK_EQUAL(raw_alloc_pd(&e->client, &pdn), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), EFA_WIN32_NOT_FOUND);
}

ENDPOINT_CASE(pd_with_a_region_is_busy, &raw_srd)
{
    struct efa_mr_info mr;
    uint16_t pdn;
    CHECK_EQUAL(raw_alloc_pd(&e->client, &pdn), 0);
    CHECK_EQUAL(raw_reg_mr(&e->client, pdn, e->memory, 64, EFA_MR_LOCAL_WRITE, &mr), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), EFA_WIN32_BUSY);
    CHECK_EQUAL(raw_dereg_mr(&e->client, mr.lkey), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), 0);
}

ENDPOINT_CASE(pd_with_an_ah_is_busy, &raw_srd)
{
    uint16_t pdn;
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_pd(&e->client, &pdn), 0);
    CHECK_EQUAL(raw_alloc_ah(&e->client, pdn, stranger_gid, &ah), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), EFA_WIN32_BUSY);
    CHECK_EQUAL(raw_dealloc_ah(&e->client, pdn, ah), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), 0);
}

ENDPOINT_CASE(pd_with_a_queue_pair_is_busy, &raw_srd)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    uint16_t pdn;
    CHECK_EQUAL(raw_alloc_pd(&e->client, &pdn), 0);
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    params.pdn = pdn;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &qp), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), EFA_WIN32_BUSY);
    CHECK_EQUAL(raw_destroy_qp(&e->client, qp.info.qp_handle), 0);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), 0);
}

ENDPOINT_CASE(pds_end_at_the_limit, &raw_srd)
{
    uint16_t pdn;
    uint32_t count = 1;
    uint32_t error;
    while ((error = raw_alloc_pd(&e->client, &pdn)) == 0)
        count++;
    CHECK_EQUAL(error, EFA_WIN32_NO_SYSTEM_RESOURCES);
    CHECK_EQUAL(count, e->client.info.max_pd);
    CHECK_EQUAL(raw_dealloc_pd(&e->client, pdn), 0);
    CHECK_EQUAL(raw_alloc_pd(&e->client, &pdn), 0);
}

STRANGER_CASE(pd_of_another_client_does_not_exist)
{
    struct efa_create_qp_params params;
    struct efa_mr_info mr;
    struct raw_qp qp;
    uint16_t ah;
    CHECK_EQUAL(raw_dealloc_pd(&stranger->client, e->pdn), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(
        raw_reg_mr(&stranger->client, e->pdn, stranger->memory, 64, EFA_MR_LOCAL_WRITE, &mr),
        EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_alloc_ah(&stranger->client, e->pdn, stranger_gid, &ah), EFA_WIN32_NOT_FOUND);
    raw_qp_params(stranger, EFA_DRIVER_QP_SRD, 16, &params);
    params.pdn = e->pdn;
    CHECK_EQUAL(raw_create_qp(&stranger->client, &params, &qp), EFA_WIN32_NOT_FOUND);
}

ENDPOINT_CASE(region_of_no_length_is_rejected, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 0, EFA_MR_LOCAL_WRITE, &mr),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(region_around_the_end_of_memory_is_rejected, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, UINT64_MAX, EFA_MR_LOCAL_WRITE, &mr),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(region_beyond_max_mr_pages_is_rejected, &raw_srd)
{
    struct efa_mr_info mr;
    uint64_t length = (e->client.info.max_mr_pages + 1) * 4096;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, length, EFA_MR_LOCAL_WRITE, &mr),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(region_outside_of_memory_is_rejected, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, (void *)(uintptr_t)4096, 64, 0, &mr),
                EFA_WIN32_NOACCESS);
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, NULL, 64, EFA_MR_LOCAL_WRITE, &mr),
                EFA_WIN32_NOACCESS);
}

static const uint8_t constant_memory[64] = {1};

ENDPOINT_CASE(region_of_constant_memory_is_not_for_writing, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, constant_memory, 64, EFA_MR_LOCAL_WRITE, &mr),
                EFA_WIN32_NOACCESS);
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, constant_memory, 64, 0, &mr), 0);
}

ENDPOINT_CASE(unknown_permissions_are_rejected, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 64, 0x08, &mr),
                EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 64, 0x80, &mr),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(remote_write_is_not_supported, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 64,
                           EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_WRITE, &mr),
                EFA_WIN32_NOT_SUPPORTED);
}

ENDPOINT_CASE(lkeys_have_24_bits_and_differ, &raw_srd)
{
    struct efa_mr_info mr[3];
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 64, EFA_MR_LOCAL_WRITE, &mr[i]), 0);
        CHECK_EQUAL(mr[i].lkey & ~EFA_LKEY_MASK, 0);
        CHECK(mr[i].lkey != e->mr.lkey && mr[i].lkey != 0);
    }
    CHECK(mr[0].lkey != mr[1].lkey && mr[1].lkey != mr[2].lkey && mr[0].lkey != mr[2].lkey);
}

ENDPOINT_CASE(freed_region_is_gone, &raw_srd)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&e->client, e->pdn, e->memory, 64, EFA_MR_LOCAL_WRITE, &mr), 0);
    CHECK_EQUAL(raw_dereg_mr(&e->client, mr.lkey), 0);
    CHECK_EQUAL(raw_dereg_mr(&e->client, mr.lkey), EFA_WIN32_NOT_FOUND);
}

STRANGER_CASE(region_of_another_client_does_not_exist)
{
    CHECK_EQUAL(raw_dereg_mr(&stranger->client, e->mr.lkey), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_dereg_mr(&e->client, e->mr.lkey), 0);
}

ENDPOINT_CASE(cq_of_depth_0_is_rejected, &raw_srd)
{
    struct raw_cq cq;
    CHECK_EQUAL(raw_create_cq(&e->client, 0, &cq), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(cq_beyond_max_cq_depth_is_rejected, &raw_srd)
{
    struct raw_cq cq;
    CHECK_EQUAL(raw_create_cq(&e->client, (uint16_t)(e->client.info.max_cq_depth + 1), &cq),
                EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_create_cq(&e->client, (uint16_t)e->client.info.max_cq_depth, &cq), 0);
}

ENDPOINT_CASE(cq_depth_must_be_a_power_of_two, &raw_srd)
{
    struct raw_cq cq;
    CHECK_EQUAL(raw_create_cq(&e->client, 33, &cq), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_create_cq(&e->client, 63, &cq), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_create_cq(&e->client, 64, &cq), 0);
    CHECK_EQUAL(cq.info.actual_depth, 64);
    CHECK_EQUAL(raw_create_cq(&e->client, 1, &cq), 0);
    CHECK_EQUAL(cq.info.actual_depth, 1);
}

ENDPOINT_CASE(cq_needs_the_devices_number_of_sub_cqs, &raw_srd)
{
    uint16_t right = e->client.info.num_sub_cqs;
    struct efa_create_cq_params params = {16, (uint16_t)(right - 1), EFA_COMPLETION_ENTRY_SIZE};
    struct efa_cq_info info;
    CHECK_EQUAL(raw_try(&e->client, EFA_CREATE_CQ, &params, 6, &info, sizeof info),
                EFA_WIN32_INVALID_PARAMETER);
    params.num_sub_cqs = (uint16_t)(right + 1);
    CHECK_EQUAL(raw_try(&e->client, EFA_CREATE_CQ, &params, 6, &info, sizeof info),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(cq_entries_have_16_bytes, &raw_srd)
{
    struct efa_create_cq_params params = {16, e->client.info.num_sub_cqs, 32};
    struct efa_cq_info info;
    CHECK_EQUAL(raw_try(&e->client, EFA_CREATE_CQ, &params, 6, &info, sizeof info),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(new_cq_has_no_entry, &raw_srd)
{
    struct efa_completion_entry entry;
    CHECK(!raw_poll(&e->send_cq, &entry));
    CHECK(!raw_poll(&e->recv_cq, &entry));
}

ENDPOINT_CASE(cq_with_a_queue_pair_is_busy, &raw_srd)
{
    CHECK_EQUAL(raw_destroy_cq(&e->client, e->send_cq.info.cq_index), EFA_WIN32_BUSY);
    CHECK_EQUAL(raw_destroy_cq(&e->client, e->recv_cq.info.cq_index), EFA_WIN32_BUSY);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    CHECK_EQUAL(raw_destroy_cq(&e->client, e->send_cq.info.cq_index), 0);
    CHECK_EQUAL(raw_destroy_cq(&e->client, e->recv_cq.info.cq_index), 0);
}

ENDPOINT_CASE(freed_cq_is_gone, &raw_srd)
{
    struct raw_cq cq;
    CHECK_EQUAL(raw_create_cq(&e->client, 16, &cq), 0);
    CHECK_EQUAL(raw_destroy_cq(&e->client, cq.info.cq_index), 0);
    CHECK_EQUAL(raw_destroy_cq(&e->client, cq.info.cq_index), EFA_WIN32_NOT_FOUND);
}

STRANGER_CASE(cq_of_another_client_does_not_exist)
{
    struct efa_create_qp_params params;
    struct raw_cq cq;
    struct raw_qp qp;
    CHECK_EQUAL(raw_create_cq(&e->client, 16, &cq), 0);
    CHECK_EQUAL(raw_destroy_cq(&stranger->client, cq.info.cq_index), EFA_WIN32_NOT_FOUND);
    raw_qp_params(stranger, EFA_DRIVER_QP_SRD, 16, &params);
    params.recv_cq_index = cq.info.cq_index;
    CHECK_EQUAL(raw_create_qp(&stranger->client, &params, &qp), EFA_WIN32_NOT_FOUND);
}

static uint32_t try_qp(struct raw_endpoint *e, uint32_t sq_depth, uint32_t sq_size,
                       uint32_t rq_depth, uint32_t rq_size, uint32_t type)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    raw_qp_params(e, type, 16, &params);
    params.sq_depth = sq_depth;
    params.sq_ring_size = sq_size;
    params.rq_depth = rq_depth;
    params.rq_ring_size = rq_size;
    return raw_create_qp(&e->client, &params, &qp);
}

ENDPOINT_CASE(queue_pair_types_are_srd_and_ud, &raw_srd)
{
    CHECK_EQUAL(try_qp(e, 16, 1024, 16, 256, EFA_DRIVER_QP_SRD), 0);
    CHECK_EQUAL(try_qp(e, 16, 1024, 16, 256, EFA_DRIVER_QP_UD), 0);
    CHECK_EQUAL(try_qp(e, 16, 1024, 16, 256, 2), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 1024, 16, 256, UINT32_MAX), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(queue_of_depth_0_is_allowed, &raw_srd)
{
    CHECK_EQUAL(try_qp(e, 0, 0, 16, 256, EFA_DRIVER_QP_SRD), 0);
    CHECK_EQUAL(try_qp(e, 16, 1024, 0, 0, EFA_DRIVER_QP_SRD), 0);
}

ENDPOINT_CASE(ring_must_hold_its_depth, &raw_srd)
{
    CHECK_EQUAL(try_qp(e, 16, 512, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 1024, 16, 128, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 0, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 0, 1024, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(ring_is_a_power_of_two_of_descriptors, &raw_srd)
{
    CHECK_EQUAL(try_qp(e, 12, 12 * 64, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 1024, 12, 12 * 16, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 1024 + 4, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 12, 1024, 12, 256, 0), 0);
}

ENDPOINT_CASE(recv_ring_has_room_for_several_buffers_a_request, &raw_srd)
{
    CHECK_EQUAL(try_qp(e, 16, 1024, 16, 64 * 16, 0), 0);
}

ENDPOINT_CASE(send_queue_ends_at_the_limit, &raw_srd)
{
    uint32_t max = e->client.info.max_sq_depth;
    CHECK_EQUAL(try_qp(e, max, max * 64, 16, 256, 0), 0);
    CHECK_EQUAL(try_qp(e, max + 1, max * 128, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, e->client.info.max_llq_size * 2, 16, 256, 0),
                EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(recv_queue_ends_at_the_limit, &raw_srd)
{
    uint32_t max = e->client.info.max_rq_depth;
    CHECK_EQUAL(try_qp(e, 16, 1024, max, max * 16, 0), 0);
    CHECK_EQUAL(try_qp(e, 16, 1024, max + 1, max * 32, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 1024, max, max * 32, 0), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(queue_sizes_that_overflow_are_rejected, &raw_srd)
{
    CHECK_EQUAL(try_qp(e, UINT32_MAX, 64, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, UINT32_MAX, 16, 256, 0), EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(try_qp(e, 16, 1024, UINT32_MAX, UINT32_MAX, 0), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(queue_pair_needs_its_cqs, &raw_srd)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    params.send_cq_index = 511;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &qp), EFA_WIN32_NOT_FOUND);
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    params.recv_cq_index = UINT32_MAX;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &qp), EFA_WIN32_NOT_FOUND);
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    params.pdn = 0xffff;
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &qp), EFA_WIN32_NOT_FOUND);
}

ENDPOINT_CASE(queue_pair_addresses_are_usable, &raw_srd)
{
    const struct efa_qp_info *info = &e->qp.info;
    CHECK(info->sq != 0 && info->rq != 0 && info->sq_doorbell != 0 && info->rq_doorbell != 0);
    CHECK_EQUAL(info->sq % 64, 0);
    CHECK_EQUAL(info->rq % 16, 0);
    CHECK_EQUAL(info->sq_doorbell % 4, 0);
    CHECK_EQUAL(info->rq_doorbell % 4, 0);
    CHECK(info->sq_doorbell != info->rq_doorbell);
    CHECK(info->send_sub_cq < e->client.info.num_sub_cqs);
    CHECK(info->recv_sub_cq < e->client.info.num_sub_cqs);
}

ENDPOINT_CASE(queue_pair_numbers_have_16_bits_and_differ, &raw_srd)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &qp), 0);
    CHECK(qp.info.qp_num != e->qp.info.qp_num);
    CHECK(qp.info.qp_handle != e->qp.info.qp_handle);
    CHECK(qp.info.qp_num != 0 && qp.info.qp_num <= 0xffff);
}

ENDPOINT_CASE(queue_pairs_use_sub_cqs_in_turn, &raw_srd)
{
    struct efa_create_qp_params params;
    struct raw_qp first;
    struct raw_qp second;
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 16, &params);
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &first), 0);
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &second), 0);
    /* Where there is one, all use it. */
    bool differ = e->client.info.num_sub_cqs > 1;
    CHECK_EQUAL(first.info.send_sub_cq != second.info.send_sub_cq, differ);
    CHECK_EQUAL(first.info.recv_sub_cq != second.info.recv_sub_cq, differ);
}

ENDPOINT_CASE(queue_pairs_end_at_the_limit, &raw_srd)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    uint32_t count = 1;
    uint32_t error;
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 1, &params);
    while ((error = raw_create_qp(&e->client, &params, &qp)) == 0)
        count++;
    CHECK_EQUAL(error, EFA_WIN32_NO_SYSTEM_RESOURCES);
    CHECK_EQUAL(count, e->client.info.max_qp);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    CHECK_EQUAL(raw_create_qp(&e->client, &params, &qp), 0);
}

ENDPOINT_CASE(destroyed_queue_pair_is_gone, &raw_srd)
{
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR),
                EFA_WIN32_NOT_FOUND);
}

ENDPOINT_CASE(queue_pair_is_named_by_its_handle, &raw_srd)
{
    CHECK(e->qp.info.qp_handle != e->qp.info.qp_num);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_num), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
}

STRANGER_CASE(queue_pair_of_another_client_does_not_exist)
{
    CHECK_EQUAL(raw_destroy_qp(&stranger->client, e->qp.info.qp_handle), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_modify_qp(&stranger->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR),
                EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_destroy_qp(&e->client, e->qp.info.qp_handle), 0);
}

ENDPOINT_CASE(ah_for_no_gid_is_rejected, &raw_srd)
{
    static const uint8_t no_gid[16];
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_ah(&e->client, e->pdn, no_gid, &ah), EFA_WIN32_INVALID_PARAMETER);
}

ENDPOINT_CASE(ahs_for_different_peers_differ, &raw_srd)
{
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_ah(&e->client, e->pdn, stranger_gid, &ah), 0);
    CHECK(ah != e->ah && ah != EFA_AH_NONE);
}

ENDPOINT_CASE(ah_for_a_known_gid_is_the_same_and_counted, &raw_srd)
{
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_ah(&e->client, e->pdn, e->client.info.addr, &ah), 0);
    CHECK_EQUAL(ah, e->ah);
    CHECK_EQUAL(raw_dealloc_ah(&e->client, e->pdn, ah), 0);
    CHECK_EQUAL(raw_dealloc_ah(&e->client, e->pdn, ah), 0);
    CHECK_EQUAL(raw_dealloc_ah(&e->client, e->pdn, ah), EFA_WIN32_NOT_FOUND);
}

ENDPOINT_CASE(ah_belongs_to_its_pd, &raw_srd)
{
    uint16_t pdn;
    uint16_t ah;
    CHECK_EQUAL(raw_alloc_pd(&e->client, &pdn), 0);
    CHECK_EQUAL(raw_dealloc_ah(&e->client, pdn, e->ah), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_alloc_ah(&e->client, pdn, e->client.info.addr, &ah), 0);
    CHECK(ah != e->ah);
}

STRANGER_CASE(ah_of_another_client_does_not_exist)
{
    CHECK_EQUAL(raw_dealloc_ah(&stranger->client, stranger->pdn, e->ah), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_dealloc_ah(&stranger->client, e->pdn, e->ah), EFA_WIN32_NOT_FOUND);
}

STRANGER_CASE(closing_frees_what_is_left)
{
    uint16_t pdn;
    while (raw_alloc_pd(&e->client, &pdn) == 0)
        ;
    raw_close(&e->client);
    CHECK_EQUAL(raw_alloc_pd(&stranger->client, &pdn), 0);
}

static const struct sim_case cases[] = {
    SIM_CASE(pds_have_numbers_of_their_own),
    SIM_CASE(freed_pd_is_gone),
    SIM_CASE(pd_with_a_region_is_busy),
    SIM_CASE(pd_with_an_ah_is_busy),
    SIM_CASE(pd_with_a_queue_pair_is_busy),
    SIM_CASE_OF_DANGER(pds_end_at_the_limit, SIM_EXHAUSTS),
    SIM_CASE(pd_of_another_client_does_not_exist),
    SIM_CASE(region_of_no_length_is_rejected),
    SIM_CASE(region_around_the_end_of_memory_is_rejected),
    SIM_CASE(region_beyond_max_mr_pages_is_rejected),
    SIM_CASE(region_outside_of_memory_is_rejected),
    SIM_CASE(region_of_constant_memory_is_not_for_writing),
    SIM_CASE(unknown_permissions_are_rejected),
    SIM_CASE(remote_write_is_not_supported),
    SIM_CASE(lkeys_have_24_bits_and_differ),
    SIM_CASE(freed_region_is_gone),
    SIM_CASE(region_of_another_client_does_not_exist),
    SIM_CASE(cq_of_depth_0_is_rejected),
    SIM_CASE(cq_beyond_max_cq_depth_is_rejected),
    SIM_CASE(cq_depth_must_be_a_power_of_two),
    SIM_CASE(cq_needs_the_devices_number_of_sub_cqs),
    SIM_CASE(cq_entries_have_16_bytes),
    SIM_CASE(new_cq_has_no_entry),
    SIM_CASE(cq_with_a_queue_pair_is_busy),
    SIM_CASE(freed_cq_is_gone),
    SIM_CASE(cq_of_another_client_does_not_exist),
    SIM_CASE(queue_pair_types_are_srd_and_ud),
    SIM_CASE(queue_of_depth_0_is_allowed),
    SIM_CASE(ring_must_hold_its_depth),
    SIM_CASE(ring_is_a_power_of_two_of_descriptors),
    SIM_CASE(recv_ring_has_room_for_several_buffers_a_request),
    SIM_CASE(send_queue_ends_at_the_limit),
    SIM_CASE(recv_queue_ends_at_the_limit),
    SIM_CASE(queue_sizes_that_overflow_are_rejected),
    SIM_CASE(queue_pair_needs_its_cqs),
    SIM_CASE(queue_pair_addresses_are_usable),
    SIM_CASE(queue_pair_numbers_have_16_bits_and_differ),
    SIM_CASE(queue_pairs_use_sub_cqs_in_turn),
    SIM_CASE_OF_DANGER(queue_pairs_end_at_the_limit, SIM_EXHAUSTS),
    SIM_CASE(destroyed_queue_pair_is_gone),
    SIM_CASE(queue_pair_is_named_by_its_handle),
    SIM_CASE(queue_pair_of_another_client_does_not_exist),
    SIM_CASE(ah_for_no_gid_is_rejected),
    SIM_CASE(ahs_for_different_peers_differ),
    SIM_CASE(ah_for_a_known_gid_is_the_same_and_counted),
    SIM_CASE(ah_belongs_to_its_pd),
    SIM_CASE(ah_of_another_client_does_not_exist),
    SIM_CASE(closing_frees_what_is_left),
};

const struct sim_suite sim_object_suite = {"objects", cases, sizeof cases / sizeof cases[0],
                                           SIM_WRONG_REQUESTS};
