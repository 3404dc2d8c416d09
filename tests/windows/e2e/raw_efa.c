/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Requests, rings and doorbells by hand (raw_efa.h). */
#include "raw_efa.h"

#include <string.h>

#include "os/compiler.h"

enum { WAIT_MS = 10000 };

uint32_t raw_open_device(HANDLE *device)
{
    *device = CreateFileW(L"\\\\.\\EFADevice", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                          0, NULL);
    return *device == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

uint32_t raw_request(HANDLE device, uint32_t code, const void *input, uint32_t input_size,
                     void *output, uint32_t output_size, uint32_t *returned)
{
    DWORD count = 0;
    BOOL done = DeviceIoControl(device, code, (void *)(uintptr_t)input, input_size, output,
                                output_size, &count, NULL);

    if (returned)
        *returned = count;
    return done ? 0 : GetLastError();
}

static bool whole(struct raw_efa *efa, uint32_t code, const void *input, uint32_t input_size,
                  void *output, uint32_t output_size)
{
    uint32_t returned;

    return raw_request(efa->device, code, input, input_size, output, output_size, &returned) == 0 &&
           returned == output_size;
}

bool raw_efa_open(struct raw_efa *efa, uint32_t interface_version)
{
    struct efa_query_device_params query = {interface_version};
    struct efa_create_ah_params create_ah;
    struct efa_ah_info ah;
    struct efa_pd_info pd;

    memset(efa, 0, sizeof *efa);
    if (raw_open_device(&efa->device) != 0)
        return false;
    if (!whole(efa, EFA_QUERY_DEVICE, &query, sizeof query, &efa->info, sizeof efa->info) ||
        !whole(efa, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd))
        goto failed;
    efa->pdn = pd.pdn;
    memset(&create_ah, 0, sizeof create_ah);
    create_ah.pdn = pd.pdn;
    memcpy(create_ah.dest_addr, efa->info.addr, sizeof create_ah.dest_addr);
    if (!whole(efa, EFA_ALLOC_AH, &create_ah, sizeof create_ah, &ah, sizeof ah))
        goto failed;
    efa->own_ah = ah.ah;
    return true;

failed:
    raw_efa_close(efa);
    return false;
}

void raw_efa_close(struct raw_efa *efa)
{
    CloseHandle(efa->device);
    efa->device = INVALID_HANDLE_VALUE;
}

uint32_t raw_register(struct raw_efa *efa, void *memory, size_t size, uint8_t permissions,
                      uint32_t *lkey)
{
    struct efa_reg_mr_params params;
    struct efa_mr_info info;
    uint32_t error;

    memset(&params, 0, sizeof params);
    params.length = size;
    params.addr = (uint64_t)(uintptr_t)memory;
    params.pdn = efa->pdn;
    params.permissions = permissions;
    error = raw_request(efa->device, EFA_REG_MR, &params, sizeof params, &info, sizeof info, NULL);
    if (error == 0)
        *lkey = info.lkey;
    return error;
}

uint32_t raw_qp_modify_to(struct raw_efa *efa, struct raw_efa_qp *qp,
                          enum efa_driver_qp_state state)
{
    struct efa_modify_qp_params params;

    memset(&params, 0, sizeof params);
    params.modify_mask = EFA_MODIFY_QP_STATE;
    if (state == EFA_DRIVER_QP_INIT)
        params.modify_mask |= EFA_MODIFY_QP_QKEY;
    if (state == EFA_DRIVER_QP_RTS)
        params.modify_mask |= EFA_MODIFY_QP_SQ_PSN;
    params.qp_handle = qp->info.qp_handle;
    params.state = state;
    params.qkey = RAW_QKEY;
    return raw_request(efa->device, EFA_MODIFY_QP, &params, sizeof params, NULL, 0, NULL);
}

bool raw_qp_create(struct raw_efa *efa, struct raw_efa_qp *qp, enum efa_driver_qp_type type,
                   uint32_t depth)
{
    struct efa_create_cq_params cq;
    struct efa_create_qp_params create;
    uint8_t cq_input[EFA_CREATE_CQ_INPUT_SIZE] = {0};

    memset(qp, 0, sizeof *qp);
    memset(&cq, 0, sizeof cq);
    cq.depth = (uint16_t)(2 * depth);
    cq.num_sub_cqs = efa->info.num_sub_cqs;
    cq.entry_size = EFA_COMPLETION_ENTRY_SIZE;
    memcpy(cq_input, &cq, sizeof cq);
    if (!whole(efa, EFA_CREATE_CQ, cq_input, sizeof cq_input, &qp->cq, sizeof qp->cq))
        return false;
    memset(&create, 0, sizeof create);
    create.send_cq_index = qp->cq.cq_index;
    create.recv_cq_index = qp->cq.cq_index;
    create.sq_depth = depth;
    create.rq_depth = depth;
    create.sq_ring_size = depth * EFA_SEND_DESCRIPTOR_SIZE;
    create.rq_ring_size = depth * EFA_RECV_DESCRIPTOR_SIZE;
    create.pdn = efa->pdn;
    create.qp_type = type;
    qp->depth = depth;
    qp->num_sub_cqs = efa->info.num_sub_cqs;
    return whole(efa, EFA_CREATE_QP, &create, sizeof create, &qp->info, sizeof qp->info) &&
           raw_qp_modify_to(efa, qp, EFA_DRIVER_QP_INIT) == 0 &&
           raw_qp_modify_to(efa, qp, EFA_DRIVER_QP_RTR) == 0 &&
           raw_qp_modify_to(efa, qp, EFA_DRIVER_QP_RTS) == 0;
}

void raw_post_send(struct raw_efa_qp *qp, uint16_t request_id, uint16_t ah, uint32_t destination_qp,
                   const void *data, uint32_t size, uint32_t lkey)
{
    char *ring = (char *)(uintptr_t)qp->info.sq;
    struct efa_send_descriptor descriptor;
    uint64_t address = (uint64_t)(uintptr_t)data;

    memset(&descriptor, 0, sizeof descriptor);
    descriptor.request_id = request_id;
    descriptor.ctrl1 = EFA_SEND_OP_SEND | EFA_SEND_META_DESC;
    descriptor.ctrl2 = EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ;
    if ((qp->sends & qp->depth) != 0)
        descriptor.ctrl2 |= EFA_SEND_PHASE;
    descriptor.destination_qp = (uint16_t)destination_qp;
    descriptor.length = 1;
    descriptor.address_handle = ah;
    descriptor.qkey = RAW_QKEY;
    descriptor.payload.buffers[0].length = size;
    descriptor.payload.buffers[0].lkey = lkey;
    descriptor.payload.buffers[0].address_low = (uint32_t)address;
    descriptor.payload.buffers[0].address_high = (uint32_t)(address >> 32);
    memcpy(ring + (qp->sends & (qp->depth - 1)) * sizeof descriptor, &descriptor,
           sizeof descriptor);
    qp->sends++;
}

static void ring(uint64_t doorbell, uint32_t producer)
{
    efa_store_release_u32((uint32_t *)(uintptr_t)doorbell, producer & 0xffffu);
}

void raw_ring_send(struct raw_efa_qp *qp)
{
    ring(qp->info.sq_doorbell, qp->sends);
}

void raw_post_receive(struct raw_efa_qp *qp, uint16_t request_id, void *data, uint32_t size,
                      uint32_t lkey)
{
    char *ring_memory = (char *)(uintptr_t)qp->info.rq;
    uint64_t address = (uint64_t)(uintptr_t)data;
    struct efa_recv_descriptor descriptor;

    descriptor.address_low = (uint32_t)address;
    descriptor.address_high = (uint32_t)(address >> 32);
    descriptor.request_id = request_id;
    descriptor.length = (uint16_t)size;
    descriptor.lkey_ctrl = lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
    memcpy(ring_memory + (qp->receives & (qp->depth - 1)) * sizeof descriptor, &descriptor,
           sizeof descriptor);
    qp->receives++;
}

void raw_ring_receive(struct raw_efa_qp *qp)
{
    ring(qp->info.rq_doorbell, qp->receives);
}

bool raw_poll(struct raw_efa_qp *qp, struct efa_completion_entry *entry)
{
    for (uint32_t k = 0; k < qp->num_sub_cqs; k++) {
        uint32_t depth = qp->cq.actual_depth, at = qp->consumed[k];
        const char *sub_cq =
            (const char *)(uintptr_t)qp->cq.cq_addr + (size_t)k * depth * EFA_COMPLETION_ENTRY_SIZE;
        const char *slot = sub_cq + (size_t)(at & (depth - 1)) * EFA_COMPLETION_ENTRY_SIZE;
        uint8_t expected = (at & depth) == 0 ? EFA_COMPLETION_PHASE : 0;
        const uint8_t *flags = (const uint8_t *)slot + offsetof(struct efa_completion_entry, flags);

        if ((efa_load_acquire_u8(flags) & EFA_COMPLETION_PHASE) == expected) {
            memcpy(entry, slot, sizeof *entry);
            qp->consumed[k]++;
            return true;
        }
    }
    return false;
}

bool raw_wait(struct raw_efa_qp *qp, struct efa_completion_entry *entry)
{
    ULONGLONG end = GetTickCount64() + WAIT_MS;

    do {
        for (unsigned i = 0; i < 1000; i++) {
            if (raw_poll(qp, entry))
                return true;
            efa_cpu_relax();
        }
        SwitchToThread();
    } while (GetTickCount64() < end);
    return false;
}
