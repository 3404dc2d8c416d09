/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Measures objects: how many can exist, how they are numbered, what a duplicate is. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

/* Creates one more object of a kind. */
typedef uint32_t make_one(struct raw_endpoint *e, uint32_t number);

static uint32_t make_pd(struct raw_endpoint *e, uint32_t number)
{
    uint16_t pdn;
    (void)number;

    return raw_alloc_pd(&e->client, &pdn);
}

static uint32_t make_mr(struct raw_endpoint *e, uint32_t number)
{
    struct efa_mr_info mr;
    (void)number;

    return raw_reg_mr(&e->client, e->pdn, e->memory, 64, EFA_MR_LOCAL_WRITE, &mr);
}

static uint32_t make_cq(struct raw_endpoint *e, uint32_t number)
{
    struct raw_cq cq;
    (void)number;

    return raw_create_cq(&e->client, 1, &cq);
}

static uint32_t make_qp(struct raw_endpoint *e, uint32_t number)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    (void)number;

    raw_qp_params(e, EFA_DRIVER_QP_SRD, 1, &params);
    return raw_create_qp(&e->client, &params, &qp);
}

/* Of peers that do not exist: link-local addresses. Nothing is sent to them. */
static uint32_t make_ah(struct raw_endpoint *e, uint32_t number)
{
    uint8_t gid[EFA_GID_SIZE] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x02, 0, 0xfa, 0x9e};
    uint16_t ah;

    gid[13] = (uint8_t)(number >> 16);
    gid[14] = (uint8_t)(number >> 8);
    gid[15] = (uint8_t)number;
    return raw_alloc_ah(&e->client, e->pdn, gid, &ah);
}

struct kind {
    const char *name;
    make_one *make;
    uint32_t limit;
    uint32_t made; /* by the endpoint */
};

/* Larger limits are not counted up to their end. */
#define MOST_COUNTED 0x20000u

/* Closing the session destroys them all. */
static void count(struct sim_world *world, struct probe *probe, const struct kind *kind)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    const uint32_t most = kind->limit < MOST_COUNTED ? kind->limit : MOST_COUNTED;
    char name[PROBE_NAME_SIZE], text[PROBE_VALUE_SIZE], assumed[PROBE_VALUE_SIZE];
    struct raw_endpoint e;
    uint32_t number = kind->made, error = 0;

    raw_endpoint_open(world, &e, &options);
    while (number <= most && (error = kind->make(&e, number)) == 0) {
        number++;
        if (number % 256 == 0)
            probe_check_time(world);
    }
    raw_endpoint_close(&e);
    snprintf(name, sizeof name, "limit.%s", kind->name);
    if (error == 0 && number <= kind->limit) {
        probe_add(probe, PROBE_NO_RESULT, name, "at least %u", number);
        return;
    }
    probe_compare(probe, name, number, kind->limit);
    snprintf(name, sizeof name, "beyond.%s", kind->name);
    probe_compare_text(probe, name, probe_error_text(error, text),
                       probe_error_text(EFA_WIN32_NO_SYSTEM_RESOURCES, assumed));
}

static void count_objects(struct sim_world *world, struct probe *probe)
{
    const struct efa_device_info *info = &probe->info;
    const struct kind kinds[] = {
        {"max_pd", make_pd, info->max_pd, 1}, {"max_cq", make_cq, info->max_cq, 2},
        {"max_qp", make_qp, info->max_qp, 1}, {"max_ah", make_ah, info->max_ah, 1},
        {"max_mr", make_mr, info->max_mr, 1},
    };

    for (size_t i = 0; i < EFA_ARRAY_SIZE(kinds); i++)
        count(world, probe, &kinds[i]);
}

const struct probe_measurement probe_counts = {"limit", SIM_EXHAUSTS, 1, 0, false, count_objects};

/* The driver's interface forbids a second ALLOC_AH for a GID; the adapter's reply is measured. */
static void duplicate_address_handle(struct sim_world *world, struct probe *probe)
{
    static const char *const names[] = {EFASIM_DUPLICATE_AH_NAMES};
    const uint32_t assumed = probe->assumed->duplicate_ah;
    const char *found = "another handle";
    struct raw_client client;
    uint16_t pdn, first = 0, second = 0;
    char error_text[PROBE_VALUE_SIZE];
    uint32_t error;

    raw_open(world, &client);
    CHECK_EQUAL(raw_query_device(&client, probe->version), 0);
    CHECK_EQUAL(raw_alloc_pd(&client, &pdn), 0);
    CHECK_EQUAL(raw_alloc_ah(&client, pdn, client.info.addr, &first), 0);
    error = raw_alloc_ah(&client, pdn, client.info.addr, &second);
    if (error != 0) {
        found = names[EFASIM_DUPLICATE_AH_REJECT];
    } else if (first == second) {
        CHECK_EQUAL(raw_dealloc_ah(&client, pdn, first), 0);
        found = names[raw_dealloc_ah(&client, pdn, first) == 0 ? EFASIM_DUPLICATE_AH_COUNT
                                                               : EFASIM_DUPLICATE_AH_ALIAS];
    }
    raw_close(&client);
    probe_note(probe_compare_text(probe, "behaviour.duplicate_ah", found, names[assumed]),
               "reply to the second request: %s", probe_error_text(error, error_text));
    if (error != 0 || first == second) {
        char json[PROBE_VALUE_SIZE];

        snprintf(json, sizeof json, "\"%s\"", found);
        probe_settle_text(probe, "duplicate_ah", json);
    }
}

const struct probe_measurement probe_addresses = {
    "behaviour.duplicate_ah", SIM_WRONG_REQUESTS, 1, 0, true, duplicate_address_handle};

/* Creates two queue pairs for each sub-CQ. */
static void find_sub_cqs(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct raw_endpoint e;
    unsigned used = 0, number = 0;
    uint64_t seen = 0;

    raw_endpoint_open(world, &e, &options);
    for (uint32_t i = 0; i < 2u * probe->info.num_sub_cqs && i + 1 < probe->info.max_qp; i++) {
        struct efa_create_qp_params params;
        struct raw_qp qp;

        raw_qp_params(&e, EFA_DRIVER_QP_SRD, 1, &params);
        CHECK_EQUAL(raw_create_qp(&e.client, &params, &qp), 0);
        if (qp.info.send_sub_cq < 64)
            seen |= (uint64_t)1 << qp.info.send_sub_cq;
        if (qp.info.recv_sub_cq < 64)
            seen |= (uint64_t)1 << qp.info.recv_sub_cq;
    }
    raw_endpoint_close(&e);
    for (; number < 64; number++)
        used += (unsigned)(seen >> number & 1);
    probe_compare(probe, "behaviour.sub_cqs_in_use", used, probe->info.num_sub_cqs);
}

const struct probe_measurement probe_sub_cqs = {
    "behaviour.sub_cqs_in_use", SIM_USES, 1, 0, true, find_sub_cqs};

static void follow_numbers(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct efa_create_qp_params params;
    struct raw_endpoint e;
    struct raw_qp first, second;
    bool at_once;

    raw_endpoint_open(world, &e, &options);
    raw_qp_params(&e, EFA_DRIVER_QP_SRD, 1, &params);
    CHECK_EQUAL(raw_create_qp(&e.client, &params, &first), 0);
    CHECK_EQUAL(raw_destroy_qp(&e.client, first.info.qp_handle), 0);
    CHECK_EQUAL(raw_create_qp(&e.client, &params, &second), 0);
    at_once = first.info.qp_num == second.info.qp_num;
    raw_endpoint_close(&e);
    probe_compare_text(probe, "behaviour.numbers_come_back", at_once ? "at once" : "later",
                       probe->assumed->reuse_numbers_at_once ? "at once" : "later");
    probe_settle_text(probe, "reuse_numbers_at_once", at_once ? "true" : "false");
}

const struct probe_measurement probe_numbers = {
    "behaviour.numbers_come_back", SIM_USES, 1, 0, true, follow_numbers};
