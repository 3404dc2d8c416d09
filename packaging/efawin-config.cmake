# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# find_package(efawin CONFIG) defines
#   efawin::kit     the loader's source and the headers: the program loads efawin.dll when it runs
#   efawin::efawin  the import library and the headers: Windows loads efawin.dll with the program
# A program takes one of them.
if(NOT WIN32)
  set(${CMAKE_FIND_PACKAGE_NAME}_FOUND FALSE)
  set(${CMAKE_FIND_PACKAGE_NAME}_NOT_FOUND_MESSAGE
    "This efawin is for Windows: choose a compiler for Windows on x64.")
  return()
endif()
if(NOT CMAKE_SIZEOF_VOID_P EQUAL 8 OR CMAKE_C_COMPILER_ARCHITECTURE_ID MATCHES "ARM"
    OR CMAKE_CXX_COMPILER_ARCHITECTURE_ID MATCHES "ARM" OR CMAKE_GENERATOR_PLATFORM MATCHES "ARM")
  set(${CMAKE_FIND_PACKAGE_NAME}_FOUND FALSE)
  set(${CMAKE_FIND_PACKAGE_NAME}_NOT_FOUND_MESSAGE
    "This efawin is for x64 only: choose an x64 compiler (cmake -A x64 with Visual Studio).")
  return()
endif()

# The file lies in lib/cmake/efawin, or in share/efawin where a package manager put it.
set(_efawin_prefix "${CMAKE_CURRENT_LIST_DIR}")
while(NOT EXISTS "${_efawin_prefix}/include/efawinver.h")
  cmake_path(GET _efawin_prefix PARENT_PATH _efawin_parent)
  if(_efawin_parent STREQUAL _efawin_prefix)
    set(${CMAKE_FIND_PACKAGE_NAME}_FOUND FALSE)
    set(${CMAKE_FIND_PACKAGE_NAME}_NOT_FOUND_MESSAGE
      "include/efawinver.h is in no folder above ${CMAKE_CURRENT_LIST_DIR}: install efawin again.")
    return()
  endif()
  set(_efawin_prefix "${_efawin_parent}")
endwhile()

if(MINGW AND EXISTS "${_efawin_prefix}/lib/libefawin.dll.a")
  set(_efawin_import_library "${_efawin_prefix}/lib/libefawin.dll.a")
else()
  set(_efawin_import_library "${_efawin_prefix}/lib/efawin.lib")
endif()

if(NOT TARGET efawin::efawin)
  add_library(efawin::efawin SHARED IMPORTED)
  set_target_properties(efawin::efawin PROPERTIES
    IMPORTED_LOCATION "${_efawin_prefix}/bin/efawin.dll"
    IMPORTED_IMPLIB "${_efawin_import_library}"
    INTERFACE_INCLUDE_DIRECTORIES "${_efawin_prefix}/include")
  add_library(efawin::kit INTERFACE IMPORTED)
  # CMake leaves a C source out without a word where C is not enabled, and the linker would then miss each
  # call. The loader is C++ as well.
  get_property(_efawin_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(C IN_LIST _efawin_languages OR NOT CXX IN_LIST _efawin_languages)
    set(_efawin_loader "${_efawin_prefix}/include/efawin.c")
  else()
    set(_efawin_loader "${CMAKE_CURRENT_LIST_DIR}/efawin_kit.cpp")
  endif()
  set_target_properties(efawin::kit PROPERTIES
    INTERFACE_SOURCES "${_efawin_loader}"
    INTERFACE_INCLUDE_DIRECTORIES "${_efawin_prefix}/include")
endif()

set(efawin_DLL "${_efawin_prefix}/bin/efawin.dll")

unset(_efawin_import_library)
unset(_efawin_languages)
unset(_efawin_loader)
unset(_efawin_parent)
unset(_efawin_prefix)
