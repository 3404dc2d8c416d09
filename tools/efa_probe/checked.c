/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks replies, and destroys what a session leaves; see checked.h. */
#include "checked.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sim/conformance/sim_support.h"
#include "device/completion_entry.h"
#include "driver/driver.h"
#include "driver/info_check.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "os/compiler.h"
#include "owned.h"

#define REASON_SIZE 128

static_assert(EFA_REPLY_MAX_SUB_CQS <= EFA_ARRAY_SIZE(((struct raw_cq *)NULL)->consumed),
              "a raw client polls each sub-CQ that a valid reply can have");

static uint32_t reply_size(uint32_t code)
{
    switch (code) {
    case EFA_QUERY_DEVICE:
        return sizeof(struct efa_device_info);
    case EFA_CREATE_CQ:
        return sizeof(struct efa_cq_info);
    case EFA_CREATE_QP:
        return sizeof(struct efa_qp_info);
    case EFA_REG_MR:
        return sizeof(struct efa_mr_info);
    case EFA_ALLOC_AH:
        return sizeof(struct efa_ah_info);
    case EFA_ALLOC_PD:
        return sizeof(struct efa_pd_info);
    default:
        return 0;
    }
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static const char *wrong_info(const void *reply, char text[REASON_SIZE])
{
    struct efa_info_limit wrong[EFA_INFO_LIMITS];
    struct efa_device_info info;

    memcpy(&info, reply, sizeof info);
    if (efa_find_wrong_limits(&info, wrong) == 0)
        return NULL;
    snprintf(text, REASON_SIZE, "%s is %llu, valid are %llu to %llu", wrong[0].name,
             (unsigned long long)wrong[0].value, (unsigned long long)wrong[0].least,
             (unsigned long long)wrong[0].most);
    return text;
}

static const char *wrong_cq(const void *reply, const void *input)
{
    struct efa_create_cq_params params;
    struct efa_cq_info info;

    memcpy(&info, reply, sizeof info);
    memcpy(&params, input, sizeof params);
    if (!is_power_of_two(info.actual_depth) || info.actual_depth < params.depth)
        return "the depth is not a power of two, or smaller than requested";
    return info.cq_addr == 0 || info.cq_addr % EFA_COMPLETION_ENTRY_SIZE != 0
               ? "the address is 0 or not aligned to 16 bytes"
               : NULL;
}

static const char *wrong_qp(const void *reply)
{
    struct efa_qp_info info;

    memcpy(&info, reply, sizeof info);
    if (info.sq == 0 || info.rq == 0 || info.sq_doorbell == 0 || info.rq_doorbell == 0)
        return "an address is 0";
    if (info.sq % 64 != 0 || info.rq % 16 != 0 || info.sq_doorbell % 4 != 0 ||
        info.rq_doorbell % 4 != 0)
        return "an address is not aligned";
    return info.qp_num > 0xffff ? "the number has more than 16 bits" : NULL;
}

/* The reason, which may be in `text`; NULL if the reply can be right. */
static const char *find_wrong(uint32_t code, const void *input, const void *reply,
                              uint32_t returned, char text[REASON_SIZE])
{
    if (returned < reply_size(code))
        return "it is shorter than its structure";
    switch (code) {
    case EFA_QUERY_DEVICE:
        return wrong_info(reply, text);
    case EFA_CREATE_CQ:
        return wrong_cq(reply, input);
    case EFA_CREATE_QP:
        return wrong_qp(reply);
    default:
        return NULL;
    }
}

struct checked_session {
    void *inner;
    struct owned owned;
};

static uint32_t open_checked(const struct efa_transport *transport, void **session)
{
    const struct checked_transport *checked =
        EFA_CONTAINER_OF(transport, const struct checked_transport, transport);
    struct checked_session *opened = calloc(1, sizeof *opened);
    uint32_t error;

    if (!opened)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    error = checked->inner->open(checked->inner, &opened->inner);
    if (error != EFA_WIN32_SUCCESS) {
        free(opened);
        return error;
    }
    *session = opened;
    return EFA_WIN32_SUCCESS;
}

static void close_checked(const struct efa_transport *transport, void *session)
{
    const struct checked_transport *checked =
        EFA_CONTAINER_OF(transport, const struct checked_transport, transport);

    struct checked_session *opened = session;

    if (!checked->kills)
        owned_destroy(&opened->owned, checked->inner, opened->inner);
    free(opened->owned.objects);
    checked->inner->close(checked->inner, opened->inner);
    free(opened);
}

static uint32_t request_checked(const struct efa_transport *transport, void *session, uint32_t code,
                                const void *input, uint32_t input_size, void *output,
                                uint32_t output_size, uint32_t *returned)
{
    const struct checked_transport *checked =
        EFA_CONTAINER_OF(transport, const struct checked_transport, transport);
    struct checked_session *opened = session;
    uint32_t error = checked->inner->request(checked->inner, opened->inner, code, input, input_size,
                                             output, output_size, returned);
    char reason[REASON_SIZE], text[REASON_SIZE + 80];
    const char *what =
        error == EFA_WIN32_SUCCESS ? find_wrong(code, input, output, *returned, reason) : NULL;

    if (what) {
        snprintf(text, sizeof text, "the reply to request 0x%x (%u bytes) cannot be right: %s",
                 code, *returned, what);
        checked->wrong(text);
    }
    if (error == EFA_WIN32_SUCCESS)
        owned_note(&opened->owned, code, input, output);
    return error;
}

void checked_init(struct checked_transport *checked, const struct efa_transport *inner,
                  void (*wrong)(const char *what))
{
    checked->transport.name = inner->name;
    checked->transport.open = open_checked;
    checked->transport.request = request_checked;
    checked->transport.close = close_checked;
    checked->inner = inner;
    checked->kills = false;
    checked->wrong = wrong;
}
