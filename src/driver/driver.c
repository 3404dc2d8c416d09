/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening a session with the driver and agreeing on the interface version. */
#include "driver.h"

#include <errno.h>
#include <string.h>

#include "errors.h"
#include "os/log.h"
#include "reply_check.h"
#include "request.h"
#include "win32_error.h"

#define VERSION_COUNT (EFA_INTERFACE_VERSION_NEWEST - EFA_INTERFACE_VERSION_OLDEST + 1)

/* Whether a refused QUERY_DEVICE may only mean that the driver does not speak the version. */
static bool may_mean_unknown_version(uint64_t error)
{
    switch (error) {
    case EFA_WIN32_REVISION_MISMATCH:
    case EFA_WIN32_INVALID_PARAMETER:
    case EFA_WIN32_NOT_SUPPORTED:
    case EFA_WIN32_INVALID_FUNCTION:
    case EFA_WIN32_INSUFFICIENT_BUFFER:
    case EFA_WIN32_GEN_FAILURE:
        return true;
    default:
        return false;
    }
}

static int agree_on_version(struct efa_driver *driver, struct efa_device_info *info)
{
    uint32_t refusals[VERSION_COUNT];

    for (uint32_t i = 0; i < VERSION_COUNT; i++) {
        struct efa_query_device_params params = {EFA_INTERFACE_VERSION_NEWEST - i};
        uint32_t returned;
        uint64_t error = efa_driver_request_raw(driver, EFA_QUERY_DEVICE, &params, sizeof params,
                                                info, sizeof *info, &returned);

        if (error == EFA_WIN32_SUCCESS) {
            driver->interface_version = params.interface_version;
            return 0;
        }
        if (!may_mean_unknown_version(error)) {
            driver->interface_version = params.interface_version;
            return efa_driver_log_failure(driver, "QUERY_DEVICE", error, returned, sizeof *info);
        }
        refusals[i] = (uint32_t)error; /* one of those above */
    }

    efa_log(
        EFA_LOG_ERROR,
        "%s speaks none of the interface versions 3, 2 and 1 (Win32 errors %u, %u, %u): install "
        "efa.sys 1.0.0.4, 1.1.0.9, 1.2.0.10 or a later one that still speaks them",
        driver->transport->name, refusals[0], refusals[1], refusals[2]);
    return EPROTONOSUPPORT;
}

int efa_driver_open(struct efa_driver *driver, const struct efa_transport *transport,
                    struct efa_device_info *info, bool quiet)
{
    struct efa_driver opened = {transport, NULL, 0, 0};
    struct efa_device_info found;
    uint32_t win32 = transport->open(transport, &opened.session);

    if (win32 != EFA_WIN32_SUCCESS) {
        const struct efa_error_meaning *meaning = efa_error_meaning(win32);
        bool absent = meaning->error == ENODEV;

        efa_log(absent && quiet ? EFA_LOG_INFO : EFA_LOG_ERROR,
                "cannot open %s: %s (Win32 error %u, errno %d): %s", transport->name, meaning->name,
                win32, meaning->error, meaning->hint);
        return meaning->error;
    }

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

void efa_driver_close(struct efa_driver *driver)
{
    driver->transport->close(driver->transport, driver->session);
    driver->session = NULL;
}
