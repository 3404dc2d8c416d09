/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory regions and their keys. The low 16 bits of an lkey are the region's slot (interface
 * versions 1 and 2 pass only 16 bits); 8 more bits change with each registration. An rkey has other
 * bits above the slot. So a stale key is rejected, and so is an rkey in place of an lkey.
 */
#include "memory_region.h"

#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"

#define PAGE_SIZE 4096u
#define KEY_PLACE_MASK 0xffffu
#define RKEY_MARK 0x80000000u

static uint32_t check_registration(struct efasim_client *client,
                                   const struct efa_reg_mr_params *params)
{
    const struct efasim_device_config *config = &client->device->config;
    const uint32_t known = EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_WRITE | EFA_MR_REMOTE_READ;
    uint64_t start = params->addr / PAGE_SIZE;

    if (params->length == 0 || params->addr + params->length < params->addr)
        return EFA_WIN32_INVALID_PARAMETER;
    if ((params->addr + params->length - 1) / PAGE_SIZE - start + 1 > config->max_mr_pages)
        return EFA_WIN32_INVALID_PARAMETER;
    if ((params->permissions & ~known) != 0)
        return EFA_WIN32_INVALID_PARAMETER;
    if ((params->permissions & EFA_MR_REMOTE_WRITE) != 0)
        return EFA_WIN32_NOT_SUPPORTED;
    if ((params->permissions & EFA_MR_REMOTE_READ) != 0 &&
        (config->features & EFA_FEATURE_RDMA_READ) == 0)
        return EFA_WIN32_NOT_SUPPORTED;
    return EFA_WIN32_SUCCESS;
}

static void make_keys(struct efasim_device *device, struct efasim_mr *mr, uint32_t slot)
{
    uint32_t place = slot + 1; /* no key is 0 */
    uint32_t turn = ++device->key_seed;
    mr->lkey = (turn & 0xffu) << 16 | place;
    mr->rkey = RKEY_MARK | ((turn * 0x2545u) & 0x7fffu) << 16 | place;
}

uint32_t efasim_reg_mr(struct efasim_client *client, const void *input, void *output)
{
    struct efasim *sim = client->sim;
    const struct efasim_platform *platform = &sim->platform;
    const struct efa_reg_mr_params *params = input;
    struct efa_mr_info *info = output;

    struct efasim_pd *pd = efasim_find_pd(client, params->pdn);
    if (!pd)
        return EFA_WIN32_NOT_FOUND;
    uint32_t error = check_registration(client, params);
    if (error == EFA_WIN32_SUCCESS)
        error = platform->validate(platform->context, client->front_client, params->addr,
                                   params->length, (params->permissions & EFA_MR_LOCAL_WRITE) != 0);
    if (error != EFA_WIN32_SUCCESS)
        return error;

    struct efasim_mr *mr = efasim_allocate(sim, sizeof *mr);
    if (!mr)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    uint32_t slot = efasim_slots_put(&client->device->mrs, mr);
    if (slot == EFASIM_NO_SLOT) {
        efasim_release(sim, mr);
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    }
    mr->pd = pd;
    pd->children++;
    mr->address = params->addr;
    mr->length = params->length;
    mr->permissions = params->permissions;
    if (platform->translate)
        mr->direct = platform->translate(platform->context, client->front_client, params->addr,
                                         params->length);
    make_keys(client->device, mr, slot);
    info->lkey = mr->lkey;
    info->rkey = mr->rkey;
    return EFA_WIN32_SUCCESS;
}

static struct efasim_mr *find_place(struct efasim_device *device, uint32_t key)
{
    return efasim_slots_get(&device->mrs, (key & KEY_PLACE_MASK) - 1);
}

void efasim_release_mr(struct efasim_mr *mr)
{
    struct efasim_pd *pd = mr->pd;
    pd->children--;
    efasim_slots_remove(&pd->owner->device->mrs, (mr->lkey & KEY_PLACE_MASK) - 1);
    efasim_release(pd->owner->sim, mr);
}

uint32_t efasim_dereg_mr(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_dereg_mr_params_v1 *old_params = input;
    const struct efa_dereg_mr_params_v3 *params = input;
    bool whole_key = client->version >= EFA_INTERFACE_VERSION_3;
    (void)output;

    struct efasim_mr *mr = find_place(client->device, whole_key ? params->lkey : old_params->lkey);
    if (!mr || mr->pd->owner != client || (whole_key && mr->lkey != params->lkey))
        return EFA_WIN32_NOT_FOUND;
    efasim_release_mr(mr);
    return EFA_WIN32_SUCCESS;
}

static bool covers(const struct efasim_mr *mr, const struct efasim_pd *pd, uint64_t address,
                   uint32_t size, uint32_t permissions)
{
    /* below the start the difference wraps to more than the length */
    uint64_t offset = address - mr->address;

    return mr->pd == pd && (mr->permissions & permissions) == permissions && offset <= mr->length &&
           size <= mr->length - offset;
}

static void append(const struct efasim_mr *mr, uint64_t address, uint32_t size,
                   struct efasim_segments *segments)
{
    struct efasim_segment *segment = &segments->list[segments->count++];

    segment->client = address;
    segment->size = size;
    segment->direct = mr->direct ? mr->direct + (address - mr->address) : NULL;
    segments->size += size;
    segments->all_direct = segments->all_direct && mr->direct;
    segments->owner = mr->pd->owner;
}

bool efasim_lkey_covers(const struct efasim_pd *pd, uint32_t lkey, uint64_t address, uint32_t size,
                        uint32_t permissions)
{
    const struct efasim_mr *mr = find_place(pd->owner->device, lkey);

    return mr && mr->lkey == lkey && covers(mr, pd, address, size, permissions);
}

bool efasim_resolve_lkey(const struct efasim_pd *pd, uint32_t lkey, uint64_t address, uint32_t size,
                         uint32_t permissions, struct efasim_segments *segments)
{
    const struct efasim_mr *mr = find_place(pd->owner->device, lkey);

    if (!mr || mr->lkey != lkey || !covers(mr, pd, address, size, permissions))
        return false;
    append(mr, address, size, segments);
    return true;
}

bool efasim_resolve_rkey(const struct efasim_pd *pd, uint32_t rkey, uint64_t address, uint32_t size,
                         uint32_t permissions, struct efasim_segments *segments)
{
    const struct efasim_mr *mr = find_place(pd->owner->device, rkey);

    if (!mr || mr->rkey != rkey || !covers(mr, pd, address, size, permissions))
        return false;
    append(mr, address, size, segments);
    return true;
}
