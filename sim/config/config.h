/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The configuration of a simulated EFA: the adapters with their limits, and the fabric between
 * them. Presets are in presets.c, checks in check.c, the text form in text.c.
 */
#ifndef EFASIM_CONFIG_H
#define EFASIM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"

#define EFASIM_MAX_DEVICES 16
#define EFASIM_MAX_FAULTS 32
#define EFASIM_NAME_SIZE 32
#define EFASIM_MAX_SUB_CQS 16
/* Descriptors. With a deeper ring, 16-bit producer counters could not distinguish a full ring from
 * an invalid doorbell. */
#define EFASIM_MAX_RING_ENTRIES 32768u

#define EFASIM_VERSION_BIT(version) (1u << (version))
#define EFASIM_ALL_VERSIONS 0xeu /* bits 1, 2, 3 */

/* Probabilities are in parts of a million. */
#define EFASIM_CERTAIN 1000000u

struct efasim_device_config {
    char name[EFASIM_NAME_SIZE];
    uint8_t gid[16];
    uint32_t versions;      /* EFASIM_VERSION_BIT of each interface version spoken */
    uint32_t version_error; /* what QUERY_DEVICE returns for any other version */
    uint32_t features;      /* supported_features of DEVICE_INFO */
    uint32_t firmware_version;
    uint32_t device_version;
    uint64_t page_size_cap;
    uint64_t max_mr_pages; /* of 4096 bytes */
    uint32_t max_qp;       /* at most 32768 */
    uint32_t max_cq;       /* at most 65535 */
    uint32_t max_mr;       /* at most 65534: interface versions 1 and 2 name a region by 16 bits */
    uint32_t max_pd;       /* at most 65535 */
    uint32_t max_ah;       /* at most 65535 */
    uint32_t max_sq_depth; /* at most 32768 */
    uint32_t max_rq_depth; /* at most 32768 */
    uint32_t max_cq_depth; /* at most 32768 */
    uint32_t inline_buf_size;
    uint32_t max_llq_size;
    uint32_t mtu; /* at most 65535 - 40: lengths in completions have 16 bits */
    uint32_t num_sub_cqs;
    uint32_t max_sq_sge;
    uint32_t max_rq_sge;
    uint32_t max_rdma_size;
    uint32_t default_rnr_retry; /* of a queue pair whose client set none; 7 means without limit */
    /*
     * The limit of send descriptors between two doorbells. A doorbell may never announce the whole
     * queue, however large the limit is. 0: no limit, not even the queue.
     */
    uint32_t max_batch;
};

/* What ALLOC_AH returns if the protection domain already has an address handle for the GID. */
enum efasim_duplicate_ah {
    EFASIM_DUPLICATE_AH_COUNT,  /* the same handle; the last DEALLOC_AH destroys it */
    EFASIM_DUPLICATE_AH_REJECT, /* an error */
    EFASIM_DUPLICATE_AH_ALIAS   /* the same handle; the first DEALLOC_AH destroys it */
};
/* In the order of the values. */
#define EFASIM_DUPLICATE_AH_NAMES "count", "reject", "alias"

struct efasim_config {
    uint32_t device_count;
    struct efasim_device_config devices[EFASIM_MAX_DEVICES];

    uint64_t seed; /* the same seed and calls give the same run */

    /* The fabric. Times are in nanoseconds. With a latency of 0, messages arrive at the next
     * step. */
    uint64_t latency;
    uint64_t jitter;              /* each message takes up to this much longer */
    uint64_t bandwidth;           /* bytes a second of a sending side: from 1000; 0 unlimited */
    uint32_t reorder_window;      /* a message may be overtaken by up to this many */
    uint32_t reorder_probability; /* of being overtaken */
    uint32_t loss;                /* of a packet; SRD sends it again, UD does not */
    uint64_t retransmit_timeout;  /* after which SRD sends again */
    uint64_t rnr_timer;           /* between two tries at a receiver that is not ready */
    uint64_t peer_timeout;        /* after which SRD gives up a silent peer */

    /* Behaviour of the adapters. */
    bool strict_request_ids; /* a request id at or above the queue's depth is a violation */
    bool abort_on_violation; /* report each violation through platform.violation */
    /* reuse QP numbers and the like as early as possible, not as late */
    bool reuse_numbers_at_once;
    bool flush_on_destroy; /* DESTROY_QP completes what was outstanding as flushed */
    /* overwrite fetched descriptors, because clients must not read them */
    bool poison_send_ring;
    uint32_t duplicate_ah; /* enum efasim_duplicate_ah */

    /* Faults in force from the start. */
    uint32_t fault_count;
    struct efasim_fault faults[EFASIM_MAX_FAULTS];
};

/* One adapter with the profile efa-0xefa0, on a fabric that keeps order and loses nothing. */
void efasim_config_default(struct efasim_config *config);

/* The same with the profile of another part, 0xefa0 to 0xefa4. False if there is no such part. */
bool efasim_config_part(struct efasim_config *config, uint32_t part);

/* The same with the profile efa-0xefa1. */
void efasim_config_second_generation(struct efasim_config *config);

/* Adds a device: a copy of the first one with its own name and GID. NULL if there are too many. */
struct efasim_device_config *efasim_config_add_device(struct efasim_config *config);

/* Whether the configuration is valid. If not, `message` has one sentence: the error and what is
 * valid. */
bool efasim_config_check(const struct efasim_config *config, char *message, size_t message_size);

/*
 * Reads the text form (docs/simulated-efa.md) into *config, which the caller has filled with a
 * preset, and checks the result. On failure `message` has the line, the error and what is valid,
 * and *config is half-changed and must not be used. A text
 * that names a file is rejected.
 */
bool efasim_config_parse(struct efasim_config *config, const char *text, size_t text_size,
                         char *message, size_t message_size);

/* Where the files are that a configuration names (`profile = FILE`). */
struct efasim_config_files {
    void *context;
    /* The whole file; false, with the reason, where it cannot be read. `path` is not terminated. */
    bool (*read)(void *context, const char *path, size_t path_size, char **text, size_t *size,
                 char *reason, size_t reason_size);
    void (*release)(void *context, char *text);
};

/* The same for a text that may name files. */
bool efasim_config_parse_with(struct efasim_config *config, const char *text, size_t text_size,
                              const struct efasim_config_files *files, char *message,
                              size_t message_size);

#endif
