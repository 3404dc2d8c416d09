/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Follows the objects of a session by its requests; see owned.h. */
#include "owned.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "driver/protocol.h"

/* In the order in which they can be destroyed. */
enum owned_kind { OWNED_QP, OWNED_CQ, OWNED_MR, OWNED_AH, OWNED_PD, OWNED_KINDS };

struct owned_object {
    enum owned_kind kind;
    uint32_t handle;
    uint16_t pdn; /* of an address handle */
};

static void add(struct owned *owned, enum owned_kind kind, uint32_t handle, uint16_t pdn)
{
    const struct owned_object object = {kind, handle, pdn};

    if (owned->count == owned->room) {
        const size_t room = owned->room ? 2 * owned->room : 16;
        struct owned_object *objects = realloc(owned->objects, room * sizeof *objects);

        if (!objects) /* the driver frees the object when the session is closed */
            return;
        owned->objects = objects;
        owned->room = room;
    }
    owned->objects[owned->count++] = object;
}

/* The newest object with this handle: several requests for one address return the same handle. */
static void take_out(struct owned *owned, enum owned_kind kind, uint32_t handle)
{
    for (size_t i = owned->count; i > 0; i--) {
        if (owned->objects[i - 1].kind == kind && owned->objects[i - 1].handle == handle) {
            owned->objects[i - 1] = owned->objects[--owned->count];
            return;
        }
    }
}

/* Reads a member from a structure that may not be aligned. */
#define MEMBER(bytes, type, member, value) \
    memcpy(&(value), (const uint8_t *)(bytes) + offsetof(type, member), sizeof value)

static void note_created(struct owned *owned, uint32_t code, const void *input, const void *output)
{
    uint16_t small = 0, pdn = 0;
    uint32_t large = 0;

    switch (code) {
    case EFA_CREATE_QP:
        MEMBER(output, struct efa_qp_info, qp_handle, large);
        add(owned, OWNED_QP, large, 0);
        break;
    case EFA_CREATE_CQ:
        MEMBER(output, struct efa_cq_info, cq_index, small);
        add(owned, OWNED_CQ, small, 0);
        break;
    case EFA_REG_MR:
        MEMBER(output, struct efa_mr_info, lkey, large);
        add(owned, OWNED_MR, large, 0);
        break;
    case EFA_ALLOC_AH:
        MEMBER(input, struct efa_create_ah_params, pdn, pdn);
        MEMBER(output, struct efa_ah_info, ah, small);
        add(owned, OWNED_AH, small, pdn);
        break;
    case EFA_ALLOC_PD:
        MEMBER(output, struct efa_pd_info, pdn, small);
        add(owned, OWNED_PD, small, 0);
        break;
    default:
        break;
    }
}

static bool has_long_keys(const struct owned *owned)
{
    return owned->version >= EFA_INTERFACE_VERSION_3;
}

static void note_destroyed(struct owned *owned, uint32_t code, const void *input)
{
    uint16_t small = 0;
    uint32_t large = 0;

    switch (code) {
    case EFA_DESTROY_QP:
        MEMBER(input, struct efa_destroy_qp_params, qp_handle, large);
        take_out(owned, OWNED_QP, large);
        break;
    case EFA_DESTROY_CQ:
        MEMBER(input, struct efa_destroy_cq_params, cq_index, small);
        take_out(owned, OWNED_CQ, small);
        break;
    case EFA_DEREG_MR:
        MEMBER(input, struct efa_dereg_mr_params_v1, lkey, small);
        if (has_long_keys(owned))
            MEMBER(input, struct efa_dereg_mr_params_v3, lkey, large);
        take_out(owned, OWNED_MR, has_long_keys(owned) ? large : small);
        break;
    case EFA_DEALLOC_AH:
        MEMBER(input, struct efa_destroy_ah_params, ah, small);
        take_out(owned, OWNED_AH, small);
        break;
    case EFA_DEALLOC_PD:
        MEMBER(input, struct efa_dealloc_pd_params, pdn, small);
        take_out(owned, OWNED_PD, small);
        break;
    default:
        break;
    }
}

void owned_note(struct owned *owned, uint32_t code, const void *input, const void *output)
{
    if (code == EFA_QUERY_DEVICE)
        MEMBER(input, struct efa_query_device_params, interface_version, owned->version);
    note_created(owned, code, input, output);
    note_destroyed(owned, code, input);
}

static void destroy(const struct owned_object *object, bool long_keys,
                    const struct efa_transport *transport, void *session)
{
    static const uint32_t codes[OWNED_KINDS] = {EFA_DESTROY_QP, EFA_DESTROY_CQ, EFA_DEREG_MR,
                                                EFA_DEALLOC_AH, EFA_DEALLOC_PD};
    const struct efa_destroy_ah_params ah = {object->pdn, (uint16_t)object->handle};
    const uint16_t small = (uint16_t)object->handle;
    const void *input = &small;
    uint32_t size = sizeof small, returned;

    if (object->kind == OWNED_QP || (object->kind == OWNED_MR && long_keys)) {
        input = &object->handle;
        size = sizeof object->handle;
    } else if (object->kind == OWNED_AH) {
        input = &ah;
        size = sizeof ah;
    }
    transport->request(transport, session, codes[object->kind], input, size, NULL, 0, &returned);
}

void owned_destroy(struct owned *owned, const struct efa_transport *transport, void *session)
{
    for (int kind = 0; kind < OWNED_KINDS; kind++) {
        for (size_t i = owned->count; i > 0; i--) {
            if ((int)owned->objects[i - 1].kind == kind)
                destroy(&owned->objects[i - 1], has_long_keys(owned), transport, session);
        }
    }
    free(owned->objects);
    owned->objects = NULL;
    owned->count = 0;
    owned->room = 0;
}
