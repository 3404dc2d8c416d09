/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Sends a command and checks the size of its reply. */
#include "command.h"

#include <errno.h>

#include "errors.h"
#include "os/log.h"
#include "os/trace.h"
#include "win32_error.h"

uint64_t efa_driver_command_raw(struct efa_driver *driver, uint32_t code, const void *input,
                                uint32_t input_size, void *output, uint32_t output_size,
                                uint32_t *returned)
{
    *returned = 0;
    uint32_t error = driver->transport->request(driver->transport, driver->session, code, input,
                                                input_size, output, output_size, returned);

    /* For commands without a reply the reported length has no meaning: there was no buffer. */
    if (error == EFA_WIN32_SUCCESS && output_size != 0 && *returned != output_size)
        return EFA_REPLY_WRONG_SIZE;
    return error;
}

/* Whether the previous command already reported that the adapter is gone. */
static bool repeats_removal(struct efa_driver *driver, const struct efa_error_meaning *meaning)
{
    if (meaning->effect != EFA_OBJECT_GONE || meaning->error == ENOENT)
        return false; /* ENOENT concerns one object */
    return efa_exchange_acquire_u32(&driver->is_gone, 1);
}

/* `logged`: the last error that was logged, now logged at level debug only; or NULL. */
static void log_error(struct efa_driver *driver, const char *name, uint32_t win32, uint32_t *logged)
{
    const struct efa_error_meaning *meaning = efa_error_meaning(win32);
    bool again = logged && efa_exchange_acquire_u32(logged, win32) == win32;

    if (repeats_removal(driver, meaning))
        again = true;
    efa_log(again ? EFA_LOG_DEBUG : EFA_LOG_ERROR,
            "%s: the driver replied %s (Win32 error %u, errno %d): %s; %s%s", name, meaning->name,
            win32, meaning->error, meaning->meaning, meaning->advice,
            logged && !again ? " (repetitions are logged at debug level)" : "");
}

static int log_failure(struct efa_driver *driver, const char *name, uint64_t error,
                       uint32_t returned, uint32_t output_size, uint32_t *logged)
{
    efa_trace_command(name, (uint32_t)error, returned);
    if (error == EFA_WIN32_SUCCESS) {
        efa_store_relaxed_u32(&driver->is_gone, 0);
        efa_log(EFA_LOG_DEBUG, "%s: done", name);
        return 0;
    }
    if (error == EFA_REPLY_WRONG_SIZE) {
        efa_log(EFA_LOG_ERROR,
                "%s: the driver replied with %u bytes instead of %u (interface version %u); "
                "reinstall efa.sys",
                name, returned, output_size, driver->interface_version);
        return EIO;
    }
    log_error(driver, name, (uint32_t)error, logged);
    return efa_error_meaning((uint32_t)error)->error;
}

int efa_driver_log_failure(struct efa_driver *driver, const char *name, uint64_t error,
                           uint32_t returned, uint32_t output_size)
{
    return log_failure(driver, name, error, returned, output_size, NULL);
}

int efa_driver_command(struct efa_driver *driver, const char *name, uint32_t code,
                       const void *input, uint32_t input_size, void *output, uint32_t output_size)
{
    uint32_t returned;
    uint64_t error =
        efa_driver_command_raw(driver, code, input, input_size, output, output_size, &returned);

    return efa_driver_log_failure(driver, name, error, returned, output_size);
}

static enum efa_error_effect effect_of(uint64_t error)
{
    if (error == EFA_WIN32_SUCCESS || error == EFA_REPLY_WRONG_SIZE)
        return EFA_DONE;
    return efa_error_meaning((uint32_t)error)->effect;
}

/* Programs that meet a full table often evict one object, and try again. */
static bool means_no_more(uint64_t error)
{
    return error != EFA_WIN32_SUCCESS && error != EFA_REPLY_WRONG_SIZE &&
           efa_error_meaning((uint32_t)error)->error == ENOMEM;
}

int efa_driver_create_command(struct efa_driver *driver, const char *name, uint32_t code,
                              const void *input, uint32_t input_size, void *output,
                              uint32_t output_size, uint32_t handle_end, bool *created)
{
    uint32_t returned;
    uint64_t error =
        efa_driver_command_raw(driver, code, input, input_size, output, output_size, &returned);

    enum efa_error_effect effect = effect_of(error);

    *created = effect == EFA_DONE && returned >= handle_end;
    /*
     * The driver may have created an object that the library cannot name. It may keep others in
     * use.
     */
    if (error != EFA_WIN32_SUCCESS && (effect == EFA_DONE || effect == EFA_MAY_BE_DONE))
        efa_store_relaxed_u32(&driver->holds_unknown, 1);
    return log_failure(driver, name, error, returned, output_size,
                       means_no_more(error) ? &driver->logged_full[EFA_COMMAND_INDEX(code)] : NULL);
}
