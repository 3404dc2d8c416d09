/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages in flight: a list for entries that arrive in order, a heap for the rest. */
#include "waiting.h"

static bool comes_before(const struct efasim_waiting_entry *a, const struct efasim_waiting_entry *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

/* Both are roots: no parent, no siblings. Either may be NULL. */
static struct efasim_waiting_entry *meld(struct efasim_waiting_entry *a,
                                         struct efasim_waiting_entry *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (comes_before(b, a)) {
        struct efasim_waiting_entry *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    b->previous = a;
    if (a->child)
        a->child->previous = b;
    a->child = b;
    return a;
}

/* Merges a list of siblings into one tree: pairs from the left, then all from the right. */
static struct efasim_waiting_entry *meld_siblings(struct efasim_waiting_entry *first)
{
    struct efasim_waiting_entry *pairs = NULL;
    while (first) {
        struct efasim_waiting_entry *second = first->next;
        struct efasim_waiting_entry *rest = second ? second->next : NULL;
        first->next = NULL;
        first->previous = NULL;
        if (second) {
            second->next = NULL;
            second->previous = NULL;
        }
        struct efasim_waiting_entry *pair = meld(first, second);
        pair->next = pairs;
        pairs = pair;
        first = rest;
    }
    struct efasim_waiting_entry *root = NULL;
    while (pairs) {
        struct efasim_waiting_entry *rest = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = rest;
    }
    return root;
}

void efasim_waiting_insert(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry,
                           bool delayed)
{
    struct efasim_waiting_list *list = &waiting->lists[delayed ? EFASIM_IN_DELAY : EFASIM_IN_LINE];

    entry->previous = NULL;
    entry->next = NULL;
    entry->child = NULL;
    if (list->tail && comes_before(entry, list->tail)) {
        entry->place = EFASIM_IN_HEAP;
        waiting->root = meld(waiting->root, entry);
        return;
    }
    entry->place = delayed ? EFASIM_IN_DELAY : EFASIM_IN_LINE;
    entry->previous = list->tail;
    if (list->tail)
        list->tail->next = entry;
    else
        list->head = entry;
    list->tail = entry;
}

static void remove_from_list(struct efasim_waiting_list *list, struct efasim_waiting_entry *entry)
{
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        list->head = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    else
        list->tail = entry->previous;
}

static void remove_from_heap(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry)
{
    struct efasim_waiting_entry *orphans = meld_siblings(entry->child);
    if (entry == waiting->root) {
        waiting->root = orphans;
        return;
    }
    if (entry->previous->child == entry)
        entry->previous->child = entry->next;
    else
        entry->previous->next = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    waiting->root = meld(waiting->root, orphans);
}

void efasim_waiting_remove(struct efasim_waiting *waiting, struct efasim_waiting_entry *entry)
{
    if (entry->place == EFASIM_IN_HEAP)
        remove_from_heap(waiting, entry);
    else
        remove_from_list(&waiting->lists[entry->place], entry);
}

struct efasim_waiting_entry *efasim_waiting_first(const struct efasim_waiting *waiting)
{
    struct efasim_waiting_entry *first = waiting->root;
    for (unsigned i = 0; i < EFASIM_IN_HEAP; i++) {
        struct efasim_waiting_entry *head = waiting->lists[i].head;
        if (head && (!first || comes_before(head, first)))
            first = head;
    }
    return first;
}
