# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The events of event tracing, without Windows: the part of the library that composes them alone.
efawin_add_unit_test(trace_etw_test trace_etw_test.c ${CMAKE_SOURCE_DIR}/src/os/trace_etw.c
  LABELS library)
target_include_directories(trace_etw_test PRIVATE ${CMAKE_SOURCE_DIR}/src)
