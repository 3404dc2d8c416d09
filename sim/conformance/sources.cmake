# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The conformance suite: the raw client of an adapter, and the cases. Tests and efa_probe compile them.
set(efa_raw_client ${CMAKE_CURRENT_LIST_DIR}/sim_support.c)
set(efa_conformance_cases
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_batch.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_delivery.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_objects.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_rdma.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_requests.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_states.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_status.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_cases_violations.c
  ${CMAKE_CURRENT_LIST_DIR}/sim_suites.c)
