/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The kinds of faults, one row each. To add a kind, add a row here, and its effect in the file of
 * its occasion: requests in model/requests.c, messages in fabric/deliver.c, completions in
 * device/completion_queue.c. The order of the rows has no meaning.
 *
 * The columns: identifier, name in a configuration, occasion, what `value` is.
 */
#ifndef EFASIM_FAULT_TABLE_H
#define EFASIM_FAULT_TABLE_H

enum efasim_fault_occasion {
    EFASIM_FAULT_ON_REQUEST, /* `target` is the request's number: 0 QUERY_DEVICE .. 11 MODIFY_QP */
    EFASIM_FAULT_ON_MESSAGE, /* as it arrives: `target` is 0, or the sending QP's number */
    EFASIM_FAULT_ON_COMPLETION /* as it is written: `target` is 0, or the QP's number */
};

enum efasim_fault_value {
    EFASIM_FAULT_VALUE_NONE,
    EFASIM_FAULT_VALUE_COUNT,  /* any number */
    EFASIM_FAULT_VALUE_ERROR,  /* a Win32 error */
    EFASIM_FAULT_VALUE_TIME,   /* in nanoseconds */
    EFASIM_FAULT_VALUE_STATUS, /* of a completion */
    EFASIM_FAULT_VALUE_PATCH   /* what `size` bytes at `offset` become */
};

#define EFASIM_FAULT_TABLE(KIND)                                     \
    /* It fails with `value`; nothing is done. */                    \
    KIND(REQUEST_ERROR, "request_error", REQUEST, ERROR)             \
    /* It is carried out, then fails with `value`. */                \
    KIND(REQUEST_LOST_REPLY, "request_lost_reply", REQUEST, ERROR)   \
    /* It says that `value` bytes were returned. */                  \
    KIND(REQUEST_SHORT_REPLY, "request_short_reply", REQUEST, COUNT) \
    /* It is answered `value` late. */                               \
    KIND(REQUEST_LATE, "request_late", REQUEST, TIME)                \
    /* Bytes of the reply are altered. */                            \
    KIND(REQUEST_PATCH, "request_patch", REQUEST, PATCH)             \
    /* It is not delivered, and completes with status `value`. */    \
    KIND(MESSAGE_STATUS, "message_status", MESSAGE, STATUS)          \
    /* It arrives `value` later. */                                  \
    KIND(MESSAGE_DELAY, "message_delay", MESSAGE, TIME)              \
    /* It is lost once: SRD sends again, UD does not. */             \
    KIND(MESSAGE_LOSE, "message_lose", MESSAGE, NONE)                \
    /* Bytes of the payload arrive altered. */                       \
    KIND(MESSAGE_PATCH, "message_patch", MESSAGE, PATCH)             \
    /* Bytes of the entry are altered. */                            \
    KIND(COMPLETION_PATCH, "completion_patch", COMPLETION, PATCH)    \
    /* The entry is written twice. */                                \
    KIND(COMPLETION_DOUBLE, "completion_double", COMPLETION, NONE)   \
    /* The entry is not written. */                                  \
    KIND(COMPLETION_LOSE, "completion_lose", COMPLETION, NONE)

#endif
