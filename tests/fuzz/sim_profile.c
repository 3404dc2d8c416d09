/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The file of a measured profile, which efasim.sys reads in the kernel. It is accepted, with the
 * same result each time, or rejected with one line that says what is wrong.
 */
#include "base/format.h"
#include "config/measured.h"
#include "fuzz.h"

enum { MESSAGE = 256 };

static bool read_profile(struct efasim_config *config, const uint8_t *data, size_t size,
                         char *message, size_t room)
{
    struct efasim_text out;
    bool ok;

    memset(config, 0, sizeof *config);
    efasim_config_default(config);
    memset(message, 'x', MESSAGE);
    efasim_text_init(&out, message, room);
    ok = efasim_read_measured(config, (const char *)data, size, &out);
    FUZZ_REQUIRE(fuzz_all_are(message + room, 'x', MESSAGE - room));
    FUZZ_REQUIRE(memchr(message, '\0', room) && !strchr(message, '\n'));
    FUZZ_REQUIRE(ok == (message[0] == '\0'));
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct efasim_config config, again;
    char message[MESSAGE], second[MESSAGE];
    const size_t room = size % (MESSAGE - 1) + 2;
    const bool ok = read_profile(&config, data, size, message, MESSAGE);

    FUZZ_REQUIRE(read_profile(&again, data, size, second, room) == ok);
    if (!ok)
        return 0;
    FUZZ_REQUIRE(memcmp(&config, &again, sizeof config) == 0);
    FUZZ_REQUIRE(efasim_config_check(&config, message, MESSAGE));
    return 0;
}
