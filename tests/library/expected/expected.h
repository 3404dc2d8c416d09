/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Tables of calls with their expected results, and of work requests with the bytes that the device
 * must find. The tables were written from the descriptions of the calls and of the device, not from
 * the library's output. A table is a text file of rows with tab-separated columns. The last column
 * is the expected text, in which ? matches any character.
 */
#ifndef EXPECTED_H
#define EXPECTED_H

#include "lib_fake_driver.h"
#include "os/compiler.h"

#define MAX_COLUMNS 4
#define MAX_WORDS 24
#define ROW_LENGTH 2048
#define ANSWER_LENGTH 4096

/* The input of a row: words, KEY=VALUE or KEY, separated by spaces. The test must read each word
 * once. */
struct given {
    char text[ROW_LENGTH];
    struct {
        const char *key, *value; /* "" if there is no = */
        bool used;
    } words[MAX_WORDS];
    unsigned count;
};

void given_parse(struct given *given, const char *text);
bool given_has(struct given *given, const char *key);
/* Numbers and names of the verbs, joined by |. */
uint64_t given_number(struct given *given, const char *key, uint64_t otherwise);
const char *given_text(struct given *given, const char *key, const char *otherwise);
/* Fails the test if a word was not read, or is unknown. */
void given_end(struct given *given);

/* A number, a name, or several joined by |. */
uint64_t number_of(const char *text);

/* The results of the calls of a row. */
struct answer {
    char text[ANSWER_LENGTH];
    size_t length;
};

/* Appends a word. */
void say(struct answer *answer, const char *format, ...) EFA_PRINTF(2, 3);
/* "NAME=0", "NAME=EINVAL", "NAME=-EINVAL"; without the name where that is NULL. */
void say_error(struct answer *answer, const char *name, int error);
/* NAME=, and two digits a byte. */
void say_bytes(struct answer *answer, const char *name, const void *bytes, size_t size);

struct row {
    unsigned line;
    char *columns[MAX_COLUMNS];
};

/*
 * Runs the rows of a table with this number of columns. `run` computes the result from all columns
 * but the last. Prints each result that differs from the expected one, and fails the test after the
 * last row if there was any.
 */
void check_table(const char *file, unsigned columns,
                 void (*run)(const struct row *row, struct answer *answer));

/* The three tables. */
void run_call(const struct row *row, struct answer *answer);
void run_requests(const struct row *row, struct answer *answer);
void run_completion(const struct row *row, struct answer *answer);

#endif
