/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the programs read in a DLL's file: a small one that is made here, whole, cut off at each
 * length, and with each of its bytes altered. Real ones are read in test_doctor.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/dll_file.h"

const char *const tool_name = "dll_file_test";

enum {
    HEADER = 0x80,
    OPTIONAL = HEADER + 24,
    OPTIONAL_SIZE = 240,
    SECTION = OPTIONAL + OPTIONAL_SIZE,
    CONTENT = 0x200,
    ADDRESS = 0x1000, /* of the content, in the loaded DLL */
    SIZE = CONTENT + 0x100
};

static uint8_t bytes[SIZE];

static void put16(size_t at, uint32_t value)
{
    bytes[at] = (uint8_t)value;
    bytes[at + 1] = (uint8_t)(value >> 8);
}

static void put32(size_t at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

/* A DLL of one section with two exports. */
static void make_dll(void)
{
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, "MZ", 2);
    put32(0x3c, HEADER);
    memcpy(bytes + HEADER, "PE\0\0", 4);
    put16(HEADER + 4, 0x8664);
    put16(HEADER + 6, 1);
    put16(HEADER + 20, OPTIONAL_SIZE);
    put16(HEADER + 22, 0x2022);
    put16(OPTIONAL, 0x20b);
    put32(OPTIONAL + 112, ADDRESS);
    put32(SECTION + 12, ADDRESS);
    put32(SECTION + 16, SIZE - CONTENT);
    put32(SECTION + 20, CONTENT);
    put32(CONTENT + 24, 2);
    put32(CONTENT + 32, ADDRESS + 40);
    put32(CONTENT + 40, ADDRESS + 64);
    put32(CONTENT + 44, ADDRESS + 80);
    memcpy(bytes + CONTENT + 64, "first_call", 11);
    memcpy(bytes + CONTENT + 80, "second_call", 12);
    memcpy(bytes + CONTENT + 128, "e\0f\0a\0w\0i\0n\0.\0d\0l\0l", 20);
}

/* In a block of that size, so that a sanitizer sees a read beyond its end. */
static struct tool_dll_file copy_of(size_t size)
{
    struct tool_dll_file file = {(uint8_t *)malloc(size ? size : 1), size};

    assert_non_null(file.data);
    memcpy(file.data, bytes, size);
    return file;
}

static enum tool_dll_kind kind_of(size_t size)
{
    struct tool_dll_file file = copy_of(size);
    const enum tool_dll_kind kind = tool_judge_dll(&file);

    free(file.data);
    return kind;
}

static bool exports(const char *name)
{
    struct tool_dll_file file = copy_of(SIZE);
    const bool found = tool_dll_exports(&file, name);

    free(file.data);
    return found;
}

static void a_dll_and_its_exports_are_seen(void **state)
{
    (void)state;
    make_dll();
    assert_int_equal(kind_of(SIZE), TOOL_DLL_FOR_X64);
    assert_true(exports("first_call") && exports("second_call"));
    assert_false(exports("first") || exports("first_call2") || exports("third_call"));
}

static void each_other_file_has_its_kind(void **state)
{
    (void)state;
    make_dll();
    assert_int_equal(kind_of(0), TOOL_DLL_EMPTY);
    put16(HEADER + 4, 0xaa64);
    assert_int_equal(kind_of(SIZE), TOOL_DLL_OTHER_PROCESSOR);
    assert_false(exports("first_call"));
    make_dll();
    put16(HEADER + 22, 0x0022); /* a program */
    assert_int_equal(kind_of(SIZE), TOOL_DLL_NOT_A_DLL);
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(kind_of(SIZE), TOOL_DLL_NOT_A_DLL);
    make_dll();
    put32(0x3c, 0xfffffff0u);
    assert_int_equal(kind_of(SIZE), TOOL_DLL_NOT_A_DLL);
    make_dll();
    put16(OPTIONAL, 0x10b); /* of 32 bits */
    assert_int_equal(kind_of(SIZE), TOOL_DLL_DAMAGED);
}

static void a_part_of_a_dll_is_none(void **state)
{
    (void)state;
    make_dll();
    for (size_t size = 1; size < SIZE; size++)
        assert_int_equal(kind_of(size), size < HEADER + 24 ? TOOL_DLL_NOT_A_DLL : TOOL_DLL_DAMAGED);
}

/* No value makes it read beyond the file, nor go on for ever. */
static void altered_bytes_do_no_harm(void **state)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};

    (void)state;
    for (size_t at = 0; at < SIZE; at++) {
        for (size_t i = 0; i < sizeof values; i++) {
            make_dll();
            bytes[at] = values[i];
            if (at + 4 <= SIZE && i == 4)
                put32(at, 0xffffffffu);
            kind_of(SIZE);
            exports("second_call");
        }
    }
    make_dll();
    put32(CONTENT + 24, 0xffffffffu); /* so many names */
    assert_true(exports("second_call"));
    assert_false(exports("third_call"));
    put32(CONTENT + 32, 0xfffffffeu);
    assert_false(exports("first_call"));
}

static void text_is_found_in_both_widths(void **state)
{
    struct tool_dll_file file;

    (void)state;
    make_dll();
    file = copy_of(SIZE);
    assert_true(tool_dll_contains(&file, "second_call"));
    assert_true(tool_dll_contains(&file, "efawin.dll"));
    assert_false(tool_dll_contains(&file, "efawin.dlm"));
    file.size = CONTENT + 128 + 19; /* the last character is cut off */
    assert_false(tool_dll_contains(&file, "efawin.dll"));
    file.size = 3;
    assert_false(tool_dll_contains(&file, "efawin.dll"));
    free(file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dll_and_its_exports_are_seen),
        cmocka_unit_test(each_other_file_has_its_kind),
        cmocka_unit_test(a_part_of_a_dll_is_none),
        cmocka_unit_test(altered_bytes_do_no_harm),
        cmocka_unit_test(text_is_found_in_both_widths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
