/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The texts. */
#include "strings.h"

#include "os/compiler.h"

static const char *const wc_status_texts[] = {
    [IBV_WC_SUCCESS] = "success",
    [IBV_WC_LOC_LEN_ERR] = "local length error",
    [IBV_WC_LOC_QP_OP_ERR] = "local QP operation error",
    [IBV_WC_LOC_EEC_OP_ERR] = "local EE context operation error",
    [IBV_WC_LOC_PROT_ERR] = "local protection error",
    [IBV_WC_WR_FLUSH_ERR] = "work request flushed",
    [IBV_WC_MW_BIND_ERR] = "memory window bind error",
    [IBV_WC_BAD_RESP_ERR] = "bad response",
    [IBV_WC_LOC_ACCESS_ERR] = "local access error",
    [IBV_WC_REM_INV_REQ_ERR] = "remote invalid request",
    [IBV_WC_REM_ACCESS_ERR] = "remote access error",
    [IBV_WC_REM_OP_ERR] = "remote operation error",
    [IBV_WC_RETRY_EXC_ERR] = "transport retries exceeded",
    [IBV_WC_RNR_RETRY_EXC_ERR] = "receiver-not-ready retries exceeded",
    [IBV_WC_LOC_RDD_VIOL_ERR] = "local RDD violation",
    [IBV_WC_REM_INV_RD_REQ_ERR] = "remote invalid RD request",
    [IBV_WC_REM_ABORT_ERR] = "aborted by the remote side",
    [IBV_WC_INV_EECN_ERR] = "invalid EE context number",
    [IBV_WC_INV_EEC_STATE_ERR] = "invalid EE context state",
    [IBV_WC_FATAL_ERR] = "fatal error",
    [IBV_WC_RESP_TIMEOUT_ERR] = "response timeout",
    [IBV_WC_GENERAL_ERR] = "general error",
    [IBV_WC_TM_ERR] = "tag matching error",
    [IBV_WC_TM_RNDV_INCOMPLETE] = "tag matching: rendezvous incomplete",
};

const char *efa_wc_status_str(enum ibv_wc_status status)
{
    return (uint32_t)status < EFA_ARRAY_SIZE(wc_status_texts) ? wc_status_texts[status]
                                                              : "unknown completion status";
}

static const char *const node_type_texts[] = {
    [IBV_NODE_CA] = "InfiniBand channel adapter",
    [IBV_NODE_SWITCH] = "InfiniBand switch",
    [IBV_NODE_ROUTER] = "InfiniBand router",
    [IBV_NODE_RNIC] = "iWARP adapter",
    [IBV_NODE_USNIC] = "usNIC adapter",
    [IBV_NODE_USNIC_UDP] = "usNIC adapter over UDP",
    [IBV_NODE_UNSPECIFIED] = "unspecified kind of adapter",
};

static const char *const port_state_texts[] = {
    [IBV_PORT_NOP] = "no state",      [IBV_PORT_DOWN] = "down",
    [IBV_PORT_INIT] = "initializing", [IBV_PORT_ARMED] = "armed",
    [IBV_PORT_ACTIVE] = "active",     [IBV_PORT_ACTIVE_DEFER] = "active, deferred",
};

static const char *const event_type_texts[] = {
    [IBV_EVENT_CQ_ERR] = "completion queue error",
    [IBV_EVENT_QP_FATAL] = "queue pair failed",
    [IBV_EVENT_QP_REQ_ERR] = "queue pair rejected a request",
    [IBV_EVENT_QP_ACCESS_ERR] = "queue pair rejected an access",
    [IBV_EVENT_COMM_EST] = "communication established",
    [IBV_EVENT_SQ_DRAINED] = "send queue drained",
    [IBV_EVENT_PATH_MIG] = "path migrated",
    [IBV_EVENT_PATH_MIG_ERR] = "path migration failed",
    [IBV_EVENT_DEVICE_FATAL] = "device failed",
    [IBV_EVENT_PORT_ACTIVE] = "port active",
    [IBV_EVENT_PORT_ERR] = "port error",
    [IBV_EVENT_LID_CHANGE] = "LID changed",
    [IBV_EVENT_PKEY_CHANGE] = "partition keys changed",
    [IBV_EVENT_SM_CHANGE] = "subnet manager changed",
    [IBV_EVENT_SRQ_ERR] = "shared receive queue error",
    [IBV_EVENT_SRQ_LIMIT_REACHED] = "shared receive queue at its limit",
    [IBV_EVENT_QP_LAST_WQE_REACHED] = "last request of the queue pair reached",
    [IBV_EVENT_CLIENT_REREGISTER] = "clients are to register again",
    [IBV_EVENT_GID_CHANGE] = "GIDs changed",
    [IBV_EVENT_WQ_FATAL] = "work queue failed",
};

const char *efa_node_type_str(enum ibv_node_type type)
{
    if ((uint32_t)type < EFA_ARRAY_SIZE(node_type_texts) && node_type_texts[type])
        return node_type_texts[type];
    return "unknown node type";
}

const char *efa_port_state_str(enum ibv_port_state state)
{
    return (uint32_t)state < EFA_ARRAY_SIZE(port_state_texts) ? port_state_texts[state]
                                                              : "unknown port state";
}

const char *efa_event_type_str(enum ibv_event_type event)
{
    return (uint32_t)event < EFA_ARRAY_SIZE(event_type_texts) ? event_type_texts[event]
                                                              : "unknown event";
}
