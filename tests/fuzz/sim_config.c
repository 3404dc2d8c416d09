/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The text of the simulated EFA's configuration. It is accepted, with the same result each time, or
 * rejected with one line that names the position.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "fuzz.h"

enum { MESSAGE = 256 };

/* Longer messages end within what there is for them. */
static bool parse(struct efasim_config *config, const struct fuzz_input *text, size_t room,
                  char *message)
{
    bool ok;

    memset(config, 0, sizeof *config);
    efasim_config_default(config);
    memset(message, 'x', MESSAGE);
    ok = efasim_config_parse(config, (const char *)text->data, text->left, message, room);
    if (!ok) {
        FUZZ_REQUIRE(room == 0 || memchr(message, '\0', room));
        FUZZ_REQUIRE(room == 0 || !strchr(message, '\n'));
    }
    FUZZ_REQUIRE(fuzz_all_are(message + room, 'x', MESSAGE - room));
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input text = {data, size};
    static struct efasim_config config, again;
    char message[MESSAGE], second[MESSAGE];
    size_t room = size % 7 == 0 ? size % (MESSAGE - 1) + 1 : MESSAGE;
    bool ok = parse(&config, &text, MESSAGE, message);

    FUZZ_REQUIRE(parse(&again, &text, room, second) == ok);
    if (!ok) {
        unsigned line = 0;

        FUZZ_REQUIRE(message[0] != '\0' && strncmp(message, second, room - 1) == 0);
        /* What no single line is to blame for names none. */
        if (sscanf(message, "line %u:", &line) == 1)
            FUZZ_REQUIRE(line >= 1 && line <= size + 1);
        return 0;
    }
    FUZZ_REQUIRE(memcmp(&config, &again, sizeof config) == 0);
    FUZZ_REQUIRE(efasim_config_check(&config, message, MESSAGE));
    FUZZ_REQUIRE(config.device_count >= 1 && config.device_count <= EFASIM_MAX_DEVICES &&
                 config.fault_count <= EFASIM_MAX_FAULTS);
    for (uint32_t i = 0; i < config.device_count; i++) {
        FUZZ_REQUIRE(memchr(config.devices[i].name, '\0', EFASIM_NAME_SIZE) != NULL);
        for (uint32_t k = 0; k < i; k++)
            FUZZ_REQUIRE(memcmp(config.devices[i].gid, config.devices[k].gid, 16) != 0);
    }
    for (uint32_t i = 0; i < config.fault_count; i++)
        FUZZ_REQUIRE(config.faults[i].kind > EFASIM_FAULT_NONE &&
                     config.faults[i].kind < EFASIM_FAULT_KINDS);
    return 0;
}
