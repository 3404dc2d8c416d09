# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Tests of the simulated EFA, by raw requests and rings, without the library.
function(efasim_add_test name)
  cmake_parse_arguments(test "SERIAL" "" "" ${ARGN})
  efawin_add_unit_test(${name} ${test_UNPARSED_ARGUMENTS} LIBRARIES efasim_inprocess LABELS sim)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/sim ${PROJECT_SOURCE_DIR}/src)
  set_tests_properties(${name} PROPERTIES RUN_SERIAL ${test_SERIAL})
endfunction()

efasim_add_test(sim_conformance_test sim_conformance_test.c sim_support.c sim_cases_delivery.c
  sim_cases_objects.c sim_cases_rdma.c sim_cases_requests.c sim_cases_states.c sim_cases_status.c
  sim_cases_violations.c)
efasim_add_test(sim_fault_test sim_fault_test.c sim_bench_world.c sim_support.c)
efasim_add_test(sim_message_patch_test sim_message_patch_test.c sim_bench_world.c sim_support.c)
efasim_add_test(sim_config_test sim_config_test.c)
efasim_add_test(sim_model_test sim_model_test.c sim_model_fabric.c sim_bench_world.c sim_support.c)
efasim_add_test(sim_engine_test sim_engine_test.c sim_support.c SERIAL)
efasim_add_test(sim_fuzz_test sim_fuzz_test.c)
if(NOT EFAWIN_SANITIZE STREQUAL "thread")
  efasim_add_test(sim_write_only_test sim_write_only_test.c sim_bench_world.c sim_support.c)
endif()

# Speed and endurance: sim_rate --help. As a test only that it works.
find_package(Threads REQUIRED)
add_executable(sim_rate sim_rate.c sim_support.c)
target_include_directories(sim_rate PRIVATE ${PROJECT_SOURCE_DIR}/sim ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(sim_rate PRIVATE efasim_inprocess Threads::Threads)
add_test(NAME sim_rate COMMAND sim_rate --messages 20000 --verify --rough)
set_tests_properties(sim_rate PROPERTIES TIMEOUT 120 LABELS "unit;sim" RUN_SERIAL TRUE)
