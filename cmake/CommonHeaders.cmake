# SPDX-License-Identifier: Apache-2.0
#
# Reads the standard library, the test framework and JSON once for each set of compiler options, not
# once for each unit (precompiled headers). Only in unity builds with GCC: the dev preset compiles each
# file with the includes that it names, so no file can rely on these.
set(ROLLCALL_STANDARD_HEADERS
    <algorithm> <array> <chrono> <cstdint> <deque> <functional> <limits> <map> <memory> <optional>
    <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)

# rollcall_common_headers(name OPTIONS ... HEADERS ... LIBRARIES ...): makes a set of that name.
function(rollcall_common_headers name)
    cmake_parse_arguments(ARG "" "" "OPTIONS;HEADERS;LIBRARIES" ${ARGN})
    if(NOT CMAKE_UNITY_BUILD OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        return()
    endif()
    set(source ${PROJECT_BINARY_DIR}/generated/common_headers/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// Nothing: its precompiled header is what others use.\n")
    set(target common_headers_${name})
    add_library(${target} OBJECT ${source})
    # -fpch-preprocess: for ccache, which looks at the preprocessed unit.
    target_compile_options(${target} PRIVATE ${ARG_OPTIONS} -pthread -fpch-preprocess)
    target_link_libraries(${target} PRIVATE rollcall_warnings ${ARG_LIBRARIES})
    target_precompile_headers(${target} PRIVATE ${ROLLCALL_STANDARD_HEADERS} ${ARG_HEADERS})
endfunction()

# rollcall_use_common_headers(target name): the target has the options of that set.
function(rollcall_use_common_headers target name)
    if(TARGET common_headers_${name})
        target_precompile_headers(${target} REUSE_FROM common_headers_${name})
        # Some libraries ask for it and others do not; the header is read for one of both only.
        # GCC 12 forgets that what it read before is a system's header, and warns of the inside of std::string
        # and of msgpack.
        target_compile_options(${target} PRIVATE -pthread -fpch-preprocess -Wno-stringop-overflow -Wno-array-bounds
                               -Wno-mismatched-new-delete)
    endif()
endfunction()
