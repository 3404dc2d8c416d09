/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A program outside the tree, with an installed package and nothing else: opens the adapter and
 * registers memory. With CONSUMER_LINKS Windows has loaded the DLL, else the program does.
 * Exit status: 0 done, 3 no efawin.dll, 1 something failed.
 */
#include <efawin.h>
#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#include <errno.h>
#include <stdio.h>

static char buffer[4096];

static int fail(const char *what)
{
    fprintf(stderr, "consumer: %s failed, errno %d\n", what, errno);
    return 1;
}

static int use(struct ibv_device *device)
{
    struct ibv_context *context = ibv_open_device(device);
    struct ibv_port_attr port;
    struct ibv_pd *pd;
    struct ibv_mr *mr;

    if (!context)
        return fail("ibv_open_device");
    if (ibv_query_port(context, 1, &port) != 0)
        return fail("ibv_query_port");
    pd = ibv_alloc_pd(context);
    if (!pd)
        return fail("ibv_alloc_pd");
    mr = ibv_reg_mr(pd, buffer, sizeof buffer, IBV_ACCESS_LOCAL_WRITE);
    if (!mr)
        return fail("ibv_reg_mr");
    printf("consumer done: MTU %u, lkey given: %d\n", port.max_msg_sz, mr->lkey != 0);
    if (ibv_dereg_mr(mr) != 0 || ibv_dealloc_pd(pd) != 0 || ibv_close_device(context) != 0)
        return fail("taking down");
    return 0;
}

int main(void)
{
    struct ibv_device **list;
    int count = 0;
    int result;

#ifndef CONSUMER_LINKS
    result = efa_load_efawin_lib();
    if (result != 0) {
        fprintf(stderr, "consumer: loading efawin.dll: %d\n", result);
        return 3;
    }
#endif
    list = ibv_get_device_list(&count);
    if (!list || count < 1)
        return fail("ibv_get_device_list");
    result = use(list[0]);
    ibv_free_device_list(list);
#ifndef CONSUMER_LINKS
    efa_free_efawin_lib();
#endif
    return result;
}
