/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A session with the driver: which interface version it speaks, and its requests with plain
 * arguments. Every function returns 0 or an errno value; failures are logged here, where they are
 * first seen, and outputs are written on success only. A reply that cannot be right is an error:
 * what the driver made is destroyed again. All calls are thread-safe apart from open and close.
 *
 * Objects can always be destroyed, also where the adapter or the driver has lost them: destroying
 * succeeds when the driver does not know the object, when the adapter is gone, when the driver
 * complains of its own reply only, and when something that only the driver knows still uses the
 * object. What the driver may then still hold ends with the session.
 */
#ifndef EFA_DRIVER_DRIVER_H
#define EFA_DRIVER_DRIVER_H

#include "os/compiler.h"
#include "protocol.h"
#include "transport.h"

/* What a reply may say of num_sub_cqs: beyond it, it cannot be right. */
#define EFA_REPLY_MAX_SUB_CQS 16

struct efa_driver {
    const struct efa_transport *transport;
    void *session;
    uint32_t interface_version;
    uint32_t holds_unknown; /* the driver may have objects that we cannot name; atomic */
    uint32_t is_gone;       /* the last request said that the adapter is; atomic */
    /* By EFA_COMMAND_INDEX: the error that was logged last for want of resources; atomic. */
    uint32_t logged_full[EFA_COMMANDS];
};

/*
 * Opens a session, finds the newest interface version that the driver speaks, and reads the
 * device's description. ENODEV where there is no driver, EPROTONOSUPPORT where it speaks none of
 * the versions. `quiet`: that there is no adapter is a reply; a warning, once a process.
 */
int efa_driver_open(struct efa_driver *driver, const struct efa_transport *transport,
                    struct efa_device_info *info, bool quiet);
void efa_driver_close(struct efa_driver *driver);

/* Whether MODIFY_QP exists; without it a QP's state is the library's own bookkeeping. */
EFA_INLINE bool efa_driver_modifies_qps(const struct efa_driver *driver)
{
    return driver->interface_version >= EFA_INTERFACE_VERSION_2;
}

/* 0 where the driver still answers for the adapter; the error that it answers, logged. */
int efa_driver_check_alive(struct efa_driver *driver);

/* Whether the newest reply said that the adapter is gone: worth a check. */
EFA_INLINE bool efa_driver_seems_gone(const struct efa_driver *driver)
{
    return efa_load_relaxed_u32(&driver->is_gone) != 0;
}

int efa_driver_alloc_pd(struct efa_driver *driver, uint16_t *pdn);
int efa_driver_dealloc_pd(struct efa_driver *driver, uint16_t pdn);

int efa_driver_reg_mr(struct efa_driver *driver, const struct efa_reg_mr_params *params,
                      struct efa_mr_info *info);
int efa_driver_dereg_mr(struct efa_driver *driver, uint32_t lkey);

int efa_driver_create_ah(struct efa_driver *driver, uint16_t pdn, const uint8_t gid[EFA_GID_SIZE],
                         uint16_t *ah);
int efa_driver_destroy_ah(struct efa_driver *driver, uint16_t pdn, uint16_t ah);

int efa_driver_create_cq(struct efa_driver *driver, const struct efa_create_cq_params *params,
                         struct efa_cq_info *info);
int efa_driver_destroy_cq(struct efa_driver *driver, uint16_t cq_index);

/* `num_sub_cqs` bounds the sub-CQ indices that the reply may name. */
int efa_driver_create_qp(struct efa_driver *driver, const struct efa_create_qp_params *params,
                         uint16_t num_sub_cqs, struct efa_qp_info *info);
int efa_driver_modify_qp(struct efa_driver *driver, const struct efa_modify_qp_params *params);
int efa_driver_destroy_qp(struct efa_driver *driver, uint32_t qp_handle);

#endif
