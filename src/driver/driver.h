/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A session with the driver: its interface version, and its commands with plain arguments. Every
 * function returns 0 or an errno value. Failures are logged here, where they are first seen;
 * outputs are written only on success. An invalid reply is an error, and the object that the driver
 * created is destroyed again. All calls are thread-safe, except open and close.
 *
 * Objects can always be destroyed, even if the adapter or the driver has lost them. Destroying
 * succeeds if the driver does not know the object, if the adapter is gone, if the driver only
 * reports a wrong size of its own reply, and if an object that only the driver knows still uses the
 * object. The driver releases what it still holds when the session ends.
 */
#ifndef EFA_DRIVER_DRIVER_H
#define EFA_DRIVER_DRIVER_H

#include "os/compiler.h"
#include "protocol.h"
#include "transport.h"

/* The largest num_sub_cqs that a valid reply can have. */
#define EFA_REPLY_MAX_SUB_CQS 16

struct efa_driver {
    const struct efa_transport *transport;
    void *session;
    uint32_t interface_version;
    uint32_t holds_unknown; /* the driver may have objects that the library cannot name; atomic */
    uint32_t is_gone;       /* the last command reported that the adapter is gone; atomic */
    /* By EFA_COMMAND_INDEX: the error that was logged last for want of resources; atomic. */
    uint32_t logged_full[EFA_COMMANDS];
};

/*
 * Opens a session, finds the newest interface version that the driver supports, and reads the
 * device's description. Returns ENODEV if there is no driver, EPROTONOSUPPORT if it supports none
 * of the versions. `quiet`: a missing adapter is not an error; it is logged as a warning, once per
 * process.
 */
int efa_driver_open(struct efa_driver *driver, const struct efa_transport *transport,
                    struct efa_device_info *info, bool quiet);
void efa_driver_close(struct efa_driver *driver);

/* Whether the driver has MODIFY_QP. Without it only the library keeps the state of a QP. */
EFA_INLINE bool efa_driver_modifies_qps(const struct efa_driver *driver)
{
    return driver->interface_version >= EFA_INTERFACE_VERSION_2;
}

/* Returns 0 if the driver still replies for the adapter, else its error, which is logged. */
int efa_driver_check_alive(struct efa_driver *driver);

/* Whether the last reply reported that the adapter is gone. It may be back: check it. */
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

/* The sub-CQ indices of a valid reply are less than `num_sub_cqs`. */
int efa_driver_create_qp(struct efa_driver *driver, const struct efa_create_qp_params *params,
                         uint16_t num_sub_cqs, struct efa_qp_info *info);
int efa_driver_modify_qp(struct efa_driver *driver, const struct efa_modify_qp_params *params);
int efa_driver_destroy_qp(struct efa_driver *driver, uint32_t qp_handle);

#endif
