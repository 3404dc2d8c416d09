# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# How every source is compiled: language level, warnings, debug information, sanitizers.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# They need Python and Wine or a POSIX shell.
set(efawin_tests ON)
if(CMAKE_HOST_WIN32)
  set(efawin_tests OFF)
endif()

set(EFAWIN_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(EFAWIN_WARNINGS_ARE_ERRORS "Stop at the first warning" ON)
option(EFAWIN_TESTS "Build the tests, examples and benchmark as well" ${efawin_tests})
option(EFAWIN_COVERAGE "Count executed lines (GCC or Clang, native builds)" OFF)
option(EFAWIN_FUZZ "Make tests/fuzz fuzzers (libFuzzer of Clang, or the compilers of AFL++)" OFF)

if(MSVC)
  set(CMAKE_MSVC_DEBUG_INFORMATION_FORMAT Embedded)
  if(EFAWIN_MSABI_CROSS)
    set(CMAKE_MSVC_RUNTIME_LIBRARY MultiThreadedDLL)
  else()
    # As msvc/efawin.props has it for msbuild: the compiler's own runtime is linked in, the Universal C
    # Runtime is Windows' DLL, so the binaries need no redistributable.
    set(CMAKE_MSVC_RUNTIME_LIBRARY MultiThreaded$<$<CONFIG:Debug>:Debug>)
    add_link_options(/nodefaultlib:libucrt$<$<CONFIG:Debug>:d>.lib
      /defaultlib:ucrt$<$<CONFIG:Debug>:d>.lib)
  endif()
  add_compile_definitions(_CRT_SECURE_NO_WARNINGS)
  # C4204 and C4221 call initialisers an extension that C has had since 1999. C4714: a __forceinline
  # function that was not inlined. C5105: a macro of winbase.h, in Windows SDKs before 10.0.20348, once
  # /std:c11 turns the standard preprocessor on.
  add_compile_options(/W4 /wd4204 /wd4221 /wd4714 /wd5105 /utf-8
    $<$<BOOL:${EFAWIN_WARNINGS_ARE_ERRORS}>:/WX>)
  add_link_options(/debug $<$<CONFIG:Release>:/opt:ref,icf> /incremental:no)
  if(CMAKE_C_COMPILER_ID STREQUAL "MSVC")
    # As msvc/efawin.props has it for msbuild: /GL and /LTCG.
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE ON)
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    # The same files give the same bytes whatever folder they lie in.
    add_compile_options(-fdebug-compilation-dir=. /clang:-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
      /clang:-ffile-prefix-map=${CMAKE_BINARY_DIR}=. /clang:-gno-codeview-command-line)
    add_link_options(/brepro /pdbsourcepath:.)
  endif()
  add_link_options(/pdbaltpath:%_PDB%)
else()
  add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wpointer-arith -Wwrite-strings -Wundef
    -Wvla -Wconversion -Wno-sign-conversion
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<BOOL:${EFAWIN_WARNINGS_ARE_ERRORS}>:-Werror>
    -g -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
endif()

if(MINGW)
  set(CMAKE_SHARED_LIBRARY_PREFIX "")
  set(CMAKE_STATIC_LIBRARY_PREFIX "lib")
  add_compile_definitions(_WIN32_WINNT=0x0A00)
  add_link_options(-Wl,--no-insert-timestamp)
endif()

if(EFAWIN_SANITIZE)
  add_compile_options(-fsanitize=${EFAWIN_SANITIZE} -fno-omit-frame-pointer -O1
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EFAWIN_SANITIZE})
endif()
if(EFAWIN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -O2)
endif()
if(EFAWIN_COVERAGE)
  # Threads count together: lost counts could be negative, which no reader takes.
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
