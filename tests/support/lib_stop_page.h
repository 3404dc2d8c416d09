/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Stops a thread inside a call: the test makes a page inaccessible, and a thread that touches it
 * waits until the test releases it. One page at a time.
 */
#ifndef LIB_STOP_PAGE_H
#define LIB_STOP_PAGE_H

#include <stdbool.h>

#define STOP_PAGE_SIZE 4096

void stop_page_take(void *page); /* page-aligned; readable and writable before and after */
void stop_page_await(void);      /* returns when a thread has come to the page */
void stop_page_give(void);       /* that thread goes on; may be called by any thread */
void stop_page_end(void);        /* after the stopped thread has ended */

/* Flags between threads. */
bool flag_get(const bool *flag);
void flag_set(bool *flag);

#endif
