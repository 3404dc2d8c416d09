/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The known defects of libraries of this kind, numbered as in their list: a test for each, named
 * after its row. These rows are about Windows and are tested there:
 *   14, 15, 31  where the loader looks, its threads, its stale pointers: tests/windows/kit
 *   22          telling whether an installation works: tests/tools
 *   23          the headers in every compiler, without a pthread.h: tests/windows/kit, tests/abi
 * And 11, what locks and barriers cost, is measured: bench. The order of 33 is a Spin model's:
 * tests/spin.
 */
#ifndef DEFECTS_H
#define DEFECTS_H

int defects_control(void);
int defects_data(void);
int defects_answers(void);
int defects_addresses(void);
int defects_log(void);
int defects_sends(void);

#endif
