/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The transport in between. */
#include "intercept.h"

#include <string.h>

#include "driver/win32_error.h"

static struct intercept *of(const struct efa_transport *transport)
{
    return (struct intercept *)(uintptr_t)transport;
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    struct intercept *intercept = of(transport);

    if (intercept->open_error)
        return intercept->open_error;
    if (!intercept->inner)
        return EFA_WIN32_FILE_NOT_FOUND;
    __atomic_fetch_add(&intercept->opens, 1, __ATOMIC_RELAXED);
    return intercept->inner->open(intercept->inner, session);
}

static void close_session(const struct efa_transport *transport, void *session)
{
    struct intercept *intercept = of(transport);

    __atomic_fetch_add(&intercept->closes, 1, __ATOMIC_RELAXED);
    intercept->inner->close(intercept->inner, session);
}

static struct intercept_rule *match(struct intercept *intercept, uint32_t code)
{
    for (int i = 0; i < INTERCEPT_RULES; i++) {
        struct intercept_rule *rule = &intercept->rules[i];

        if (rule->code != code)
            continue;
        if (rule->skip) {
            rule->skip--;
            continue;
        }
        if (rule->count && --rule->count == 0)
            rule->code = 0; /* this is its last */
        return rule;
    }
    return NULL;
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    struct intercept *intercept = of(transport);
    struct intercept_rule *rule = match(intercept, code);
    uint32_t error;

    __atomic_fetch_add(&intercept->requests[((code >> 2) & 0xfff) - 0x801], 1, __ATOMIC_RELAXED);
    if (input_size && input_size <= sizeof intercept->last_input && rule) {
        memcpy(intercept->last_input, input, input_size);
        intercept->last_input_size = input_size;
    }
    *returned = 0;
    if (intercept->every_error)
        return intercept->every_error;
    if (rule && rule->error && !rule->carried_out)
        return rule->error;
    error = rule && rule->swallow
                ? 0
                : intercept->inner->request(intercept->inner, session, code, input, input_size,
                                            output, output_size, returned);
    if (error || !rule)
        return error;
    if (rule->patch_size)
        memcpy((unsigned char *)output + rule->patch_offset, &rule->patch_value, rule->patch_size);
    if (rule->set_returned)
        *returned = rule->returned;
    return rule->error;
}

void intercept_init(struct intercept *intercept, const struct efa_transport *inner)
{
    memset(intercept, 0, sizeof *intercept);
    intercept->transport.name = "simulated";
    intercept->transport.open = open_session;
    intercept->transport.request = request;
    intercept->transport.close = close_session;
    intercept->inner = inner;
}

struct intercept_rule *intercept_add(struct intercept *intercept, uint32_t code)
{
    for (int i = 0; i < INTERCEPT_RULES; i++) {
        struct intercept_rule *rule = &intercept->rules[i];

        if (rule->code)
            continue;
        memset(rule, 0, sizeof *rule);
        rule->code = code;
        return rule;
    }
    return NULL;
}

void intercept_clear(struct intercept *intercept)
{
    memset(intercept->rules, 0, sizeof intercept->rules);
}

unsigned intercept_count(const struct intercept *intercept, uint32_t code)
{
    return __atomic_load_n(&intercept->requests[((code >> 2) & 0xfff) - 0x801], __ATOMIC_RELAXED);
}
