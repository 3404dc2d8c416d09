/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The loader for projects that have C++ only, in which CMake leaves C sources out: it is C++ as
 * well.
 */
#include <efawin.c>
