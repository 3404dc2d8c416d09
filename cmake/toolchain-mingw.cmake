# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Windows x64 with Debian's mingw-w64.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
foreach(tool C_COMPILER CXX_COMPILER RC_COMPILER)
  find_program(EFAWIN_MINGW_${tool} ${CMAKE_${tool}})
  if(NOT EFAWIN_MINGW_${tool})
    message(FATAL_ERROR "${CMAKE_${tool}} is missing: install Debian's gcc-mingw-w64-x86-64-win32 and "
      "g++-mingw-w64-x86-64-win32 (scripts/install-deps does).")
  endif()
endforeach()
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
