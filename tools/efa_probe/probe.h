/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared by the files of efa_probe. A *point* is one fact about the adapter: what the project
 * assumes, and what was found. A conformance case is one point; a measurement finds several, and
 * settles values of the profile.
 */
#ifndef EFA_PROBE_H
#define EFA_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../sim/config/config.h"
#include "../../sim/conformance/sim_support.h"
#include "common/network.h"
#include "os/compiler.h"

enum {
    PROBE_NAME_SIZE = 96,
    PROBE_VALUE_SIZE = 64,
    PROBE_NOTE_SIZE = 240,
    PROBE_MOST_POINTS = 1024,
    PROBE_MOST_KEYS = 48
};

enum probe_state {
    PROBE_AS_ASSUMED,
    PROBE_DIFFERS,
    PROBE_MEASURED, /* nothing is assumed */
    PROBE_NOT_RUN,
    PROBE_NO_RESULT /* the adapter did not reply, or its reply is not conclusive */
};
#define PROBE_STATES (PROBE_NO_RESULT + 1)

struct probe_point {
    char name[PROBE_NAME_SIZE];
    enum probe_state state;
    enum sim_danger danger;
    char assumed[PROBE_VALUE_SIZE];
    char found[PROBE_VALUE_SIZE];
    char note[PROBE_NOTE_SIZE];
};

/* A key of the profile, as JSON. */
struct probe_key {
    const char *name;
    char value[PROBE_VALUE_SIZE];
};

struct probe {
    const struct efa_transport *transport;
    struct efa_device_info info;   /* of the newest version */
    uint32_t version;              /* the newest that is spoken */
    struct efasim_config *assumed; /* the built-in profile of the part */
    bool part_is_known;            /* else that of the newest part */
    uint32_t max_batch;            /* the largest batch without a loss so far */

    struct tool_server server; /* the other instance, of --peer; `host` is NULL without it */
    tool_socket peer;          /* connected while its points run, else TOOL_NO_SOCKET */
    bool peer_is_missing;      /* no connection */

    uint64_t deadline_ns;          /* of the running point */
    enum sim_danger danger;        /* of the running point */
    char failure[PROBE_NOTE_SIZE]; /* of the running point; empty: none */

    uint32_t count; /* of points; written by the running point, read when it ended */
    struct probe_point points[PROBE_MOST_POINTS];
    uint32_t key_count;
    struct probe_key keys[PROBE_MOST_KEYS];
};

struct probe_measurement {
    const char *name;
    enum sim_danger danger;
    uint32_t version;  /* the oldest interface version that it needs */
    uint32_t features; /* that it needs */
    bool is_quick;     /* --quick runs it as well */
    void (*run)(struct sim_world *world, struct probe *probe);
};

/* points.c */
/* Each adds a point without a note, and returns it. Never NULL. */
struct probe_point *probe_add(struct probe *probe, enum probe_state state, const char *name,
                              const char *format, ...) EFA_PRINTF(4, 5);
/* With the value found and the assumed one. */
struct probe_point *probe_compare(struct probe *probe, const char *name, uint64_t found,
                                  uint64_t assumed);
struct probe_point *probe_compare_text(struct probe *probe, const char *name, const char *found,
                                       const char *assumed);
/* With a completion's status; -1: there was none. */
struct probe_point *probe_compare_status(struct probe *probe, const char *name, int status,
                                         uint8_t assumed);
void probe_note(struct probe_point *point, const char *format, ...) EFA_PRINTF(2, 3);
/* Sets a value of the profile. */
void probe_settle(struct probe *probe, const char *key, uint64_t value);
void probe_settle_text(struct probe *probe, const char *key, const char *json);
unsigned probe_count(const struct probe *probe, enum probe_state state);
extern const char *const probe_state_names[PROBE_STATES];
extern const char *const probe_danger_names[SIM_DANGERS];
/* "ERROR_BUSY (170)" */
const char *probe_error_text(uint32_t error, char text[PROBE_VALUE_SIZE]);

/* common.c: what the measurements share. */
/* The entries of a ring for `depth` descriptors. */
uint32_t probe_ring_for(uint32_t depth);
/* An endpoint of the newest version that the adapter speaks, within its limits. */
struct raw_options probe_options(const struct probe *probe, uint32_t type);
uint32_t probe_dereg_mr(struct probe *probe, struct raw_client *client, uint32_t lkey);
/* Ends the point if its time is over. */
void probe_check_time(struct sim_world *world);
/* Polls without sleeping. False if no completion came within `milliseconds`. */
bool probe_wait(struct sim_world *world, struct raw_cq *cq, unsigned milliseconds,
                struct efa_completion_entry *entry);
/* The status of a message, or -1 if it does not complete. */
int probe_send_status(struct raw_endpoint *from, const struct efa_send_descriptor *descriptor);
/* How long to wait for a completion that may never come. */
#define PROBE_PATIENCE_MS 1000u

/* measure_*.c */
extern const struct probe_measurement probe_versions, probe_reported, probe_beyond, probe_errors,
    probe_counts, probe_addresses, probe_sub_cqs, probe_numbers, probe_messages, probe_unsignaled,
    probe_flush, probe_destroyed, probe_rdma, probe_rnr, probe_batch, probe_costs, probe_single,
    probe_speed, probe_peer;

/* run.c */
struct probe_choice {
    enum sim_danger most; /* the greatest danger */
    bool quick;
    bool no_cases;
    const char *only; /* only points whose name begins with it; NULL: all */
    unsigned limit_ms;
};
/* False, after a message, if no point is chosen. */
bool probe_check_choice(const struct probe_choice *choice);
void probe_list(const struct probe_choice *choice);
/* False, after a message, if the run ended early. `*stuck`: a point never returned. */
bool probe_run(struct probe *probe, const struct probe_choice *choice, bool *stuck);

/* Runs it in a thread of its own, then closes its sessions. False: a request never returned. */
typedef void probe_function(struct sim_world *world, void *argument);
bool probe_run_guarded(struct probe *probe, probe_function *function, void *argument,
                       unsigned limit_ms);

/* guard.c */
enum guard_end { GUARD_RETURNED, GUARD_LEFT, GUARD_STUCK, GUARD_NO_THREAD };
typedef void guard_function(void *argument);
/* Runs it in a thread of its own, and waits at most `limit_ms`. */
enum guard_end guard_run(guard_function *function, void *argument, unsigned limit_ms);
/* Ends the thread of guard_run that calls it. */
_Noreturn void guard_leave(void);
/* Ends the process without waiting for threads that are stuck. */
_Noreturn void guard_exit(int status);

/* report.c */
void report_progress(const char *line);
void report_end_progress(void);
void report_text(const struct probe *probe);
bool report_json(const struct probe *probe, const char *path, bool mask_gid, bool complete);

#endif
