/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared by the kit and efawin.dll: the version of their interface, and the list of the names that
 * the DLL exports. The types are in infiniband/verbs.h and infiniband/efadv.h.
 */
#ifndef EFAWINVER_H
#define EFAWINVER_H

/* The loader rejects a DLL whose check_version does not accept this. */
#define EFAWIN_INTERFACE_VERSION 1

/*
 * The calls that every efawin.dll exports besides `bool check_version(int interface_version)`, as
 * KIND(type, name, parameters, arguments). KIND says how a call fails. A POINTER_CALL returns NULL
 * and sets errno. A LIST_CALL does the same, and also sets errno to say why a list is empty. An
 * INT_CALL returns a positive errno value. A VOID_CALL reports no failure. A TEXT_CALL never fails:
 * it returns a text even without the DLL. Code that expands the list into names followed by
 * parameters must first undefine the macros ibv_query_port and ibv_reg_mr.
 */
#define EFAWIN_CALLS(POINTER_CALL, LIST_CALL, INT_CALL, VOID_CALL, TEXT_CALL)                      \
    LIST_CALL(struct ibv_device **, ibv_get_device_list, (int *num_devices), (num_devices))        \
    VOID_CALL(void, ibv_free_device_list, (struct ibv_device * *list), (list))                     \
    POINTER_CALL(struct ibv_context *, ibv_open_device, (struct ibv_device * device), (device))    \
    INT_CALL(int, ibv_close_device, (struct ibv_context * context), (context))                     \
    INT_CALL(int, ibv_query_device,                                                                \
             (struct ibv_context * context, struct ibv_device_attr * device_attr),                 \
             (context, device_attr))                                                               \
    INT_CALL(int, ibv_query_port,                                                                  \
             (struct ibv_context * context, uint8_t port_num, struct ibv_port_attr *port_attr),    \
             (context, port_num, port_attr))                                                       \
    INT_CALL(int, ibv_query_gid,                                                                   \
             (struct ibv_context * context, uint8_t port_num, int index, union ibv_gid *gid),      \
             (context, port_num, index, gid))                                                      \
    POINTER_CALL(struct ibv_pd *, ibv_alloc_pd, (struct ibv_context * context), (context))         \
    INT_CALL(int, ibv_dealloc_pd, (struct ibv_pd * pd), (pd))                                      \
    POINTER_CALL(struct ibv_mr *, ibv_reg_mr,                                                      \
                 (struct ibv_pd * pd, void *addr, size_t length, int access),                      \
                 (pd, addr, length, access))                                                       \
    POINTER_CALL(                                                                                  \
        struct ibv_mr *, ibv_reg_mr_iova2,                                                         \
        (struct ibv_pd * pd, void *addr, size_t length, uint64_t iova, unsigned int access),       \
        (pd, addr, length, iova, access))                                                          \
    INT_CALL(int, ibv_dereg_mr, (struct ibv_mr * mr), (mr))                                        \
    POINTER_CALL(struct ibv_cq *, ibv_create_cq,                                                   \
                 (struct ibv_context * context, int cqe, void *cq_context,                         \
                  struct ibv_comp_channel *channel, int comp_vector),                              \
                 (context, cqe, cq_context, channel, comp_vector))                                 \
    POINTER_CALL(struct ibv_cq_ex *, ibv_create_cq_ex,                                             \
                 (struct ibv_context * context, struct ibv_cq_init_attr_ex * cq_attr),             \
                 (context, cq_attr))                                                               \
    INT_CALL(int, ibv_destroy_cq, (struct ibv_cq * cq), (cq))                                      \
    POINTER_CALL(struct ibv_qp *, ibv_create_qp,                                                   \
                 (struct ibv_pd * pd, struct ibv_qp_init_attr * qp_init_attr), (pd, qp_init_attr)) \
    POINTER_CALL(struct ibv_qp *, efadv_create_qp_ex,                                              \
                 (struct ibv_context * context, struct ibv_qp_init_attr_ex * attr_ex,              \
                  struct efadv_qp_init_attr * efa_attr, uint32_t inlen),                           \
                 (context, attr_ex, efa_attr, inlen))                                              \
    INT_CALL(int, ibv_modify_qp, (struct ibv_qp * qp, struct ibv_qp_attr * attr, int attr_mask),   \
             (qp, attr, attr_mask))                                                                \
    INT_CALL(int, ibv_destroy_qp, (struct ibv_qp * qp), (qp))                                      \
    POINTER_CALL(struct ibv_qp_ex *, ibv_qp_to_qp_ex, (struct ibv_qp * qp), (qp))                  \
    POINTER_CALL(struct ibv_ah *, ibv_create_ah, (struct ibv_pd * pd, struct ibv_ah_attr * attr),  \
                 (pd, attr))                                                                       \
    INT_CALL(int, ibv_destroy_ah, (struct ibv_ah * ah), (ah))                                      \
    INT_CALL(int, efadv_query_device,                                                              \
             (struct ibv_context * context, struct efadv_device_attr * attr, uint32_t inlen),      \
             (context, attr, inlen))                                                               \
    INT_CALL(int, efadv_query_ah,                                                                  \
             (struct ibv_ah * ah, struct efadv_ah_attr * attr, uint32_t inlen), (ah, attr, inlen)) \
    INT_CALL(int, ibv_fork_init, (void), ())                                                       \
    TEXT_CALL(const char *, ibv_wc_status_str, (enum ibv_wc_status status), (status))

/*
 * Exports that an older efawin.dll may lack, in the same form. A call whose export is missing fails
 * as it does without a DLL, but with EOPNOTSUPP instead of ENOSYS. Further kinds: a COUNT_CALL
 * returns a negative errno value on failure; an ANSWER_CALL(..., answer) returns `answer` if the
 * export is missing.
 */
#define EFAWIN_OPTIONAL_CALLS(POINTER_CALL, INT_CALL, COUNT_CALL, ANSWER_CALL, TEXT_CALL)          \
    POINTER_CALL(const char *, ibv_get_device_name, (struct ibv_device * device), (device))        \
    ANSWER_CALL(int, ibv_get_device_index, (struct ibv_device * device), (device), -1)             \
    TEXT_CALL(const char *, ibv_node_type_str, (enum ibv_node_type node_type), (node_type))        \
    TEXT_CALL(const char *, ibv_port_state_str, (enum ibv_port_state port_state), (port_state))    \
    TEXT_CALL(const char *, ibv_event_type_str, (enum ibv_event_type event), (event))              \
    ANSWER_CALL(enum ibv_fork_status, ibv_is_fork_initialized, (void), (), IBV_FORK_UNNEEDED)      \
    INT_CALL(int, ibv_query_pkey,                                                                  \
             (struct ibv_context * context, uint8_t port_num, int index, uint16_t *pkey),          \
             (context, port_num, index, pkey))                                                     \
    INT_CALL(int, ibv_query_gid_ex,                                                                \
             (struct ibv_context * context, uint32_t port_num, uint32_t gid_index,                 \
              struct ibv_gid_entry *entry, uint32_t flags),                                        \
             (context, port_num, gid_index, entry, flags))                                         \
    COUNT_CALL(intptr_t, ibv_query_gid_table,                                                      \
               (struct ibv_context * context, struct ibv_gid_entry * entries, size_t max_entries,  \
                uint32_t flags),                                                                   \
               (context, entries, max_entries, flags))                                             \
    INT_CALL(int, ibv_query_qp,                                                                    \
             (struct ibv_qp * qp, struct ibv_qp_attr * attr, int attr_mask,                        \
              struct ibv_qp_init_attr *init_attr),                                                 \
             (qp, attr, attr_mask, init_attr))                                                     \
    ANSWER_CALL(int, ibv_query_qp_data_in_order,                                                   \
                (struct ibv_qp * qp, enum ibv_wr_opcode op, uint32_t flags), (qp, op, flags), 0)   \
    POINTER_CALL(struct ibv_qp *, efadv_create_driver_qp,                                          \
                 (struct ibv_pd * pd, struct ibv_qp_init_attr * attr, uint32_t driver_qp_type),    \
                 (pd, attr, driver_qp_type))                                                       \
    POINTER_CALL(struct ibv_cq_ex *, efadv_create_cq,                                              \
                 (struct ibv_context * context, struct ibv_cq_init_attr_ex * attr_ex,              \
                  struct efadv_cq_init_attr * efa_attr, uint32_t inlen),                           \
                 (context, attr_ex, efa_attr, inlen))                                              \
    POINTER_CALL(struct efadv_cq *, efadv_cq_from_ibv_cq_ex, (struct ibv_cq_ex * cq_ex), (cq_ex))  \
    POINTER_CALL(struct efadv_qp *, efadv_qp_from_ibv_qp_ex, (struct ibv_qp_ex * qp_ex), (qp_ex))  \
    COUNT_CALL(int, efadv_get_max_sq_depth,                                                        \
               (struct ibv_context * context, struct efadv_sq_depth_attr * attr, uint32_t inlen),  \
               (context, attr, inlen))                                                             \
    COUNT_CALL(int, efadv_get_max_rq_depth,                                                        \
               (struct ibv_context * context, struct efadv_rq_depth_attr * attr, uint32_t inlen),  \
               (context, attr, inlen))                                                             \
    INT_CALL(int, efadv_query_qp_wqs,                                                              \
             (struct ibv_qp * qp, struct efadv_wq_attr * sq_attr, struct efadv_wq_attr * rq_attr,  \
              uint32_t inlen),                                                                     \
             (qp, sq_attr, rq_attr, inlen))                                                        \
    INT_CALL(int, efadv_query_cq,                                                                  \
             (struct ibv_cq * cq, struct efadv_cq_attr * attr, uint32_t inlen), (cq, attr, inlen)) \
    INT_CALL(int, efadv_query_mr,                                                                  \
             (struct ibv_mr * mr, struct efadv_mr_attr * attr, uint32_t inlen), (mr, attr, inlen))

#endif
