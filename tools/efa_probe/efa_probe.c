/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_probe: measures what nobody has published about an adapter, by raw requests and rings,
 * without the library. This file has the command line, and finds the adapter.
 */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sim/config/profile.h"
#include "common/cause.h"
#include "common/clock.h"
#include "common/interrupt.h"
#include "common/library.h"
#include "common/message.h"
#include "common/open_file.h"
#include "common/options.h"
#include "common/program.h"
#include "driver/default_transport.h"

const char *const tool_name = "efa_probe";

/* Options in --help; the others are in --help more. */
#define SHOWN_FIRST 7

#define NEWEST_PART 0xefa4u

struct settings {
    bool quick;
    bool exclusive;
    bool all;
    bool list;
    bool mask_gid;
    struct probe_choice choice;
    const char *json;
    uint64_t limit_s;
    uint64_t port;
    const char *peer;
    bool listen;
};

#define RESOLVE_NS 30000000000u
#define SERVING_MS (600u * 1000)

/* In a native build the adapter is simulated, and comes with the library. */
static bool load_adapter(void)
{
#ifdef _WIN32
    return true;
#else
    return tool_load_library();
#endif
}

static void unload_adapter(void)
{
#ifndef _WIN32
    tool_unload_library();
#endif
}

/* On Windows the service of efasim is reached through its efawin.dll only. */
static void warn_of_instance(void)
{
#ifdef _WIN32
    const char *name = getenv("EFASIM_INSTANCE");

    if (name && name[0])
        tool_error(
            "EFASIM_INSTANCE is \"%s\", but this program uses the driver, not efawin.dll: "
            "it cannot measure an instance of efasim on Windows",
            name);
#endif
}

static bool find_adapter(struct probe *probe)
{
    struct tool_driver_answer answer;
    struct tool_cause cause;

    tool_ask_driver(&answer);
    tool_judge_driver(&answer, &cause);
    if (cause.kind != TOOL_USABLE) {
        tool_error("%s: %s", cause.text, cause.advice);
        warn_of_instance();
        return false;
    }
    probe->transport = efa_default_transport(0);
    probe->info = answer.info;
    for (uint32_t version = EFA_INTERFACE_VERSION_OLDEST; version <= EFA_INTERFACE_VERSION_NEWEST;
         version++) {
        if ((answer.spoken & 1u << version) != 0)
            probe->version = version;
    }
    probe->part_is_known = efasim_config_part(probe->assumed, answer.info.device_version);
    if (!probe->part_is_known)
        efasim_config_part(probe->assumed, NEWEST_PART);
    return true;
}

/* The connection is made when the points that need it begin: the other side waits only so long. */
static bool find_peer(struct probe *probe, const struct settings *settings)
{
    probe->peer = TOOL_NO_SOCKET;
    probe->server.host = settings->peer;
    probe->server.port = (uint16_t)settings->port;
    return !settings->peer ||
           (tool_network_start() && tool_find_host(&probe->server, tool_now_ns() + RESOLVE_NS));
}

static bool run(struct probe *probe, const struct settings *settings, bool *stuck)
{
    bool complete;

    if (!find_adapter(probe) || (settings->json && !tool_check_writable(settings->json)))
        return false;
    tool_watch_interrupt();
    if (settings->listen)
        return peer_serve(probe, (uint16_t)settings->port, SERVING_MS, stuck);
    if (!find_peer(probe, settings))
        return false;
    complete = probe_run(probe, &settings->choice, stuck);
    report_end_progress();
    if (!*stuck)
        peer_end(probe);
    if (probe->count == 0) {
        if (complete)
            tool_error("no chosen point gave a result: choose others, --list shows them");
        return false;
    }
    report_text(probe);
    if (settings->json && !report_json(probe, settings->json, settings->mask_gid, complete))
        return false;
    return complete && !probe->peer_is_missing;
}

static int probe_adapter(struct settings *settings)
{
    struct probe *probe = calloc(1, sizeof *probe);
    bool stuck = false, good = false;

    if (probe)
        probe->assumed = malloc(sizeof *probe->assumed);
    if (!probe || !probe->assumed)
        tool_error("not enough memory");
    else
        good = run(probe, settings, &stuck);
    if (stuck)
        guard_exit(TOOL_FAILED);
    if (probe)
        free(probe->assumed);
    free(probe);
    return tool_end(good ? TOOL_OK : TOOL_FAILED);
}

/* NULL if the options fit each other. */
static const char *find_conflict(const struct settings *s)
{
    if (s->quick + s->exclusive + s->all > 1)
        return "--quick, --exclusive and --all exclude each other: keep one";
    if (s->listen && s->peer)
        return "--listen and --peer exclude each other: each belongs on one of the two instances";
    if (s->listen && (s->json || s->choice.only || s->list || s->choice.no_cases))
        return "--listen measures nothing: give --json, --only, --list and --no-cases on the "
               "instance with --peer";
    if (s->port && !s->listen && !s->peer)
        return "--port is for --listen and --peer: add one of them";
    if (s->mask_gid && !s->json)
        return "--mask-gid is for --json: add it";
    if (s->list && (s->json || s->peer))
        return "--list measures nothing: leave --json and --peer out";
    return NULL;
}

static void complete(struct settings *settings)
{
    struct probe_choice *choice = &settings->choice;

    if (!settings->port)
        settings->port = PEER_PORT;
    choice->limit_ms = (unsigned)settings->limit_s * 1000;
    choice->quick = settings->quick;
    choice->most = settings->all         ? SIM_BREAKS_RULES
                   : settings->exclusive ? SIM_OVERRUNS
                                         : SIM_WRONG_WORK;
}

static int program_main(int argc, char **argv)
{
    struct settings settings = {0};
    const struct tool_option options[] = {
        {'q', "quick", TOOL_FLAG, &settings.quick, 0, 0, NULL, "only what is fast"},
        {'x', "exclusive", TOOL_FLAG, &settings.exclusive, 0, 0, NULL,
         "also what disturbs other users of the adapter"},
        {'a', "all", TOOL_FLAG, &settings.all, 0, 0, NULL, "also what breaks the adapter's rules"},
        {'j', "json", TOOL_TEXT, &settings.json, 0, 0, "FILE", "writes all results to the file"},
        {'m', "mask-gid", TOOL_FLAG, &settings.mask_gid, 0, 0, NULL,
         "leaves the adapter's address out"},
        {'p', "peer", TOOL_TEXT, &settings.peer, 0, 0, "HOST",
         "also the points that need two: HOST has --listen"},
        {'s', "listen", TOOL_FLAG, &settings.listen, 0, 0, NULL,
         "is the other instance for --peer"},
        {0, "port", TOOL_NUMBER, &settings.port, 1, 65535, "PORT",
         "TCP port of the two (default 18517)"},
        {'o', "only", TOOL_TEXT, &settings.choice.only, 0, 0, "NAME",
         "only points that begin so (case.states)"},
        {'n', "no-cases", TOOL_FLAG, &settings.choice.no_cases, 0, 0, NULL,
         "leaves the conformance cases out"},
        {'l', "list", TOOL_FLAG, &settings.list, 0, 0, NULL, "shows the points and their danger"},
        {'t', "time-limit", TOOL_NUMBER, &settings.limit_s, 1, 3600, "S",
         "seconds for each point (default 60)"},
    };
    const struct tool_command_line line = {
        "[OPTIONS]",
        "Finds out how the EFA adapter of this machine behaves, and where it differs\n"
        "from what this project assumes. See docs/probe.md.",
        "  efa_probe --json efa_probe.json\n"
        "  efa_probe --exclusive --json efa_probe.json  if nothing else uses the adapter\n",
        options,
        EFA_ARRAY_SIZE(options),
        NULL,
        0,
        NULL,
        SHOWN_FIRST,
        "The kinds of points, by their danger: asks, uses (what every client does), wrong\n"
        "requests, wrong work; with --exclusive also: exhausts, overruns; with --all\n"
        "also: breaks rules.\n",
    };
    const char *conflict;
    int status;

    settings.limit_s = 60;
    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    conflict = find_conflict(&settings);
    if (conflict)
        tool_error("%s", conflict);
    complete(&settings);
    if (conflict || !probe_check_choice(&settings.choice))
        return TOOL_USAGE;
    if (settings.list) {
        probe_list(&settings.choice);
        return tool_end(TOOL_OK);
    }
    if (!load_adapter())
        return TOOL_FAILED;
    status = probe_adapter(&settings);
    unload_adapter();
    return status;
}

int main(int argc, char **argv)
{
    return tool_run(argc, argv, program_main);
}
