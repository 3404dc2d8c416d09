/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The attributes of recordings as text. The recorder writes them, and the player compares what it
 * gets with what was recorded, so both use the same functions. Each returns `text`.
 */
#ifndef ATTRIBUTE_TEXT_H
#define ATTRIBUTE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "infiniband/efadv.h"

#define ATTRIBUTE_TEXT_SIZE 400

const char *text_of_device(char *text, const struct ibv_device_attr *attr);
const char *text_of_efa_device(char *text, const struct efadv_device_attr *attr);
const char *text_of_port(char *text, const struct ibv_port_attr *attr);
const char *text_of_gid(char *text, const union ibv_gid *gid);
const char *text_of_cap(char *text, const struct ibv_qp_cap *cap);

/* A completion without its queue pair. Members that are not valid for it are left out. */
struct completion_facts {
    bool is_receive;
    enum ibv_wc_status status;
    uint32_t vendor_err;
    uint32_t length;
    unsigned flags;
};

/* "ok" or the name of an errno value. */
const char *text_of_error(int error);

const char *text_of_completion(char *text, const struct completion_facts *facts);

#endif
