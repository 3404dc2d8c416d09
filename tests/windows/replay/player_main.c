/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Plays recordings: a process for each side, which take turns in the order of the lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>

#include "child_process.h"
#include "player.h"

#define TURN_SECONDS 60 /* for the lines of another side */
#define RUN_SECONDS 240

void play_fail(struct player *player, const char *expected, const char *actual)
{
    if (player->is_wrong)
        return;
    player->is_wrong = true;
    fprintf(stderr, "%s:%u: %s: expected \"%s\", actual \"%s\"\n", player->recording->path,
            player->line->number, player->line->call, expected, actual);
}

unsigned play_index(struct player *player, const char *name)
{
    unsigned long index = MOST_OBJECTS;

    if (name && name[0])
        index = strtoul(name + strcspn(name, "0123456789"), NULL, 10);
    if (index >= MOST_OBJECTS) {
        play_fail(player, "an object", name ? name : "none");
        return MOST_OBJECTS - 1; /* is never used */
    }
    return (unsigned)index;
}

unsigned play_object(struct player *player, const char *pair)
{
    return play_index(player, pair_value(player->line->pairs, player->line->pair_count, pair));
}

void answer_error(struct player *player, int error, const char *detail)
{
    if (error)
        snprintf(player->answer, sizeof player->answer, "%s", text_of_error(error));
    else
        snprintf(player->answer, sizeof player->answer, "ok%s%s", detail ? " " : "",
                 detail ? detail : "");
}

unsigned answer_object(struct player *player, enum kind kind, const void *object,
                       const char *detail)
{
    static const char *const names[] = {"context", "pd", "mr", "ah", "cq", "qp"};
    unsigned index = player->counts[kind];

    if (index + 1 >= MOST_OBJECTS) {
        play_fail(player, "fewer objects", "too many");
        return index;
    }
    if (!object) {
        answer_error(player, errno, NULL);
        return index;
    }
    player->counts[kind]++;
    snprintf(player->answer, sizeof player->answer, "%s%u%s%s", names[kind], index,
             detail ? " " : "", detail ? detail : "");
    return index;
}

static void play_line(struct player *player)
{
    player->answer[0] = '\0';
    errno = 0;
    if (play_is_missing(player->line->call)) {
        player->shared->missing++;
        return;
    }
    if (!play_control(player) && !play_post(player) && !play_poll(player))
        play_fail(player, "a call that the player knows", player->line->call);
    else if (strcmp(player->answer, player->line->result) != 0)
        play_fail(player, player->line->result, player->answer);
    player->shared->calls++;
}

/* ---- Turns ---- */

static HANDLE turn_event(const char *run, unsigned side)
{
    char name[80];

    snprintf(name, sizeof name, "%s-%u", run, side);
    return CreateEventA(NULL, FALSE, FALSE, name);
}

static bool wait_for_turn(struct player *player, HANDLE event, unsigned step)
{
    while (player->shared->step != (LONG)step && !player->shared->has_failed)
        if (WaitForSingleObject(event, TURN_SECONDS * 1000) != WAIT_OBJECT_0) {
            play_fail(player, "the turn of this side", "none in time");
            return false;
        }
    return !player->shared->has_failed;
}

static bool play_steps(struct player *player, const HANDLE *turns)
{
    const struct recording *recording = player->recording;

    for (unsigned i = 0; i < recording->step_count; i++) {
        const struct line *line = &recording->lines[recording->steps[i]];

        if (line->side != player->side)
            continue;
        player->line = line;
        if (!wait_for_turn(player, turns[player->side], i))
            return false;
        play_line(player);
        if (player->is_wrong)
            return false;
        player->shared->step = (LONG)i + 1;
        if (i + 1 < recording->step_count)
            SetEvent(turns[recording->lines[recording->steps[i + 1]].side]);
    }
    return true;
}

static struct shared *open_shared(const char *run)
{
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                        sizeof(struct shared), run);

    return mapping ? MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
}

static int play_side(const char *path, const char *run, unsigned side, unsigned patience)
{
    struct player *player = calloc(1, sizeof *player);
    struct recording recording;
    HANDLE turns[MAX_SIDES];
    int error = efa_load_efawin_lib();
    bool is_good;

    if (error) {
        fprintf(stderr, "recorded_player: efa_load_efawin_lib returned %d\n", error);
        return 1;
    }
    if (!player || !recording_read(&recording, path)) {
        fprintf(stderr, "recorded_player: not enough memory, or no recording %s\n", path);
        return 1;
    }
    player->recording = &recording;
    player->side = side;
    player->patience = patience * 1000;
    player->shared = open_shared(run);
    if (!player->shared) {
        fprintf(stderr, "recorded_player: no shared memory %s: error %lu\n", run, GetLastError());
        return 1;
    }
    player->shared->sides[side].process = GetCurrentProcessId();
    for (unsigned i = 0; i < MAX_SIDES; i++)
        turns[i] = turn_event(run, i);
    is_good = play_steps(player, turns);
    if (!is_good) {
        player->shared->has_failed = 1;
        for (unsigned i = 0; i < MAX_SIDES; i++)
            SetEvent(turns[i]);
    }
    return is_good ? 0 : 1;
}

/* ---- The program that starts the sides ---- */

static bool play_recording(const char *path, unsigned patience)
{
    struct recording recording;
    HANDLE sides[MAX_SIDES];
    struct shared *shared;
    char run[60], arguments[600];
    bool is_good = true;
    static unsigned number;

    if (!recording_read(&recording, path))
        return false;
    snprintf(run, sizeof run, "efawin-player-%lu-%u", GetCurrentProcessId(), number++);
    shared = open_shared(run);
    if (!shared) {
        fprintf(stderr, "recorded_player: no shared memory %s: error %lu\n", run, GetLastError());
        return false;
    }
    for (unsigned i = 0; i < recording.sides; i++) {
        snprintf(arguments, sizeof arguments, "--side %u %s %u \"%s\"", i, run, patience, path);
        sides[i] = child_start(arguments);
        is_good = is_good && sides[i] != NULL;
    }
    for (unsigned i = 0; i < recording.sides; i++)
        if (sides[i] && child_wait(sides[i], is_good ? RUN_SECONDS : 1) != 0)
            is_good = false;
    if (is_good && shared->step != (LONG)recording.step_count) {
        fprintf(stderr, "%s: step %ld of %u was the last\n", path, shared->step,
                recording.step_count);
        is_good = false;
    }
    printf(
        "%s %s: %u calls, %u completions, %u messages and %u reads verified (%llu bytes), "
        "%u calls that the kit lacks\n",
        is_good ? "ok    " : "FAILED", path, shared->calls, shared->completions,
        shared->messages_verified, shared->reads_verified,
        (unsigned long long)shared->bytes_verified, shared->missing);
    fflush(stdout);
    UnmapViewOfFile(shared);
    return is_good;
}

static int usage(void)
{
    fputs(
        "Usage: recorded_player [--patience SECONDS] RECORDING...\n"
        "Makes the calls of each recording over efawin.dll and compares their results. Exit\n"
        "code 0, or 1 if a result is another. Waits so long (default 20) for a completion.\n",
        stderr);
    return 2;
}

int main(int count, char **arguments)
{
    unsigned patience = 20, passed = 0, failed = 0;
    int first = 1;

    if (count == 6 && strcmp(arguments[1], "--side") == 0)
        return play_side(arguments[5], arguments[3], (unsigned)strtoul(arguments[2], NULL, 10),
                         (unsigned)strtoul(arguments[4], NULL, 10));
    if (count > 3 && strcmp(arguments[1], "--patience") == 0) {
        patience = (unsigned)strtoul(arguments[2], NULL, 10);
        first = 3;
    }
    if (count <= first || arguments[first][0] == '-' || patience == 0)
        return usage();
    for (int i = first; i < count; i++)
        if (play_recording(arguments[i], patience))
            passed++;
        else
            failed++;
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
