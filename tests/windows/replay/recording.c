/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reads recordings (recording.h). Their memory stays until the program ends. */
#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE 65536

const char *pair_value(const struct pair *pairs, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].value;
    return NULL;
}

uint64_t line_number_of(const struct line *line, const char *name)
{
    const char *value = pair_value(line->pairs, line->pair_count, name);

    return value ? strtoull(value, NULL, 0) : 0;
}

static char *copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

/* Makes the array larger by one element, which is cleared, and returns that. */
static void *grow(void *array, unsigned *count, size_t size)
{
    void **place = array;
    char *larger = realloc(*place, (*count + 1) * size);

    if (!larger)
        return NULL;
    *place = larger;
    memset(larger + *count * size, 0, size);
    return larger + (*count)++ * size;
}

static bool add_pair(struct pair *pairs, unsigned *count, char *word)
{
    char *equals = strchr(word, '=');

    if (!equals || *count == MAX_PAIRS)
        return false;
    *equals = '\0';
    pairs[*count].name = word;
    pairs[(*count)++].value = equals + 1;
    return true;
}

/* Words without a value, as in "recv ok", are part of the text only. */
static bool read_group(struct line *line, char *text, const char *after)
{
    struct group *group = grow(&line->groups, &line->group_count, sizeof *group);
    char *word;

    if (!group)
        return false;
    group->count = 1;
    if (*after == '*') {
        char *end;

        group->count = (unsigned)strtoul(after + 1, &end, 10);
        if (group->count == 0)
            return false;
        for (unsigned i = 0; i < MAX_DATA && (*end == ':' || *end == ','); i++)
            group->steps[i] = strtoll(end + 1, &end, 10);
    }
    group->text = copy_of(text);
    if (!group->text)
        return false;
    word = strtok(text, " ");
    group->kind = word;
    for (word = strtok(NULL, " "); word; word = strtok(NULL, " "))
        if (strchr(word, '=') && !add_pair(group->pairs, &group->pair_count, word))
            return false;
    return group->kind != NULL;
}

static bool read_line(struct line *line, char *text)
{
    char *arrow = strstr(text, " -> "), *place = text, *end;

    if (!arrow)
        return false;
    *arrow = '\0';
    line->result = arrow + 4;
    line->side = (unsigned)strtoul(text, &end, 10);
    if (end == text || *end != ' ' || line->side >= MAX_SIDES)
        return false;
    place = end + 1;
    line->call = place;
    place += strcspn(place, " ");
    while (*place == ' ') {
        *place++ = '\0';
        if (*place == '{') {
            end = strchr(place, '}');
            if (!end)
                return false;
            *end++ = '\0';
            if (!read_group(line, place + 1, end))
                return false;
            place = end + strcspn(end, " ");
        } else {
            char kept;

            end = place + strcspn(place, " ");
            kept = *end;
            *end = '\0';
            if (!add_pair(line->pairs, &line->pair_count, place))
                return false;
            *end = kept;
            place = end;
        }
    }
    return *place == '\0';
}

static bool add_steps(struct recording *recording, unsigned first, unsigned times)
{
    unsigned end = recording->line_count;

    for (unsigned i = 0; i < times; i++)
        for (unsigned at = first; at < end; at++) {
            unsigned *step = grow(&recording->steps, &recording->step_count, sizeof *step);

            if (!step)
                return false;
            *step = at;
        }
    return true;
}

static bool read_lines(struct recording *recording, FILE *file, char *text, unsigned *number)
{
    unsigned block = 0, times = 0; /* times is 0 outside of a block */

    while (fgets(text, MAX_LINE, file)) {
        struct line *line;
        char *kept;

        ++*number;
        text[strcspn(text, "\r\n")] = '\0';
        if (text[0] == '#' || text[0] == '\0')
            continue;
        if (strncmp(text, "repeat ", 7) == 0) {
            block = recording->line_count;
            times = (unsigned)strtoul(text + 7, NULL, 10);
            if (times == 0)
                return false;
            continue;
        }
        if (strcmp(text, "end") == 0) {
            if (times == 0 || !add_steps(recording, block, times))
                return false;
            times = 0;
            continue;
        }
        line = grow(&recording->lines, &recording->line_count, sizeof *line);
        kept = copy_of(text);
        if (!line || !kept || !read_line(line, kept))
            return false;
        line->number = *number;
        if (line->side >= recording->sides)
            recording->sides = line->side + 1;
        if (times == 0 && !add_steps(recording, recording->line_count - 1, 1))
            return false;
    }
    return times == 0 && recording->step_count != 0;
}

bool recording_read(struct recording *recording, const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = malloc(MAX_LINE);
    unsigned number = 0;
    bool is_good;

    memset(recording, 0, sizeof *recording);
    recording->path = path;
    if (!file || !text) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    is_good = read_lines(recording, file, text, &number);
    fclose(file);
    free(text);
    if (!is_good)
        fprintf(stderr, "%s:%u: not a line of a recording\n", path, number);
    return is_good;
}
