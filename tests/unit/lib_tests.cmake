# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Tests of the library on the simulated device in one process.
add_library(lib_support STATIC lib_support.c lib_fake_driver.c lib_stop_page.c intercept.c)
target_compile_definitions(lib_support PUBLIC _GNU_SOURCE)
target_include_directories(lib_support PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(lib_support PUBLIC efawin_core efasim_inprocess)

foreach(test
    lib_bad_lists_test
    lib_completions_test
    lib_contention_test
    lib_data_path_test
    lib_descriptors_test
    lib_exclusive_test
    lib_faults_test
    lib_life_test
    lib_log_test
    lib_mid_poll_test
    lib_replies_test
    lib_thread_domain_test
    lib_versions_test)
  efawin_add_unit_test(${test} ${test}.c LIBRARIES lib_support LABELS library)
endforeach()

# One program, because it counts its cases over all its parts.
efawin_add_unit_test(contract_test contract.c contract_cq.c contract_device.c contract_direct.c contract_domain.c
  contract_driver.c contract_efadv.c contract_memory.c contract_operations.c contract_poll.c contract_post.c
  contract_qp_create.c contract_qp_limits.c contract_qp_state.c contract_session.c contract_tables.c
  LIBRARIES lib_support LABELS library)

# The replay knows the kit's headers alone, so that it can be a Windows program as well.
efawin_add_unit_test(lib_replay_test lib_replay_test.c ../replay/libfabric_endpoint.c
  ../replay/libfabric_life.c ../replay/libfabric_traffic.c LIBRARIES lib_support LABELS library)
target_include_directories(lib_replay_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)

# A client that has the numbers of the tables and none of our headers.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(abi_tables ${CMAKE_SOURCE_DIR}/tests/abi/structs-x64.tsv
  ${CMAKE_SOURCE_DIR}/tests/abi/constants.tsv)
set(layout_generator ${CMAKE_CURRENT_SOURCE_DIR}/lib_foreign_layout.py)
set(layout_folder ${CMAKE_CURRENT_BINARY_DIR}/foreign)
file(MAKE_DIRECTORY ${layout_folder})
add_custom_command(OUTPUT ${layout_folder}/foreign_layout.h
  COMMAND ${Python3_EXECUTABLE} ${layout_generator} ${abi_tables} ${layout_folder}/foreign_layout.h
  DEPENDS ${layout_generator} ${abi_tables}
  COMMENT "Generating foreign_layout.h" VERBATIM)
add_library(lib_foreign_client STATIC lib_foreign_client.c ${layout_folder}/foreign_layout.h)
target_include_directories(lib_foreign_client PRIVATE ${layout_folder})
efawin_add_unit_test(lib_foreign_test lib_foreign_test.c
  LIBRARIES lib_foreign_client lib_support LABELS library)

efawin_add_unit_test(defects_test defects.c defects_control.c defects_data.c
  LIBRARIES lib_support LABELS library)

# It records what is logged.
target_link_options(lib_log_test PRIVATE
  -Wl,--wrap=efa_trace_wants -Wl,--wrap=efa_trace_message)

# Once more with device memory that cannot be read unnoticed: the library composes in registers, and
# reads neither rings nor doorbells back. Debuggers and valgrind take the traps for their own.
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND
   NOT EFAWIN_SANITIZE STREQUAL "thread")
  foreach(test contract_test defects_test lib_completions_test lib_data_path_test lib_faults_test lib_life_test
      lib_replies_test lib_versions_test)
    add_test(NAME ${test}.write_only COMMAND ${test})
    set_tests_properties(${test}.write_only PROPERTIES TIMEOUT 120 LABELS "unit;library;write_only"
      ENVIRONMENT EFASIM_TRAP_READS=1)
  endforeach()
endif()
