/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Conformance: RDMA read. Needs a device with the feature. */
#include "sim_support.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    struct raw_endpoint reader;
    struct raw_endpoint responder;
};

static void open_pair(struct sim_world *world, struct pair *p)
{
    raw_endpoint_open(world, &p->reader, &raw_srd);
    raw_endpoint_open(world, &p->responder, &raw_srd);
    for (uint32_t i = 0; i < RAW_BUFFER_SIZE; i++)
        p->responder.memory[i] = (uint8_t)(i * 3 + i / 256);
}

static void close_pair(struct pair *p)
{
    raw_endpoint_close(&p->responder);
    raw_endpoint_close(&p->reader);
}

static void set_remote(struct efa_send_descriptor *d, const void *address, uint32_t rkey,
                       uint32_t size)
{
    d->payload.rdma.remote.length = size;
    d->payload.rdma.remote.rkey = rkey;
    d->payload.rdma.remote.address_low = (uint32_t)(uintptr_t)address;
    d->payload.rdma.remote.address_high = (uint32_t)((uint64_t)(uintptr_t)address >> 32);
}

static void set_local(struct efa_send_descriptor *d, const void *address, uint32_t lkey,
                      uint32_t size)
{
    d->payload.rdma.local.length = size;
    d->payload.rdma.local.lkey = lkey;
    d->payload.rdma.local.address_low = (uint32_t)(uintptr_t)address;
    d->payload.rdma.local.address_high = (uint32_t)((uint64_t)(uintptr_t)address >> 32);
}

static struct efa_send_descriptor read_descriptor(struct pair *p, uint16_t id, uint32_t size)
{
    struct efa_send_descriptor d = raw_send_descriptor(&p->reader, &p->responder, id, 0, 0);
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    memset(&d.payload, 0, sizeof d.payload);
    set_remote(&d, p->responder.memory, p->responder.mr.rkey, size);
    set_local(&d, p->reader.memory, p->reader.mr.lkey, size);
    return d;
}

static void read_moves_size(struct sim_world *world, const void *argument)
{
    const uint32_t *size = argument;
    struct efa_completion_entry entry;
    struct pair p;

    open_pair(world, &p);
    memset(p.reader.memory, 0xee, RAW_BUFFER_SIZE);
    struct efa_send_descriptor d = read_descriptor(&p, 5, *size);
    raw_send(&p.reader, &d);
    raw_expect(&p.reader, &p.reader.send_cq, &entry);
    CHECK_EQUAL(entry.status, EFA_STATUS_OK);
    CHECK_EQUAL(entry.request_id, 5);
    CHECK_EQUAL((entry.flags & EFA_COMPLETION_OP_MASK) >> EFA_COMPLETION_OP_SHIFT,
                EFA_SEND_OP_RDMA_READ);
    CHECK(memcmp(p.reader.memory, p.responder.memory, *size) == 0);
    if (*size < RAW_BUFFER_SIZE)
        CHECK_EQUAL(p.reader.memory[*size], 0xee);
    raw_expect_nothing(&p.responder);
    close_pair(&p);
}

static void read_moves_many_megabytes(struct sim_world *world, const void *argument)
{
    const uint32_t size = 5 * 1024 * 1024 + 77;
    struct efa_mr_info from;
    struct efa_mr_info to;
    struct pair p;
    (void)argument;

    open_pair(world, &p);
    uint8_t *source = malloc(size);
    uint8_t *target = calloc(1, size);
    CHECK(source && target);
    for (uint32_t i = 0; i < size; i++)
        source[i] = (uint8_t)(i * 11 + i / 1000);
    CHECK_EQUAL(
        raw_reg_mr(&p.responder.client, p.responder.pdn, source, size, EFA_MR_REMOTE_READ, &from),
        0);
    CHECK_EQUAL(raw_reg_mr(&p.reader.client, p.reader.pdn, target, size, EFA_MR_LOCAL_WRITE, &to),
                0);
    struct efa_send_descriptor d = read_descriptor(&p, 5, size);
    set_remote(&d, source, from.rkey, size);
    set_local(&d, target, to.lkey, size);
    raw_send(&p.reader, &d);
    raw_expect_send(&p.reader, 5, EFA_STATUS_OK);
    CHECK(memcmp(source, target, size) == 0);
    free(source);
    free(target);
    close_pair(&p);
}

struct bad_read {
    void (*spoil)(struct pair *p, struct efa_send_descriptor *d);
    uint8_t status;
};

static void bad_read_fails_alone(struct sim_world *world, const void *argument)
{
    const struct bad_read *bad = argument;
    struct pair p;

    open_pair(world, &p);
    memset(p.reader.memory, 0xee, RAW_BUFFER_SIZE);
    struct efa_send_descriptor d = read_descriptor(&p, 1, 100);
    bad->spoil(&p, &d);
    raw_send(&p.reader, &d);
    raw_expect_send(&p.reader, 1, bad->status);
    for (uint32_t i = 0; i < RAW_BUFFER_SIZE; i++)
        CHECK_EQUAL(p.reader.memory[i], 0xee);
    close_pair(&p);
}

static void use_lkey_as_rkey(struct pair *p, struct efa_send_descriptor *d)
{
    d->payload.rdma.remote.rkey = p->responder.mr.lkey;
}

static void use_next_rkey(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->payload.rdma.remote.rkey++;
}

static void use_own_rkey(struct pair *p, struct efa_send_descriptor *d)
{
    d->payload.rdma.remote.rkey = p->reader.mr.rkey;
}

static void use_region_without_remote_read(struct pair *p, struct efa_send_descriptor *d)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&p->responder.client, p->responder.pdn, p->responder.memory, 100,
                           EFA_MR_LOCAL_WRITE, &mr),
                0);
    d->payload.rdma.remote.rkey = mr.rkey;
}

static void use_region_of_another_pd(struct pair *p, struct efa_send_descriptor *d)
{
    struct efa_mr_info mr;
    uint16_t pdn;
    CHECK_EQUAL(raw_alloc_pd(&p->responder.client, &pdn), 0);
    CHECK_EQUAL(
        raw_reg_mr(&p->responder.client, pdn, p->responder.memory, 100, EFA_MR_REMOTE_READ, &mr),
        0);
    d->payload.rdma.remote.rkey = mr.rkey;
}

static void use_freed_region(struct pair *p, struct efa_send_descriptor *d)
{
    (void)d;
    CHECK_EQUAL(raw_dereg_mr(&p->responder.client, p->responder.mr.lkey), 0);
}

static void read_before_the_region(struct pair *p, struct efa_send_descriptor *d)
{
    set_remote(d, p->responder.memory - 1, p->responder.mr.rkey, 100);
}

static void read_behind_the_region(struct pair *p, struct efa_send_descriptor *d)
{
    set_remote(d, p->responder.memory + RAW_BUFFER_SIZE - 99, p->responder.mr.rkey, 100);
}

static void use_bad_local_key(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->payload.rdma.local.lkey ^= 1;
}

static void use_read_only_local_region(struct pair *p, struct efa_send_descriptor *d)
{
    struct efa_mr_info mr;
    CHECK_EQUAL(raw_reg_mr(&p->reader.client, p->reader.pdn, p->reader.memory, 100, 0, &mr), 0);
    d->payload.rdma.local.lkey = mr.lkey;
}

static void let_lengths_differ(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->payload.rdma.remote.length = 99;
}

static void use_two_buffers(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->length = 2;
}

static void exceed_a_gigabyte(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->payload.rdma.remote.length = (1u << 30) + 1;
    d->payload.rdma.local.length = (1u << 30) + 1;
}

static void be_unknown_to_the_responder(struct pair *p, struct efa_send_descriptor *d)
{
    (void)d;
    CHECK_EQUAL(raw_dealloc_ah(&p->responder.client, p->responder.pdn, p->responder.ah), 0);
}

static void use_wrong_qkey(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->qkey++;
}

static void use_unknown_queue_pair(struct pair *p, struct efa_send_descriptor *d)
{
    (void)p;
    d->destination_qp = 0xfffe;
}

#define BAD_READ(name, status) static const struct bad_read bad_##name = {name, status}
BAD_READ(use_lkey_as_rkey, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(use_next_rkey, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(use_own_rkey, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(use_region_without_remote_read, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(use_region_of_another_pd, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(use_freed_region, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(read_before_the_region, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(read_behind_the_region, EFA_STATUS_BAD_REMOTE_ADDRESS);
BAD_READ(use_bad_local_key, EFA_STATUS_BAD_LKEY);
BAD_READ(use_read_only_local_region, EFA_STATUS_BAD_LKEY);
BAD_READ(let_lengths_differ, EFA_STATUS_BAD_LENGTH);
BAD_READ(use_two_buffers, EFA_STATUS_BAD_LENGTH);
BAD_READ(exceed_a_gigabyte, EFA_STATUS_BAD_LENGTH);
BAD_READ(be_unknown_to_the_responder, EFA_STATUS_UNKNOWN_PEER);
BAD_READ(use_wrong_qkey, EFA_STATUS_BAD_DESTINATION_QP);
BAD_READ(use_unknown_queue_pair, EFA_STATUS_BAD_DESTINATION_QP);

static void ud_does_not_read(struct sim_world *world, const void *argument)
{
    struct raw_options ud = {.state = EFA_DRIVER_QP_RTS, .type = EFA_DRIVER_QP_UD};
    struct pair p;
    (void)argument;

    raw_endpoint_open(world, &p.reader, &ud);
    raw_endpoint_open(world, &p.responder, &ud);
    struct efa_send_descriptor d = read_descriptor(&p, 1, 100);
    raw_send(&p.reader, &d);
    raw_expect_send(&p.reader, 1, EFA_STATUS_UNSUPPORTED_OP);
    close_pair(&p);
}

static void read_takes_no_receive(struct sim_world *world, const void *argument)
{
    struct pair p;
    (void)argument;

    open_pair(world, &p);
    raw_recv(&p.responder, 3, 0, 64);
    struct efa_send_descriptor d = read_descriptor(&p, 1, 100);
    raw_send(&p.reader, &d);
    raw_expect_send(&p.reader, 1, EFA_STATUS_OK);
    raw_expect_nothing(&p.responder);
    close_pair(&p);
}

static const uint32_t size_0 = 0, size_1 = 1, size_8929 = 8929, size_all = RAW_BUFFER_SIZE;

#define BAD_CASE(name) SIM_CASE_WITH("failing_read_" #name, bad_read_fails_alone, &bad_##name)

static const struct sim_case cases[] = {
    SIM_CASE_WITH("read_of_0_bytes", read_moves_size, &size_0),
    SIM_CASE_WITH("read_of_1_byte", read_moves_size, &size_1),
    SIM_CASE_WITH("read_of_more_than_the_mtu", read_moves_size, &size_8929),
    SIM_CASE_WITH("read_of_64_kilobytes", read_moves_size, &size_all),
    SIM_CASE(read_moves_many_megabytes),
    BAD_CASE(use_lkey_as_rkey),
    BAD_CASE(use_next_rkey),
    BAD_CASE(use_own_rkey),
    BAD_CASE(use_region_without_remote_read),
    BAD_CASE(use_region_of_another_pd),
    BAD_CASE(use_freed_region),
    BAD_CASE(read_before_the_region),
    BAD_CASE(read_behind_the_region),
    BAD_CASE(use_bad_local_key),
    BAD_CASE(use_read_only_local_region),
    BAD_CASE(let_lengths_differ),
    BAD_CASE(use_two_buffers),
    BAD_CASE(exceed_a_gigabyte),
    BAD_CASE(be_unknown_to_the_responder),
    BAD_CASE(use_wrong_qkey),
    BAD_CASE(use_unknown_queue_pair),
    SIM_CASE(ud_does_not_read),
    SIM_CASE(read_takes_no_receive),
};

const struct sim_suite sim_rdma_suite = {"RDMA read", cases, sizeof cases / sizeof cases[0],
                                         SIM_WRONG_WORK};
