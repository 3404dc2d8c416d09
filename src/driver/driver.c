/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening a session with the driver and agreeing on the interface version. */
#include "driver.h"

#include <errno.h>
#include <string.h>

#include "errors.h"
#include "os/log.h"
#include "reply_check.h"
#include "command.h"
#include "win32_error.h"

#define VERSION_COUNT (EFA_INTERFACE_VERSION_NEWEST - EFA_INTERFACE_VERSION_OLDEST + 1)

/* Logs that the driver rejected each version. `errors`: those of versions 3, 2 and 1. */
static int log_no_version(const struct efa_driver *driver, const uint32_t errors[VERSION_COUNT])
{
    const struct efa_error_meaning *cause =
        efa_error_meaning(efa_error_of_all_versions(errors, VERSION_COUNT));

    if (cause->error == EPROTONOSUPPORT) {
        efa_log(EFA_LOG_ERROR,
                "%s supports none of the interface versions 3, 2 and 1 (Win32 errors %u, %u, %u): "
                "install efa.sys 1.0.0.4, 1.1.0.9, 1.2.0.10 or a later one that supports them",
                driver->transport->name, errors[0], errors[1], errors[2]);
        return EPROTONOSUPPORT;
    }
    efa_log(EFA_LOG_ERROR,
            "QUERY_DEVICE: the driver replied %s (Win32 error %u, errno %d) to each of the "
            "interface versions 3, 2 and 1: %s, or it supports none of them; %s",
            cause->name, cause->win32, cause->error, cause->meaning, cause->advice);
    return cause->error;
}

static int agree_on_version(struct efa_driver *driver, struct efa_device_info *info)
{
    uint32_t errors[VERSION_COUNT];

    for (uint32_t i = 0; i < VERSION_COUNT; i++) {
        struct efa_query_device_params params = {EFA_INTERFACE_VERSION_NEWEST - i};
        uint32_t returned;
        uint64_t error = efa_driver_command_raw(driver, EFA_QUERY_DEVICE, &params, sizeof params,
                                                info, sizeof *info, &returned);

        if (error == EFA_WIN32_SUCCESS) {
            driver->interface_version = params.interface_version;
            return 0;
        }
        if (error == EFA_REPLY_WRONG_SIZE ||
            !efa_error_meaning((uint32_t)error)->may_mean_version) {
            driver->interface_version = params.interface_version;
            return efa_driver_log_failure(driver, "QUERY_DEVICE", error, returned, sizeof *info);
        }
        errors[i] = (uint32_t)error;
    }
    return log_no_version(driver, errors);
}

/*
 * Not 0 once the process was warned that there is no adapter. A program that needs EFA must learn
 * the reason; a program that only lists networks may ask often.
 */
static uint32_t absence_was_told;

static int log_not_opened(const struct efa_transport *transport, uint32_t win32, bool quiet)
{
    const struct efa_error_meaning *cause = efa_error_meaning(win32);

    if (quiet && cause->error == ENODEV) {
        efa_log(
            efa_exchange_acquire_u32(&absence_was_told, 1) ? EFA_LOG_INFO : EFA_LOG_WARN,
            "no EFA adapter: cannot open %s: %s (Win32 error %u, errno %d); efa_doctor shows "
            "what is missing (set the environment variable EFAWIN_LOG_LEVEL to error to hide this "
            "warning)",
            transport->name, cause->name, win32, cause->error);
        return ENODEV;
    }
    efa_log(EFA_LOG_ERROR, "cannot open %s: %s (Win32 error %u, errno %d): %s; %s", transport->name,
            cause->name, win32, cause->error, cause->meaning, cause->advice);
    return cause->error;
}

int efa_driver_open(struct efa_driver *driver, const struct efa_transport *transport,
                    struct efa_device_info *info, bool quiet)
{
    struct efa_driver opened = {.transport = transport};
    struct efa_device_info found;
    uint32_t win32 = transport->open(transport, &opened.session);

    if (win32 != EFA_WIN32_SUCCESS)
        return log_not_opened(transport, win32, quiet);

    memset(&found, 0, sizeof found);
    int error = agree_on_version(&opened, &found);
    if (!error && !efa_check_device_info(&found))
        error = EIO;
    if (error) {
        efa_driver_close(&opened);
        return error;
    }
    efa_log(EFA_LOG_INFO, "opened %s: interface version %u, device version 0x%x, features 0x%x",
            transport->name, opened.interface_version, found.device_version,
            found.supported_features);
    *driver = opened;
    *info = found;
    return 0;
}

int efa_driver_check_alive(struct efa_driver *driver)
{
    struct efa_query_device_params params = {driver->interface_version};
    struct efa_device_info info;

    int error = efa_driver_command(driver, "QUERY_DEVICE", EFA_QUERY_DEVICE, &params, sizeof params,
                                   &info, sizeof info);

    if (!error && !efa_check_device_info(&info))
        error = EIO;
    return error;
}

void efa_driver_close(struct efa_driver *driver)
{
    driver->transport->close(driver->transport, driver->session);
    driver->session = NULL;
}
