/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reads the headers of the PE format; see dll_file.h. The file is untrusted: every offset is
 * checked before it is read.
 */
#include "dll_file.h"

#include <string.h>

/* Places and values of the PE format. */
enum {
    PE_OFFSET = 0x3c,
    PE_COFF_SIZE = 24, /* with the signature before it */
    PE_MACHINE = 4,
    PE_SECTION_COUNT = 6,
    PE_OPTIONAL_SIZE = 20,
    PE_CHARACTERISTICS = 22,
    PE_MACHINE_X64 = 0x8664,
    PE_IS_DLL = 0x2000,
    OPTIONAL_MAGIC_64 = 0x20b,
    OPTIONAL_EXPORTS = 112, /* address of the table of exports */
    SECTION_SIZE = 40,
    SECTION_ADDRESS = 12,
    SECTION_FILE_SIZE = 16,
    SECTION_FILE_OFFSET = 20,
    EXPORTS_SIZE = 40,
    EXPORTS_NAME_COUNT = 24,
    EXPORTS_NAMES = 32
};

/* `size` bytes at `offset`; NULL where the file is shorter. */
static const uint8_t *at(const struct tool_dll_file *file, size_t offset, size_t size)
{
    return offset <= file->size && size <= file->size - offset ? file->data + offset : NULL;
}

static uint32_t read16(const uint8_t *data)
{
    return data[0] | (uint32_t)data[1] << 8;
}

static uint32_t read32(const uint8_t *data)
{
    return read16(data) | read16(data + 2) << 16;
}

static const uint8_t *find_header(const struct tool_dll_file *file)
{
    const uint8_t *start = at(file, 0, PE_OFFSET + 4);
    const uint8_t *header;

    if (!start || start[0] != 'M' || start[1] != 'Z')
        return NULL;
    header = at(file, read32(start + PE_OFFSET), PE_COFF_SIZE);
    return header && memcmp(header, "PE\0\0", 4) == 0 ? header : NULL;
}

/* Sections and the optional header, if they are valid for a 64-bit DLL. */
struct layout {
    const uint8_t *optional;
    const uint8_t *sections;
    uint32_t section_count;
};

static bool find_layout(const struct tool_dll_file *file, struct layout *layout)
{
    const uint8_t *header = find_header(file);
    uint32_t optional_size;
    size_t optional_at;

    if (!header)
        return false;
    optional_size = read16(header + PE_OPTIONAL_SIZE);
    optional_at = (size_t)(header - file->data) + PE_COFF_SIZE;
    layout->section_count = read16(header + PE_SECTION_COUNT);
    layout->optional = at(file, optional_at, optional_size);
    layout->sections =
        at(file, optional_at + optional_size, (size_t)layout->section_count * SECTION_SIZE);
    return layout->optional && layout->sections && optional_size >= OPTIONAL_EXPORTS + 4 &&
           read16(layout->optional) == OPTIONAL_MAGIC_64;
}

/* `size` bytes at an address in the loaded DLL; NULL where no section has them. */
static const uint8_t *at_address(const struct tool_dll_file *file, const struct layout *layout,
                                 uint32_t address, size_t size)
{
    for (uint32_t i = 0; i < layout->section_count; i++) {
        const uint8_t *section = layout->sections + (size_t)i * SECTION_SIZE;
        const uint32_t begin = read32(section + SECTION_ADDRESS);
        const uint32_t length = read32(section + SECTION_FILE_SIZE);

        if (address >= begin && address - begin < length && size <= length - (address - begin))
            return at(file, (size_t)read32(section + SECTION_FILE_OFFSET) + (address - begin),
                      size);
    }
    return NULL;
}

/* Every section must lie in the file: a download that was cut off lacks some. */
static bool has_all_sections(const struct tool_dll_file *file, const struct layout *layout)
{
    for (uint32_t i = 0; i < layout->section_count; i++) {
        const uint8_t *section = layout->sections + (size_t)i * SECTION_SIZE;

        if (!at(file, read32(section + SECTION_FILE_OFFSET), read32(section + SECTION_FILE_SIZE)))
            return false;
    }
    return true;
}

enum tool_dll_kind tool_judge_dll(const struct tool_dll_file *file)
{
    const uint8_t *header = find_header(file);
    struct layout layout;

    if (file->size == 0)
        return TOOL_DLL_EMPTY;
    if (!header)
        return TOOL_DLL_NOT_A_DLL;
    if (read16(header + PE_MACHINE) != PE_MACHINE_X64)
        return TOOL_DLL_OTHER_PROCESSOR;
    if (!(read16(header + PE_CHARACTERISTICS) & PE_IS_DLL))
        return TOOL_DLL_NOT_A_DLL;
    if (!find_layout(file, &layout) || !has_all_sections(file, &layout))
        return TOOL_DLL_DAMAGED;
    return TOOL_DLL_FOR_X64;
}

const char *tool_dll_kind_text(enum tool_dll_kind kind)
{
    static const char *const texts[] = {
        [TOOL_DLL_FOR_X64] = "is a DLL for x64",
        [TOOL_DLL_UNREADABLE] = "cannot be read",
        [TOOL_DLL_EMPTY] = "is empty",
        [TOOL_DLL_NOT_A_DLL] = "is not a DLL",
        [TOOL_DLL_OTHER_PROCESSOR] = "is a DLL for another processor, not for x64",
        [TOOL_DLL_DAMAGED] = "is damaged or only a part of a DLL",
    };

    return texts[kind];
}

bool tool_dll_exports(const struct tool_dll_file *file, const char *name)
{
    const size_t length = strlen(name) + 1;
    const uint8_t *exports;
    struct layout layout;
    uint32_t count, names;

    if (tool_judge_dll(file) != TOOL_DLL_FOR_X64 || !find_layout(file, &layout))
        return false;
    exports = at_address(file, &layout, read32(layout.optional + OPTIONAL_EXPORTS), EXPORTS_SIZE);
    if (!exports)
        return false;
    count = read32(exports + EXPORTS_NAME_COUNT);
    names = read32(exports + EXPORTS_NAMES);
    for (uint32_t i = 0; i < count && i < file->size / 4; i++) {
        const uint8_t *entry = at_address(file, &layout, names + i * 4, 4);
        const uint8_t *text = entry ? at_address(file, &layout, read32(entry), length) : NULL;

        if (!entry)
            return false;
        if (text && memcmp(text, name, length) == 0)
            return true;
    }
    return false;
}

static bool matches(const uint8_t *data, const char *text, size_t length, size_t step)
{
    for (size_t i = 0; i < length; i++) {
        if (data[i * step] != (uint8_t)text[i] || (step == 2 && data[i * step + 1] != 0))
            return false;
    }
    return true;
}

bool tool_dll_contains(const struct tool_dll_file *file, const char *text)
{
    const size_t length = strlen(text);

    for (size_t step = 1; step <= 2; step++) {
        for (size_t i = 0; i + length * step <= file->size; i++) {
            if (matches(file->data + i, text, length, step))
                return true;
        }
    }
    return false;
}
