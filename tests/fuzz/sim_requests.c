/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Clients of the simulated EFA that ask for anything: right requests spoiled in some bytes, of
 * wrong sizes, naming other clients' objects, on devices that go and come. What exists is kept
 * account of; the model must agree after each request, and keep nothing of a client that is gone.
 */
#include "device.h"
#include "device/completion_entry.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "os/compiler.h"

enum { CLIENTS = 3, DEVICES = 2, OBJECTS = 64, OUTPUT = 128, CANARY = 0x6b };

enum object_kind { PD, MR, AH, CQ, QP, KINDS };

struct object {
    enum object_kind kind;
    unsigned client;
    uint32_t handle; /* what ends it: pdn, lkey, AH, CQ index, QP handle */
    uint32_t pdn;    /* of what belongs to a PD */
    uint32_t cqs[2]; /* of a QP */
    uint32_t rkey;   /* of an MR */
    uint32_t uses;   /* of an AH: how often it was allocated */
    uint8_t gid[16]; /* of an AH */
};

struct client {
    void *session;
    unsigned device;
    uint32_t version;
};

struct requests {
    struct fuzz_device *device;
    const struct efasim_config *config;
    struct client clients[CLIENTS];
    bool removed[DEVICES];
    struct object objects[OBJECTS];
    unsigned count;
};

static unsigned device_of(const struct requests *r, const struct object *object)
{
    return r->clients[object->client].device;
}

/* An object of this client; NULL if it has no object of this handle. */
static struct object *find(struct requests *r, unsigned client, enum object_kind kind,
                           uint32_t handle, uint32_t mask)
{
    for (unsigned i = 0; i < r->count; i++) {
        struct object *object = &r->objects[i];

        if (object->kind == kind && object->client == client && (object->handle & mask) == handle)
            return object;
    }
    return NULL;
}

static bool is_in_use(const struct requests *r, const struct object *object)
{
    for (unsigned i = 0; i < r->count; i++) {
        const struct object *other = &r->objects[i];

        if (other->client != object->client)
            continue;
        if (object->kind == PD && (other->kind == MR || other->kind == AH || other->kind == QP) &&
            other->pdn == object->handle)
            return true;
        if (object->kind == CQ && other->kind == QP &&
            (other->cqs[0] == object->handle || other->cqs[1] == object->handle))
            return true;
    }
    return false;
}

/* A handle names one object of its kind on its device. */
static void add(struct requests *r, const struct object *object)
{
    FUZZ_REQUIRE(r->count < OBJECTS);
    for (unsigned i = 0; i < r->count; i++)
        FUZZ_REQUIRE(r->objects[i].kind != object->kind || r->objects[i].handle != object->handle ||
                     device_of(r, &r->objects[i]) != device_of(r, object));
    r->objects[r->count++] = *object;
}

static void drop(struct requests *r, struct object *object)
{
    *object = r->objects[--r->count];
}

static void compare(struct requests *r)
{
    for (unsigned d = 0; d < DEVICES; d++) {
        struct efasim_objects objects;
        unsigned counts[KINDS] = {0}, clients = 0;

        for (unsigned i = 0; i < r->count; i++)
            counts[r->objects[i].kind] += device_of(r, &r->objects[i]) == d;
        for (unsigned i = 0; i < CLIENTS; i++)
            clients += r->clients[i].session && r->clients[i].device == d;
        efasim_get_objects(fuzz_device_model(r->device), d, &objects);
        FUZZ_REQUIRE(objects.clients == clients && objects.pds == counts[PD] &&
                     objects.mrs == counts[MR] && objects.ahs == counts[AH] &&
                     objects.cqs == counts[CQ] && objects.qps == counts[QP]);
        FUZZ_REQUIRE(objects.pds <= r->config->devices[d].max_pd &&
                     objects.mrs <= r->config->devices[d].max_mr &&
                     objects.ahs <= r->config->devices[d].max_ah &&
                     objects.cqs <= r->config->devices[d].max_cq &&
                     objects.qps <= r->config->devices[d].max_qp);
    }
}

static void close_client(struct requests *r, unsigned c)
{
    const struct efa_transport *transport = fuzz_device_transport(r->device, 0);

    if (!r->clients[c].session)
        return;
    transport->close(transport, r->clients[c].session);
    r->clients[c].session = NULL;
    for (unsigned i = r->count; i-- > 0;)
        if (r->objects[i].client == c)
            drop(r, &r->objects[i]);
}

static void open_client(struct requests *r, unsigned c, unsigned device)
{
    const struct efa_transport *transport = fuzz_device_transport(r->device, device);
    struct client *client = &r->clients[c];
    uint32_t error;

    close_client(r, c);
    error = transport->open(transport, &client->session);
    FUZZ_REQUIRE((error != 0) == r->removed[device]);
    if (error != 0)
        client->session = NULL;
    client->device = device;
    client->version = 1;
    while ((r->config->devices[device].versions & EFASIM_VERSION_BIT(client->version)) == 0)
        client->version++;
}

/* A handle that exists, of whichever client; or the byte itself. */
static uint32_t some(struct requests *r, struct fuzz_input *input, enum object_kind kind)
{
    uint8_t choice = fuzz_u8(input);
    unsigned seen = 0;

    for (unsigned i = 0; i < r->count && choice >= 4; i++)
        if (r->objects[i].kind == kind && seen++ == (choice & 3u))
            return r->objects[i].handle;
    for (unsigned i = 0; i < r->count && choice >= 4; i++)
        if (r->objects[i].kind == kind)
            return r->objects[i].handle;
    return choice;
}

/* A request of this kind as it should be; its size. */
static uint32_t compose(struct requests *r, const struct client *client, struct fuzz_input *input,
                        uint32_t code, void *bytes)
{
    switch (code) {
    case EFA_QUERY_DEVICE: {
        struct efa_query_device_params p = {1 + fuzz_below(input, 4)};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_CREATE_CQ: {
        struct efa_create_cq_params p = {(uint16_t)(1 + fuzz_below(input, 130)), 2, 16};
        memcpy(bytes, &p, sizeof p);
        return 8;
    }
    case EFA_DESTROY_CQ: {
        struct efa_destroy_cq_params p = {(uint16_t)some(r, input, CQ)};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_CREATE_QP: {
        struct efa_create_qp_params p = {0};
        uint8_t depths = fuzz_u8(input);
        p.send_cq_index = some(r, input, CQ);
        p.recv_cq_index = some(r, input, CQ);
        p.sq_depth = (depths & 7) != 7 ? 1u << (depths & 7) : 0;
        p.rq_depth = (depths >> 3 & 7) != 7 ? 1u << (depths >> 3 & 7) : 0;
        p.sq_ring_size = p.sq_depth * 64;
        p.rq_ring_size = p.rq_depth * 16;
        p.pdn = (uint16_t)some(r, input, PD);
        p.qp_type = depths >> 7;
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_DESTROY_QP: {
        struct efa_destroy_qp_params p = {some(r, input, QP)};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_REG_MR: {
        struct efa_reg_mr_params p = {1 + fuzz_u16(input) % FUZZ_MEMORY,
                                      (uint64_t)(uintptr_t)fuzz_memory + fuzz_u8(input),
                                      (uint16_t)some(r, input, PD), fuzz_u8(input) & 5};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_DEREG_MR: {
        struct efa_dereg_mr_params_v3 p = {some(r, input, MR)};
        memcpy(bytes, &p, sizeof p);
        return client->version >= 3 ? 4 : 2;
    }
    case EFA_ALLOC_AH: {
        struct efa_create_ah_params p = {(uint16_t)some(r, input, PD), {0}};
        memcpy(p.dest_addr, r->config->devices[fuzz_below(input, DEVICES)].gid, 16);
        p.dest_addr[9] ^= fuzz_below(input, 4);
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_DEALLOC_AH: {
        struct efa_destroy_ah_params p = {(uint16_t)some(r, input, PD),
                                          (uint16_t)some(r, input, AH)};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_DEALLOC_PD: {
        struct efa_dealloc_pd_params p = {(uint16_t)some(r, input, PD)};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    case EFA_MODIFY_QP: {
        struct efa_modify_qp_params p = {0};
        p.modify_mask = fuzz_u8(input);
        p.qp_handle = some(r, input, QP);
        p.state = fuzz_below(input, 8);
        p.cur_state = fuzz_below(input, 8);
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    default: /* ALLOC_PD, and unknown codes */
        return 0;
    }
}

/* What a request that was granted made, found in its input and its reply. */
static void account_new(struct requests *r, unsigned c, uint32_t code, const void *in,
                        const void *out)
{
    struct object object = {.client = c};

    if (code == EFA_ALLOC_PD) {
        object.kind = PD;
        object.handle = ((const struct efa_pd_info *)out)->pdn;
    } else if (code == EFA_REG_MR) {
        const struct efa_reg_mr_params *p = in;
        object.kind = MR;
        object.handle = ((const struct efa_mr_info *)out)->lkey;
        object.rkey = ((const struct efa_mr_info *)out)->rkey;
        object.pdn = p->pdn;
        FUZZ_REQUIRE(p->length != 0 && p->length <= FUZZ_MEMORY && object.handle >> 24 == 0 &&
                     object.handle != object.rkey);
    } else if (code == EFA_CREATE_CQ) {
        const struct efa_cq_info *info = out;
        object.kind = CQ;
        object.handle = info->cq_index;
        FUZZ_REQUIRE(info->cq_addr != 0 && info->cq_addr % 4096 == 0 &&
                     info->actual_depth == ((const struct efa_create_cq_params *)in)->depth &&
                     (info->actual_depth & (info->actual_depth - 1)) == 0);
    } else if (code == EFA_CREATE_QP) {
        const struct efa_create_qp_params *p = in;
        const struct efa_qp_info *info = out;
        object.kind = QP;
        object.handle = info->qp_handle;
        object.pdn = p->pdn;
        object.cqs[0] = p->send_cq_index;
        object.cqs[1] = p->recv_cq_index;
        FUZZ_REQUIRE(info->qp_num != 0 && info->qp_num < 65536 && info->send_sub_cq < 2 &&
                     info->recv_sub_cq < 2);
        FUZZ_REQUIRE(info->sq != 0 && info->rq != 0 && info->sq_doorbell != 0 &&
                     info->rq_doorbell != 0);
        FUZZ_REQUIRE(find(r, c, CQ, object.cqs[0], UINT32_MAX) &&
                     find(r, c, CQ, object.cqs[1], UINT32_MAX));
    } else if (code == EFA_ALLOC_AH) {
        const struct efa_create_ah_params *p = in;
        struct object *same;
        object.kind = AH;
        object.handle = ((const struct efa_ah_info *)out)->ah;
        object.pdn = p->pdn;
        object.uses = 1;
        memcpy(object.gid, p->dest_addr, 16);
        same = find(r, c, AH, object.handle, UINT32_MAX);
        if (same) {
            FUZZ_REQUIRE(same->pdn == p->pdn && memcmp(same->gid, p->dest_addr, 16) == 0);
            same->uses++;
            return;
        }
        FUZZ_REQUIRE(object.handle != EFA_AH_NONE);
    } else {
        return;
    }
    if (object.kind == MR || object.kind == QP || object.kind == AH)
        FUZZ_REQUIRE(find(r, c, PD, object.pdn, UINT32_MAX) != NULL);
    add(r, &object);
}

/* The object that a request would end, if it may; NULL for requests that end none. */
static struct object *ended_by(struct requests *r, unsigned c, uint32_t code, const void *in,
                               bool *ends)
{
    *ends = true;
    switch (code) {
    case EFA_DEALLOC_PD:
        return find(r, c, PD, ((const struct efa_dealloc_pd_params *)in)->pdn, UINT32_MAX);
    case EFA_DEREG_MR:
        if (r->clients[c].version >= 3)
            return find(r, c, MR, ((const struct efa_dereg_mr_params_v3 *)in)->lkey, UINT32_MAX);
        return find(r, c, MR, ((const struct efa_dereg_mr_params_v1 *)in)->lkey, 0xffff);
    case EFA_DEALLOC_AH: {
        const struct efa_destroy_ah_params *p = in;
        struct object *ah = find(r, c, AH, p->ah, UINT32_MAX);
        return ah && ah->pdn == p->pdn ? ah : NULL;
    }
    case EFA_DESTROY_CQ:
        return find(r, c, CQ, ((const struct efa_destroy_cq_params *)in)->cq_index, UINT32_MAX);
    case EFA_DESTROY_QP:
        return find(r, c, QP, ((const struct efa_destroy_qp_params *)in)->qp_handle, UINT32_MAX);
    default:
        *ends = false;
        return NULL;
    }
}

static uint32_t reply_size(uint32_t code)
{
    static const uint8_t sizes[12] = {96, 16, 0, 56, 0, 8, 0, 2, 0, 2, 0, 0};

    return sizes[((code - EFA_QUERY_DEVICE) >> 2) % 12];
}

static void ask(struct requests *r, struct fuzz_input *input, unsigned c)
{
    const struct efa_transport *transport = fuzz_device_transport(r->device, 0);
    struct client *client = &r->clients[c];
    uint32_t code = EFA_CONTROL_CODE(0x801 + fuzz_below(input, 12));
    uint8_t spoil = fuzz_u8(input);
    uint64_t in[5] = {0}, out[OUTPUT / 8];
    uint32_t size = compose(r, client, input, code, in);
    uint32_t output_size = OUTPUT, returned = 77, error;
    struct object *ended;
    bool ends;

    if ((spoil & 3) == 3)
        fuzz_patch(input, in, 32);
    if ((spoil & 0x1c) == 0x1c)
        size = fuzz_below(input, 33);
    if ((spoil & 0x60) == 0x60)
        output_size = fuzz_below(input, OUTPUT);
    if (spoil == 0x80)
        code = fuzz_u32(input);
    memset(out, CANARY, sizeof out);
    error =
        transport->request(transport, client->session, code, in, size, out, output_size, &returned);

    FUZZ_REQUIRE(returned <= OUTPUT &&
                 fuzz_all_are((uint8_t *)out + returned, CANARY, OUTPUT - returned));
    ended = ended_by(r, c, code, in, &ends);
    if (error != EFA_WIN32_SUCCESS) {
        FUZZ_REQUIRE(returned == 0);
        if (error == EFA_WIN32_BUSY)
            FUZZ_REQUIRE(ended && is_in_use(r, ended));
        return;
    }
    FUZZ_REQUIRE(!r->removed[client->device] && returned == reply_size(code) &&
                 returned <= output_size);
    if (code == EFA_QUERY_DEVICE)
        memcpy(&client->version, in, sizeof client->version);
    if (!ends) {
        account_new(r, c, code, in, out);
        return;
    }
    /* Nobody ends what is not his, or what is in use. */
    FUZZ_REQUIRE(ended && !is_in_use(r, ended));
    if (ended->kind != AH || --ended->uses == 0)
        drop(r, ended);
}

static void configure(struct efasim_config *config, struct fuzz_input *input)
{
    uint8_t flags = fuzz_u8(input);

    efasim_config_second_generation(config);
    efasim_config_add_device(config);
    fuzz_small_limits(config);
    config->reuse_numbers_at_once = flags & 1;
    config->flush_on_destroy = flags & 2;
    for (unsigned i = 0; i < DEVICES; i++) {
        unsigned versions = flags >> (2 + 3 * i) & 7;
        config->devices[i].versions = versions != 0 ? versions << 1 : EFASIM_ALL_VERSIONS;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    static struct efasim_config config;
    struct requests r = {.config = &config};

    configure(&config, &input);
    r.device = fuzz_device_create(&config);
    if (fuzz_below(&input, 4) == 3) {
        struct efasim_trace_filter filter = {EFASIM_TRACE_ALL, size & 1, EFASIM_ALL_DEVICES, 0};
        efasim_set_trace(fuzz_device_model(r.device), &filter);
    }
    while (fuzz_more(&input)) {
        uint8_t op = fuzz_u8(&input);
        unsigned c = (op & 0x3f) % CLIENTS;

        if ((op & 0xc0) == 0xc0 && (op & 0x30) == 0x30) {
            r.removed[op & 1] = (op & 2) != 0;
            FUZZ_REQUIRE(efasim_set_removed(fuzz_device_model(r.device), op & 1,
                                            r.removed[op & 1]) == EFA_WIN32_SUCCESS);
        } else if ((op & 0xc0) == 0xc0) {
            open_client(&r, c, op >> 4 & 1);
        } else {
            if (!r.clients[c].session)
                open_client(&r, c, 0);
            if (r.clients[c].session)
                ask(&r, &input, c);
        }
        compare(&r);
    }
    fuzz_device_run(r.device);
    for (unsigned c = 0; c < CLIENTS; c++)
        close_client(&r, c);
    fuzz_device_destroy(r.device);
    return 0;
}
