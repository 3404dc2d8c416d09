/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Conformance: the requests themselves. Codes, sizes, versions, what the device says of itself. */
#include "sim_cases.h"

#include <string.h>

struct request_shape {
    uint32_t code;
    uint32_t input_size;
    uint32_t output_size;
};

static const struct request_shape query_device = {EFA_QUERY_DEVICE, 4, 96};
static const struct request_shape create_cq = {EFA_CREATE_CQ, 8, 16};
static const struct request_shape destroy_cq = {EFA_DESTROY_CQ, 2, 0};
static const struct request_shape create_qp = {EFA_CREATE_QP, 32, 56};
static const struct request_shape destroy_qp = {EFA_DESTROY_QP, 4, 0};
static const struct request_shape reg_mr = {EFA_REG_MR, 24, 8};
static const struct request_shape dereg_mr = {EFA_DEREG_MR, 4, 0};
static const struct request_shape alloc_ah = {EFA_ALLOC_AH, 18, 2};
static const struct request_shape dealloc_ah = {EFA_DEALLOC_AH, 4, 0};
static const struct request_shape alloc_pd = {EFA_ALLOC_PD, 0, 2};
static const struct request_shape dealloc_pd = {EFA_DEALLOC_PD, 2, 0};
static const struct request_shape modify_qp = {EFA_MODIFY_QP, 28, 0};

static const struct raw_options at_reset = {.state = EFA_DRIVER_QP_RESET};
static const struct raw_options of_version_1 = {.version = EFA_INTERFACE_VERSION_1};
static const struct raw_options of_version_2 = {.version = EFA_INTERFACE_VERSION_2,
                                                .state = EFA_DRIVER_QP_RTS};

static void open_newest(struct sim_world *world, struct raw_client *client)
{
    raw_open(world, client);
    CHECK_EQUAL(raw_query_device(client, EFA_INTERFACE_VERSION_NEWEST), 0);
}

static void check_input_is_rejected(struct sim_world *world, uint32_t code, uint32_t size)
{
    static const uint8_t input[4096];
    uint8_t output[128];
    struct raw_client client;

    open_newest(world, &client);
    CHECK_EQUAL(raw_try(&client, code, input, size, output, sizeof output),
                EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(client.returned, 0);
}

static void input_one_byte_short_is_rejected(struct sim_world *world, const void *argument)
{
    const struct request_shape *shape = argument;
    check_input_is_rejected(world, shape->code, shape->input_size - 1);
}

static void input_one_byte_long_is_rejected(struct sim_world *world, const void *argument)
{
    const struct request_shape *shape = argument;
    check_input_is_rejected(world, shape->code, shape->input_size + 1);
}

static void huge_input_is_rejected(struct sim_world *world, const void *argument)
{
    const struct request_shape *shape = argument;
    check_input_is_rejected(world, shape->code, 4096);
}

static void output_one_byte_short_is_rejected(struct sim_world *world, const void *argument)
{
    const struct request_shape *shape = argument;
    uint8_t input[64] = {0};
    uint8_t output[128];
    struct raw_client client;

    open_newest(world, &client);
    memset(output, 0x77, sizeof output);
    CHECK_EQUAL(
        raw_try(&client, shape->code, input, shape->input_size, output, shape->output_size - 1),
        EFA_WIN32_INSUFFICIENT_BUFFER);
    CHECK_EQUAL(output[0], 0x77);
    CHECK_EQUAL(client.returned, 0);
}

static void unknown_code_is_invalid_function(struct sim_world *world, const void *argument)
{
    const uint32_t *code = argument;
    struct raw_client client;

    open_newest(world, &client);
    CHECK_EQUAL(raw_try(&client, *code, NULL, 0, NULL, 0), EFA_WIN32_INVALID_FUNCTION);
}

static void version_is_spoken(struct sim_world *world, const void *argument)
{
    const uint32_t *version = argument;
    struct raw_client client;

    raw_open(world, &client);
    CHECK_EQUAL(raw_query_device(&client, *version), 0);
    CHECK_EQUAL(client.returned, sizeof(struct efa_device_info));
}

static void version_is_rejected(struct sim_world *world, const void *argument)
{
    const uint32_t *version = argument;
    struct raw_client client;

    raw_open(world, &client);
    CHECK_EQUAL(raw_query_device(&client, *version), EFA_WIN32_REVISION_MISMATCH);
    CHECK_EQUAL(client.returned, 0);
}

ENDPOINT_CASE(rejected_version_leaves_the_former, &at_reset)
{
    CHECK_EQUAL(raw_query_device(&e->client, 99), EFA_WIN32_REVISION_MISMATCH);
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_QKEY,
                              EFA_DRIVER_QP_INIT),
                0);
}

static void before_query_device_the_oldest_version_holds(struct sim_world *world,
                                                         const void *argument)
{
    struct efa_modify_qp_params modify = {0};
    struct efa_dereg_mr_params_v1 dereg = {1};
    struct raw_client client;
    uint16_t pdn;
    (void)argument;

    raw_open(world, &client);
    CHECK_EQUAL(raw_alloc_pd(&client, &pdn), 0);
    CHECK_EQUAL(raw_try(&client, EFA_MODIFY_QP, &modify, sizeof modify, NULL, 0),
                EFA_WIN32_INVALID_FUNCTION);
    CHECK_EQUAL(raw_try(&client, EFA_DEREG_MR, &dereg, sizeof dereg, NULL, 0), EFA_WIN32_NOT_FOUND);
}

ENDPOINT_CASE(version_1_has_no_modify_qp, &of_version_1)
{
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR),
                EFA_WIN32_INVALID_FUNCTION);
}

ENDPOINT_CASE(version_2_has_modify_qp, &of_version_2)
{
    CHECK_EQUAL(raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR), 0);
}

/* Versions 1 and 2 name a region by the low 16 bits of its lkey. */
static void dereg_mr_takes_16_bits(struct sim_world *world, const void *argument)
{
    const uint32_t *version = argument;
    struct raw_endpoint e;
    struct raw_options options = {.version = *version};
    struct efa_dereg_mr_params_v1 params;

    raw_endpoint_open(world, &e, &options);
    CHECK_EQUAL(raw_dereg_mr(&e.client, e.mr.lkey), EFA_WIN32_INVALID_PARAMETER);
    params.lkey = (uint16_t)e.mr.lkey;
    CHECK_EQUAL(raw_try(&e.client, EFA_DEREG_MR, &params, sizeof params, NULL, 0), 0);
    CHECK_EQUAL(raw_try(&e.client, EFA_DEREG_MR, &params, sizeof params, NULL, 0),
                EFA_WIN32_NOT_FOUND);
    raw_endpoint_close(&e);
}

ENDPOINT_CASE(dereg_mr_of_version_3_takes_32_bits, &at_reset)
{
    struct efa_dereg_mr_params_v1 short_params;

    short_params.lkey = (uint16_t)e->mr.lkey;
    CHECK_EQUAL(raw_try(&e->client, EFA_DEREG_MR, &short_params, sizeof short_params, NULL, 0),
                EFA_WIN32_INVALID_PARAMETER);
    CHECK_EQUAL(raw_dereg_mr(&e->client, e->mr.lkey & 0xffff), EFA_WIN32_NOT_FOUND);
    CHECK_EQUAL(raw_dereg_mr(&e->client, e->mr.lkey), 0);
}

static void create_cq_takes_its_6_bytes(struct sim_world *world, const void *argument)
{
    struct efa_create_cq_params params = {0};
    struct efa_cq_info info;
    struct raw_client client;
    (void)argument;

    open_newest(world, &client);
    params.depth = 16;
    params.num_sub_cqs = client.info.num_sub_cqs;
    params.entry_size = EFA_COMPLETION_ENTRY_SIZE;
    CHECK_EQUAL(raw_try(&client, EFA_CREATE_CQ, &params, 6, &info, sizeof info), 0);
}

static void create_cq_takes_the_8_bytes_of_the_field(struct sim_world *world, const void *argument)
{
    struct raw_client client;
    struct raw_cq cq;
    (void)argument;

    open_newest(world, &client);
    CHECK_EQUAL(raw_create_cq(&client, 16, &cq), 0);
}

static void larger_output_gets_the_reply_alone(struct sim_world *world, const void *argument)
{
    uint8_t output[64];
    struct raw_client client;
    (void)argument;

    open_newest(world, &client);
    memset(output, 0x77, sizeof output);
    CHECK_EQUAL(raw_try(&client, EFA_ALLOC_PD, NULL, 0, output, sizeof output), 0);
    CHECK_EQUAL(client.returned, sizeof(struct efa_pd_info));
    CHECK_EQUAL(output[sizeof(struct efa_pd_info)], 0x77);
}

static void input_and_output_may_be_one_buffer(struct sim_world *world, const void *argument)
{
    union {
        struct efa_query_device_params params;
        struct efa_device_info info;
    } buffer = {{EFA_INTERFACE_VERSION_3}};
    struct raw_client client;
    (void)argument;

    raw_open(world, &client);
    CHECK_EQUAL(
        raw_try(&client, EFA_QUERY_DEVICE, &buffer, sizeof buffer.params, &buffer, sizeof buffer),
        0);
    CHECK_EQUAL(buffer.info.mtu, 8928);
}

static void failed_request_leaves_the_output(struct sim_world *world, const void *argument)
{
    struct efa_query_device_params params = {99};
    uint8_t output[96];
    struct raw_client client;
    (void)argument;

    raw_open(world, &client);
    memset(output, 0x77, sizeof output);
    CHECK_EQUAL(raw_try(&client, EFA_QUERY_DEVICE, &params, sizeof params, output, sizeof output),
                EFA_WIN32_REVISION_MISMATCH);
    for (unsigned i = 0; i < sizeof output; i++)
        CHECK_EQUAL(output[i], 0x77);
}

static void limits_are_an_adapters(struct sim_world *world, const void *argument)
{
    const struct efa_device_info *info;
    struct raw_client client;
    (void)argument;

    open_newest(world, &client);
    info = &client.info;
    CHECK_EQUAL(info->mtu, 8928);
    CHECK_EQUAL(info->inline_buf_size, 32);
    CHECK_EQUAL(info->max_sq_sge, 2);
    CHECK_EQUAL(info->max_rq_sge, 3);
    CHECK_EQUAL(info->max_sq_depth, 4096);
    CHECK_EQUAL(info->max_rq_depth, 32768);
    CHECK_EQUAL(info->max_cq_depth, 32768);
    CHECK_EQUAL(info->max_qp, 256);
    CHECK_EQUAL(info->max_cq, 512);
    CHECK_EQUAL(info->num_sub_cqs, info->device_version == 0xefa0 ? 2 : 1);
    CHECK_EQUAL(info->page_size_cap, 0xfffff000u);
    CHECK_EQUAL(info->max_llq_size, 512 * 1024);
    CHECK(info->max_mr_pages != 0 && info->max_mr != 0 && info->max_pd != 0 && info->max_ah != 0);
}

static void gid_is_link_local_and_not_zero(struct sim_world *world, const void *argument)
{
    struct raw_client client;
    (void)argument;

    open_newest(world, &client);
    CHECK_EQUAL(client.info.addr[0], 0xfe);
    CHECK_EQUAL(client.info.addr[1], 0x80);
    CHECK(client.info.addr[15] != 0);
}

static void device_opens_many_times(struct sim_world *world, const void *argument)
{
    struct raw_client clients[8];
    (void)argument;

    for (unsigned i = 0; i < 8; i++)
        open_newest(world, &clients[i]);
    for (unsigned i = 1; i < 8; i++)
        CHECK(memcmp(clients[0].info.addr, clients[i].info.addr, 16) == 0);
}

static const uint32_t version_0 = 0;
static const uint32_t version_1 = 1;
static const uint32_t version_2 = 2;
static const uint32_t version_3 = 3;
static const uint32_t version_4 = 4;
static const uint32_t version_32 = 32;
static const uint32_t version_max = UINT32_MAX;
static const uint32_t code_0 = 0;
static const uint32_t code_below = EFA_CONTROL_CODE(0x800);
static const uint32_t code_above = EFA_CONTROL_CODE(0x80d);
static const uint32_t code_other_method = EFA_CONTROL_CODE(0x801) | 1;

#define SIZE_CASES(shape)                                                                     \
    SIM_CASE_WITH(#shape "_input_one_byte_long_is_rejected", input_one_byte_long_is_rejected, \
                  &shape),                                                                    \
        SIM_CASE_WITH(#shape "_huge_input_is_rejected", huge_input_is_rejected, &shape)
#define SHORT_CASE(shape)                                                                       \
    SIM_CASE_WITH(#shape "_input_one_byte_short_is_rejected", input_one_byte_short_is_rejected, \
                  &shape)
#define REPLY_CASE(shape)                                                                         \
    SIM_CASE_WITH(#shape "_output_one_byte_short_is_rejected", output_one_byte_short_is_rejected, \
                  &shape)

static const struct sim_case cases[] = {
    SIZE_CASES(query_device),
    SIZE_CASES(create_cq),
    SIZE_CASES(destroy_cq),
    SIZE_CASES(create_qp),
    SIZE_CASES(destroy_qp),
    SIZE_CASES(reg_mr),
    SIZE_CASES(dereg_mr),
    SIZE_CASES(alloc_ah),
    SIZE_CASES(dealloc_ah),
    SIZE_CASES(alloc_pd),
    SIZE_CASES(dealloc_pd),
    SIZE_CASES(modify_qp),
    SHORT_CASE(query_device),
    SHORT_CASE(create_cq),
    SHORT_CASE(destroy_cq),
    SHORT_CASE(create_qp),
    SHORT_CASE(destroy_qp),
    SHORT_CASE(reg_mr),
    SHORT_CASE(dereg_mr),
    SHORT_CASE(alloc_ah),
    SHORT_CASE(dealloc_ah),
    SHORT_CASE(dealloc_pd),
    SHORT_CASE(modify_qp),
    REPLY_CASE(query_device),
    REPLY_CASE(create_cq),
    REPLY_CASE(create_qp),
    REPLY_CASE(reg_mr),
    REPLY_CASE(alloc_ah),
    REPLY_CASE(alloc_pd),
    SIM_CASE_WITH("code_0_is_invalid_function", unknown_code_is_invalid_function, &code_0),
    SIM_CASE_WITH("code_below_the_first_is_invalid", unknown_code_is_invalid_function, &code_below),
    SIM_CASE_WITH("code_above_the_last_is_invalid", unknown_code_is_invalid_function, &code_above),
    SIM_CASE_WITH("code_of_other_method_is_invalid", unknown_code_is_invalid_function,
                  &code_other_method),
    SIM_CASE_WITH("version_1_is_spoken", version_is_spoken, &version_1),
    SIM_CASE_WITH("version_2_is_spoken", version_is_spoken, &version_2),
    SIM_CASE_WITH("version_3_is_spoken", version_is_spoken, &version_3),
    SIM_CASE_WITH("version_0_is_rejected", version_is_rejected, &version_0),
    SIM_CASE_WITH("version_4_is_rejected", version_is_rejected, &version_4),
    SIM_CASE_WITH("version_32_is_rejected", version_is_rejected, &version_32),
    SIM_CASE_WITH("version_of_all_ones_is_rejected", version_is_rejected, &version_max),
    SIM_CASE(rejected_version_leaves_the_former),
    SIM_CASE(before_query_device_the_oldest_version_holds),
    SIM_CASE(version_1_has_no_modify_qp),
    SIM_CASE(version_2_has_modify_qp),
    SIM_CASE_WITH("version_1_dereg_mr_takes_16_bits", dereg_mr_takes_16_bits, &version_1),
    SIM_CASE_WITH("version_2_dereg_mr_takes_16_bits", dereg_mr_takes_16_bits, &version_2),
    SIM_CASE(dereg_mr_of_version_3_takes_32_bits),
    SIM_CASE(create_cq_takes_its_6_bytes),
    SIM_CASE(create_cq_takes_the_8_bytes_of_the_field),
    SIM_CASE(larger_output_gets_the_reply_alone),
    SIM_CASE(input_and_output_may_be_one_buffer),
    SIM_CASE(failed_request_leaves_the_output),
    SIM_CASE(limits_are_an_adapters),
    SIM_CASE(gid_is_link_local_and_not_zero),
    SIM_CASE(device_opens_many_times),
};

const struct sim_suite sim_request_suite = {"requests", cases, sizeof cases / sizeof cases[0],
                                            SIM_WRONG_REQUESTS};
