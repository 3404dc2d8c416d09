/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The shared memory of ledger.h, and rows of numbers. */
#include "ledger.h"

#include <windows.h>

static const char mapping_name[] = "efawin-abuse-ledger";

static struct ledger *map(HANDLE mapping)
{
    struct ledger *ledger = NULL;

    if (mapping)
        ledger = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *ledger);
    return ledger; /* the mapping's handle stays open as long as the process */
}

struct ledger *ledger_create(void)
{
    return map(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                  sizeof(struct ledger), mapping_name));
}

struct ledger *ledger_open(void)
{
    return map(OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, mapping_name));
}

static uint64_t *word_of(struct number_row *row, uint32_t number, uint64_t *bit)
{
    *bit = 1ull << (number % 64);
    return &row->beyond[number % LEDGER_SPAN / 64];
}

enum row_result row_add(struct number_row *row, uint32_t number)
{
    uint64_t bit, *word = word_of(row, number, &bit);

    if (number < row->complete)
        return ROW_REPEATED;
    if (number - row->complete >= LEDGER_SPAN)
        return ROW_GAP;
    if ((*word & bit) != 0)
        return ROW_REPEATED;
    *word |= bit;
    for (word = word_of(row, row->complete, &bit); (*word & bit) != 0;
         word = word_of(row, row->complete, &bit)) {
        *word &= ~bit;
        row->complete++;
    }
    return ROW_ADDED;
}
