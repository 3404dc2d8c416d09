/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks and fills extensible structures (inlen, comp_mask). */
#include "extension.h"

#include <errno.h>
#include <string.h>

#include "os/log.h"

static int check_inlen(const char *call, size_t least, uint32_t inlen)
{
    if (inlen >= least)
        return 0;
    return efa_reject(EINVAL, "%s: inlen %u; the structure has at least %u bytes: pass its sizeof",
                      call, inlen, (unsigned)least);
}

int efa_check_input(const char *call, const void *structure, size_t known, size_t least,
                    uint32_t inlen)
{
    const unsigned char *bytes = structure;
    uint64_t comp_mask;
    int error = check_inlen(call, least, inlen);

    if (error)
        return error;
    memcpy(&comp_mask, structure, sizeof comp_mask);
    if (comp_mask)
        return efa_reject(EINVAL, "%s: comp_mask 0x%llx; it must be 0", call,
                          (unsigned long long)comp_mask);
    for (size_t i = known; i < inlen; i++)
        if (bytes[i])
            return efa_reject(
                EINVAL,
                "%s: byte %u of the structure is not 0; this library knows only %u bytes "
                "of it: use a newer efawin.dll",
                call, (unsigned)i, (unsigned)known);
    return 0;
}

int efa_check_output(const char *call, size_t least, uint32_t inlen)
{
    return check_inlen(call, least, inlen);
}

void efa_fill_output(void *structure, uint32_t inlen, const void *source, size_t known)
{
    memcpy(structure, source, inlen < known ? inlen : known);
    if (inlen > known)
        memset((unsigned char *)structure + known, 0, inlen - known);
}
