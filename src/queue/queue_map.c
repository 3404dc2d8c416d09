/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reserves room in a queue map, attaches, detaches and finds queues. */
#include "queue_map.h"

#include "os/os.h"

struct efa_empty_table efa_no_queue;
struct efa_empty_table efa_retired_queue;

static_assert(offsetof(struct efa_empty_table, slot) == sizeof(struct efa_request_table),
              "the slot follows the structure, as in other tables");

/* Shared by all maps while they have no queue of a type; never written. */
static struct {
    struct efa_queue_places places;
    void *place;
} none = {{{NULL}, 0}, &efa_no_queue.table};

static_assert(sizeof(struct efa_queue_places) % sizeof(void *) == 0,
              "the places follow without a gap");

#define FIRST_PLACES 16
/* How large a table may become so that each of its queues has the place of its number. */
#define PLACES_PER_QUEUE 8
#define PLACES_AT_LEAST 1024

/* For 256 QP numbers: a bit for each type, set if such a queue was attached and is gone. */
#define HISTORY_NUMBERS 256
struct efa_queue_history {
    struct efa_queue_history *next;
    uint32_t block;                            /* QP number / HISTORY_NUMBERS */
    uint32_t is_gone[2][HISTORY_NUMBERS / 32]; /* atomic */
};

void efa_queue_map_init(struct efa_queue_map *map)
{
    for (size_t i = 0; i < EFA_ARRAY_SIZE(map->of_type); i++)
        map->of_type[i] = &none;
}

void efa_queue_map_destroy(struct efa_queue_map *map)
{
    struct efa_queue_history *history = map->history;

    for (size_t i = 0; i < EFA_ARRAY_SIZE(map->of_type); i++)
        if (map->of_type[i] != &none)
            efa_os_free_aligned(map->of_type[i]);
    while (history) {
        struct efa_queue_history *next = history->next;

        efa_os_free(history);
        history = next;
    }
}

static struct efa_queue_history *history_of(const struct efa_queue_map *map, uint32_t qp_num)
{
    struct efa_queue_history *history = efa_load_acquire_ptr(&map->history);

    while (history && history->block != qp_num / HISTORY_NUMBERS)
        history = history->next;
    return history;
}

static bool make_history(struct efa_queue_map *map, uint32_t qp_num)
{
    struct efa_queue_history *history;

    if (history_of(map, qp_num))
        return true;
    history = efa_os_alloc(sizeof *history);
    if (!history)
        return false;
    history->block = qp_num / HISTORY_NUMBERS;
    history->next = map->history;
    efa_store_release_ptr(&map->history, history);
    return true;
}

static uint32_t *history_word(struct efa_queue_history *history, size_t type, uint32_t qp_num)
{
    return &history->is_gone[type == EFA_QUEUE_RECV][qp_num % HISTORY_NUMBERS / 32];
}

static bool is_gone(const struct efa_queue_map *map, size_t type, uint32_t qp_num)
{
    struct efa_queue_history *history = history_of(map, qp_num);

    return history &&
           (efa_load_relaxed_u32(history_word(history, type, qp_num)) >> qp_num % 32 & 1);
}

static bool is_queue(const void *table)
{
    return table != &efa_no_queue.table && table != &efa_retired_queue.table;
}

/* Whether a new queue would have the place of its number for itself, in a table of mask + 1. */
static bool is_apart(const struct efa_queue_places *places, uint32_t qp_num, uint32_t mask)
{
    void **tables = efa_queue_map_places(places);

    for (uint32_t i = 0; i <= places->mask; i++) {
        const struct efa_request_table *table = tables[i];

        if (is_queue(table) && ((table->qp_num ^ qp_num) & mask) == 0)
            return false;
    }
    return true;
}

/* The place of a queue, or the first free one for it. `reserve` made sure that one exists. */
static void **place_for(struct efa_queue_places *places, uint32_t qp_num)
{
    void **tables = efa_queue_map_places(places);
    uint32_t vacant = qp_num & places->mask;

    for (uint32_t i = 0; i <= places->mask; i++) {
        uint32_t place = (qp_num + i) & places->mask;
        const struct efa_request_table *table = tables[place];

        if (is_queue(table) && table->qp_num == qp_num)
            return &tables[place];
        if (is_queue(tables[vacant]))
            vacant = place;
        if (table == &efa_no_queue.table)
            break;
    }
    return &tables[vacant];
}

static struct efa_queue_places *make_places(uint32_t count)
{
    struct efa_queue_places *places =
        efa_os_alloc_aligned(sizeof *places + count * sizeof(void *), sizeof(void *));

    if (!places)
        return NULL;
    places->mask = count - 1;
    for (uint32_t i = 0; i < count; i++)
        efa_queue_map_places(places)[i] = &efa_no_queue.table;
    return places;
}

/* The size of a table of `queues` queues, of which one is new and has no place of its number. */
static uint32_t size_for(const struct efa_queue_places *places, uint32_t queues, uint32_t qp_num)
{
    uint32_t size = places->mask + 1;
    uint32_t most = queues * PLACES_PER_QUEUE;

    if (most < PLACES_AT_LEAST)
        most = PLACES_AT_LEAST;
    while (size < queues || size < FIRST_PLACES)
        size *= 2;
    for (uint32_t apart = size; apart <= most; apart *= 2)
        if (is_apart(places, qp_num, apart - 1))
            return apart;
    return size;
}

bool efa_queue_map_reserve(struct efa_queue_map *map, enum efa_queue_type type, uint32_t qp_num,
                           struct efa_retired **old)
{
    struct efa_queue_places *places = map->of_type[type], *larger;
    bool is_first = (void *)places == &none;
    uint32_t size;

    if (!make_history(map, qp_num))
        return false;
    if (!is_first && !is_queue(efa_queue_map_places(places)[qp_num & places->mask]))
        return true;
    size = size_for(places, map->count[type] + 1, qp_num);
    if (size == places->mask + 1)
        return true;
    larger = make_places(size);
    if (!larger)
        return false;
    for (uint32_t i = 0; i <= places->mask; i++) {
        struct efa_request_table *table = efa_queue_map_places(places)[i];

        if (is_queue(table))
            *place_for(larger, table->qp_num) = table;
    }
    efa_store_release_ptr(&map->of_type[type], larger);
    if (!is_first)
        *old = &places->retired;
    return true;
}

void efa_queue_map_attach(struct efa_queue_map *map, enum efa_queue_type type,
                          struct efa_request_table *table)
{
    void **place = place_for(map->of_type[type], table->qp_num);

    if (!is_queue(*place))
        map->count[type]++;
    efa_store_release_ptr(place, table);
}

void efa_queue_map_detach(struct efa_queue_map *map, enum efa_queue_type type,
                          const struct efa_request_table *table)
{
    uint32_t *word = history_word(history_of(map, table->qp_num), type, table->qp_num);

    efa_store_relaxed_u32(word, *word | 1u << table->qp_num % 32);
    efa_store_release_ptr(place_for(map->of_type[type], table->qp_num), &efa_retired_queue.table);
    map->count[type]--;
}

struct efa_request_table *efa_queue_map_find(const struct efa_queue_map *map, uint64_t head)
{
    size_t type = (uint32_t)head >> EFA_HEAD_TYPE_SHIFT & 3;
    uint32_t qp_num = (uint32_t)(head >> EFA_HEAD_QP_SHIFT) & 0xffff;
    const struct efa_queue_places *places = efa_load_acquire_ptr(&map->of_type[type]);

    if ((const void *)places == &none)
        return &efa_no_queue.table; /* no such queue was ever attached, or the type is invalid */
    for (uint32_t i = 0; i <= places->mask; i++) {
        struct efa_request_table *table =
            efa_load_acquire_ptr(&efa_queue_map_places(places)[(qp_num + i) & places->mask]);

        if (is_queue(table) && table->qp_num == qp_num)
            return table;
        if (table == &efa_no_queue.table)
            break;
    }
    return is_gone(map, type, qp_num) ? &efa_retired_queue.table : &efa_no_queue.table;
}
