/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The calls through function pointers: operations of a context, of an extended queue pair and of an
 * extended completion queue. Each object's pointers are replaced; the library's are kept.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute_text.h"
#include "recorder.h"

struct watched {
    struct watched *next;
    const void *object;
    struct ibv_context_ops ops;
    struct verbs_context verbs;
    struct ibv_qp_ex qp;
    struct ibv_cq_ex cq;
    bool was_empty;    /* an empty poll of it is recorded */
    struct text group; /* the requests of an open session of a queue pair */
    unsigned readers;  /* bits of `reader_names`, since the completion became current */
};

static const char *const reader_names[] = {"opcode", "vendor_err",    "byte_len", "imm_data",
                                           "qp_num", "src_qp",        "wc_flags", "slid",
                                           "sl",     "dlid_path_bits"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct watched *first;

static struct watched *watch(const void *object)
{
    struct watched *watched = calloc(1, sizeof *watched);

    if (!watched)
        abort();
    watched->object = object;
    pthread_mutex_lock(&mutex);
    watched->next = first;
    first = watched;
    pthread_mutex_unlock(&mutex);
    return watched;
}

static struct watched *find(const void *object)
{
    struct watched *watched;

    pthread_mutex_lock(&mutex);
    for (watched = first; watched && watched->object != object; watched = watched->next)
        ;
    pthread_mutex_unlock(&mutex);
    if (!watched)
        abort();
    return watched;
}

static void forget(const void *object)
{
    struct watched **place, *watched = NULL;

    pthread_mutex_lock(&mutex);
    for (place = &first; *place && (*place)->object != object; place = &(*place)->next)
        ;
    if (*place) {
        watched = *place;
        *place = watched->next;
    }
    pthread_mutex_unlock(&mutex);
    if (watched) {
        free(watched->group.characters);
        free(watched);
    }
}

/* ---- Requests ---- */

static const char *opcode_name(enum ibv_wr_opcode opcode)
{
    static const char *const names[] = {"rdma_write", "rdma_write_imm", "send", "send_imm",
                                        "rdma_read"};

    return (unsigned)opcode < sizeof names / sizeof names[0] ? names[opcode] : "other";
}

static void add_list(struct text *text, const char *name, const struct ibv_sge *list, size_t count)
{
    text_add(text, " %s=", name);
    for (size_t i = 0; i < count; i++)
        text_add(text, "%s%u:%#llx:%u", i ? "," : "", list[i].lkey,
                 (unsigned long long)list[i].addr, list[i].length);
}

static void add_send(struct text *text, const struct ibv_send_wr *wr, bool is_rc)
{
    bool is_rdma = wr->opcode != IBV_WR_SEND && wr->opcode != IBV_WR_SEND_WITH_IMM;

    text_add(text, " {%s flags=%#x", opcode_name(wr->opcode), wr->send_flags);
    if (wr->opcode == IBV_WR_SEND_WITH_IMM || wr->opcode == IBV_WR_RDMA_WRITE_WITH_IMM)
        text_add(text, " imm=%#x", wr->imm_data);
    add_list(text, "sge", wr->sg_list, (size_t)wr->num_sge);
    if (is_rdma)
        text_add(text, " rdma=%u:%#llx", wr->wr.rdma.rkey,
                 (unsigned long long)wr->wr.rdma.remote_addr);
    else if (!is_rc)
        text_add(text, " to=@%p,%u,%#x", (void *)wr->wr.ud.ah, wr->wr.ud.remote_qpn,
                 wr->wr.ud.remote_qkey);
    text_add(text, "}");
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad_wr)
{
    uint64_t time = record_time();
    struct text text = {NULL, 0, 0};
    int error, rejected = 0;

    for (const struct ibv_send_wr *each = wr; each; each = each->next)
        add_send(&text, each, qp->qp_type == IBV_QPT_RC);
    error = find(qp->context)->ops.post_send(qp, wr, bad_wr);
    if (error)
        for (const struct ibv_send_wr *each = wr; each && each != *bad_wr; each = each->next)
            rejected++;
    if (error)
        record(time, "ibv_post_send qp=@%p%s -> %s bad=%d", (void *)qp, text.characters,
               text_of_error(error), rejected);
    else
        record(time, "ibv_post_send qp=@%p%s -> ok", (void *)qp, text.characters);
    free(text.characters);
    return error;
}

static int post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad_wr)
{
    struct text text = {NULL, 0, 0};
    int error, rejected = 0;

    for (const struct ibv_recv_wr *each = wr; each; each = each->next) {
        text_add(&text, " {recv");
        add_list(&text, "sge", each->sg_list, (size_t)each->num_sge);
        text_add(&text, "}");
    }
    error = find(qp->context)->ops.post_recv(qp, wr, bad_wr);
    if (error)
        for (const struct ibv_recv_wr *each = wr; each && each != *bad_wr; each = each->next)
            rejected++;
    if (error)
        record(record_time(), "ibv_post_recv qp=@%p%s -> %s bad=%d", (void *)qp, text.characters,
               text_of_error(error), rejected);
    else
        record(record_time(), "ibv_post_recv qp=@%p%s -> ok", (void *)qp, text.characters);
    free(text.characters);
    return error;
}

/* ---- Sessions: a line at their end ---- */

static void wr_start(struct ibv_qp_ex *qp)
{
    struct watched *watched = find(qp);

    watched->qp.wr_start(qp);
    watched->group.length = 0;
    text_add(&watched->group, "%s", "");
}

static void begin_request(struct watched *watched, const struct ibv_qp_ex *qp, const char *name)
{
    text_add(&watched->group, "%s {%s flags=%#x", watched->group.length ? "}" : "", name,
             qp->wr_flags);
}

static void wr_send(struct ibv_qp_ex *qp)
{
    struct watched *watched = find(qp);

    begin_request(watched, qp, "send");
    watched->qp.wr_send(qp);
}

static void wr_send_imm(struct ibv_qp_ex *qp, uint32_t imm_data)
{
    struct watched *watched = find(qp);

    begin_request(watched, qp, "send_imm");
    text_add(&watched->group, " imm=%#x", imm_data);
    watched->qp.wr_send_imm(qp, imm_data);
}

static void wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    struct watched *watched = find(qp);

    begin_request(watched, qp, "rdma_read");
    text_add(&watched->group, " rdma=%u:%#llx", rkey, (unsigned long long)remote_addr);
    watched->qp.wr_rdma_read(qp, rkey, remote_addr);
}

static void wr_rdma_write(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    struct watched *watched = find(qp);

    begin_request(watched, qp, "rdma_write");
    text_add(&watched->group, " rdma=%u:%#llx", rkey, (unsigned long long)remote_addr);
    watched->qp.wr_rdma_write(qp, rkey, remote_addr);
}

static void wr_set_ud_addr(struct ibv_qp_ex *qp, struct ibv_ah *ah, uint32_t remote_qpn,
                           uint32_t remote_qkey)
{
    struct watched *watched = find(qp);

    text_add(&watched->group, " to=@%p,%u,%#x", (void *)ah, remote_qpn, remote_qkey);
    watched->qp.wr_set_ud_addr(qp, ah, remote_qpn, remote_qkey);
}

static void wr_set_sge(struct ibv_qp_ex *qp, uint32_t lkey, uint64_t addr, uint32_t length)
{
    struct watched *watched = find(qp);
    struct ibv_sge sge = {addr, length, lkey};

    add_list(&watched->group, "set_sge", &sge, 1);
    watched->qp.wr_set_sge(qp, lkey, addr, length);
}

static void wr_set_sge_list(struct ibv_qp_ex *qp, size_t num_sge, const struct ibv_sge *sg_list)
{
    struct watched *watched = find(qp);

    add_list(&watched->group, "set_sge_list", sg_list, num_sge);
    watched->qp.wr_set_sge_list(qp, num_sge, sg_list);
}

static void wr_set_inline_data(struct ibv_qp_ex *qp, void *addr, size_t length)
{
    struct watched *watched = find(qp);

    text_add(&watched->group, " set_inline_data=%zu", length);
    watched->qp.wr_set_inline_data(qp, addr, length);
}

static void wr_set_inline_data_list(struct ibv_qp_ex *qp, size_t num_buf,
                                    const struct ibv_data_buf *buf_list)
{
    struct watched *watched = find(qp);

    text_add(&watched->group, " set_inline_data_list=");
    for (size_t i = 0; i < num_buf; i++)
        text_add(&watched->group, "%s%zu", i ? "," : "", buf_list[i].length);
    watched->qp.wr_set_inline_data_list(qp, num_buf, buf_list);
}

static int wr_complete(struct ibv_qp_ex *qp)
{
    uint64_t time = record_time();
    struct watched *watched = find(qp);
    int error = watched->qp.wr_complete(qp);

    record(time, "ibv_wr_complete qp=@%p%s%s -> %s", (void *)qp, watched->group.characters,
           watched->group.length ? "}" : "", text_of_error(error));
    return error;
}

static void wr_abort(struct ibv_qp_ex *qp)
{
    struct watched *watched = find(qp);

    watched->qp.wr_abort(qp);
    record(record_time(), "ibv_wr_abort qp=@%p%s%s -> ok", (void *)qp, watched->group.characters,
           watched->group.length ? "}" : "");
}

void record_qp(struct ibv_qp *qp, bool is_extended)
{
    struct ibv_qp_ex *ex = qp && is_extended ? library()->ibv_qp_to_qp_ex(qp) : NULL;

    if (!ex)
        return;
    watch(ex)->qp = *ex;
    ex->wr_start = wr_start;
    ex->wr_complete = wr_complete;
    ex->wr_abort = wr_abort;
    ex->wr_send = wr_send;
    ex->wr_send_imm = wr_send_imm;
    ex->wr_rdma_read = wr_rdma_read;
    ex->wr_rdma_write = wr_rdma_write;
    ex->wr_set_ud_addr = wr_set_ud_addr;
    ex->wr_set_sge = wr_set_sge;
    ex->wr_set_sge_list = wr_set_sge_list;
    ex->wr_set_inline_data = wr_set_inline_data;
    ex->wr_set_inline_data_list = wr_set_inline_data_list;
}

void forget_qp(struct ibv_qp *qp)
{
    forget(qp); /* an extended queue pair is the same object */
}

/* ---- Completions: of the empty polls of a completion queue only the first is recorded ---- */

static int poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc)
{
    struct watched *watched = find(cq);
    int found = find(cq->context)->ops.poll_cq(cq, num_entries, wc);
    struct text text = {NULL, 0, 0};

    if (found == 0 && watched->was_empty)
        return found;
    watched->was_empty = watched->was_empty || found == 0;
    text_add(&text, "%s", "");
    for (int i = 0; i < found; i++) {
        struct completion_facts facts = {(wc[i].opcode & IBV_WC_RECV) != 0, wc[i].status,
                                         wc[i].vendor_err, wc[i].byte_len, wc[i].wc_flags};
        char each[ATTRIBUTE_TEXT_SIZE];

        text_add(&text, " {%s num=%u}", text_of_completion(each, &facts), wc[i].qp_num);
    }
    record(record_time(), "ibv_poll_cq cq=@%p max=%d%s -> %s", (void *)cq, num_entries,
           text.characters, found < 0 ? text_of_error(-found) : "ok");
    free(text.characters);
    return found;
}

/* The completion that is current now, read with the library's own readers. */
static const char *current(struct watched *watched, struct ibv_cq_ex *cq, char *text)
{
    struct completion_facts facts = {false, cq->status, 0, 0, 0};
    char each[ATTRIBUTE_TEXT_SIZE];

    if (cq->status == IBV_WC_SUCCESS) {
        facts.is_receive = (watched->cq.read_opcode(cq) & IBV_WC_RECV) != 0;
        facts.flags = watched->cq.read_wc_flags(cq);
        if (watched->cq.read_byte_len)
            facts.length = watched->cq.read_byte_len(cq);
    } else {
        facts.vendor_err = watched->cq.read_vendor_err(cq);
    }
    snprintf(text, ATTRIBUTE_TEXT_SIZE + 40, " {%s num=%u}", text_of_completion(each, &facts),
             watched->cq.read_qp_num ? watched->cq.read_qp_num(cq) : 0);
    return text;
}

/* What the program has read of the completion that was current, as a list of names. */
static void take_readers(struct watched *watched, struct text *text)
{
    text_add(text, "%s", "");
    for (unsigned i = 0; i < sizeof reader_names / sizeof reader_names[0]; i++)
        if (watched->readers >> i & 1)
            text_add(text, "%s%s", text->length ? "," : " read=", reader_names[i]);
    watched->readers = 0;
}

static int start_poll(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    struct watched *watched = find(cq);
    int error = watched->cq.start_poll(cq, attr);
    char text[ATTRIBUTE_TEXT_SIZE + 40] = "";

    if (error == ENOENT && watched->was_empty)
        return error;
    watched->was_empty = watched->was_empty || error == ENOENT;
    watched->readers = 0;
    record(record_time(), "ibv_start_poll cq=@%p attr=%d%s -> %s", (void *)cq, attr != NULL,
           error ? "" : current(watched, cq, text), text_of_error(error));
    return error;
}

static int next_poll(struct ibv_cq_ex *cq)
{
    struct watched *watched = find(cq);
    struct text readers = {NULL, 0, 0};
    char text[ATTRIBUTE_TEXT_SIZE + 40] = "";
    int error = watched->cq.next_poll(cq);

    take_readers(watched, &readers);
    record(record_time(), "ibv_next_poll cq=@%p%s%s -> %s", (void *)cq, readers.characters,
           error ? "" : current(watched, cq, text), text_of_error(error));
    free(readers.characters);
    return error;
}

static void end_poll(struct ibv_cq_ex *cq)
{
    struct watched *watched = find(cq);
    struct text readers = {NULL, 0, 0};

    watched->cq.end_poll(cq);
    take_readers(watched, &readers);
    record(record_time(), "ibv_end_poll cq=@%p%s -> ok", (void *)cq, readers.characters);
    free(readers.characters);
}

#define READER(type, name, bit)             \
    static type name(struct ibv_cq_ex *cq)  \
    {                                       \
        struct watched *watched = find(cq); \
                                            \
        watched->readers |= 1u << (bit);    \
        return watched->cq.name(cq);        \
    }

READER(enum ibv_wc_opcode, read_opcode, 0)
READER(uint32_t, read_vendor_err, 1)
READER(uint32_t, read_byte_len, 2)
READER(uint32_t, read_imm_data, 3)
READER(uint32_t, read_qp_num, 4)
READER(uint32_t, read_src_qp, 5)
READER(unsigned, read_wc_flags, 6)
READER(uint32_t, read_slid, 7)
READER(uint8_t, read_sl, 8)
READER(uint8_t, read_dlid_path_bits, 9)

/* Readers that the completion queue has not stay NULL. */
#define REPLACE_READER(cq, name) (cq)->name = (cq)->name ? name : NULL

void record_cq(struct ibv_cq *cq, bool is_extended)
{
    struct ibv_cq_ex *ex = (struct ibv_cq_ex *)(void *)cq;
    struct watched *watched;

    if (!cq)
        return;
    watched = watch(cq);
    if (!is_extended)
        return;
    watched->cq = *ex;
    ex->start_poll = start_poll;
    ex->next_poll = next_poll;
    ex->end_poll = end_poll;
    REPLACE_READER(ex, read_opcode);
    REPLACE_READER(ex, read_vendor_err);
    REPLACE_READER(ex, read_byte_len);
    REPLACE_READER(ex, read_imm_data);
    REPLACE_READER(ex, read_qp_num);
    REPLACE_READER(ex, read_src_qp);
    REPLACE_READER(ex, read_wc_flags);
    REPLACE_READER(ex, read_slid);
    REPLACE_READER(ex, read_sl);
    REPLACE_READER(ex, read_dlid_path_bits);
}

void forget_cq(struct ibv_cq *cq)
{
    forget(cq);
}

/* ---- Operations of a context ---- */

static int query_port(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *attr,
                      size_t size)
{
    int error = find(context)->verbs.query_port(context, port_num, attr, size);
    char text[ATTRIBUTE_TEXT_SIZE];

    record(record_time(), "query_port context=@%p port=%u size=%zu -> %s %s", (void *)context,
           port_num, size, text_of_error(error), error ? "" : text_of_port(text, attr));
    return error;
}

static int query_device_ex(struct ibv_context *context,
                           const struct ibv_query_device_ex_input *input,
                           struct ibv_device_attr_ex *attr, size_t size)
{
    int error = find(context)->verbs.query_device_ex(context, input, attr, size);
    char text[ATTRIBUTE_TEXT_SIZE];

    record(record_time(), "query_device_ex context=@%p size=%zu -> %s %s", (void *)context, size,
           text_of_error(error), error ? "" : text_of_device(text, &attr->orig_attr));
    return error;
}

static struct ibv_cq_ex *create_cq_ex(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr)
{
    return record_create_cq_ex("ibv_create_cq_ex", context, attr, NULL, 0);
}

static struct ibv_qp *create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr)
{
    return record_create_qp_ex("ibv_create_qp_ex", context, attr, NULL, 0);
}

struct ibv_cq_ex *library_create_cq_ex(struct ibv_context *context,
                                       struct ibv_cq_init_attr_ex *attr)
{
    return find(context)->verbs.create_cq_ex(context, attr);
}

struct ibv_qp *library_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr)
{
    return find(context)->verbs.create_qp_ex(context, attr);
}

void record_context(struct ibv_context *context)
{
    struct verbs_context *verbs;
    struct watched *watched;

    if (!context)
        return;
    verbs = verbs_get_ctx(context);
    watched = watch(context);
    watched->ops = context->ops;
    watched->verbs = *verbs;
    context->ops.poll_cq = poll_cq;
    context->ops.post_send = post_send;
    context->ops.post_recv = post_recv;
    verbs->query_port = query_port;
    verbs->query_device_ex = query_device_ex;
    verbs->create_cq_ex = create_cq_ex;
    verbs->create_qp_ex = create_qp_ex;
}

void forget_context(struct ibv_context *context)
{
    forget(context);
}
