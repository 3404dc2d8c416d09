# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# This machine's Clang, version 19 where there are several: its thread sanitizer knows fences.
find_program(EFAWIN_CLANG NAMES clang-19 clang-20 clang-21 clang REQUIRED)
find_program(EFAWIN_CLANGXX NAMES clang++-19 clang++-20 clang++-21 clang++ REQUIRED)
set(CMAKE_C_COMPILER ${EFAWIN_CLANG})
set(CMAKE_CXX_COMPILER ${EFAWIN_CLANGXX})
