/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The interface kit in C++17: each object of verbs in an owner that ends it, in the right order and
 * on every way out. Sends one message to itself by SRD. Needs nothing of the C++ library, headers
 * included.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "start.h"

namespace
{

/* Owns one object; `end` gives it back. Moves, and does not copy. */
template <typename object, auto end> class owner
{
  public:
    explicit owner(object *owned = nullptr) noexcept : owned_(owned)
    {
    }
    owner(owner &&other) noexcept : owned_(other.owned_)
    {
        other.owned_ = nullptr;
    }
    owner(const owner &) = delete;
    owner &operator=(const owner &) = delete;
    owner &operator=(owner &&) = delete;
    ~owner()
    {
        if (owned_ != nullptr)
            end(owned_);
    }

    object *get() const noexcept
    {
        return owned_;
    }
    object *operator->() const noexcept
    {
        return owned_;
    }
    explicit operator bool() const noexcept
    {
        return owned_ != nullptr;
    }

  private:
    object *owned_;
};

using context = owner<ibv_context, example_close>;
using protection_domain = owner<ibv_pd, ibv_dealloc_pd>;
using memory_region = owner<ibv_mr, ibv_dereg_mr>;
using address_handle = owner<ibv_ah, ibv_destroy_ah>;
using completion_queue = owner<ibv_cq, ibv_destroy_cq>;
using queue_pair = owner<ibv_qp, ibv_destroy_qp>;

constexpr uint32_t qkey = 0x7654321;
constexpr double seconds_to_wait = 20;

bool failed(const char *what)
{
    fprintf(stderr, "raii: %s: %s\n", what, strerror(errno));
    return false;
}

address_handle address_of_self(const context &device, const protection_domain &pd)
{
    ibv_ah_attr attr{};

    attr.is_global = 1;
    attr.port_num = 1;
    if (ibv_query_gid(device.get(), 1, 0, &attr.grh.dgid) != 0)
        return address_handle();
    return address_handle(ibv_create_ah(pd.get(), &attr));
}

queue_pair create_queue_pair(const protection_domain &pd, const completion_queue &cq)
{
    ibv_qp_init_attr attr{};

    attr.send_cq = cq.get();
    attr.recv_cq = cq.get();
    attr.cap.max_send_wr = attr.cap.max_recv_wr = 1;
    attr.cap.max_send_sge = attr.cap.max_recv_sge = 1;
    attr.qp_type = IBV_QPT_DRIVER;
    attr.sq_sig_all = 1;
    return queue_pair(efadv_create_driver_qp(pd.get(), &attr, EFADV_QP_DRIVER_TYPE_SRD));
}

bool make_ready(const queue_pair &qp)
{
    ibv_qp_attr attr{};

    attr.qp_state = IBV_QPS_INIT;
    attr.port_num = 1;
    attr.qkey = qkey;
    if (ibv_modify_qp(qp.get(), &attr,
                      IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) != 0)
        return false;
    attr.qp_state = IBV_QPS_RTR;
    if (ibv_modify_qp(qp.get(), &attr, IBV_QP_STATE) != 0)
        return false;
    attr.qp_state = IBV_QPS_RTS;
    return ibv_modify_qp(qp.get(), &attr, IBV_QP_STATE | IBV_QP_SQ_PSN) == 0;
}

bool wait_for_both(const completion_queue &cq)
{
    const time_t begin = time(nullptr);
    int seen = 0;

    while (seen < 2) {
        ibv_wc wc;
        const int count = ibv_poll_cq(cq.get(), 1, &wc);

        if (count < 0)
            return failed("ibv_poll_cq");
        if (count > 0 && wc.status != IBV_WC_SUCCESS) {
            fprintf(stderr, "raii: %s\n", ibv_wc_status_str(wc.status));
            return false;
        }
        seen += count;
        if (difftime(time(nullptr), begin) > seconds_to_wait) {
            fprintf(stderr, "raii: no completion\n");
            return false;
        }
    }
    return true;
}

/* Owners end in the reverse order of their beginning: the queue pair first, the context last. */
bool send_to_self()
{
    static char text[2][64] = {"from one half of the buffer to the other", ""};

    const context device(example_open());
    if (!device)
        return false;
    const protection_domain pd(ibv_alloc_pd(device.get()));
    if (!pd)
        return failed("ibv_alloc_pd");
    const memory_region mr(ibv_reg_mr(pd.get(), text, sizeof(text), IBV_ACCESS_LOCAL_WRITE));
    if (!mr)
        return failed("ibv_reg_mr");
    const address_handle self(address_of_self(device, pd));
    if (!self)
        return failed("ibv_create_ah");
    const completion_queue cq(ibv_create_cq(device.get(), 2, nullptr, nullptr, 0));
    if (!cq)
        return failed("ibv_create_cq");
    const queue_pair qp(create_queue_pair(pd, cq));
    if (!qp || !make_ready(qp))
        return failed("creating the queue pair");

    ibv_sge to{reinterpret_cast<uintptr_t>(text[1]), sizeof(text[1]), mr->lkey};
    ibv_recv_wr receive{};
    ibv_recv_wr *bad_receive;
    receive.sg_list = &to;
    receive.num_sge = 1;
    if (ibv_post_recv(qp.get(), &receive, &bad_receive) != 0)
        return failed("ibv_post_recv");

    ibv_sge from{reinterpret_cast<uintptr_t>(text[0]), sizeof(text[0]), mr->lkey};
    ibv_send_wr send{};
    ibv_send_wr *bad_send;
    send.sg_list = &from;
    send.num_sge = 1;
    send.opcode = IBV_WR_SEND;
    send.wr.ud.ah = self.get();
    send.wr.ud.remote_qpn = qp->qp_num;
    send.wr.ud.remote_qkey = qkey;
    if (ibv_post_send(qp.get(), &send, &bad_send) != 0)
        return failed("ibv_post_send");
    if (!wait_for_both(cq))
        return false;
    if (memcmp(text[0], text[1], sizeof(text[0])) != 0) {
        fprintf(stderr, "raii: what arrived is not what was sent\n");
        return false;
    }
    printf("received: %s\n", text[1]);
    return true;
}

} // namespace

int main()
{
    return send_to_self() ? 0 : 1;
}
