# SPDX-License-Identifier: Apache-2.0
#
# Makes a header of a text file, so that a program carries it. Included by the build for the function, run
# as a script (cmake -P) by the command that the function adds.

# rollcall_embedded_text(target header NAMESPACE name NAME kText FILE path): the text is NAME in <header>.
function(rollcall_embedded_text target header)
    cmake_parse_arguments(ARG "" "NAMESPACE;NAME;FILE" "" ${ARGN})
    string(REGEX REPLACE "[^a-z]" "_" alone ${header})
    rollcall_generated_header(${target} ${header} ALONE ${alone}
        SCRIPT ${PROJECT_SOURCE_DIR}/cmake/EmbeddedText.cmake FILES ${ARG_FILE}
        DEFINES -DTEXT=${ARG_FILE} -DNAMESPACE=${ARG_NAMESPACE} -DNAME=${ARG_NAME}
        COMMENT "Putting ${header} together")
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
    return()
endif()

# Read as bytes: a text in a CMake variable would lose semicolons and brackets in lists.
file(READ ${TEXT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
get_filename_component(source ${TEXT} NAME)
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: Apache-2.0
//
// Made by cmake/EmbeddedText.cmake of ${source}.
#pragma once

#include <string_view>

namespace ${NAMESPACE} {

inline constexpr char ${NAME}Bytes[${size}]{${bytes}};
inline constexpr std::string_view ${NAME}{${NAME}Bytes, sizeof ${NAME}Bytes};

}  // namespace ${NAMESPACE}
")
