/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measures how often a sender retries by default if the receiver is not ready, and how long it
 * waits between two tries. Queue pairs with 0 to 6 retries send at the same time as two queue pairs
 * with the default, one posted first and one last. The order of the failures shows the default.
 */
#include "probe.h"

#include "common/clock.h"

enum { SET_RETRIES = 7, SENDERS = SET_RETRIES + 2, FOREVER = 7, TRIES = 8 };

struct senders {
    struct raw_endpoint e; /* its queue pair is the receiver that is never ready */
    struct raw_qp qp[SENDERS];
    uint64_t when[SENDERS]; /* 0: it has not failed */
    unsigned place[SENDERS];
    unsigned failed;
};

static bool is_set(unsigned sender)
{
    return sender != 0 && sender != SENDERS - 1;
}

static void make_sender(struct senders *s, unsigned number)
{
    struct efa_create_qp_params params;
    struct raw_qp *qp = &s->qp[number];

    raw_qp_params(&s->e, EFA_DRIVER_QP_SRD, 1, &params);
    CHECK_EQUAL(raw_create_qp(&s->e.client, &params, qp), 0);
    raw_bring_with_retry(&s->e.client, qp, EFA_DRIVER_QP_RTS, is_set(number) ? number : 0);
}

static void post_all(struct senders *s)
{
    for (unsigned i = 0; i < SENDERS; i++) {
        const struct efa_send_descriptor d = raw_send_descriptor(&s->e, &s->e, 0, 0, 8);

        raw_write_send(&s->qp[i], &d);
    }
    for (unsigned i = 0; i < SENDERS; i++)
        raw_ring_send(&s->qp[i]);
}

static bool set_have_failed(const struct senders *s)
{
    for (unsigned i = 1; i < SENDERS - 1; i++) {
        if (s->when[i] == 0)
            return false;
    }
    return true;
}

static void take_failures(struct sim_world *world, struct senders *s)
{
    struct efa_completion_entry entry;

    while (s->failed < SENDERS) {
        const unsigned patience = set_have_failed(s) ? PROBE_PATIENCE_MS : PROBE_PATIENCE_MS * 5u;

        if (!probe_wait(world, &s->e.send_cq, patience, &entry))
            return;
        for (unsigned i = 0; i < SENDERS; i++) {
            if (s->qp[i].info.qp_num != entry.qp_num || s->when[i] != 0)
                continue;
            s->when[i] = tool_now_ns();
            s->place[i] = s->failed++;
        }
    }
}

/* -1: the order is not clear. */
static int number_of_tries(const struct senders *s)
{
    const unsigned last = SENDERS - 1;

    if (!set_have_failed(s))
        return -1;
    if (s->when[0] == 0 && s->when[last] == 0)
        return FOREVER;
    for (unsigned i = 1; i < last; i++) {
        if (s->when[0] != 0 && s->when[last] != 0 && s->place[0] + 1 == s->place[i] &&
            s->place[i] + 1 == s->place[last])
            return (int)i - 1;
    }
    return -1;
}

static void note_timer(struct probe *probe, const struct senders *s)
{
    const uint64_t time = (s->when[SET_RETRIES] - s->when[1]) / (SET_RETRIES - 1);

    probe_note(
        probe_add(probe, PROBE_MEASURED, "timing.rnr_timer", "%llu ns", (unsigned long long)time),
        "from the first failure to the one of %d tries, divided by %d", SET_RETRIES - 1,
        SET_RETRIES - 1);
}

static int try_once(struct sim_world *world, struct probe *probe, bool *timed)
{
    static struct senders s; /* one at a time; too large for some stacks */
    const struct senders none = {0};
    struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    int tries;

    s = none;
    raw_endpoint_open(world, &s.e, &options);
    for (unsigned i = 0; i < SENDERS; i++)
        make_sender(&s, i);
    post_all(&s);
    take_failures(world, &s);
    tries = number_of_tries(&s);
    raw_endpoint_close(&s.e);
    if (tries >= 0 && !*timed) {
        note_timer(probe, &s);
        *timed = true;
    }
    return tries;
}

static void measure_rnr(struct sim_world *world, struct probe *probe)
{
    static const char name[] = "behaviour.default_rnr_retry";
    bool timed = false;

    if (probe->info.max_qp < SENDERS + 1 || probe->info.max_cq_depth < SENDERS + 1) {
        probe_add(probe, PROBE_NOT_RUN, name, "needs %d queue pairs", SENDERS + 1);
        return;
    }
    for (unsigned i = 0; i < TRIES; i++) {
        const int tries = try_once(world, probe, &timed);

        if (tries < 0)
            continue;
        probe_compare(probe, name, (uint64_t)tries, probe->assumed->devices[0].default_rnr_retry);
        probe_settle(probe, "default_rnr_retry", (uint64_t)tries);
        return;
    }
    probe_add(probe, PROBE_NO_RESULT, name, "no clear order in %d tries", TRIES);
}

const struct probe_measurement probe_rnr = {
    "behaviour.default_rnr_retry", SIM_WRONG_WORK, EFA_INTERFACE_VERSION_2,
    EFA_FEATURE_RNR_RETRY,         true,           measure_rnr};
