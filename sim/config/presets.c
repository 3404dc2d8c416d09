/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Configurations to start from. */
#include <string.h>

#include "../../src/device/send_descriptor.h"
#include "../../src/driver/win32_error.h"
#include "../base/format.h"
#include "config.h"
#include "profile.h"

static void set_name(struct efasim_device_config *device, uint32_t number)
{
    struct efasim_text text;
    efasim_text_init(&text, device->name, sizeof device->name);
    efasim_text_add(&text, number == 0 ? "efa" : "efa%u", number);
}

/* fe80::, then an address that differs for each device. */
static void set_gid(struct efasim_device_config *device, uint32_t number)
{
    memset(device->gid, 0, sizeof device->gid);
    device->gid[0] = 0xfe;
    device->gid[1] = 0x80;
    device->gid[8] = 0x02;
    device->gid[13] = 0x1d;
    device->gid[14] = 0x0f;
    device->gid[15] = (uint8_t)(number + 1);
}

/* The values that all parts share, then those of the first part. */
static void first_device(struct efasim_device_config *device)
{
    memset(device, 0, sizeof *device);
    set_name(device, 0);
    set_gid(device, 0);
    device->versions = EFASIM_ALL_VERSIONS;
    device->version_error = EFA_WIN32_REVISION_MISMATCH;
    device->firmware_version = 0x01000000;
    device->page_size_cap = 0xfffff000u;
    device->max_mr_pages = 0x10000000u;
    device->max_qp = 256;
    device->max_cq = 512;
    device->max_mr = 16384;
    device->max_pd = 256;
    device->max_ah = 4096;
    device->max_sq_depth = 4096;
    device->max_rq_depth = 32768;
    device->max_cq_depth = 32768;
    device->inline_buf_size = EFA_SEND_MAX_INLINE;
    device->max_llq_size = 512 * 1024;
    device->mtu = 8928;
    device->max_sq_sge = EFA_SEND_MAX_BUFFERS;
    device->max_rq_sge = 3;
    device->max_rdma_size = 1u << 30;
    device->default_rnr_retry = 7;
    efasim_profile_apply(efasim_profile_at(0), device);
}

void efasim_config_default(struct efasim_config *config)
{
    memset(config, 0, sizeof *config);
    config->device_count = 1;
    first_device(&config->devices[0]);
    config->seed = 1;
    config->retransmit_timeout = 100000;
    config->rnr_timer = 100000;
    config->peer_timeout = 10000000;
    config->flush_on_destroy = true;
}

bool efasim_config_part(struct efasim_config *config, uint32_t part)
{
    const struct efasim_profile *profile = efasim_profile_of_part(part);

    efasim_config_default(config);
    if (!profile)
        return false;
    efasim_profile_apply(profile, &config->devices[0]);
    return true;
}

void efasim_config_second_generation(struct efasim_config *config)
{
    (void)efasim_config_part(config, 0xefa1);
}

struct efasim_device_config *efasim_config_add_device(struct efasim_config *config)
{
    if (config->device_count == EFASIM_MAX_DEVICES)
        return NULL;
    uint32_t number = config->device_count++;
    struct efasim_device_config *device = &config->devices[number];
    if (number != 0)
        *device = config->devices[0];
    else
        first_device(device);
    set_name(device, number);
    set_gid(device, number);
    return device;
}
