# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The conformance cases once more, against the simulated driver under Wine. They break the device's
# rules on purpose: the counters are reset so that with-efa does not take offence.
if(NOT MINGW OR NOT CMAKE_HOST_UNIX)
  return()
endif()

set(folder ${PROJECT_SOURCE_DIR}/tests/unit)
efawin_add_program(sim_conformance ${folder}/sim_conformance_windows.c ${folder}/sim_support.c
  ${folder}/sim_cases_delivery.c ${folder}/sim_cases_objects.c ${folder}/sim_cases_rdma.c
  ${folder}/sim_cases_requests.c ${folder}/sim_cases_states.c ${folder}/sim_cases_status.c
  ${folder}/sim_cases_violations.c ${PROJECT_SOURCE_DIR}/src/driver/transport_win32.c)
target_include_directories(sim_conformance PRIVATE ${PROJECT_SOURCE_DIR}/sim ${PROJECT_SOURCE_DIR}/src)
add_dependencies(sim_conformance efasim_driver)
add_test(NAME e2e.sim_conformance
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/with-efa --build ${CMAKE_BINARY_DIR}/.. --timeout 240
    --config ${folder}/second_generation.conf --
    sh -c "wine \"$1\" && efasim_ctl reset-counters" sh $<TARGET_FILE:sim_conformance>)
set_tests_properties(e2e.sim_conformance PROPERTIES TIMEOUT 300 LABELS "e2e;sim" COST 100)
