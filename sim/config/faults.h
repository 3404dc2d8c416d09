/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Faults on command: a rule says what it applies to, when it strikes and what then happens. The
 * same structure serves the API and the configuration file.
 */
#ifndef EFASIM_FAULTS_H
#define EFASIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

enum efasim_fault_kind {
    EFASIM_FAULT_NONE,

    /* On requests: `target` is the request's number, 0 QUERY_DEVICE .. 11 MODIFY_QP. */
    EFASIM_FAULT_REQUEST_ERROR,       /* fails with Win32 error `value`; nothing is done */
    EFASIM_FAULT_REQUEST_LOST_REPLY,  /* is carried out, then fails with `value` */
    EFASIM_FAULT_REQUEST_SHORT_REPLY, /* says `value` bytes were returned */
    EFASIM_FAULT_REQUEST_LATE,        /* is answered `value` nanoseconds late */
    EFASIM_FAULT_REQUEST_PATCH,       /* reply bytes at `offset`, `size` of them, are `value` */

    /* On messages as they arrive: `target` is 0, or the sending QP's number. */
    EFASIM_FAULT_MESSAGE_STATUS, /* is not delivered and completes with status `value` */
    EFASIM_FAULT_MESSAGE_DELAY,  /* arrives `value` nanoseconds later */
    EFASIM_FAULT_MESSAGE_LOSE,   /* is lost once: SRD sends again, UD does not */
    EFASIM_FAULT_MESSAGE_PATCH,  /* payload bytes at `offset`, `size` of them, arrive as `value` */

    /* On completions as they are written: `target` is 0, or the QP's number. */
    EFASIM_FAULT_COMPLETION_PATCH,  /* entry bytes at `offset`, `size` of them, are `value` */
    EFASIM_FAULT_COMPLETION_DOUBLE, /* the entry is written twice */
    EFASIM_FAULT_COMPLETION_LOSE,   /* the entry is not written */

    EFASIM_FAULT_KINDS
};

#define EFASIM_FAULT_ANY_DEVICE UINT32_MAX

struct efasim_fault {
    enum efasim_fault_kind kind;
    uint32_t device; /* index, or EFASIM_FAULT_ANY_DEVICE */
    uint32_t target;
    uint64_t nth;         /* strikes from the nth occasion on, counted from 1 (0 is as 1) */
    uint64_t count;       /* on how many occasions; 0 is for ever */
    uint32_t probability; /* of striking, in parts of a million; 0 is certain */
    uint64_t value;
    uint32_t offset; /* for the patches */
    uint32_t size;   /* 1, 2, 4 or 8 */
};

/* As in the configuration file: "request_error"; NULL past the last. */
const char *efasim_fault_name(unsigned kind);

#endif
