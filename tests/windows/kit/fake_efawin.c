/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A DLL with efawin.dll's exports that does nothing but remember how it was called: what the
 * loader's tests load. Written out by hand, not from the kit's list of calls, so that a mistake
 * there shows.
 */
#include <windows.h>

#include <errno.h>
#include <string.h>

#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#include "fake_efawin.h"

#undef ibv_query_port
#undef ibv_reg_mr

static struct fake_record record;
static int failure;

bool check_version(int interface_version);
int efawin_get_errno(void);
const struct fake_record *fake_last_call(void);
void fake_fail_with(int error);
int *fake_errno_address(void);
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

static bool is_set(const char *variable)
{
    char value[4];

    return GetEnvironmentVariableA(variable, value, sizeof(value)) > 0;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    (void)reserved;
    return reason != DLL_PROCESS_ATTACH || !is_set(FAKE_REJECT_ATTACH);
}

bool check_version(int interface_version)
{
    if (is_set(FAKE_STALL_VERSION)) {
        HANDLE reached = OpenEventA(EVENT_MODIFY_STATE, FALSE, FAKE_STALL_VERSION);

        if (reached != NULL)
            SetEvent(reached);
        Sleep(INFINITE);
    }
    return interface_version == 1 && !is_set(FAKE_REJECT_VERSION);
}

int efawin_get_errno(void)
{
    return errno;
}

const struct fake_record *fake_last_call(void)
{
    return &record;
}

void fake_fail_with(int error)
{
    failure = error;
    errno = 0;
}

int *fake_errno_address(void)
{
    return &errno;
}

static void remember(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    record.name = name;
    record.count++;
    record.arguments[0] = a;
    record.arguments[1] = b;
    record.arguments[2] = c;
    record.arguments[3] = d;
    record.arguments[4] = e;
}

static void *pointer_result(void)
{
    if (failure == 0)
        return (void *)FAKE_POINTER;
    if (failure > 0)
        errno = failure;
    return NULL;
}

#define P(pointer) ((uint64_t)(uintptr_t)(pointer))
#define I(integer) ((uint64_t)(integer))

struct ibv_device **ibv_get_device_list(int *num_devices)
{
    static struct ibv_device *list[2];

    remember("ibv_get_device_list", P(num_devices), 0, 0, 0, 0);
    list[0] = (struct ibv_device *)pointer_result();
    return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
    remember("ibv_free_device_list", P(list), 0, 0, 0, 0);
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
    remember("ibv_open_device", P(device), 0, 0, 0, 0);
    return (struct ibv_context *)pointer_result();
}

int ibv_close_device(struct ibv_context *context)
{
    remember("ibv_close_device", P(context), 0, 0, 0, 0);
    return failure;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
    remember("ibv_query_device", P(context), P(attr), 0, 0, 0);
    return failure;
}

int ibv_query_port(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *attr)
{
    remember("ibv_query_port", P(context), port_num, P(attr), 0, 0);
    return failure;
}

int ibv_query_gid(struct ibv_context *context, uint8_t port_num, int index, union ibv_gid *gid)
{
    remember("ibv_query_gid", P(context), port_num, I(index), P(gid), 0);
    return failure;
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
    remember("ibv_alloc_pd", P(context), 0, 0, 0, 0);
    return (struct ibv_pd *)pointer_result();
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
    remember("ibv_dealloc_pd", P(pd), 0, 0, 0, 0);
    return failure;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
    remember("ibv_reg_mr", P(pd), P(addr), length, I(access), 0);
    return (struct ibv_mr *)pointer_result();
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                                unsigned int access)
{
    remember("ibv_reg_mr_iova2", P(pd), P(addr), length, iova, access);
    return (struct ibv_mr *)pointer_result();
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
    remember("ibv_dereg_mr", P(mr), 0, 0, 0, 0);
    return failure;
}

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *cq_context,
                             struct ibv_comp_channel *channel, int comp_vector)
{
    remember("ibv_create_cq", P(context), I(cqe), P(cq_context), P(channel), I(comp_vector));
    return (struct ibv_cq *)pointer_result();
}

struct ibv_cq_ex *ibv_create_cq_ex(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr)
{
    remember("ibv_create_cq_ex", P(context), P(attr), 0, 0, 0);
    return (struct ibv_cq_ex *)pointer_result();
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
    remember("ibv_destroy_cq", P(cq), 0, 0, 0, 0);
    return failure;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
    remember("ibv_create_qp", P(pd), P(attr), 0, 0, 0);
    return (struct ibv_qp *)pointer_result();
}

struct ibv_qp *efadv_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr_ex,
                                  struct efadv_qp_init_attr *efa_attr, uint32_t inlen)
{
    remember("efadv_create_qp_ex", P(context), P(attr_ex), P(efa_attr), inlen, 0);
    return (struct ibv_qp *)pointer_result();
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask)
{
    remember("ibv_modify_qp", P(qp), P(attr), I(attr_mask), 0, 0);
    return failure;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
    remember("ibv_destroy_qp", P(qp), 0, 0, 0, 0);
    return failure;
}

struct ibv_qp_ex *ibv_qp_to_qp_ex(struct ibv_qp *qp)
{
    remember("ibv_qp_to_qp_ex", P(qp), 0, 0, 0, 0);
    return (struct ibv_qp_ex *)pointer_result();
}

struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
    remember("ibv_create_ah", P(pd), P(attr), 0, 0, 0);
    return (struct ibv_ah *)pointer_result();
}

int ibv_destroy_ah(struct ibv_ah *ah)
{
    remember("ibv_destroy_ah", P(ah), 0, 0, 0, 0);
    return failure;
}

int efadv_query_device(struct ibv_context *context, struct efadv_device_attr *attr, uint32_t inlen)
{
    remember("efadv_query_device", P(context), P(attr), inlen, 0, 0);
    return failure;
}

int efadv_query_ah(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen)
{
    remember("efadv_query_ah", P(ah), P(attr), inlen, 0, 0);
    return failure;
}

int ibv_fork_init(void)
{
    remember("ibv_fork_init", 0, 0, 0, 0, 0);
    return failure;
}

const char *ibv_wc_status_str(enum ibv_wc_status status)
{
    remember("ibv_wc_status_str", I(status), 0, 0, 0, 0);
    return failure == 0 ? "a status" : NULL;
}

/* ---- What an older DLL lacks ---- */

static int count_result(void)
{
    return failure == 0 ? FAKE_COUNT : -failure;
}

const char *ibv_get_device_name(struct ibv_device *device)
{
    remember("ibv_get_device_name", P(device), 0, 0, 0, 0);
    return (const char *)pointer_result();
}

int ibv_get_device_index(struct ibv_device *device)
{
    remember("ibv_get_device_index", P(device), 0, 0, 0, 0);
    return FAKE_COUNT;
}

const char *ibv_node_type_str(enum ibv_node_type type)
{
    remember("ibv_node_type_str", I(type), 0, 0, 0, 0);
    return failure == 0 ? "a node type" : NULL;
}

const char *ibv_port_state_str(enum ibv_port_state state)
{
    remember("ibv_port_state_str", I(state), 0, 0, 0, 0);
    return failure == 0 ? "a port state" : NULL;
}

const char *ibv_event_type_str(enum ibv_event_type event)
{
    remember("ibv_event_type_str", I(event), 0, 0, 0, 0);
    return failure == 0 ? "an event" : NULL;
}

enum ibv_fork_status ibv_is_fork_initialized(void)
{
    remember("ibv_is_fork_initialized", 0, 0, 0, 0, 0);
    return IBV_FORK_ENABLED;
}

int ibv_query_pkey(struct ibv_context *context, uint8_t port_num, int index, uint16_t *pkey)
{
    remember("ibv_query_pkey", P(context), port_num, I(index), P(pkey), 0);
    return failure;
}

int ibv_query_gid_ex(struct ibv_context *context, uint32_t port_num, uint32_t gid_index,
                     struct ibv_gid_entry *entry, uint32_t flags)
{
    remember("ibv_query_gid_ex", P(context), port_num, gid_index, P(entry), flags);
    return failure;
}

intptr_t ibv_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries,
                             size_t max_entries, uint32_t flags)
{
    remember("ibv_query_gid_table", P(context), P(entries), max_entries, flags, 0);
    return count_result();
}

int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
                 struct ibv_qp_init_attr *init_attr)
{
    remember("ibv_query_qp", P(qp), P(attr), I(attr_mask), P(init_attr), 0);
    return failure;
}

int ibv_query_qp_data_in_order(struct ibv_qp *qp, enum ibv_wr_opcode op, uint32_t flags)
{
    remember("ibv_query_qp_data_in_order", P(qp), I(op), flags, 0, 0);
    return FAKE_COUNT;
}

struct ibv_qp *efadv_create_driver_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
                                      uint32_t driver_qp_type)
{
    remember("efadv_create_driver_qp", P(pd), P(attr), driver_qp_type, 0, 0);
    return (struct ibv_qp *)pointer_result();
}

struct ibv_cq_ex *efadv_create_cq(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr_ex,
                                  struct efadv_cq_init_attr *efa_attr, uint32_t inlen)
{
    remember("efadv_create_cq", P(context), P(attr_ex), P(efa_attr), inlen, 0);
    return (struct ibv_cq_ex *)pointer_result();
}

struct efadv_cq *efadv_cq_from_ibv_cq_ex(struct ibv_cq_ex *cq_ex)
{
    remember("efadv_cq_from_ibv_cq_ex", P(cq_ex), 0, 0, 0, 0);
    return (struct efadv_cq *)pointer_result();
}

struct efadv_qp *efadv_qp_from_ibv_qp_ex(struct ibv_qp_ex *qp_ex)
{
    remember("efadv_qp_from_ibv_qp_ex", P(qp_ex), 0, 0, 0, 0);
    return (struct efadv_qp *)pointer_result();
}

int efadv_get_max_sq_depth(struct ibv_context *context, struct efadv_sq_depth_attr *attr,
                           uint32_t inlen)
{
    remember("efadv_get_max_sq_depth", P(context), P(attr), inlen, 0, 0);
    return count_result();
}

int efadv_get_max_rq_depth(struct ibv_context *context, struct efadv_rq_depth_attr *attr,
                           uint32_t inlen)
{
    remember("efadv_get_max_rq_depth", P(context), P(attr), inlen, 0, 0);
    return count_result();
}

int efadv_query_qp_wqs(struct ibv_qp *qp, struct efadv_wq_attr *sq_attr,
                       struct efadv_wq_attr *rq_attr, uint32_t inlen)
{
    remember("efadv_query_qp_wqs", P(qp), P(sq_attr), P(rq_attr), inlen, 0);
    return failure;
}

int efadv_query_cq(struct ibv_cq *cq, struct efadv_cq_attr *attr, uint32_t inlen)
{
    remember("efadv_query_cq", P(cq), P(attr), inlen, 0, 0);
    return failure;
}

int efadv_query_mr(struct ibv_mr *mr, struct efadv_mr_attr *attr, uint32_t inlen)
{
    remember("efadv_query_mr", P(mr), P(attr), inlen, 0, 0);
    return failure;
}
