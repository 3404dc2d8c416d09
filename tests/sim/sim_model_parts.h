/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The tests of the model: one program of two files. This one returns its number of failed tests. */
#ifndef TESTS_SIM_MODEL_PARTS_H
#define TESTS_SIM_MODEL_PARTS_H

#include "sim_bench_world.h"

int test_model_fabric(void);

#endif
