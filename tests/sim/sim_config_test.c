/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The configuration as text: what it understands, and what it says to what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "base/format.h"

static char message[256];

static bool parse(struct efasim_config *config, const char *text)
{
    /* In a block of its own size, so that a sanitizer sees a read beyond the end. */
    size_t size = strlen(text);
    char *copy = malloc(size != 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    efasim_config_default(config);
    bool valid = efasim_config_parse(config, copy, size, message, sizeof message);
    free(copy);
    return valid;
}

static void empty_text_is_the_preset(void **state)
{
    struct efasim_config config, preset;
    (void)state;
    efasim_config_default(&preset);
    assert_true(parse(&config, ""));
    assert_memory_equal(&config, &preset, sizeof config);
    assert_true(parse(&config, "\n  # nothing\r\n\n"));
    assert_memory_equal(&config, &preset, sizeof config);
}

static void every_key_is_understood(void **state)
{
    struct efasim_config c;
    (void)state;
    assert_true(parse(&c,
                      "seed = 0x2a\nlatency = 20us\njitter=5us\nbandwidth=1G\n"
                      "reorder_window=16\nreorder_probability=25%\nloss = 0.5%\n"
                      "retransmit_timeout=1ms\nrnr_timer=2ms\npeer_timeout=1s\n"
                      "strict_request_ids=yes\nabort_on_violation=on\n"
                      "reuse_numbers_at_once=true\nflush_on_destroy=no\n"
                      "poison_send_ring=1\nduplicate_ah=alias\n"));
    assert_int_equal(c.seed, 42);
    assert_int_equal(c.latency, 20000);
    assert_int_equal(c.jitter, 5000);
    assert_int_equal(c.bandwidth, 1 << 30);
    assert_int_equal(c.reorder_window, 16);
    assert_int_equal(c.reorder_probability, 250000);
    assert_int_equal(c.loss, 5000);
    assert_int_equal(c.retransmit_timeout, 1000000);
    assert_int_equal(c.rnr_timer, 2000000);
    assert_int_equal(c.peer_timeout, 1000000000);
    assert_true(c.strict_request_ids && c.abort_on_violation && c.reuse_numbers_at_once &&
                c.poison_send_ring && !c.flush_on_destroy);
    assert_int_equal(c.duplicate_ah, EFASIM_DUPLICATE_AH_ALIAS);
}

static void every_key_of_a_device_is_understood(void **state)
{
    struct efasim_config c;
    const struct efasim_device_config *d = &c.devices[0];
    (void)state;
    assert_true(parse(&c,
                      "[device left]\ngid = fe80:0000:0000:0000:0102:0304:0506:0708\n"
                      "versions = 1 2\nversion_error=50\nfeatures = rdma_read, rnr_retry\n"
                      "firmware_version=0x01020304\ndevice_version=0xefa2\n"
                      "page_size_cap=4096\nmax_mr_pages=1000\nmax_qp=2\nmax_cq=3\nmax_mr=4\n"
                      "max_pd=5\nmax_ah=6\nmax_sq_depth=8\nmax_rq_depth=16\nmax_cq_depth=32\n"
                      "inline_buf_size=16\nmax_llq_size=4k\nmtu=1k\nnum_sub_cqs=1\n"
                      "max_sq_sge=1\nmax_rq_sge=2\nmax_rdma_size=1M\ndefault_rnr_retry=3\n"
                      "max_batch=8\n"));
    assert_string_equal(d->name, "left");
    assert_int_equal(d->gid[15], 8);
    assert_int_equal(d->versions, 6);
    assert_int_equal(d->version_error, 50);
    assert_int_equal(d->features, 3);
    assert_int_equal(d->firmware_version, 0x01020304);
    assert_int_equal(d->device_version, 0xefa2);
    assert_int_equal(d->page_size_cap, 4096);
    assert_int_equal(d->max_mr_pages, 1000);
    assert_int_equal(d->max_qp, 2);
    assert_int_equal(d->max_cq, 3);
    assert_int_equal(d->max_mr, 4);
    assert_int_equal(d->max_pd, 5);
    assert_int_equal(d->max_ah, 6);
    assert_int_equal(d->max_sq_depth, 8);
    assert_int_equal(d->max_rq_depth, 16);
    assert_int_equal(d->max_cq_depth, 32);
    assert_int_equal(d->inline_buf_size, 16);
    assert_int_equal(d->max_llq_size, 4096);
    assert_int_equal(d->mtu, 1024);
    assert_int_equal(d->num_sub_cqs, 1);
    assert_int_equal(d->max_sq_sge, 1);
    assert_int_equal(d->max_rq_sge, 2);
    assert_int_equal(d->max_rdma_size, 1 << 20);
    assert_int_equal(d->default_rnr_retry, 3);
    assert_int_equal(d->max_batch, 8);
}

static void a_time_or_size_may_have_decimals(void **state)
{
    struct efasim_config c;
    (void)state;
    assert_true(
        parse(&c, "latency = 1.5us\njitter = 0.25ms\npeer_timeout = 1.000000001s\nmtu = 1.5k"));
    assert_int_equal(c.latency, 1500);
    assert_int_equal(c.jitter, 250000);
    assert_int_equal(c.peer_timeout, 1000000001);
    assert_int_equal(c.devices[0].mtu, 1536);
    assert_true(parse(&c, "latency = 2.0\n"));
    assert_int_equal(c.latency, 2);
}

static void each_part_has_a_profile(void **state)
{
    static const char *const older[] = {"first_generation", "second_generation"};
    struct efasim_config c, same;
    (void)state;
    for (uint32_t part = 0xefa0; part <= 0xefa4; part++) {
        const struct efasim_device_config *d = &c.devices[0];
        char text[64];
        snprintf(text, sizeof text, "preset = efa-0x%x\n", part);
        assert_true(parse(&c, text));
        assert_int_equal(d->device_version, part);
        assert_int_equal(d->features, part == 0xefa0 ? 0 : 3);
        assert_int_equal(d->num_sub_cqs, part == 0xefa0 ? 2 : 1);
        assert_int_equal(d->max_batch, part == 0xefa0 ? 32767 : 16);
        assert_true(efasim_config_part(&same, part));
        assert_memory_equal(&c, &same, sizeof c);
        if (part - 0xefa0 < 2) {
            snprintf(text, sizeof text, "preset = %s\n", older[part - 0xefa0]);
            assert_true(parse(&c, text));
            assert_memory_equal(&c, &same, sizeof c);
        }
    }
    assert_false(efasim_config_part(&same, 0xefa5));
    efasim_config_default(&c);
    assert_true(efasim_config_part(&same, 0xefa0));
    assert_memory_equal(&c, &same, sizeof c);
}

static void devices_may_be_of_different_parts(void **state)
{
    struct efasim_config c;
    (void)state;
    assert_true(parse(&c,
                      "preset = efa-0xefa2\nmax_qp = 7\nmax_batch = 4\n[device a]\n"
                      "[device b]\npreset = efa-0xefa0\nmax_cq = 9\n[device c]\n"));
    assert_int_equal(c.devices[0].device_version, 0xefa2);
    assert_int_equal(c.devices[0].max_batch, 4);
    assert_int_equal(c.devices[1].device_version, 0xefa0);
    assert_int_equal(c.devices[1].num_sub_cqs, 2);
    assert_int_equal(c.devices[1].max_batch, 32767);
    assert_int_equal(c.devices[1].max_qp, 7);
    assert_int_equal(c.devices[1].max_cq, 9);
    assert_string_equal(c.devices[1].name, "b");
    assert_int_equal(c.devices[2].device_version, 0xefa2);
}

static void device_keys_before_sections_hold_for_all(void **state)
{
    struct efasim_config c;
    (void)state;
    assert_true(parse(&c,
                      "preset = second_generation\nmax_qp = 7\n[device a]\nmax_qp = 9\n"
                      "[device b]\n"));
    assert_int_equal(c.device_count, 2);
    assert_int_equal(c.devices[0].max_qp, 9);
    assert_int_equal(c.devices[1].max_qp, 7);
    assert_int_equal(c.devices[1].features, 3);
    assert_string_equal(c.devices[1].name, "b");
    assert_memory_not_equal(c.devices[0].gid, c.devices[1].gid, 16);
}

static void faults_are_understood(void **state)
{
    struct efasim_config c;
    (void)state;
    assert_true(parse(&c,
                      "fault = request_error request=CREATE_QP value=1450 nth=3 count=1 "
                      "device=b probability=50%\n"
                      "fault = message_delay qp=300 value=3ms\n"
                      "fault = completion_patch offset=4 size=2 value=0xffff\n"
                      "fault = message_patch offset=8924 size=4 value=0xffffffff qp=7\n"
                      "fault = message_patch device=b offset=0x3ffffff8 size=8\n"
                      "[device a]\n[device b]\nfeatures = rdma_read\n"));
    assert_int_equal(c.fault_count, 5);
    assert_int_equal(c.faults[0].kind, EFASIM_FAULT_REQUEST_ERROR);
    assert_int_equal(c.faults[0].target, 3);
    assert_int_equal(c.faults[0].value, 1450);
    assert_int_equal(c.faults[0].nth, 3);
    assert_int_equal(c.faults[0].count, 1);
    assert_int_equal(c.faults[0].device, 1);
    assert_int_equal(c.faults[0].probability, 500000);
    assert_int_equal(c.faults[1].target, 300);
    assert_int_equal(c.faults[1].value, 3000000);
    assert_int_equal(c.faults[1].device, EFASIM_FAULT_ANY_DEVICE);
    assert_int_equal(c.faults[2].offset, 4);
    assert_int_equal(c.faults[2].size, 2);
    assert_int_equal(c.faults[3].kind, EFASIM_FAULT_MESSAGE_PATCH);
    assert_int_equal(c.faults[3].target, 7);
    assert_int_equal(c.faults[3].offset, 8924);
    assert_int_equal(c.faults[4].offset, (1 << 30) - 8);
}

/* As the table has them, each with what its occasion and its value ask for. */
static void each_kind_of_fault_is_understood(void **state)
{
    struct efasim_config c;
    (void)state;
    for (unsigned kind = EFASIM_FAULT_NONE + 1; kind < EFASIM_FAULT_KINDS; kind++) {
        const struct efasim_fault_info *info = efasim_fault_info(kind);
        bool is_patch = info->value == EFASIM_FAULT_VALUE_PATCH;
        char text[128];
        assert_string_equal(efasim_fault_name(kind), info->name);
        snprintf(text, sizeof text, "fault = %s %s%s%s", info->name,
                 info->occasion == EFASIM_FAULT_ON_REQUEST ? "request=REG_MR" : "qp=5",
                 info->value == EFASIM_FAULT_VALUE_NONE ? "" : " value=7",
                 is_patch ? " offset=1 size=2" : "");
        assert_true(parse(&c, text));
        assert_int_equal(c.faults[0].kind, kind);
        assert_int_equal(c.faults[0].target, 5); /* REG_MR as well */
        assert_int_equal(c.faults[0].size, is_patch ? 2 : 1);
    }
    assert_null(efasim_fault_info(EFASIM_FAULT_NONE));
    assert_null(efasim_fault_info(EFASIM_FAULT_KINDS));
    assert_string_equal(efasim_fault_name(EFASIM_FAULT_NONE), "none");
    assert_null(efasim_fault_name(EFASIM_FAULT_KINDS));
}

struct rejection {
    const char *text;
    const char *line; /* what the message begins with */
    const char *hint; /* and what it contains */
};

static void bad_text_is_rejected_with_what_is_valid(void **state)
{
    static const struct rejection rejections[] = {
        {"laency = 3", "line 1: ", "'latency'"},
        {"\n\nmtuu = 3", "line 3: ", "'mtu'"},
        {"seed", "line 1: ", "key = value"},
        {"= 3", "line 1: ", "key = value"},
        {"seed =", "line 1: ", "a number"},
        {"seed = twelve", "line 1: ", "a number"},
        {"seed = -1", "line 1: ", "a number"},
        {"seed = 18446744073709551616", "line 1: ", "a number"},
        {"max_qp = 4294967296", "line 1: ", "32 bits"},
        {"loss = 101%", "line 1: ", "1%"},
        {"loss = 1000001", "line 1: ", "1%"},
        {"latency = 3 weeks", "line 1: ", "20us"},
        {"latency = 99999999999999s", "line 1: ", "20us"},
        {"latency = 1.0005us", "line 1: ", "20us"},
        {"latency = 0.5", "line 1: ", "20us"},
        {"latency = 1.us", "line 1: ", "20us"},
        {"latency = .5us", "line 1: ", "20us"},
        {"latency = 1.5.5us", "line 1: ", "20us"},
        {"latency = 0x1.8us", "line 1: ", "20us"},
        {"latency = 0.0000000000s", "line 1: ", "20us"},
        {"latency = 18446744073.709551616s", "line 1: ", "20us"},
        {"mtu = 8kk", "line 1: ", "8k"},
        {"seed = 1.5", "line 1: ", "a number"},
        {"latency = 5us\n\nlatency = 6us", "line 3: line 1 has set latency", "keep one"},
        {"mtu = 4k\nmtu = 4k", "line 2: line 1 has set mtu", "keep one"},
        {"[device a]\nmtu = 4k\nmax_qp = 2\nmtu = 8k", "line 4: line 2 has set mtu", "keep one"},
        {"preset = efa-0xefa1\npreset = efa-0xefa1", "line 2: line 1 has set preset", "keep one"},
        {"flush_on_destroy = maybe", "line 1: ", "yes or no"},
        {"versions = 1 4", "line 1: ", "1 2 3"},
        {"versions =", "line 1: ", "1 2 3"},
        {"features = magic", "line 1: ", "rdma_read"},
        {"preset = third", "line 1: ", "efa-0xefa0 efa-0xefa1"},
        {"preset = efa-0xefa5", "line 1: ", "efa-0xefa4 first_generation"},
        {"max_batch = 4\npreset = efa-0xefa1", "line 2: ", "put it before"},
        {"[device a]\nmtu = 4k\npreset = efa-0xefa1", "line 3: ", "put it before"},
        {"max_batch = 32769", "device efa: ", "from 0 to 32768"},
        {"duplicate_ah = twice", "line 1: ", "count, reject or alias"},
        {"[device a]\nduplicate_ah = count", "line 2: ", "before the first [device]"},
        {"gid = 00", "line 1: ", "[device NAME]"},
        {"[device a]\ngid = fe80", "line 2: ", "32 hexadecimal"},
        {"[device a]\ngid = 00000000000000000000000000000000ff", "line 2: ", "32 hexadecimal"},
        {"[device a]\nloss = 1%", "line 2: ", "before the first [device]"},
        {"[device a]\nfault = message_lose", "line 2: ", "before the first [device]"},
        {"[device]", "line 1: ", "[device NAME]"},
        {"[device a b]", "line 1: ", "[device NAME]"},
        {"[device aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]", "line 1: ", "31 characters"},
        {"[adapter a]", "line 1: ", "[device NAME]"},
        {"[", "line 1: ", "[device NAME]"},
        {"fault = explode", "line 1: ", "request_error"},
        {"fault = request_error request=FOO",
         "line 1: 'request=FOO': ", "one of QUERY_DEVICE CREATE_CQ DESTROY_CQ"},
        {"fault = request_error qp=3", "line 1: ", "it takes request=, nth="},
        {"fault = message_lose request=CREATE_QP", "line 1: ", "qp="},
        {"fault = message_lose nth", "line 1: ", "nth="},
        {"fault = message_lose device=zzz\n[device left]\n[device right]",
         "line 1: ", "one of left right"},
        {"fault = request_error value=31", "line 1: ", "one of QUERY_DEVICE"},
        {"\nfault = request_error request=CREATE_QP", "line 2: ", "value= from 1"},
        {"fault = request_error request=CREATE_QP value=0", "line 1: ", "value= from 1"},
        {"fault = request_error request=CREATE_QP value=0x100000000", "line 1: ", "value= from 1"},
        {"fault = request_lost_reply request=CREATE_QP", "line 1: ", "value= from 1"},
        {"fault = request_late request=CREATE_QP", "line 1: ", "value= from 1"},
        {"fault = message_delay", "line 1: ", "value= from 1"},
        {"fault = message_status value=256", "line 1: ", "value= from 0 to 255"},
        {"fault = request_patch request=CREATE_QP size=3", "line 1: ", "size=1, 2, 4 or 8"},
        {"fault = completion_patch offset=15 size=2", "line 1: ", "up to 16"},
        {"fault = completion_patch size=2 value=65536", "line 1: ", "value= from 0 to 65535"},
        {"fault = request_patch request=CREATE_QP value=256", "line 1: ", "value= from 0 to 255"},
        {"fault = message_patch request=CREATE_QP", "line 1: ", "qp="},
        {"fault = message_patch size=5", "line 1: ", "size=1, 2, 4 or 8"},
        {"fault = message_patch size=4 value=4294967296", "line 1: ", "to 4294967295"},
        {"fault = message_patch offset=8925 size=4", "line 1: ", "up to 8928 bytes"},
        {"mtu = 4\nfault = message_patch size=8", "line 2: ", "up to 4 bytes"},
        {"fault = message_patch device=a offset=100\n[device a]\nmtu = 100\n[device b]",
         "line 1: ", "up to 100 bytes"},
        {"fault = message_lose probability=0%", "line 1: ", "probability="},
        {"[device a\"b]", "line 1: ", "letters, digits"},
        {"max_qp = 0", "device efa: ", "from 1 to 32768"},
        {"max_qp = 40000", "device efa: ", "from 1 to 32768"},
        {"mtu = 64k", "device efa: ", "65495"},
        {"num_sub_cqs = 17", "device efa: ", "from 1 to 16"},
        {"max_sq_sge = 3", "device efa: ", "from 1 to 2"},
        {"inline_buf_size = 33", "device efa: ", "from 0 to 32"},
        {"max_sq_depth = 16384", "device efa: ", "max_llq_size"},
        {"max_sq_depth = 5000\nmax_llq_size = 320000", "device efa: ", "of at least 524288"},
        {"max_sq_depth = 60\nmax_llq_size = 3840", "device efa: ", "of at least 4096"},
        {"max_sq_depth = 4294967295", "device efa: ", "from 1 to 32768"},
        {"max_mr_pages = 0", "device efa: ", "must not be 0"},
        {"reorder_probability = 5%", "reorder_probability", "reorder_window"},
        {"rnr_timer = 0", "retransmit_timeout", "must not be 0"},
        {"latency = 3601s", "a time", "hour"},
        {"bandwidth = 1", "bandwidth is 1", "at least 1000"},
        {"bandwidth = 999", "bandwidth is 999", "at least 1000"},
        {"[device a]\n[device a]", "two devices", "its own name"},
        {"[device a]\ngid=00000000000000000000000000000001\n[device b]\n"
         "gid=00000000000000000000000000000001",
         "devices a and b", "give each its own"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof rejections / sizeof rejections[0]; i++) {
        struct efasim_config config;
        const struct rejection *r = &rejections[i];
        assert_false(parse(&config, r->text));
        if (strncmp(message, r->line, strlen(r->line)) != 0 || !strstr(message, r->hint))
            fail_msg("to '%s' it says '%s'", r->text, message);
    }
}

static void names_set_without_the_text_obey_its_rules(void **state)
{
    static const char *const odd[] = {"", "a\"b", "a\nb", "a b", "a\\b", "\x7f", "\xc3\xa4", "a,b"};
    struct efasim_config config;
    (void)state;
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        efasim_config_default(&config);
        strcpy(config.devices[0].name, odd[i]);
        assert_false(efasim_config_check(&config, message, sizeof message));
        assert_string_equal(message,
                            "device 1: the name must have 1 to 31 characters: letters, "
                            "digits, '_', '-', '.'");
    }
    memset(config.devices[0].name, 'a', EFASIM_NAME_SIZE);
    assert_false(efasim_config_check(&config, message, sizeof message));
    strcpy(config.devices[0].name, "Efa_0-1.b");
    assert_true(efasim_config_check(&config, message, sizeof message));
}

static void unknown_treatment_of_duplicates_is_rejected(void **state)
{
    struct efasim_config config;
    (void)state;
    efasim_config_default(&config);
    config.duplicate_ah = EFASIM_DUPLICATE_AH_ALIAS + 1;
    assert_false(efasim_config_check(&config, message, sizeof message));
    assert_string_equal(message, "duplicate_ah is 3; it must be from 0 to 2");
}

static void too_many_devices_are_rejected(void **state)
{
    struct efasim_config config;
    char text[1024] = "";
    (void)state;
    for (unsigned i = 0; i <= EFASIM_MAX_DEVICES; i++) {
        char line[] = "[device a]\n";
        line[8] = (char)('a' + i);
        strcat(text, line);
    }
    assert_false(parse(&config, text));
    assert_non_null(strstr(message, "line 17: too many devices, the limit is 16"));
}

static void too_many_faults_are_rejected(void **state)
{
    struct efasim_config config;
    char text[2048] = "";
    (void)state;
    for (unsigned i = 0; i <= EFASIM_MAX_FAULTS; i++)
        strcat(text, "fault = message_lose\n");
    assert_false(parse(&config, text));
    assert_non_null(strstr(message, "line 33: too many faults, the limit is 32"));
}

static void messages_are_cut_to_the_buffer(void **state)
{
    struct efasim_config config;
    char small[8];
    (void)state;
    efasim_config_default(&config);
    assert_false(efasim_config_parse(&config, "nonsense", 8, small, sizeof small));
    assert_int_equal(strlen(small), 7);
}

static void formatter_writes_what_printf_would(void **state)
{
    char buffer[128];
    struct efasim_text text;
    (void)state;
    efasim_text_init(&text, buffer, sizeof buffer);
    efasim_text_add(&text, "%u %x %s %c %d %d %llu %llx %04x %5u|%%", 4294967295u, 0xbeefu, "word",
                    'c', -5, 2147483647, 18446744073709551615ull, 0x123456789abcull, 0xau, 42u);
    assert_string_equal(buffer,
                        "4294967295 beef word c -5 2147483647 18446744073709551615 "
                        "123456789abc 000a    42|%");
    efasim_text_init(&text, buffer, 5);
    efasim_text_add(&text, "%s", "longer than that");
    assert_string_equal(buffer, "long");
    efasim_text_init(&text, buffer, sizeof buffer);
    efasim_text_add_bytes(&text, "\x01\x02\xff\x00\x10", 5);
    assert_string_equal(buffer, "0102ff00 10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_text_is_the_preset),
        cmocka_unit_test(every_key_is_understood),
        cmocka_unit_test(every_key_of_a_device_is_understood),
        cmocka_unit_test(a_time_or_size_may_have_decimals),
        cmocka_unit_test(each_part_has_a_profile),
        cmocka_unit_test(devices_may_be_of_different_parts),
        cmocka_unit_test(device_keys_before_sections_hold_for_all),
        cmocka_unit_test(faults_are_understood),
        cmocka_unit_test(each_kind_of_fault_is_understood),
        cmocka_unit_test(bad_text_is_rejected_with_what_is_valid),
        cmocka_unit_test(names_set_without_the_text_obey_its_rules),
        cmocka_unit_test(unknown_treatment_of_duplicates_is_rejected),
        cmocka_unit_test(too_many_devices_are_rejected),
        cmocka_unit_test(too_many_faults_are_rejected),
        cmocka_unit_test(messages_are_cut_to_the_buffer),
        cmocka_unit_test(formatter_writes_what_printf_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
