# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Tests in Python run on pytest.
#   efawin_add_pytest(NAME FILE...      or folders, of which all files test_*.py are meant
#     [TARGETS target...]    programs and libraries of this build that its cases use
#     [ARGUMENTS ...]        more arguments of pytest
#     [COMMAND ...]          what runs pytest, where it is not CTest itself
#     [WORKERS n]            so many processes share the cases (pytest-xdist)
#     [LABELS ...] [TIMEOUT s])
#
# The cases read what they need to know of the build from tests.json in its folder, so a person runs
# them without CMake: python3 -m pytest FILE --build=build/PRESET [-k CASE].
# The binaries and tests.json lie there; a generator of several configurations has a folder for each.
set(EFAWIN_BUILD_FOLDER ${CMAKE_BINARY_DIR})
if(CMAKE_CONFIGURATION_TYPES)
  string(APPEND EFAWIN_BUILD_FOLDER "/$<CONFIG>")
endif()

function(efawin_add_pytest name)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "WORKERS;TIMEOUT" "TARGETS;ARGUMENTS;COMMAND;LABELS")
  if(NOT test_WORKERS)
    set(test_WORKERS 1)
  endif()
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 120)
  endif()
  list(TRANSFORM test_UNPARSED_ARGUMENTS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ REGEX "^[^/]")
  set(workers -n ${test_WORKERS})
  if(test_WORKERS EQUAL 1)
    set(workers -p no:xdist)
  endif()
  add_test(NAME ${name}
    COMMAND ${test_COMMAND} ${Python3_EXECUTABLE} -m pytest ${test_UNPARSED_ARGUMENTS}
      --build=${EFAWIN_BUILD_FOLDER} --basetemp ${CMAKE_CURRENT_BINARY_DIR}/${name}.tmp
      --verbose --color=no ${workers} ${test_ARGUMENTS}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${test_TIMEOUT} PROCESSORS ${test_WORKERS}
    LABELS "${test_LABELS}")
  if(EFAWIN_SANITIZE)
    # The sanitizers' builds check in `make check` what is C and fast.
    efawin_long_tests(${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY efawin_pytest_targets ${test_TARGETS})
endfunction()

# Sets `variable` to the start of a test's command, which gives Windows programs a Wine of their own
# for so many seconds; to nothing on Windows, which needs none.
function(efawin_wine_session variable seconds)
  set(${variable} "" PARENT_SCOPE)
  if(CMAKE_HOST_UNIX)
    set(${variable} ${PROJECT_SOURCE_DIR}/scripts/with-efa --build ${CMAKE_BINARY_DIR}/..
      --timeout ${seconds} -- PARENT_SCOPE)
  endif()
endfunction()

# Adds a string to the JSON text in the variable `json`.
macro(efawin_set_json value)
  string(REPLACE "\\" "\\\\" efawin_escaped "${value}")
  string(REPLACE "\"" "\\\"" efawin_escaped "${efawin_escaped}")
  string(JSON json SET "${json}" ${ARGN} "\"${efawin_escaped}\"")
endmacro()

# Writes tests.json; class Build in tests/support/build.py reads it.
function(efawin_write_tests_json)
  set(kind native)
  if(EFAWIN_MSABI_CROSS)
    set(kind microsoft)
  elseif(MINGW)
    set(kind mingw)
  elseif(WIN32)
    set(kind visual-studio)
  endif()
  set(flags "${CMAKE_C_FLAGS}")
  if(CMAKE_C_COMPILER_TARGET)
    string(APPEND flags " --target=${CMAKE_C_COMPILER_TARGET}")
  endif()
  set(json "{\"targets\": {}}")
  efawin_set_json("${kind}" kind)
  efawin_set_json("${CMAKE_C_COMPILER}" c_compiler)
  efawin_set_json("${CMAKE_CXX_COMPILER}" cxx_compiler)
  efawin_set_json("${CMAKE_LINKER}" linker)
  efawin_set_json("${flags}" flags)
  efawin_set_json("${CMAKE_C_STANDARD_LIBRARIES}" libraries)
  get_property(targets GLOBAL PROPERTY efawin_pytest_targets)
  list(REMOVE_DUPLICATES targets)
  foreach(target ${targets})
    efawin_set_json("$<TARGET_FILE:${target}>" targets ${target})
  endforeach()
  file(GENERATE OUTPUT ${EFAWIN_BUILD_FOLDER}/tests.json CONTENT "${json}\n")
endfunction()

# Once every folder has added its tests.
cmake_language(DEFER CALL efawin_write_tests_json)
