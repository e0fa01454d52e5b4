# SPDX-License-Identifier: Apache-2.0
#
# Warnings are errors in our own code only; sanitizers apply to everything.
add_library(rollcall_warnings INTERFACE)
target_compile_options(rollcall_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror
    # Designated initialisers name what matters and leave the rest to its default: that is our style.
    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Known false positives of gcc 12 at -O3 (PR105651, PR105562).
    target_compile_options(rollcall_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()

if(ROLLCALL_SANITIZE)
    add_compile_options(-fsanitize=${ROLLCALL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${ROLLCALL_SANITIZE})
endif()

if(ROLLCALL_FUZZ)
    # Coverage of every room, not of the fuzz target's own file alone: it is what guides libFuzzer.
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without this ccache takes no unit that uses a precompiled header (cmake/CommonHeaders.cmake).
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
