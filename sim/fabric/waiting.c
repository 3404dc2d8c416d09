/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The waiting room of the fabric: a list for entries that come in order, a heap for the rest. */
#include "fabric.h"

static bool comes_before(const struct efasim_fabric_entry *a, const struct efasim_fabric_entry *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

/* Both are roots: no parent, no siblings. Either may be NULL. */
static struct efasim_fabric_entry *meld(struct efasim_fabric_entry *a,
                                        struct efasim_fabric_entry *b)
{
    if (a == NULL)
        return b;
    if (b == NULL)
        return a;
    if (comes_before(b, a)) {
        struct efasim_fabric_entry *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    b->previous = a;
    if (a->child != NULL)
        a->child->previous = b;
    a->child = b;
    return a;
}

/* Makes one tree of a row of siblings: pairs from the left, then all from the right. */
static struct efasim_fabric_entry *meld_siblings(struct efasim_fabric_entry *first)
{
    struct efasim_fabric_entry *pairs = NULL;
    while (first != NULL) {
        struct efasim_fabric_entry *second = first->next;
        struct efasim_fabric_entry *rest = second != NULL ? second->next : NULL;
        first->next = NULL;
        first->previous = NULL;
        if (second != NULL) {
            second->next = NULL;
            second->previous = NULL;
        }
        struct efasim_fabric_entry *pair = meld(first, second);
        pair->next = pairs;
        pairs = pair;
        first = rest;
    }
    struct efasim_fabric_entry *root = NULL;
    while (pairs != NULL) {
        struct efasim_fabric_entry *rest = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = rest;
    }
    return root;
}

void efasim_fabric_insert(struct efasim_fabric *fabric, struct efasim_fabric_entry *entry,
                          bool delayed)
{
    struct efasim_fabric_list *list = &fabric->lists[delayed ? EFASIM_IN_DELAY : EFASIM_IN_LINE];

    entry->previous = NULL;
    entry->next = NULL;
    entry->child = NULL;
    if (list->tail != NULL && comes_before(entry, list->tail)) {
        entry->place = EFASIM_IN_HEAP;
        fabric->root = meld(fabric->root, entry);
        return;
    }
    entry->place = delayed ? EFASIM_IN_DELAY : EFASIM_IN_LINE;
    entry->previous = list->tail;
    if (list->tail != NULL)
        list->tail->next = entry;
    else
        list->head = entry;
    list->tail = entry;
}

static void remove_from_list(struct efasim_fabric_list *list, struct efasim_fabric_entry *entry)
{
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        list->head = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        list->tail = entry->previous;
}

static void remove_from_heap(struct efasim_fabric *fabric, struct efasim_fabric_entry *entry)
{
    struct efasim_fabric_entry *orphans = meld_siblings(entry->child);
    if (entry == fabric->root) {
        fabric->root = orphans;
        return;
    }
    if (entry->previous->child == entry)
        entry->previous->child = entry->next;
    else
        entry->previous->next = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    fabric->root = meld(fabric->root, orphans);
}

void efasim_fabric_remove(struct efasim_fabric *fabric, struct efasim_fabric_entry *entry)
{
    if (entry->place == EFASIM_IN_HEAP)
        remove_from_heap(fabric, entry);
    else
        remove_from_list(&fabric->lists[entry->place], entry);
}

struct efasim_fabric_entry *efasim_fabric_first(const struct efasim_fabric *fabric)
{
    struct efasim_fabric_entry *first = fabric->root;
    for (unsigned i = 0; i < EFASIM_IN_HEAP; i++) {
        struct efasim_fabric_entry *head = fabric->lists[i].head;
        if (head != NULL && (first == NULL || comes_before(head, first)))
            first = head;
    }
    return first;
}
