/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Discovery, domain, completion queue, address handles and teardown; traffic is elsewhere. */
#include "libfabric_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "life_internal.h"

#define WANTED_CQ_DEPTH 8192u

bool life_complain(const struct domain *domain, const char *what, int error)
{
    char line[256];

    snprintf(line, sizeof line, "libfabric life (%s): %s (errno %d)",
             domain->options->datagram ? "dgram" : "rdm", what, error);
    domain->options->complain(domain->options->host, line);
    return false;
}

static bool read_attributes(struct domain *d)
{
    memset(&d->efa_attr, 0, sizeof d->efa_attr);
    EXPECT(d, ibv_query_device(d->context, &d->device_attr) == 0, "ibv_query_device");
    EXPECT(d, efadv_query_device(d->context, &d->efa_attr, sizeof d->efa_attr) == 0,
           "efadv_query_device");
    EXPECT(d, ibv_query_port(d->context, 1, &d->port_attr) == 0, "ibv_query_port");
    EXPECT(d, ibv_query_gid(d->context, 1, 0, &d->gid) == 0, "ibv_query_gid");

    EXPECT(d, d->device_attr.max_qp > 0 && d->device_attr.max_cq > 0 && d->device_attr.max_mr > 0,
           "the device must have limits");
    EXPECT(d, d->device_attr.max_mr_size > 0, "max_mr_size must not be 0");
    EXPECT(d, d->device_attr.vendor_id == 0x1d0f, "the vendor must be known");
    EXPECT(d,
           d->device_attr.vendor_part_id == 0xefa0 || d->device_attr.vendor_part_id == 0xefa1 ||
               (d->efa_attr.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ),
           "later parts without RDMA read abort the application");
    EXPECT(d, d->efa_attr.max_sq_wr > 0 && d->efa_attr.max_rq_wr > 0, "queues must have a depth");
    EXPECT(d, d->efa_attr.max_sq_sge > 0 && d->efa_attr.max_rq_sge > 0, "it divides by these");
    EXPECT(d,
           !(d->efa_attr.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ) ||
               d->efa_attr.max_rdma_size > 0,
           "reads in segments of 0 bytes never end");
    EXPECT(d, d->port_attr.state == IBV_PORT_ACTIVE && d->port_attr.max_msg_sz >= MESSAGE_SIZE,
           "the port must be up, with an MTU");
    EXPECT(d, d->port_attr.active_speed > 0 && d->port_attr.active_width > 0, "link speed");
    return true;
}

/* The contexts stay open after the list is freed; the first device is used. */
static bool discover(struct domain *d)
{
    struct ibv_device **list;
    int count = -1;

    list = ibv_get_device_list(&count);
    EXPECT(d, list != NULL, "ibv_get_device_list must not be NULL");
    if (count < 1) {
        ibv_free_device_list(list);
        return life_complain(d, "no device", errno);
    }
    d->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    EXPECT(d, d->context != NULL, "ibv_open_device");
    EXPECT(d, d->context->device->name[0] != '\0', "the name must outlive the list");
    return read_attributes(d);
}

static struct ibv_ah *address(const struct domain *d)
{
    struct ibv_ah_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = 1;
    attr.grh.dgid = d->gid;
    return ibv_create_ah(d->pd, &attr);
}

static bool open_domain(struct domain *d)
{
    struct ibv_cq_init_attr_ex cq_attr;
    struct efadv_ah_attr ah_attr;
    size_t send_size = 64 * 1024;

    EXPECT(d, ibv_fork_init() == 0, "ibv_fork_init");
    d->pd = ibv_alloc_pd(d->context);
    EXPECT(d, d->pd != NULL, "ibv_alloc_pd");

    memset(&cq_attr, 0, sizeof cq_attr);
    cq_attr.cqe = WANTED_CQ_DEPTH;
    if (cq_attr.cqe > (uint32_t)d->device_attr.max_cqe)
        cq_attr.cqe = (uint32_t)d->device_attr.max_cqe;
    cq_attr.wc_flags = IBV_WC_STANDARD_FLAGS;
    d->cq = ibv_create_cq_ex(d->context, &cq_attr);
    EXPECT(d, d->cq != NULL, "ibv_create_cq_ex");

    d->send_memory = calloc(1, send_size);
    EXPECT(d, d->send_memory != NULL, "memory");
    /* Access 0: the memory is only sent from. Optional bits go through ibv_reg_mr_iova2. */
    d->send_mr = ibv_reg_mr(d->pd, d->send_memory, send_size, IBV_ACCESS_RELAXED_ORDERING);
    EXPECT(d, d->send_mr != NULL, "ibv_reg_mr with optional access");
    EXPECT(d, ibv_dereg_mr(d->send_mr) == 0, "ibv_dereg_mr");
    d->send_mr = ibv_reg_mr(d->pd, d->send_memory, send_size, 0);
    EXPECT(d, d->send_mr != NULL, "ibv_reg_mr with access 0");

    d->self = address(d);
    EXPECT(d, d->self != NULL, "ibv_create_ah for the own GID");
    memset(&ah_attr, 0, sizeof ah_attr);
    EXPECT(d, efadv_query_ah(d->self, &ah_attr, sizeof ah_attr) == 0, "efadv_query_ah");
    d->ahn = ah_attr.ahn;
    return true;
}

/* The queue pairs go first, with a thousand receives outstanding; the CQ is tried too early. */
static bool close_domain(struct domain *d)
{
    EXPECT(d, ibv_destroy_cq(ibv_cq_ex_to_cq(d->cq)) == EBUSY, "EBUSY while endpoints are open");
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (!endpoint_close(d, &d->endpoints[i]))
            return false;
    EXPECT(d, ibv_start_poll(d->cq, NULL) == ENOENT, "completions of the dead must not come");
    EXPECT(d, ibv_destroy_cq(ibv_cq_ex_to_cq(d->cq)) == 0, "ibv_destroy_cq");
    EXPECT(d, ibv_destroy_ah(d->self) == 0, "ibv_destroy_ah");
    EXPECT(d, ibv_dereg_mr(d->send_mr) == 0, "ibv_dereg_mr");
    EXPECT(d, ibv_dealloc_pd(d->pd) == 0, "ibv_dealloc_pd");
    EXPECT(d, ibv_close_device(d->context) == 0, "ibv_close_device");
    free(d->send_memory);
    return true;
}

static bool one_life(const struct life_options *options)
{
    struct domain domain;

    memset(&domain, 0, sizeof domain);
    domain.options = options;
    if (!discover(&domain) || !open_domain(&domain))
        return false;
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (!endpoint_open(&domain, &domain.endpoints[i]))
            return false;
    return traffic_run(&domain) && traffic_read_remotely(&domain) && traffic_fail(&domain) &&
           close_domain(&domain);
}

bool libfabric_life(const struct life_options *options)
{
    for (unsigned i = 0; i < options->rounds; i++)
        if (!one_life(options))
            return false;
    return true;
}
