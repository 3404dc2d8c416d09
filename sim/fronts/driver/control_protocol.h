/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Names that efasim_ctl and the driver share, besides the requests of
 * control/control_protocol.h. */
#ifndef EFASIM_DRIVER_CONTROL_PROTOCOL_H
#define EFASIM_DRIVER_CONTROL_PROTOCOL_H

#include "../control/control_protocol.h"

/* Names of the kernel driver service and of the values under its Parameters key. */
#define EFASIM_SERVICE_NAME L"efasim"
#define EFASIM_VALUE_CONFIG_FILE L"ConfigFile" /* REG_SZ, an NT path */
#define EFASIM_VALUE_LOG_FILE L"LogFile"       /* REG_SZ, an NT path */
#define EFASIM_VALUE_TRACE_FILE L"TraceFile"   /* REG_SZ, an NT path */
/* REG_DWORD: the only version to support */
#define EFASIM_VALUE_INTERFACE_VERSION L"InterfaceVersion"
/* REG_DWORD: 1 turns off fast access to clients' memory */
#define EFASIM_VALUE_PLAIN_COPIES L"PlainCopies"

#endif
