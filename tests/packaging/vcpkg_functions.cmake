# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Runs a port's portfile without vcpkg: what vcpkg's functions do, as far as the port uses them.
#   cmake -D PORT=FOLDER -D PACKAGES=FOLDER -D WORK=FOLDER -P vcpkg_functions.cmake
cmake_minimum_required(VERSION 3.20)
set(VCPKG_LIBRARY_LINKAGE dynamic)
set(CURRENT_PACKAGES_DIR "${PACKAGES}")

function(vcpkg_check_linkage)
  cmake_parse_arguments(PARSE_ARGV 0 arg "ONLY_DYNAMIC_LIBRARY" "" "")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vcpkg_check_linkage: ${arg_UNPARSED_ARGUMENTS}")
  endif()
endfunction()

function(vcpkg_extract_source_archive result)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ARCHIVE" "")
  file(ARCHIVE_EXTRACT INPUT "${arg_ARCHIVE}" DESTINATION "${WORK}")
  file(GLOB folders "${WORK}/*")
  list(LENGTH folders count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "the archive has ${count} entries at its top where vcpkg wants one folder")
  endif()
  set(${result} "${folders}" PARENT_SCOPE)
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "COMMENT" "FILE_LIST")
  set(text "")
  foreach(file IN LISTS arg_FILE_LIST)
    file(READ "${file}" one)
    string(APPEND text "${one}")
  endforeach()
  file(WRITE "${CURRENT_PACKAGES_DIR}/share/efawin/copyright" "${text}")
endfunction()

include("${PORT}/portfile.cmake")
