/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Known defect 40, duplicate address handles: on a driver with the device's rule that a client must
 * not create the same destination twice; see defects.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "defects.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "lib_fake_driver.h"
#include "os/compiler.h"

#define MAX_AHS 8192

/* The fake driver, with its own address handles. */
static struct strict_driver {
    struct fake_driver fake;
    struct efa_transport inner; /* the fake's own operations */
    struct efa_create_ah_params ahs[MAX_AHS];
    bool used[MAX_AHS];
    uint32_t limit; /* how many there may be */
    unsigned allocs, deallocs;
    unsigned broken; /* how often the rule was: threads other than the test's cannot fail it */
    uint32_t error;  /* fail the next request of an address handle with it */
    pthread_mutex_t mutex;
} strict;

static uint32_t alloc_ah(const struct efa_create_ah_params *params, struct efa_ah_info *info)
{
    uint32_t found = MAX_AHS;

    strict.allocs++;
    for (uint32_t i = strict.limit; i-- > 0;) {
        if (!strict.used[i])
            found = i;
        else if (memcmp(&strict.ahs[i], params, sizeof *params) == 0)
            strict.broken++;
    }
    if (found == MAX_AHS)
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    strict.used[found] = true;
    strict.ahs[found] = *params;
    info->ah = (uint16_t)found;
    return 0;
}

static uint32_t dealloc_ah(const struct efa_destroy_ah_params *params)
{
    strict.deallocs++;
    if (params->ah >= strict.limit || !strict.used[params->ah] ||
        strict.ahs[params->ah].pdn != params->pdn) {
        strict.broken++;
        return EFA_WIN32_NOT_FOUND;
    }
    strict.used[params->ah] = false;
    return 0;
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    uint32_t error;

    if (code != EFA_ALLOC_AH && code != EFA_DEALLOC_AH)
        return strict.inner.request(transport, session, code, input, input_size, output,
                                    output_size, returned);
    *returned = output_size;
    pthread_mutex_lock(&strict.mutex);
    error = strict.error;
    strict.error = 0;
    if (!error)
        error = code == EFA_ALLOC_AH ? alloc_ah(input, output) : dealloc_ah(input);
    pthread_mutex_unlock(&strict.mutex);
    return error;
}

static struct world *open_world(uint32_t limit)
{
    struct world *world = fake_world_create(&strict.fake, 3, 1);

    assert_int_equal(ibv_destroy_ah(world->self), 0);
    memset(strict.used, 0, sizeof strict.used);
    strict.limit = limit;
    strict.allocs = strict.deallocs = strict.broken = 0;
    strict.error = 0;
    pthread_mutex_init(&strict.mutex, NULL);
    strict.inner = strict.fake.transport;
    strict.fake.transport.request = request;
    return world;
}

static void close_world(struct world *world)
{
    for (uint32_t i = 0; i < strict.limit; i++)
        assert_false(strict.used[i]);
    assert_int_equal(strict.allocs, strict.deallocs);
    assert_int_equal(strict.broken, 0);
    world->self = make_ah(world); /* for world_leave() */
    fake_world_destroy(&strict.fake, world);
    pthread_mutex_destroy(&strict.mutex);
}

static struct ibv_ah *make(struct ibv_pd *pd, uint32_t peer)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    attr.grh.dgid.raw[0] = 0xfe;
    memcpy(&attr.grh.dgid.raw[12], &peer, sizeof peer);
    errno = 0;
    return ibv_create_ah(pd, &attr);
}

static uint16_t number_of(struct ibv_ah *ah)
{
    struct efadv_ah_attr attr;

    assert_int_equal(efadv_query_ah(ah, &attr, sizeof attr), 0);
    assert_int_equal(attr.ahn, ah->handle);
    return attr.ahn;
}

static void row_40_the_driver_is_asked_once_for_a_destination(void **state)
{
    struct world *world = open_world(4);
    struct ibv_ah *ahs[5], *other;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        ahs[i] = make(world->pd, 1);
        assert_non_null(ahs[i]);
        assert_int_equal(number_of(ahs[i]), number_of(ahs[0]));
        for (unsigned k = 0; k < i; k++)
            assert_ptr_not_equal(ahs[k], ahs[i]);
    }
    other = make(world->pd, 2);
    assert_int_not_equal(number_of(other), number_of(ahs[0]));
    assert_int_equal(strict.allocs, 2);
    assert_int_equal(ibv_dealloc_pd(world->pd), EBUSY);
    /* In any order; with the last of them, and no earlier, the adapter's goes. */
    static const unsigned order[] = {2, 0, 4, 1, 3};

    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(strict.deallocs, 0);
        assert_int_equal(ibv_destroy_ah(ahs[order[i]]), 0);
    }
    assert_int_equal(strict.deallocs, 1);
    assert_int_equal(ibv_destroy_ah(other), 0);
    other = make(world->pd, 1);
    assert_int_equal(strict.allocs, 3);
    assert_int_equal(ibv_destroy_ah(other), 0);
    close_world(world);
}

static void row_40_failures_keep_the_count(void **state)
{
    struct world *world = open_world(1);
    struct ibv_ah *first, *second;

    (void)state;
    strict.error = EFA_WIN32_GEN_FAILURE;
    assert_null(make(world->pd, 1));
    assert_int_equal(errno, EIO);
    first = make(world->pd, 1);
    assert_null(make(world->pd, 2));
    assert_int_equal(errno, ENOMEM);
    second = make(world->pd, 1); /* for which a full table has room */
    assert_non_null(second);
    strict.error = EFA_WIN32_OPERATION_ABORTED;
    assert_int_equal(ibv_destroy_ah(first), 0); /* sends no command */
    assert_int_equal(ibv_destroy_ah(second), ECANCELED);
    first = make(world->pd, 1); /* it is still there */
    assert_int_equal(number_of(first), number_of(second));
    assert_int_equal(strict.allocs, 2);
    assert_int_equal(ibv_destroy_ah(first), 0);
    assert_int_equal(ibv_destroy_ah(second), 0);
    assert_int_equal(strict.deallocs, 1);
    strict.allocs--; /* the one that did not fit */
    close_world(world);
}

static void row_40_each_protection_domain_has_its_own(void **state)
{
    struct world *world = open_world(4);
    struct ibv_pd *pd = world->pd, *other = ibv_alloc_pd(world->context), *parent;
    struct ibv_ah *first, *second, *third;
    struct ibv_td *td;

    (void)state;
    parent = make_parent(world, &td); /* which is the same to the driver */
    first = make(parent, 1);
    second = make(pd, 1);
    assert_int_equal(strict.allocs, 1);
    assert_int_equal(number_of(first), number_of(second));
    assert_ptr_equal(first->pd, parent);
    assert_ptr_equal(second->pd, pd);
    assert_int_equal(ibv_dealloc_pd(parent), EBUSY);
    assert_int_equal(ibv_destroy_ah(first), 0);
    destroy_parent(parent, td);
    assert_int_equal(strict.deallocs, 0);

    third = make(other, 1);
    assert_int_equal(strict.allocs, 2);
    assert_int_not_equal(number_of(third), number_of(second));
    assert_int_equal(ibv_destroy_ah(second), 0);
    assert_int_equal(ibv_destroy_ah(third), 0);
    assert_int_equal(ibv_dealloc_pd(other), 0);
    close_world(world);
}

static void row_40_thousands_of_peers(void **state)
{
    static struct ibv_ah *ahs[2][MAX_AHS];
    struct world *world = open_world(MAX_AHS);

    (void)state;
    for (uint32_t i = 0; i < MAX_AHS; i += 2)
        assert_non_null(ahs[0][i] = make(world->pd, i));
    for (uint32_t i = 0; i < MAX_AHS; i += 2) {
        assert_non_null(ahs[1][i] = make(world->pd, i));
        assert_int_equal(ahs[1][i]->handle, ahs[0][i]->handle);
    }
    assert_int_equal(strict.allocs, MAX_AHS / 2);
    for (uint32_t i = 0; i < MAX_AHS; i += 4)
        for (unsigned k = 0; k < 2; k++)
            assert_int_equal(ibv_destroy_ah(ahs[k][i]), 0);
    assert_int_equal(strict.deallocs, MAX_AHS / 4);
    for (uint32_t i = MAX_AHS - 2; i < MAX_AHS; i -= 4)
        for (unsigned k = 0; k < 2; k++)
            assert_int_equal(ibv_destroy_ah(ahs[k][i]), 0);
    close_world(world);
}

#define THREADS 4
#define ROUNDS 3000

struct hammer {
    struct world *world;
    pthread_t thread;
    uint32_t random;
    unsigned failures;
};

static void *create_and_destroy(void *argument)
{
    struct hammer *hammer = argument;
    struct ibv_ah *held[4] = {NULL};

    for (unsigned i = 0; i < ROUNDS; i++) {
        hammer->random = hammer->random * 1664525u + 1013904223u;
        struct ibv_ah **slot = &held[hammer->random >> 30];

        if (*slot) {
            hammer->failures += ibv_destroy_ah(*slot) != 0;
            *slot = NULL;
        } else {
            *slot = make(hammer->world->pd, hammer->random >> 28 & 3);
            hammer->failures += !*slot;
        }
    }
    for (unsigned i = 0; i < 4; i++)
        hammer->failures += held[i] && ibv_destroy_ah(held[i]) != 0;
    return NULL;
}

static void row_40_threads_share_the_count(void **state)
{
    struct world *world = open_world(4);
    struct hammer hammers[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        hammers[i] = (struct hammer){.world = world, .random = i + 1};
        assert_int_equal(pthread_create(&hammers[i].thread, NULL, create_and_destroy, &hammers[i]),
                         0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(hammers[i].thread, NULL);
        assert_int_equal(hammers[i].failures, 0);
    }
    close_world(world);
}

int defects_addresses(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_40_the_driver_is_asked_once_for_a_destination),
        cmocka_unit_test(row_40_failures_keep_the_count),
        cmocka_unit_test(row_40_each_protection_domain_has_its_own),
        cmocka_unit_test(row_40_thousands_of_peers),
        cmocka_unit_test(row_40_threads_share_the_count),
    };

    return cmocka_run_group_tests_name("known defects, address handles", tests, NULL, NULL);
}
