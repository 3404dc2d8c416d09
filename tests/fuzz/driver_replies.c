/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A driver that replies as the input says: correctly, with any error, too short, modified, or with
 * arbitrary bytes. A client life runs on it. For every reply each call succeeds or fails cleanly,
 * and each object that the driver created is destroyed exactly once.
 */
#include <errno.h>
#include <stdlib.h>

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "device_info.h"
#include "driver/default_transport.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "fuzz.h"
#include "infiniband/efadv.h"
#include "os/compiler.h"

enum { KINDS = 5, MAX_OWED = 64, MAX_RINGS = 16, RING_SIZE = 256 };

enum object_kind { PD, MR, AH, CQ, QP };

/* The objects that the library knows: kind, and the handle that destroys it. */
struct owed {
    enum object_kind kind;
    uint32_t handle;
};

struct driver {
    struct efa_transport transport; /* first: found from it */
    struct fuzz_input *input;
    bool calm;          /* all replies are correct from here on */
    bool destroying;    /* a call that destroys an object: repeated if it fails */
    uint32_t rejection; /* the reply to the last such command, and its object */
    struct owed rejected;
    int sessions;
    uint32_t version;
    uint32_t next;
    struct owed owed[MAX_OWED];
    unsigned owed_count;
    uint8_t *rings[MAX_RINGS];
    unsigned ring_count;
    bool odd_ring; /* the last reply contained a wrong address or size */
};

static struct driver *of(const struct efa_transport *transport)
{
    return (struct driver *)(uintptr_t)transport;
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    struct driver *driver = of(transport);

    if (!driver->calm && fuzz_below(driver->input, 8) == 7) {
        uint32_t error = fuzz_u32(driver->input);

        if (error != EFA_WIN32_SUCCESS)
            return error;
    }
    driver->sessions++;
    *session = driver;
    return EFA_WIN32_SUCCESS;
}

static void close_session(const struct efa_transport *transport, void *session)
{
    FUZZ_REQUIRE(session == of(transport) && of(transport)->sessions > 0);
    of(transport)->sessions--;
}

static uint64_t ring(struct driver *driver, size_t size)
{
    void *memory = NULL;

    FUZZ_REQUIRE(driver->ring_count < MAX_RINGS);
    if (posix_memalign(&memory, 4096, size) != 0)
        abort();
    memset(memory, 0, size);
    driver->rings[driver->ring_count++] = memory;
    return (uintptr_t)memory;
}

/* The reply of a driver without fault. */
static void answer(struct driver *driver, uint32_t code, const void *input, void *output)
{
    const struct efa_create_cq_params *cq = input;

    driver->next++;
    switch (code) {
    case EFA_QUERY_DEVICE:
        memcpy(output, &usual_device_info, sizeof usual_device_info);
        break;
    case EFA_ALLOC_PD:
        ((struct efa_pd_info *)output)->pdn = (uint16_t)driver->next;
        break;
    case EFA_REG_MR:
        *(struct efa_mr_info *)output =
            (struct efa_mr_info){driver->next, driver->next | 0x80000000u};
        break;
    case EFA_ALLOC_AH:
        ((struct efa_ah_info *)output)->ah = (uint16_t)driver->next;
        break;
    case EFA_CREATE_CQ:
        *(struct efa_cq_info *)output = (struct efa_cq_info){
            .cq_addr = ring(driver, (size_t)cq->depth * cq->num_sub_cqs * 16),
            .cq_index = (uint16_t)driver->next,
            .actual_depth = cq->depth,
        };
        break;
    case EFA_CREATE_QP: {
        uint64_t doorbells = ring(driver, 128);

        *(struct efa_qp_info *)output = (struct efa_qp_info){
            .rq_doorbell = doorbells + 64,
            .sq_doorbell = doorbells,
            .rq = ring(driver, RING_SIZE),
            .sq = ring(driver, RING_SIZE),
            .qp_handle = driver->next << 16,
            .qp_num = driver->next,
        };
        break;
    }
    default:
        break;
    }
}

/* Where in a reply the handle ends, and the handle; requests that create nothing have no handle. */
static bool handle_of(uint32_t code, const void *reply, enum object_kind *kind, uint32_t *handle,
                      uint32_t *end)
{
    switch (code) {
    case EFA_ALLOC_PD:
        *kind = PD;
        *handle = ((const struct efa_pd_info *)reply)->pdn;
        *end = 2;
        return true;
    case EFA_REG_MR:
        *kind = MR;
        *handle = ((const struct efa_mr_info *)reply)->lkey;
        *end = 4;
        return true;
    case EFA_ALLOC_AH:
        *kind = AH;
        *handle = ((const struct efa_ah_info *)reply)->ah;
        *end = 2;
        return true;
    case EFA_CREATE_CQ:
        *kind = CQ;
        *handle = ((const struct efa_cq_info *)reply)->cq_index;
        *end = 10;
        return true;
    case EFA_CREATE_QP:
        *kind = QP;
        *handle = ((const struct efa_qp_info *)reply)->qp_handle;
        *end = 40;
        return true;
    default:
        return false;
    }
}

/* An older driver knows a region by half its key: one that cannot be may be half another's. */
static bool can_be_named(const struct driver *driver, enum object_kind kind, uint32_t handle)
{
    return kind != MR || driver->version >= EFA_INTERFACE_VERSION_3 || handle <= EFA_LKEY_MASK;
}

static bool ends_object(const struct driver *driver, uint32_t code, const void *input,
                        struct owed *object)
{
    switch (code) {
    case EFA_DEALLOC_PD:
        *object = (struct owed){PD, ((const struct efa_dealloc_pd_params *)input)->pdn};
        return true;
    case EFA_DEREG_MR:
        *object = (struct owed){MR, driver->version >= EFA_INTERFACE_VERSION_3
                                        ? ((const struct efa_dereg_mr_params_v3 *)input)->lkey
                                        : ((const struct efa_dereg_mr_params_v1 *)input)->lkey};
        return true;
    case EFA_DEALLOC_AH:
        *object = (struct owed){AH, ((const struct efa_destroy_ah_params *)input)->ah};
        return true;
    case EFA_DESTROY_CQ:
        *object = (struct owed){CQ, ((const struct efa_destroy_cq_params *)input)->cq_index};
        return true;
    case EFA_DESTROY_QP:
        *object = (struct owed){QP, ((const struct efa_destroy_qp_params *)input)->qp_handle};
        return true;
    default:
        return false;
    }
}

/* The library may destroy only objects that it knows, and only once. */
static void settle(struct driver *driver, struct owed object)
{
    uint32_t mask =
        object.kind == MR && driver->version < EFA_INTERFACE_VERSION_3 ? 0xffffu : UINT32_MAX;

    for (unsigned i = 0; i < driver->owed_count; i++) {
        if (driver->owed[i].kind == object.kind &&
            (driver->owed[i].handle & mask) == (object.handle & mask)) {
            driver->owed[i] = driver->owed[--driver->owed_count];
            return;
        }
    }
    FUZZ_REQUIRE(!"an object was destroyed that does not exist");
}

static void check_input(uint32_t code, uint32_t input_size, uint32_t output_size)
{
    static const struct {
        uint32_t input, output;
    } sizes[12] = {{4, 96}, {8, 16}, {2, 0}, {32, 56}, {4, 0}, {24, 8},
                   {4, 0},  {18, 2}, {4, 0}, {0, 2},   {2, 0}, {28, 0}};
    uint32_t number = (code - EFA_QUERY_DEVICE) >> 2;

    FUZZ_REQUIRE(number < EFA_ARRAY_SIZE(sizes) && EFA_CONTROL_CODE(0x801 + number) == code);
    FUZZ_REQUIRE(output_size == sizes[number].output);
    FUZZ_REQUIRE(input_size == sizes[number].input || (code == EFA_DEREG_MR && input_size == 2));
}

static const uint32_t known_errors[] = {
    EFA_WIN32_NOT_SUPPORTED,  EFA_WIN32_REVISION_MISMATCH,   EFA_WIN32_MORE_DATA,
    EFA_WIN32_BAD_COMMAND,    EFA_WIN32_INVALID_HANDLE,      EFA_WIN32_BUSY,
    EFA_WIN32_SEM_TIMEOUT,    EFA_WIN32_NOT_ENOUGH_QUOTA,    EFA_WIN32_GEN_FAILURE,
    EFA_WIN32_DEVICE_REMOVED, EFA_WIN32_INVALID_USER_BUFFER,
};

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    struct driver *driver = session;
    uint8_t how = driver->calm ? 0 : fuzz_u8(driver->input);
    uint32_t error = EFA_WIN32_SUCCESS;
    uint8_t before[sizeof(struct efa_device_info)];
    enum object_kind kind;
    struct owed ended;
    uint32_t handle, end;

    (void)transport;
    check_input(code, input_size, output_size);
    if (code == EFA_QUERY_DEVICE)
        driver->version = ((const struct efa_query_device_params *)input)->interface_version;
    answer(driver, code, input, output);
    *returned = output_size;
    driver->odd_ring = false;
    if (output_size != 0)
        memcpy(before, output, output_size);
    switch (how % 8) {
    case 1:
        error = fuzz_u32(driver->input);
        break;
    case 2: /* one of those that mean something of their own */
        error = known_errors[fuzz_below(driver->input, EFA_ARRAY_SIZE(known_errors))];
        if (error == EFA_WIN32_MORE_DATA) /* as much of the reply as there is room for */
            *returned = fuzz_u8(driver->input);
        break;
    case 3:
        *returned = fuzz_u8(driver->input);
        break;
    case 4:
    case 5:
        if (output_size != 0)
            fuzz_patch(driver->input, output, output_size);
        break;
    case 6:
        if (output_size != 0)
            fuzz_bytes(driver->input, output, output_size);
        break;
    default:
        break;
    }
    /* Only a wrong address or size of a ring affects its user; keys and numbers do not. */
    if (code == EFA_CREATE_CQ)
        driver->odd_ring =
            memcmp(before, output, 8) != 0 || memcmp(before + 10, (uint8_t *)output + 10, 2) != 0;
    else if (code == EFA_CREATE_QP)
        driver->odd_ring = memcmp(before, output, 32) != 0;

    if ((error == EFA_WIN32_SUCCESS || error == EFA_WIN32_MORE_DATA) &&
        handle_of(code, output, &kind, &handle, &end) && *returned >= end &&
        can_be_named(driver, kind, handle)) {
        FUZZ_REQUIRE(driver->owed_count < MAX_OWED);
        driver->owed[driver->owed_count++] = (struct owed){kind, handle};
    }
    /* An object whose clean-up fails is lost: no call can retry it. */
    if (ends_object(driver, code, input, &ended)) {
        driver->rejection = driver->destroying ? error : EFA_WIN32_SUCCESS;
        driver->rejected = ended;
        if (driver->rejection == EFA_WIN32_SUCCESS)
            settle(driver, ended);
    }
    return error;
}

/* A client's objects; NULL where they could not be made. */
struct life {
    struct driver driver;
    struct ibv_context *context;
    struct ibv_pd *pds[2];
    struct ibv_mr *mrs[2];
    struct ibv_ah *ahs[2];
    struct ibv_cq *cqs[2];
    bool cq_is_odd[2];
    struct ibv_qp *qps[3];
    bool qp_is_odd[3];
    uint8_t memory[64];
};

/* Of calls that return a pointer: it, or NULL with an errno and a line that says why. */
#define MADE(pointer, call)                                    \
    do {                                                       \
        unsigned lines = fuzz_log_lines();                     \
        errno = 0;                                             \
        (pointer) = (call);                                    \
        FUZZ_REQUIRE((pointer) || (errno > 0 && errno < 200)); \
        FUZZ_REQUIRE((pointer) || fuzz_log_lines() > lines);   \
    } while (0)

/* Of calls that return a number: 0, or a positive errno value and a line that says why. */
#define DONE(error, call)                                       \
    do {                                                        \
        unsigned lines = fuzz_log_lines();                      \
        (error) = (call);                                       \
        FUZZ_REQUIRE((error) >= 0 && (error) < 200);            \
        FUZZ_REQUIRE((error) == 0 || fuzz_log_lines() > lines); \
    } while (0)

static void open_device(struct life *life)
{
    int count = -1;
    struct ibv_device **list;

    errno = 0;
    list = ibv_get_device_list(&count);
    FUZZ_REQUIRE(list && (count == 0 || count == 1) && (list[0] != NULL) == (count == 1));
    FUZZ_REQUIRE(count == 1 || (errno > 0 && errno < 200));
    if (count == 1)
        MADE(life->context, ibv_open_device(list[0]));
    ibv_free_device_list(list);
}

static void query(struct life *life)
{
    struct ibv_device_attr attr;
    struct efadv_device_attr direct = {0};
    struct ibv_port_attr port;
    int error;

    DONE(error, ibv_query_port(life->context, 1, &port));
    FUZZ_REQUIRE(error != 0 || (port.state == IBV_PORT_ACTIVE && port.max_mtu >= IBV_MTU_256 &&
                                port.max_mtu <= IBV_MTU_4096));
    FUZZ_REQUIRE(efadv_query_device(life->context, &direct, sizeof direct) == 0);
    FUZZ_REQUIRE(direct.max_sq_wr > 0 && (direct.max_sq_wr & (direct.max_sq_wr - 1)) == 0);
    FUZZ_REQUIRE(direct.max_sq_sge > 0 && direct.max_sq_sge <= 2 && direct.inline_buf_size <= 32);
    DONE(error, ibv_query_device(life->context, &attr));
    if (error != 0)
        return;
    FUZZ_REQUIRE(memchr(attr.fw_ver, 0, sizeof attr.fw_ver) != NULL);
    FUZZ_REQUIRE(attr.max_qp > 0 && attr.max_qp <= 65536 && attr.max_cq > 0 && attr.max_pd > 0);
    FUZZ_REQUIRE(attr.max_qp_wr > 0 && attr.max_qp_wr <= 32768 && attr.max_cqe > 0 &&
                 attr.max_cqe <= 32768 && attr.max_sge > 0 && attr.max_mr_size > 0);
}

static void create_memory(struct life *life)
{
    struct ibv_ah_attr ah = {.is_global = 1, .port_num = 1};

    for (unsigned i = 0; i < 2; i++) {
        MADE(life->pds[i], ibv_alloc_pd(life->context));
        if (!life->pds[i])
            continue;
        MADE(life->mrs[i],
             ibv_reg_mr(life->pds[i], life->memory, sizeof life->memory, IBV_ACCESS_LOCAL_WRITE));
        FUZZ_REQUIRE(!life->mrs[i] || life->mrs[i]->lkey <= EFA_LKEY_MASK);
        MADE(life->ahs[i], ibv_create_ah(life->pds[i], &ah));
        FUZZ_REQUIRE(!life->ahs[i] || life->ahs[i]->handle < EFA_AH_NONE);
    }
}

static void create_cqs(struct life *life)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = 5, .wc_flags = IBV_WC_STANDARD_FLAGS};
    struct ibv_cq_ex *extended;

    MADE(life->cqs[0], ibv_create_cq(life->context, 8, life, NULL, 0));
    life->cq_is_odd[0] = life->driver.odd_ring;
    MADE(extended, ibv_create_cq_ex(life->context, &attr));
    life->cqs[1] = extended ? ibv_cq_ex_to_cq(extended) : NULL;
    life->cq_is_odd[1] = life->driver.odd_ring;
    for (unsigned i = 0; i < 2; i++)
        FUZZ_REQUIRE(!life->cqs[i] || (life->cqs[i]->cqe >= 8 && life->cqs[i]->cqe <= 32768));
}

static void check_qp(const struct life *life, const struct ibv_qp *qp,
                     const struct ibv_qp_cap *asked, const struct ibv_qp_cap *got)
{
    if (!qp) {
        FUZZ_REQUIRE(memcmp(asked, got, sizeof *asked) == 0);
        return;
    }
    FUZZ_REQUIRE(qp->qp_num < 65536 && qp->state == IBV_QPS_RESET);
    FUZZ_REQUIRE(got->max_send_wr >= asked->max_send_wr && got->max_recv_wr >= asked->max_recv_wr);
    for (unsigned i = 0; i < 3; i++)
        FUZZ_REQUIRE(!life->qps[i] || life->qps[i] == qp || life->qps[i]->qp_num != qp->qp_num);
}

static void create_qps(struct life *life)
{
    static const struct ibv_qp_cap cap = {4, 6, 1, 1, 0};

    if (!life->pds[0] || !life->cqs[0] || !life->cqs[1])
        return;
    for (unsigned i = 0; i < 3; i++) {
        struct ibv_qp_init_attr plain = {.send_cq = life->cqs[0],
                                         .recv_cq = life->cqs[i % 2],
                                         .cap = cap,
                                         .qp_type = IBV_QPT_UD};
        struct ibv_qp_init_attr_ex attr = {.send_cq = life->cqs[0],
                                           .recv_cq = life->cqs[i % 2],
                                           .cap = cap,
                                           .qp_type = IBV_QPT_DRIVER,
                                           .comp_mask = IBV_QP_INIT_ATTR_PD |
                                                        IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
                                           .pd = life->pds[0],
                                           .send_ops_flags = IBV_QP_EX_WITH_SEND};
        struct efadv_qp_init_attr direct = {0};

        if (i == 0)
            MADE(life->qps[i], ibv_create_qp(life->pds[0], &plain));
        else
            MADE(life->qps[i], efadv_create_qp_ex(life->context, &attr, &direct, sizeof direct));
        life->qp_is_odd[i] = life->driver.odd_ring;
        check_qp(life, life->qps[i], &cap, i == 0 ? &plain.cap : &attr.cap);
    }
}

static bool move(struct ibv_qp *qp, enum ibv_qp_state state, int mask)
{
    struct ibv_qp_attr attr = {.qp_state = state, .port_num = 1, .qkey = 7, .sq_psn = 3};
    enum ibv_qp_state before = qp->state;
    int error;

    DONE(error, ibv_modify_qp(qp, &attr, IBV_QP_STATE | mask));
    FUZZ_REQUIRE(qp->state == (error == 0 ? state : before));
    return error == 0;
}

static void poll(struct life *life)
{
    struct ibv_wc wc[4];

    for (unsigned i = 0; i < 2; i++)
        if (life->cqs[i] && !life->cq_is_odd[i])
            FUZZ_REQUIRE(ibv_poll_cq(life->cqs[i], 4, wc) == 0);
}

/* Nothing completes here: a queue takes what its depth says and then no more. */
static void post(struct life *life, struct ibv_qp *qp)
{
    struct ibv_sge sge = {(uintptr_t)life->memory, 16, life->mrs[0] ? life->mrs[0]->lkey : 0};
    struct ibv_send_wr send = {
        .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_SIGNALED};
    struct ibv_recv_wr recv = {.sg_list = &sge, .num_sge = 1};
    struct ibv_send_wr *bad_send;
    struct ibv_recv_wr *bad_recv;

    if (!life->ahs[0])
        return;
    send.wr.ud.ah = life->ahs[0];
    for (unsigned i = 0; i < 7; i++) {
        int sent = ibv_post_send(qp, &send, &bad_send);
        int received = ibv_post_recv(qp, &recv, &bad_recv);

        FUZZ_REQUIRE(sent == (i < 4 ? 0 : ENOMEM) && (sent == 0 || bad_send == &send));
        FUZZ_REQUIRE(received == (i < 6 ? 0 : ENOMEM) && (received == 0 || bad_recv == &recv));
    }
}

static void use_qps(struct life *life)
{
    for (unsigned i = 0; i < 3; i++) {
        struct ibv_qp *qp = life->qps[i];

        if (!qp || !move(qp, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) ||
            !move(qp, IBV_QPS_RTR, 0) || !move(qp, IBV_QPS_RTS, IBV_QP_SQ_PSN))
            continue;
        if (!life->qp_is_odd[i])
            post(life, qp);
        move(qp, IBV_QPS_RESET, 0);
    }
    poll(life);
}

/* Destroyed although the driver returned an error: it does not know the object, or keeps it because
 * something else uses it. */
static void end_rejected(struct driver *driver)
{
    switch (driver->rejection) {
    case EFA_WIN32_SUCCESS:
        return;
    case EFA_WIN32_FILE_NOT_FOUND:
    case EFA_WIN32_PATH_NOT_FOUND:
    case EFA_WIN32_ACCESS_DENIED:
    case EFA_WIN32_INVALID_HANDLE:
    case EFA_WIN32_BAD_COMMAND:
    case EFA_WIN32_DEV_NOT_EXIST:
    case EFA_WIN32_NO_SUCH_DEVICE:
    case EFA_WIN32_DEVICE_NOT_CONNECTED:
    case EFA_WIN32_NOT_FOUND:
    case EFA_WIN32_DEVICE_REMOVED:
    case EFA_WIN32_BUSY:
    case EFA_WIN32_MORE_DATA: /* carried out: only the reply was too large */
        settle(driver, driver->rejected);
        return;
    default:
        FUZZ_REQUIRE(!"the driver returned an error, but the call succeeded");
    }
}

/* Destroys an object. If the driver rejects that, the object is unchanged and the next attempt
 * destroys it. */
#define END(object, call)                               \
    do {                                                \
        if (object) {                                   \
            int error;                                  \
            life->driver.rejection = EFA_WIN32_SUCCESS; \
            DONE(error, call);                          \
            FUZZ_REQUIRE(error == 0 || !calm);          \
            if (error == 0) {                           \
                end_rejected(&life->driver);            \
                (object) = NULL;                        \
            }                                           \
        }                                               \
    } while (0)

static void end(struct life *life, bool calm)
{
    life->driver.calm = calm;
    life->driver.destroying = true;
    for (unsigned i = 0; i < 3; i++)
        END(life->qps[i], ibv_destroy_qp(life->qps[i]));
    for (unsigned i = 0; i < 2; i++) {
        END(life->cqs[i], ibv_destroy_cq(life->cqs[i]));
        END(life->ahs[i], ibv_destroy_ah(life->ahs[i]));
        END(life->mrs[i], ibv_dereg_mr(life->mrs[i]));
        END(life->pds[i], ibv_dealloc_pd(life->pds[i]));
    }
    END(life->context, ibv_close_device(life->context));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct life life = {.driver.transport = {"fuzzed", open_session, request, close_session},
                        .driver.input = &input};

    fuzz_count_log();
    efa_set_default_transport(&life.driver.transport);
    open_device(&life);
    if (life.context) {
        query(&life);
        create_memory(&life);
        create_cqs(&life);
        create_qps(&life);
        use_qps(&life);
        end(&life, false);
        end(&life, true);
    }
    FUZZ_REQUIRE(life.driver.sessions == 0 && life.driver.owed_count == 0);
    for (unsigned i = 0; i < life.driver.ring_count; i++)
        free(life.driver.rings[i]);
    return 0;
}
