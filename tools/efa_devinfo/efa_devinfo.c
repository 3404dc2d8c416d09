/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_devinfo: shows the EFA devices, their ports and limits, in the manner of ibv_devinfo. This
 * file has the command line and goes through the devices.
 */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/library.h"
#include "common/message.h"
#include "common/options.h"
#include "common/program.h"
#include "common/version.h"
#include "facts.h"

const char *const tool_name = "efa_devinfo";

struct settings {
    const char *device;
    uint64_t port;
    bool list;
    bool verbose;
    bool json;
};

static bool is_wanted(const struct settings *settings, const struct ibv_device *device)
{
    return !settings->device || strcmp(device->name, settings->device) == 0;
}

static bool show(const struct settings *settings, struct ibv_device **list)
{
    bool good = true;

    for (struct ibv_device **device = list; *device; device++) {
        struct device_facts facts;

        if (!is_wanted(settings, *device))
            continue;
        if (settings->list)
            printf("    %s\n", (*device)->name);
        else if (gather_facts(*device, (uint8_t)settings->port, settings->verbose, &facts))
            print_facts(&facts, settings->verbose);
        else
            good = false;
    }
    return good;
}

static bool show_json(const struct settings *settings, struct ibv_device **list)
{
    struct tool_json json;
    bool good = true;

    tool_json_begin(&json, stdout);
    tool_json_object(&json, NULL);
    tool_json_text(&json, "tool", tool_name);
    tool_json_text(&json, "version", tool_version);
    tool_json_array(&json, "devices");
    for (struct ibv_device **device = list; *device; device++) {
        struct device_facts facts;

        if (!is_wanted(settings, *device))
            continue;
        if (gather_facts(*device, (uint8_t)settings->port, true, &facts))
            write_facts(&json, &facts);
        else
            good = false;
    }
    tool_json_end_array(&json);
    tool_json_end_object(&json);
    return tool_json_end(&json) && good;
}

static bool run(const struct settings *settings)
{
    int count;
    bool good;
    struct ibv_device **device;
    struct ibv_device **list = tool_list_devices(&count);

    if (!list)
        return false;
    for (device = list; *device && !is_wanted(settings, *device);)
        device++;
    good = *device != NULL;
    if (!good)
        tool_error("no device named '%s': there is '%s'", settings->device, list[0]->name);
    if (good && settings->list)
        printf("%d device%s found:\n", count, count == 1 ? "" : "s");
    if (good)
        good = settings->json ? show_json(settings, list) : show(settings, list);
    ibv_free_device_list(list);
    return good;
}

static int program_main(int argc, char **argv)
{
    struct settings settings = {NULL, 1, false, false, false};
    const struct tool_option options[] = {
        {'d', "device", TOOL_TEXT, &settings.device, 0, 0, "NAME", "this device only"},
        {'i', "ib-port", TOOL_NUMBER, &settings.port, 1, 255, "PORT", "this port (EFA has one: 1)"},
        {'l', "list", TOOL_FLAG, &settings.list, 0, 0, NULL, "names only"},
        {'v', "verbose", TOOL_FLAG, &settings.verbose, 0, 0, NULL, "all limits as well"},
        {'j', "json", TOOL_FLAG, &settings.json, 0, 0, NULL, "all that is known, as JSON"},
    };
    const struct tool_command_line line = {
        "[OPTIONS]",
        "Shows the EFA devices of this machine, their ports and limits.",
        "  efa_devinfo            every device\n"
        "  efa_devinfo -d EFA -v  one, with all that is known of it\n",
        options,
        EFA_ARRAY_SIZE(options),
        NULL,
        0,
        NULL,
        0,
        NULL,
    };
    int status;
    bool good;

    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    if (settings.json && settings.list) {
        tool_error("--json has all names: leave --list out");
        return TOOL_USAGE;
    }
    if (!tool_load_library())
        return TOOL_FAILED;
    good = run(&settings);
    tool_unload_library();
    return tool_end(good ? TOOL_OK : TOOL_FAILED);
}

int main(int argc, char **argv)
{
    return tool_run(argc, argv, program_main);
}
