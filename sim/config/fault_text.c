/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Fault rules in the configuration's text form: `fault = KIND name=value ...`. */
#include "fault_text.h"

#include <string.h>

#include "../../src/device/completion_entry.h"
#include "../../src/driver/protocol.h"
#include "../base/counters.h"

static bool parse_kind(const struct efasim_word *word, struct efasim_fault *fault)
{
    for (unsigned i = EFASIM_FAULT_NONE + 1; i < EFASIM_FAULT_KINDS; i++) {
        if (efasim_word_is(word, efasim_fault_name(i))) {
            fault->kind = (enum efasim_fault_kind)i;
            return true;
        }
    }
    return false;
}

static void list_kinds(struct efasim_text *message)
{
    for (unsigned i = EFASIM_FAULT_NONE + 1; i < EFASIM_FAULT_KINDS; i++)
        efasim_text_add(message, " %s", efasim_fault_name(i));
}

static void list_requests(struct efasim_text *message)
{
    for (unsigned i = 0; i < EFASIM_REQUEST_KINDS; i++)
        efasim_text_add(message, " %s", efasim_request_name(i));
}

static bool is_on_request(const struct efasim_fault *fault)
{
    return efasim_fault_info(fault->kind)->occasion == EFASIM_FAULT_ON_REQUEST;
}

static bool parse_device(const struct efasim_config *config, const struct efasim_word *word,
                         struct efasim_fault *fault)
{
    for (uint32_t i = 0; i < config->device_count; i++) {
        if (efasim_word_is(word, config->devices[i].name)) {
            fault->device = i;
            return true;
        }
    }
    return false;
}

static bool parse_request(const struct efasim_word *word, struct efasim_fault *fault)
{
    for (unsigned i = 0; i < EFASIM_REQUEST_KINDS; i++) {
        if (efasim_word_is(word, efasim_request_name(i))) {
            fault->target = i;
            return true;
        }
    }
    return false;
}

static bool parse_u32(const struct efasim_word *word, enum efasim_value_type type, uint32_t *out)
{
    uint64_t value;
    if (!efasim_parse_value(type, word, &value) || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool parse_option(const struct efasim_config *config, const struct efasim_word *name,
                         const struct efasim_word *value, struct efasim_fault *fault)
{
    if (efasim_word_is(name, "device"))
        return parse_device(config, value, fault);
    if (efasim_word_is(name, "request"))
        return is_on_request(fault) && parse_request(value, fault);
    if (efasim_word_is(name, "qp"))
        return !is_on_request(fault) && parse_u32(value, EFASIM_VALUE_NUMBER, &fault->target);
    if (efasim_word_is(name, "nth"))
        return efasim_parse_value(EFASIM_VALUE_NUMBER, value, &fault->nth);
    if (efasim_word_is(name, "count"))
        return efasim_parse_value(EFASIM_VALUE_NUMBER, value, &fault->count);
    if (efasim_word_is(name, "probability")) /* in a rule, 0 means certain */
        return parse_u32(value, EFASIM_VALUE_PARTS, &fault->probability) && fault->probability != 0;
    if (efasim_word_is(name, "value"))
        return efasim_parse_value(EFASIM_VALUE_TIME, value, &fault->value);
    if (efasim_word_is(name, "offset"))
        return parse_u32(value, EFASIM_VALUE_NUMBER, &fault->offset);
    if (efasim_word_is(name, "size"))
        return parse_u32(value, EFASIM_VALUE_NUMBER, &fault->size);
    return false;
}

#define LONGEST_DELAY (3600u * 1000000000ull)
#define WIN32_ERROR_MAX 0xffffffffu

/* The valid range of `value` for the kind. */
static void value_limits(const struct efasim_fault *fault, uint64_t *lowest, uint64_t *highest)
{
    *lowest = 0;
    *highest = UINT64_MAX;
    switch (efasim_fault_info(fault->kind)->value) {
    case EFASIM_FAULT_VALUE_ERROR:
        *lowest = 1;
        *highest = WIN32_ERROR_MAX;
        break;
    case EFASIM_FAULT_VALUE_TIME:
        *lowest = 1;
        *highest = LONGEST_DELAY;
        break;
    case EFASIM_FAULT_VALUE_STATUS:
        *highest = UINT8_MAX;
        break;
    case EFASIM_FAULT_VALUE_PATCH:
        if (fault->size < sizeof fault->value)
            *highest = (1ull << (8 * fault->size)) - 1;
        break;
    default:
        break;
    }
}

/* The most bytes that a message of these devices can have. */
static uint32_t longest_message(const struct efasim_config *config, uint32_t device)
{
    uint32_t longest = 0;

    for (uint32_t i = 0; i < config->device_count; i++) {
        const struct efasim_device_config *d = &config->devices[i];
        if (device != EFASIM_FAULT_ANY_DEVICE && device != i)
            continue;
        if (d->mtu > longest)
            longest = d->mtu;
        if ((d->features & EFA_FEATURE_RDMA_READ) != 0 && d->max_rdma_size > longest)
            longest = d->max_rdma_size;
    }
    return longest;
}

static bool check_patch(const struct efasim_config *config, const struct efasim_fault *fault,
                        struct efasim_text *message)
{
    const struct efasim_fault_info *info = efasim_fault_info(fault->kind);
    uint32_t end;

    if (info->value != EFASIM_FAULT_VALUE_PATCH)
        return true;
    switch (info->occasion) {
    case EFASIM_FAULT_ON_REQUEST:
        end = (uint32_t)sizeof(struct efa_device_info);
        break;
    case EFASIM_FAULT_ON_MESSAGE:
        end = longest_message(config, fault->device);
        break;
    default:
        end = EFA_COMPLETION_ENTRY_SIZE;
        break;
    }
    if (fault->size != 1 && fault->size != 2 && fault->size != 4 && fault->size != 8) {
        efasim_text_add(message, "%s takes size=1, 2, 4 or 8", efasim_fault_name(fault->kind));
        return false;
    }
    if (fault->size > end || fault->offset > end - fault->size) {
        efasim_text_add(message, "offset= and size= of %s go up to %u bytes",
                        efasim_fault_name(fault->kind), end);
        return false;
    }
    return true;
}

/* Rules that would never take effect, or not the effect that they name. */
static bool check_fault(const struct efasim_config *config, const struct efasim_fault *fault,
                        bool names_request, struct efasim_text *message)
{
    uint64_t lowest, highest;

    if (is_on_request(fault) && !names_request) {
        efasim_text_add(message, "%s needs request= and one of", efasim_fault_name(fault->kind));
        list_requests(message);
        return false;
    }
    if (!check_patch(config, fault, message))
        return false;
    value_limits(fault, &lowest, &highest);
    if (fault->value < lowest || fault->value > highest) {
        efasim_text_add(message, "%s takes value= from %llu to %llu",
                        efasim_fault_name(fault->kind), (unsigned long long)lowest,
                        (unsigned long long)highest);
        return false;
    }
    return true;
}

/* The reason why `name=value` is not an option of this fault. */
static void explain_option(const struct efasim_config *config, const struct efasim_word *word,
                           const struct efasim_word *name, const struct efasim_fault *fault,
                           struct efasim_text *message)
{
    const bool on_request = is_on_request(fault);
    char text[EFASIM_WORD_TEXT_SIZE];

    efasim_word_text(word, text, sizeof text);
    if (on_request && efasim_word_is(name, "request")) {
        efasim_text_add(message, "'%s': request= is one of", text);
        list_requests(message);
        return;
    }
    if (efasim_word_is(name, "device")) {
        efasim_text_add(message, "'%s': device= is one of", text);
        for (uint32_t i = 0; i < config->device_count; i++)
            efasim_text_add(message, " %s", config->devices[i].name);
        return;
    }
    efasim_text_add(message,
                    "'%s' does not fit %s; it takes %s=, nth=, count=, probability=, "
                    "value=, offset=, size=, device= without spaces",
                    text, efasim_fault_name(fault->kind), on_request ? "request" : "qp");
}

bool efasim_config_parse_fault(struct efasim_config *config, struct efasim_word rest,
                               struct efasim_text *message)
{
    struct efasim_fault fault;
    struct efasim_word word = efasim_next_word(&rest);
    bool names_request = false;

    memset(&fault, 0, sizeof fault);
    fault.device = EFASIM_FAULT_ANY_DEVICE;
    fault.size = 1;
    if (!parse_kind(&word, &fault)) {
        efasim_text_add(message, "a fault must begin with one of");
        list_kinds(message);
        return false;
    }
    while ((word = efasim_next_word(&rest)).size != 0) {
        const char *equals = word.start;
        const char *end = word.start + word.size;
        while (equals < end && *equals != '=')
            equals++;
        struct efasim_word name = {word.start, (size_t)(equals - word.start)};
        struct efasim_word value = {equals, 0};
        if (equals < end) {
            value.start = equals + 1;
            value.size = (size_t)(end - value.start);
        }
        if (!parse_option(config, &name, &value, &fault)) {
            explain_option(config, &word, &name, &fault, message);
            return false;
        }
        names_request = names_request || efasim_word_is(&name, "request");
    }
    if (!check_fault(config, &fault, names_request, message))
        return false;
    if (config->fault_count == EFASIM_MAX_FAULTS) {
        efasim_text_add(message, "too many faults, the limit is %u", EFASIM_MAX_FAULTS);
        return false;
    }
    config->faults[config->fault_count++] = fault;
    return true;
}
