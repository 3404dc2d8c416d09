# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Windows x64 in Microsoft's ABI without a Windows SDK: clang-cl and lld-link, the C and Windows
# headers of libwine-dev, the import libraries of mingw-w64. There is no Microsoft C start-up code:
# cmake/msabi/ and src/os/loadconfig_msabi.c stand in for it.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(EFAWIN_MSABI_CROSS ON)

foreach(tool clang-cl lld-link llvm-lib llvm-rc llvm-mt)
  string(TOUPPER ${tool} variable)
  string(REPLACE "-" "_" variable EFAWIN_${variable})
  find_program(${variable} NAMES ${tool}-19 ${tool}-20 ${tool}-21 ${tool})
  if(NOT ${variable})
    message(FATAL_ERROR
      "${tool} is missing: install Debian's clang-tools-19, lld-19 and llvm-19 (scripts/install-deps does).")
  endif()
endforeach()
set(CMAKE_C_COMPILER ${EFAWIN_CLANG_CL})
set(CMAKE_CXX_COMPILER ${EFAWIN_CLANG_CL})
set(CMAKE_C_COMPILER_TARGET x86_64-pc-windows-msvc)
set(CMAKE_CXX_COMPILER_TARGET x86_64-pc-windows-msvc)
set(CMAKE_LINKER ${EFAWIN_LLD_LINK})
set(CMAKE_AR ${EFAWIN_LLVM_LIB})
set(CMAKE_RC_COMPILER ${EFAWIN_LLVM_RC})
set(CMAKE_MT ${EFAWIN_LLVM_MT})

find_path(EFAWIN_WINE_HEADERS msvcrt/corecrt.h PATHS /usr/include/wine/wine /usr/include/wine
  NO_DEFAULT_PATH)
if(NOT EFAWIN_WINE_HEADERS)
  message(FATAL_ERROR "Wine's headers are missing: install Debian's libwine-dev.")
endif()
find_path(EFAWIN_IMPORT_LIBRARIES libucrt.a PATHS /usr/x86_64-w64-mingw32/lib NO_DEFAULT_PATH)
if(NOT EFAWIN_IMPORT_LIBRARIES)
  message(FATAL_ERROR "Import libraries are missing: install Debian's mingw-w64-x86-64-dev.")
endif()

# The compatibility version is that of Visual Studio 2019 16.10.
set(flags "-imsvc ${EFAWIN_WINE_HEADERS}/msvcrt -imsvc ${EFAWIN_WINE_HEADERS}/windows")
string(APPEND flags " /Zl /GS- /D_UCRT -fms-compatibility-version=19.29")
set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_CXX_FLAGS_INIT "${flags}")
set(CMAKE_RC_FLAGS_INIT "-I ${EFAWIN_WINE_HEADERS}/windows")

set(libraries "${EFAWIN_IMPORT_LIBRARIES}/libkernel32.a ${EFAWIN_IMPORT_LIBRARIES}/libucrt.a")
set(CMAKE_C_STANDARD_LIBRARIES "${libraries}" CACHE STRING "" FORCE)
set(CMAKE_CXX_STANDARD_LIBRARIES "${libraries}" CACHE STRING "" FORCE)
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_INIT "/nodefaultlib /manifest:no")
endforeach()
