/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Between the events (trace_etw.c) and the system's calls (trace_windows.c): the layouts that ETW
 * takes, spelt out, so that the events are tested where there is no Windows.
 */
#ifndef EFA_OS_TRACE_ETW_H
#define EFA_OS_TRACE_ETW_H

#include "compiler.h"

/* efawin, {68051ff0-db11-5d78-96e9-e3776ecc56df}: made from the name as ETW's tools make it. */
#define EFA_ETW_PROVIDER_NAME "efawin"

enum efa_etw_keyword {
    EFA_ETW_MESSAGES = 1, /* lines of the log */
    EFA_ETW_REQUESTS = 2, /* the driver's replies */
    EFA_ETW_COUNTERS = 4  /* of queues that end */
};

enum efa_etw_level {
    EFA_ETW_ERROR = 2,
    EFA_ETW_WARNING = 3,
    EFA_ETW_INFORMATION = 4,
    EFA_ETW_VERBOSE = 5
};

/* What a piece of an event is. */
enum efa_etw_piece { EFA_ETW_FIELD = 0, EFA_ETW_EVENT_METADATA = 1, EFA_ETW_PROVIDER_METADATA = 2 };

#define EFA_ETW_CHANNEL_SELF_DESCRIBING 11
#define EFA_ETW_SET_TRAITS 2

struct efa_guid {
    uint32_t data1;
    uint16_t data2;
    uint16_t data3;
    uint8_t data4[8];
};

struct efa_etw_event {
    uint16_t id;
    uint8_t version;
    uint8_t channel;
    uint8_t level;
    uint8_t opcode;
    uint16_t task;
    uint64_t keyword;
};

struct efa_etw_data {
    uint64_t address;
    uint32_t size;
    uint32_t piece;
};

static_assert(sizeof(struct efa_guid) == 16, "GUID");
static_assert(sizeof(struct efa_etw_event) == 16, "EVENT_DESCRIPTOR");
static_assert(sizeof(struct efa_etw_data) == 16, "EVENT_DATA_DESCRIPTOR");

/* EventRegister and related calls; each returns a Win32 error number. */
struct efa_etw_calls {
    uint32_t (*event_register)(const struct efa_guid *provider, void *callback, void *argument,
                               uint64_t *handle);
    uint32_t (*event_unregister)(uint64_t handle);
    uint32_t (*event_set_information)(uint64_t handle, uint32_t what, void *value, uint32_t size);
    uint8_t (*event_provider_enabled)(uint64_t handle, uint8_t level, uint64_t keyword);
    uint32_t (*event_write_transfer)(uint64_t handle, const struct efa_etw_event *event,
                                     const struct efa_guid *activity,
                                     const struct efa_guid *related, uint32_t count,
                                     struct efa_etw_data *data);
};

/* Registers with these calls, which must stay valid. Call it only once. */
void efa_etw_start(const struct efa_etw_calls *calls);

#endif
