/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The commands that create, change and destroy the driver's objects. If a reply is invalid, the
 * object is destroyed before the error is returned.
 */
#include <errno.h>
#include <string.h>

#include "device/send_descriptor.h"
#include "driver.h"
#include "errors.h"
#include "os/log.h"
#include "os/os.h"
#include "reply_check.h"
#include "command.h"
#include "win32_error.h"

/* The number of bytes that a reply needs to contain its `member`. */
#define END_OF(type, member) \
    ((uint32_t)(offsetof(struct type, member) + sizeof((struct type *)NULL)->member))

/* An invalid reply was logged. The object that it should have named may exist. */
static int reject_reply(struct efa_driver *driver)
{
    efa_store_relaxed_u32(&driver->holds_unknown, 1);
    return EIO;
}

/* A thread that ended with the process may have been creating an object. */
static bool may_hold_unknown(const struct efa_driver *driver)
{
    return efa_load_relaxed_u32(&driver->holds_unknown) || efa_os_process_is_ending();
}

/* Whether an object that the driver failed to destroy counts as destroyed, see driver.h. */
static bool counts_as_destroyed(const struct efa_driver *driver, uint32_t win32)
{
    switch (efa_error_meaning(win32)->effect) {
    case EFA_OBJECT_GONE:
    case EFA_DONE:
        return true;
    default:
        return win32 == EFA_WIN32_BUSY && may_hold_unknown(driver);
    }
}

/* Destroys an object. Returns 0 also if nothing is left to destroy, see driver.h. */
static int end_object(struct efa_driver *driver, const char *name, uint32_t code,
                      const void *params, uint32_t size)
{
    bool was_gone = efa_load_relaxed_u32(&driver->is_gone); /* the log has it */
    uint32_t returned;
    uint64_t win32 = efa_driver_command_raw(driver, code, params, size, NULL, 0, &returned);
    int error = efa_driver_log_failure(driver, name, win32, returned, 0);

    if (!error || !counts_as_destroyed(driver, (uint32_t)win32))
        return error;
    efa_store_relaxed_u32(&driver->holds_unknown, 1);
    efa_log(was_gone ? EFA_LOG_DEBUG : EFA_LOG_WARN,
            "%s: treated as done; the driver releases the object when the context is closed", name);
    return 0;
}

int efa_driver_alloc_pd(struct efa_driver *driver, uint16_t *pdn)
{
    struct efa_pd_info info = {0};
    bool created;
    int error = efa_driver_create_command(driver, "ALLOC_PD", EFA_ALLOC_PD, NULL, 0, &info,
                                          sizeof info, END_OF(efa_pd_info, pdn), &created);

    if (error) {
        if (created)
            (void)efa_driver_dealloc_pd(driver, info.pdn); /* logs its own failure */
        return error;
    }
    *pdn = info.pdn;
    return 0;
}

int efa_driver_dealloc_pd(struct efa_driver *driver, uint16_t pdn)
{
    struct efa_dealloc_pd_params params = {pdn};

    return end_object(driver, "DEALLOC_PD", EFA_DEALLOC_PD, &params, sizeof params);
}

/*
 * Whether DEREG_MR names only the region of an invalid key. Drivers up to version 2 know a region
 * by the low half of its key, which may also be the key of a region in use.
 */
static bool can_name_region(const struct efa_driver *driver, uint32_t lkey)
{
    return driver->interface_version >= EFA_INTERFACE_VERSION_3 || lkey <= EFA_LKEY_MASK;
}

int efa_driver_reg_mr(struct efa_driver *driver, const struct efa_reg_mr_params *params,
                      struct efa_mr_info *info)
{
    struct efa_mr_info reply = {0, 0};
    bool created;
    int error =
        efa_driver_create_command(driver, "REG_MR", EFA_REG_MR, params, sizeof *params, &reply,
                                  sizeof reply, END_OF(efa_mr_info, lkey), &created);

    if (!error && !efa_check_mr_info(&reply))
        error = reject_reply(driver);
    if (error) {
        if (created && can_name_region(driver, reply.lkey))
            (void)efa_driver_dereg_mr(driver, reply.lkey);
        return error;
    }
    *info = reply;
    return 0;
}

int efa_driver_dereg_mr(struct efa_driver *driver, uint32_t lkey)
{
    if (driver->interface_version >= EFA_INTERFACE_VERSION_3) {
        struct efa_dereg_mr_params_v3 params = {lkey};

        return end_object(driver, "DEREG_MR", EFA_DEREG_MR, &params, sizeof params);
    }

    /* Drivers of these versions know a region by the low 16 bits of its key. */
    struct efa_dereg_mr_params_v1 params = {(uint16_t)lkey};

    return end_object(driver, "DEREG_MR", EFA_DEREG_MR, &params, sizeof params);
}

int efa_driver_create_ah(struct efa_driver *driver, uint16_t pdn, const uint8_t gid[EFA_GID_SIZE],
                         uint16_t *ah)
{
    struct efa_create_ah_params params = {pdn, {0}};
    struct efa_ah_info info = {0};

    memcpy(params.dest_addr, gid, EFA_GID_SIZE);
    bool created;
    int error = efa_driver_create_command(driver, "ALLOC_AH", EFA_ALLOC_AH, &params, sizeof params,
                                          &info, sizeof info, END_OF(efa_ah_info, ah), &created);
    if (!error && !efa_check_ah_info(&info))
        error = reject_reply(driver);
    if (error) {
        if (created)
            (void)efa_driver_destroy_ah(driver, pdn, info.ah);
        return error;
    }
    *ah = info.ah;
    return 0;
}

int efa_driver_destroy_ah(struct efa_driver *driver, uint16_t pdn, uint16_t ah)
{
    struct efa_destroy_ah_params params = {pdn, ah};

    return end_object(driver, "DEALLOC_AH", EFA_DEALLOC_AH, &params, sizeof params);
}

int efa_driver_create_cq(struct efa_driver *driver, const struct efa_create_cq_params *params,
                         struct efa_cq_info *info)
{
    uint8_t input[EFA_CREATE_CQ_INPUT_SIZE] = {0};
    struct efa_cq_info reply;

    memset(&reply, 0, sizeof reply);
    memcpy(input, params, sizeof *params);
    bool created;
    int error =
        efa_driver_create_command(driver, "CREATE_CQ", EFA_CREATE_CQ, input, sizeof input, &reply,
                                  sizeof reply, END_OF(efa_cq_info, cq_index), &created);
    if (!error && !efa_check_cq_info(&reply, params))
        error = reject_reply(driver);
    if (error) {
        if (created)
            (void)efa_driver_destroy_cq(driver, reply.cq_index);
        return error;
    }
    *info = reply;
    return 0;
}

int efa_driver_destroy_cq(struct efa_driver *driver, uint16_t cq_index)
{
    struct efa_destroy_cq_params params = {cq_index};

    return end_object(driver, "DESTROY_CQ", EFA_DESTROY_CQ, &params, sizeof params);
}

int efa_driver_create_qp(struct efa_driver *driver, const struct efa_create_qp_params *params,
                         uint16_t num_sub_cqs, struct efa_qp_info *info)
{
    struct efa_qp_info reply;

    memset(&reply, 0, sizeof reply);
    bool created;
    int error =
        efa_driver_create_command(driver, "CREATE_QP", EFA_CREATE_QP, params, sizeof *params,
                                  &reply, sizeof reply, END_OF(efa_qp_info, qp_handle), &created);
    if (!error && !efa_check_qp_info(&reply, params, num_sub_cqs))
        error = reject_reply(driver);
    if (error) {
        if (created)
            (void)efa_driver_destroy_qp(driver, reply.qp_handle);
        return error;
    }
    *info = reply;
    return 0;
}

int efa_driver_modify_qp(struct efa_driver *driver, const struct efa_modify_qp_params *params)
{
    return efa_driver_command(driver, "MODIFY_QP", EFA_MODIFY_QP, params, sizeof *params, NULL, 0);
}

int efa_driver_destroy_qp(struct efa_driver *driver, uint32_t qp_handle)
{
    struct efa_destroy_qp_params params = {qp_handle};

    return end_object(driver, "DESTROY_QP", EFA_DESTROY_QP, &params, sizeof params);
}
