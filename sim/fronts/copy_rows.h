/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copies of ranges, for systems on which each copy is expensive. */
#ifndef EFASIM_FRONTS_COPY_ROWS_H
#define EFASIM_FRONTS_COPY_ROWS_H

#include "../efasim.h"

/* Moves `size` bytes from the start of the range on. */
typedef bool efasim_row_mover(void *context, enum efasim_copy_direction direction,
                              const struct efasim_copy *copy, uint32_t size);

/* How many ranges, from the first on, are adjacent on both sides; *size is their size together. */
static inline uint32_t efasim_find_row(const struct efasim_copy *copies, uint32_t count,
                                       uint32_t *size)
{
    uint32_t row = 1;

    *size = copies[0].size;
    while (row < count && copies[row].client == copies[0].client + *size &&
           copies[row].model == (uint8_t *)copies[0].model + *size &&
           copies[row].size <= INT32_MAX - *size)
        *size += copies[row++].size;
    return row;
}

/* Moves adjacent ranges in one operation; if that fails, one by one. Sets `done` of each. */
static inline void efasim_copy_rows(struct efasim_copy *copies, uint32_t count,
                                    enum efasim_copy_direction direction, efasim_row_mover *move,
                                    void *context)
{
    uint32_t row;

    for (uint32_t next = 0; next < count; next += row) {
        uint32_t size;
        bool moved;

        row = efasim_find_row(&copies[next], count - next, &size);
        moved = move(context, direction, &copies[next], size);
        for (uint32_t i = next; i < next + row; i++)
            copies[i].done =
                moved || (row > 1 && move(context, direction, &copies[i], copies[i].size));
    }
}

#endif
