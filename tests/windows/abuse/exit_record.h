/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What a process that ends reports to exit_test about its calls, in memory that outlives it. Only
 * that process writes its record, and exit_test only reads it.
 */
#ifndef EFAWIN_ABUSE_EXIT_RECORD_H
#define EFAWIN_ABUSE_EXIT_RECORD_H

#include <windows.h>

enum {
    EXIT_STARTS_LIMIT = 10000,
    EXIT_CODE = 77, /* what the host gives to ExitProcess */
    EXIT_NAME = 40
};

#define EXIT_MAPPING "efawin-abuse-exit"

/* How far a process has come. */
enum exit_phase {
    EXIT_WORKING,
    EXIT_CALLED, /* ExitProcess */
    /*
     * Windows' own calls work in the detach. A thread of Wine can end holding a lock of Wine's own,
     * or with a message to it unread: that shows here, before the library is called.
     */
    EXIT_PROBED,
    EXIT_DONE /* the detach came to its end */
};

struct exit_record {
    volatile LONG phase;    /* enum exit_phase */
    volatile LONG step;     /* grows with each call of the detach */
    volatile LONG failures; /* calls with another result than those allowed */
    volatile LONG value;    /* of the first of them */
    char now[EXIT_NAME];    /* the call that is being made */
    char failed[EXIT_NAME]; /* the first with a wrong result */
};

#endif
