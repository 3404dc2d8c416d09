# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# The examples as a project outside the tree, with the package they came in:
#   cmake -S FOLDER -B build -A x64
#   cmake --build build --config Release
cmake_minimum_required(VERSION 3.20)
project(efawin_examples LANGUAGES C CXX)

# In an unpacked ZIP the package is three folders up; elsewhere CMAKE_PREFIX_PATH leads to it.
list(APPEND CMAKE_PREFIX_PATH ${CMAKE_CURRENT_LIST_DIR}/../../..)
find_package(efawin 2 CONFIG REQUIRED)

add_executable(direct_datapath direct_datapath.c start.c)
add_executable(raii raii.cpp start.c)
add_executable(two_sides two_sides.c meet.c start.c)
target_link_libraries(two_sides PRIVATE ws2_32)
set_target_properties(direct_datapath raii two_sides PROPERTIES C_STANDARD 11 CXX_STANDARD 17)
foreach(example direct_datapath raii two_sides)
  target_link_libraries(${example} PRIVATE efawin::kit)
  add_custom_command(TARGET ${example} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${efawin_DLL} $<TARGET_FILE_DIR:${example}>)
endforeach()
