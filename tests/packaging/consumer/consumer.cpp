/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The same program as C++. */
#include "consumer.c"
