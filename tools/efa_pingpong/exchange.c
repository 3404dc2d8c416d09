/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The control connection's two messages; see exchange.h. All numbers are big-endian. */
#include "exchange.h"

#include <string.h>

#include "common/byte_order.h"
#include "common/clock.h"
#include "common/message.h"

#define MAGIC 0x45464150u /* "EFAP" */
#define PROTOCOL_VERSION 1u

/* Offsets in the greeting. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_UD = 8,
    AT_VERIFY = 12,
    AT_SIZE = 16,
    AT_ITERATIONS = 20,
    AT_QP_NUM = 24,
    AT_QKEY = 28,
    AT_GID = 32
};

static bool same(const char *option, uint32_t ours, uint32_t theirs)
{
    if (ours != theirs)
        tool_error("the other side runs with --%s %u and this one with --%s %u: give both the same",
                   option, theirs, option, ours);
    return ours == theirs;
}

static bool same_flag(const char *option, bool ours, bool theirs)
{
    if (ours != theirs)
        tool_error("the other side runs %s --%s and this one %s it: give both the same",
                   theirs ? "with" : "without", option, ours ? "with" : "without");
    return ours == theirs;
}

static bool check_greeting(const uint8_t *greeting, const struct pingpong_plan *plan)
{
    if (get_big_endian32(greeting + AT_MAGIC) != MAGIC) {
        tool_error("what answers there is not efa_pingpong: choose another --port");
        return false;
    }
    if (get_big_endian32(greeting + AT_VERSION) != PROTOCOL_VERSION) {
        tool_error("the other side is another version of efa_pingpong: use the same on both");
        return false;
    }
    return same_flag("ud", plan->ud, get_big_endian32(greeting + AT_UD) != 0) &&
           same("size", plan->size, get_big_endian32(greeting + AT_SIZE)) &&
           same("iters", plan->iterations, get_big_endian32(greeting + AT_ITERATIONS)) &&
           same_flag("verify", plan->verify, get_big_endian32(greeting + AT_VERIFY) != 0);
}

void exchange_make_greeting(const struct pingpong_plan *plan, const struct pingpong_address *local,
                            uint8_t *greeting)
{
    put_big_endian32(greeting + AT_MAGIC, MAGIC);
    put_big_endian32(greeting + AT_VERSION, PROTOCOL_VERSION);
    put_big_endian32(greeting + AT_UD, plan->ud);
    put_big_endian32(greeting + AT_VERIFY, plan->verify);
    put_big_endian32(greeting + AT_SIZE, plan->size);
    put_big_endian32(greeting + AT_ITERATIONS, plan->iterations);
    put_big_endian32(greeting + AT_QP_NUM, local->qp_num);
    put_big_endian32(greeting + AT_QKEY, local->qkey);
    memcpy(greeting + AT_GID, local->gid.raw, sizeof local->gid.raw);
}

bool exchange_read_greeting(tool_socket peer, const struct pingpong_plan *plan,
                            struct pingpong_address *remote)
{
    uint8_t greeting[EXCHANGE_GREETING_SIZE];

    if (!tool_receive_all(peer, greeting, sizeof greeting, tool_now_ns() + plan->timeout_ns) ||
        !check_greeting(greeting, plan))
        return false;
    remote->qp_num = get_big_endian32(greeting + AT_QP_NUM);
    remote->qkey = get_big_endian32(greeting + AT_QKEY);
    memcpy(remote->gid.raw, greeting + AT_GID, sizeof remote->gid.raw);
    return true;
}

bool exchange_end(tool_socket peer, uint64_t timeout_ns)
{
    const uint64_t deadline = tool_now_ns() + timeout_ns;
    uint8_t done = 1;

    return tool_send_all(peer, &done, 1, deadline) && tool_receive_all(peer, &done, 1, deadline);
}
