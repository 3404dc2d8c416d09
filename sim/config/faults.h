/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Fault rules: what a rule applies to, when it takes effect, and its effect. The API and the
 * configuration file use the same structure.
 */
#ifndef EFASIM_FAULTS_H
#define EFASIM_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "fault_table.h"

enum efasim_fault_kind {
    EFASIM_FAULT_NONE,
#define KIND(identifier, name, occasion, value) EFASIM_FAULT_##identifier,
    EFASIM_FAULT_TABLE(KIND)
#undef KIND
        EFASIM_FAULT_KINDS
};

#define EFASIM_FAULT_ANY_DEVICE UINT32_MAX

struct efasim_fault {
    enum efasim_fault_kind kind;
    uint32_t device; /* index, or EFASIM_FAULT_ANY_DEVICE */
    uint32_t target;
    uint64_t nth;         /* takes effect from the nth occasion on, counted from 1 (0 means 1) */
    uint64_t count;       /* on how many occasions; 0: no limit */
    uint32_t probability; /* of taking effect, in parts of a million; 0 means certain */
    uint64_t value;
    uint32_t offset; /* for the patches */
    uint32_t size;   /* 1, 2, 4 or 8 */
};

/* A rule in force. */
struct efasim_fault_state {
    struct efasim_fault rule;
    uint32_t id;
    uint64_t seen; /* occasions that it applied to */
    uint64_t hits; /* occasions on which it took effect */
};

struct efasim_fault_info {
    const char *name; /* as in the configuration file: "request_error" */
    enum efasim_fault_occasion occasion;
    enum efasim_fault_value value;
};

/* NULL for EFASIM_FAULT_NONE and for numbers beyond the last kind. */
const struct efasim_fault_info *efasim_fault_info(unsigned kind);

/* "request_error"; "none" for EFASIM_FAULT_NONE, NULL beyond the last kind. */
const char *efasim_fault_name(unsigned kind);

#endif
