# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# What the folders use to describe their targets:
#   efawin_harden(TARGET)                     hardening of a DLL or program; a DLL gets no C start-up
#   efawin_add_program(NAME SOURCES...)       a program, in all three worlds
#   efawin_add_resources(TARGET)              version and manifest of a program for users (Windows)
#   efawin_use_msvc_branch(TARGET)            takes the branch for Microsoft's compiler (clang-cl)
#   efawin_add_unit_test(NAME SOURCES...
#     [LIBRARIES ...] [LABELS ...] [TIMEOUT s] [SERIAL])   a native cmocka test
#   efawin_long_tests(TEST...)                tests that `make check` leaves to `make check-long`
#   efawin_build_for_long_tests(TARGET...)    what only those tests need
set(EFAWIN_MSABI_DIR ${CMAKE_CURRENT_LIST_DIR}/msabi)

# A DLL's entry point is its own DllMain. It imports KERNEL32 and the dynamic UCRT only, whatever
# runtime the compiler would have chosen.
function(efawin_harden target)
  get_target_property(type ${target} TYPE)
  if(EFAWIN_MSABI_CROSS)
    target_compile_options(${target} PRIVATE /guard:cf)
    target_sources(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src/os/loadconfig_msabi.c)
    target_link_options(${target} PRIVATE /guard:cf)
    if(type STREQUAL "SHARED_LIBRARY")
      target_link_options(${target} PRIVATE /entry:DllMain)
    endif()
  elseif(MSVC)
    target_compile_options(${target} PRIVATE /guard:cf /sdl
      $<$<STREQUAL:${CMAKE_C_COMPILER_ID},MSVC>:/Qspectre>)
    target_link_options(${target} PRIVATE /guard:cf /dependentloadflag:0x800)
  endif()
  if(MSVC)
    target_link_options(${target} PRIVATE /cetcompat /highentropyva /dynamicbase /nxcompat)
  elseif(MINGW)
    target_link_options(${target} PRIVATE
      -Wl,--dynamicbase,--high-entropy-va,--nxcompat,--disable-auto-image-base)
    if(type STREQUAL "SHARED_LIBRARY")
      set_target_properties(${target} PROPERTIES PREFIX "")
      target_compile_definitions(${target} PRIVATE _UCRT __USE_MINGW_ANSI_STDIO=0)
      target_link_options(${target} PRIVATE -nostartfiles -nodefaultlibs -Wl,-e,DllMain)
      target_link_libraries(${target} PRIVATE gcc kernel32 ucrt)
    endif()
  endif()
endfunction()

# Programs of the mingw build stay on the compiler's default C runtime (msvcrt), on purpose: it is
# not the DLL's, so they also show that errno crosses from one runtime to the other.
function(efawin_add_program name)
  add_executable(${name} ${ARGN})
  if(EFAWIN_MSABI_CROSS)
    target_sources(${name} PRIVATE ${EFAWIN_MSABI_DIR}/startup.c)
    target_link_options(${name} PRIVATE /subsystem:console /entry:mainCRTStartup)
  elseif(MINGW)
    target_link_options(${name} PRIVATE -static-libgcc)
  endif()
  efawin_harden(${name})
endfunction()

# The manifest makes the program's code page UTF-8 and its paths as long as they have to be.
function(efawin_add_resources name)
  if(NOT WIN32)
    return()
  endif()
  target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tools/program.rc)
  set(definitions EFAWIN_PROGRAM=${name} EFAWIN_VERSION_MAJOR=${PROJECT_VERSION_MAJOR}
    EFAWIN_VERSION_MINOR=${PROJECT_VERSION_MINOR} EFAWIN_VERSION_PATCH=${PROJECT_VERSION_PATCH})
  target_compile_definitions(${name} PRIVATE "$<$<COMPILE_LANGUAGE:RC>:${definitions}>")
  if(MSVC AND NOT EFAWIN_MSABI_CROSS)
    target_link_options(${name} PRIVATE /manifest:no) # the resources have it
  endif()
endfunction()

# clang-cl defines __clang__, so the sources take the branch for GNU-like compilers. Here they take the
# other one, which Visual Studio compiles. The load configuration is not part of a Visual Studio build.
function(efawin_use_msvc_branch target)
  target_compile_options(${target} PRIVATE /FI${EFAWIN_MSABI_DIR}/msvc_branch.h)
endfunction()

function(efawin_add_unit_test name)
  cmake_parse_arguments(test "SERIAL" "TIMEOUT" "LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${test_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${test_LIBRARIES} cmocka)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 120)
  endif()
  if(EFAWIN_SANITIZE) # up to ten times slower
    math(EXPR test_TIMEOUT "3 * ${test_TIMEOUT}")
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${test_TIMEOUT} LABELS "unit;${test_LABELS}"
    RUN_SERIAL ${test_SERIAL})
endfunction()

# Adds the label `long` to tests of the same folder. It is for tests that take tens of seconds and guard
# what few changes can break, and for builds in which a suite shows little beyond what it shows in others.
function(efawin_long_tests)
  foreach(test ${ARGN})
    set_property(TEST ${test} APPEND PROPERTY LABELS long)
    set_property(TEST ${test} APPEND PROPERTY FIXTURES_REQUIRED long_programs)
  endforeach()
endfunction()

# The default build leaves these targets out. CTest builds them before the first long test.
if(EFAWIN_TESTS)
  add_custom_target(long_programs)
endif()
function(efawin_build_for_long_tests)
  set_target_properties(${ARGN} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  add_dependencies(long_programs ${ARGN})
endfunction()

# Winsock, for the programs that talk over TCP.
add_library(efawin_sockets INTERFACE)
if(EFAWIN_MSABI_CROSS)
  target_link_libraries(efawin_sockets INTERFACE ${EFAWIN_IMPORT_LIBRARIES}/libws2_32.a)
elseif(WIN32)
  target_link_libraries(efawin_sockets INTERFACE ws2_32)
endif()

# Access tokens and security descriptors, for the service of the simulated EFA.
add_library(efawin_advapi INTERFACE)
if(EFAWIN_MSABI_CROSS)
  target_link_libraries(efawin_advapi INTERFACE ${EFAWIN_IMPORT_LIBRARIES}/libadvapi32.a)
elseif(WIN32)
  target_link_libraries(efawin_advapi INTERFACE advapi32)
endif()
