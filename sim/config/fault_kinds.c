/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The properties of each kind of fault. */
#include <stddef.h>

#include "faults.h"

static const struct efasim_fault_info kinds[EFASIM_FAULT_KINDS] = {
#define KIND(identifier, name, occasion, value) \
    [EFASIM_FAULT_##identifier] = {name, EFASIM_FAULT_ON_##occasion, EFASIM_FAULT_VALUE_##value},
    EFASIM_FAULT_TABLE(KIND)
#undef KIND
};

const struct efasim_fault_info *efasim_fault_info(unsigned kind)
{
    return kind > EFASIM_FAULT_NONE && kind < EFASIM_FAULT_KINDS ? &kinds[kind] : NULL;
}

const char *efasim_fault_name(unsigned kind)
{
    const struct efasim_fault_info *info = efasim_fault_info(kind);

    if (info)
        return info->name;
    return kind == EFASIM_FAULT_NONE ? "none" : NULL;
}
