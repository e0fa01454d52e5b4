# SPDX-License-Identifier: Apache-2.0
#
# Makes a header of the report page's parts in sim/program/report/page, with the fingerprints by which the
# page allows its own style and script and no others. Included by the build for the function, run as
# a script (cmake -P) by the command that the function adds.

# rollcall_report_page(target): the header is "sim/program/report/page_parts.h".
function(rollcall_report_page target)
    set(folder ${PROJECT_SOURCE_DIR}/sim/program/report/page)
    # In the order in which they need each other.
    set(scripts tools story heat load changes)
    list(TRANSFORM scripts PREPEND ${folder}/)
    list(TRANSFORM scripts APPEND .js)
    string(REPLACE ";" "|" joined "${scripts}")
    rollcall_generated_header(${target} sim/program/report/page_parts.h
        ALONE report_page_header SCRIPT ${PROJECT_SOURCE_DIR}/cmake/ReportPage.cmake
        FILES ${folder}/page.html ${folder}/style.css ${scripts}
        DEFINES -DFRAME=${folder}/page.html -DSTYLE=${folder}/style.css "-DSCRIPTS=${joined}"
        COMMENT "Putting the report page into a header")
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
    return()
endif()

string(REPLACE "|" ";" SCRIPTS "${SCRIPTS}")

# Read as bytes: a text in a CMake variable would lose semicolons and brackets in lists.
function(as_bytes result)
    set(all "")
    foreach(file IN LISTS ARGN)
        file(READ ${file} hex HEX)
        string(APPEND all ${hex})
    endforeach()
    set(${result} ${all} PARENT_SCOPE)
endfunction()

set(body "")
foreach(part FRAME STYLE SCRIPT)
    if(part STREQUAL SCRIPT)
        set(files ${SCRIPTS})
    else()
        set(files ${${part}})
    endif()
    as_bytes(hex ${files})
    # The fingerprint is that of the bytes themselves.
    set(joined ${OUTPUT}.${part})
    execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${files} OUTPUT_FILE ${joined}
                    COMMAND_ERROR_IS_FATAL ANY)
    file(SHA256 ${joined} fingerprint)
    file(REMOVE ${joined})
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
    string(APPEND body "inline constexpr char k${part}[${size}]{${bytes}};\n")
    string(APPEND body "inline constexpr std::string_view k${part}_SHA256{\"${fingerprint}\"};\n")
endforeach()
string(REPLACE "kFRAME" "kPageFrame" body "${body}")
string(REPLACE "kSTYLE" "kPageStyle" body "${body}")
string(REPLACE "kSCRIPT" "kPageScript" body "${body}")
string(REPLACE "_SHA256" "Sha256" body "${body}")
file(WRITE ${OUTPUT} "// SPDX-License-Identifier: Apache-2.0
//
// Made by cmake/ReportPage.cmake of sim/program/report/page. Fingerprints are SHA-256 in hexadecimal digits.
#pragma once

#include <string_view>

namespace rollcall::sim {

${body}
}  // namespace rollcall::sim
")
